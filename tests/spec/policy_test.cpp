// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Policies read, write and merge by field name, and say which formats cannot follow them.
#include "spec/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "spec/error.h"
#include "tests/spec/target_inputs.h"

namespace mxscope::spec {
namespace {

using testing::HasSubstr;

/// A policy that differs from the default in every field.
Policy unlike_the_default() {
  return {.rounding = Rounding::kStochasticOdd,
          .tie_p1 = TieP1::kTowardZero,
          .overflow = Overflow::kError,
          .directed_overflow = DirectedOverflow::kAlways,
          .infinity = Overflow::kNan,
          .nan = NanRule::kRebias,
          .nan_sign = NanSign::kFlip,
          .made_nan_sign = NanSign::kNegative,
          .negative = NegativeRule::kRoundThenError,
          .zero = LowRule::kError,
          .underflow = LowRule::kNan,
          .low_grid = LowGrid::kFromZero};
}

TEST(PolicyFields, DescribeEveryFieldOnce) {
  const auto fields = describe(Policy{});
  std::set<std::string_view> names;
  for (const auto& [name, value] : fields) EXPECT_TRUE(names.insert(name).second) << name;
  EXPECT_EQ(names.size(), 12U);
  const auto others = describe(unlike_the_default());
  for (std::size_t i = 0; i < fields.size(); ++i)
    EXPECT_NE(fields[i].value, others[i].value) << fields[i].name;
}

TEST(PolicyFields, SetFromTheirOwnDescription) {
  for (const Policy& policy : {Policy{}, unlike_the_default()}) {
    Policy copy = policy == Policy{} ? unlike_the_default() : Policy{};
    for (const auto& [name, value] : describe(policy)) set_field(copy, name, value);
    EXPECT_EQ(copy, policy);
  }
}

TEST(PolicyFields, MoveOneByOne) {
  Policy policy;
  int moved = 0;
  for (const auto& [name, value] : describe(unlike_the_default())) {
    const Policy next = with_field(policy, unlike_the_default(), name);
    EXPECT_FALSE(next == policy) << name;
    int differing = 0;
    for (std::size_t i = 0; i < describe(policy).size(); ++i)
      differing += describe(policy)[i].value != describe(next)[i].value ? 1 : 0;
    EXPECT_EQ(differing, 1) << name;
    policy = next;
    ++moved;
  }
  EXPECT_EQ(moved, 12);
  EXPECT_EQ(policy, unlike_the_default());
}

TEST(PolicyFields, RoundingTakesSynonyms) {
  Policy policy;
  set_field(policy, "rounding", "TowardPositive");
  EXPECT_EQ(policy.rounding, Rounding::kUp);
}

std::string problem_of(std::string_view field, std::string_view value) {
  Policy policy;
  try {
    set_field(policy, field, value);
  } catch (const Error& e) {
    EXPECT_EQ(policy, Policy{});
    return e.what();
  }
  return "(no error)";
}

TEST(PolicyFields, UnknownNamesAndValuesListTheKnown) {
  EXPECT_THAT(problem_of("overflw", "nan"), HasSubstr("overflow"));
  EXPECT_THAT(problem_of("overflow", "saturat"), HasSubstr("saturate"));
  EXPECT_THAT(problem_of("overflow", "zzzzzzzzzzzz"), HasSubstr("infinity"));
  EXPECT_THAT(problem_of("rounding", "TiesToEvn"), HasSubstr("TiesToEven"));
  EXPECT_THAT(problem_of("", ""), HasSubstr("unknown policy field"));
  EXPECT_THROW(with_field({}, {}, "nope"), Error);
}

std::string conflict_of(const char* format, const Policy& policy) {
  return conflict(find_format(format), policy);
}

TEST(Conflict, NamesTheFieldAndAWayOut) {
  EXPECT_EQ(conflict_of("e4m3", {}), "");
  EXPECT_EQ(conflict_of("e5m2", {.overflow = Overflow::kInfinity}), "");
  EXPECT_THAT(conflict_of("e4m3", {.overflow = Overflow::kInfinity}),
              AllOf(HasSubstr("e4m3 has no infinity"), HasSubstr("overflow"), HasSubstr("nan")));
  EXPECT_THAT(conflict_of("e2m1", {.infinity = Overflow::kNan, .nan = NanRule::kZero}),
              AllOf(HasSubstr("no NaN"), HasSubstr("infinity")));
  EXPECT_THAT(conflict_of("e2m1", {}), AllOf(HasSubstr("no NaN"), HasSubstr("field nan")));
  EXPECT_THAT(conflict_of("e8m0", {}), HasSubstr("no sign"));
  EXPECT_THAT(conflict_of("bf16", {.nan = NanRule::kRebias}), HasSubstr("rebias"));
  EXPECT_THAT(conflict_of("e2m1", {.nan = NanRule::kZero, .negative = NegativeRule::kNan}),
              HasSubstr("field negative"));
  EXPECT_THAT(conflict_of("e4m3", {.negative = NegativeRule::kRoundThenNan}),
              HasSubstr("unsigned formats"));
  EXPECT_THAT(
      conflict_of("e6m2", {.negative = NegativeRule::kMagnitude, .low_grid = LowGrid::kFromZero}),
      HasSubstr("low_grid"));
  EXPECT_THAT(conflict_of("e4m3", {.rounding = Rounding::kNearestLog2}), HasSubstr("log2"));
}

TEST(Adapted, ChangesOnlyWhatTheFormatLacks) {
  const Policy asked = {
      .rounding = Rounding::kUp, .overflow = Overflow::kInfinity, .infinity = Overflow::kInfinity};
  EXPECT_EQ(adapted(find_format("e5m2"), asked), asked);
  EXPECT_EQ(adapted(find_format("e4m3"), asked).overflow, Overflow::kNan);
  EXPECT_EQ(adapted(find_format("e2m1"), asked).overflow, Overflow::kSaturate);
  EXPECT_EQ(adapted(find_format("e2m1"), asked).nan, NanRule::kMaximum);
  EXPECT_EQ(adapted(find_format("e8m0"), asked).negative, NegativeRule::kMagnitude);
  EXPECT_EQ(adapted(find_format("e8m0"), asked).rounding, Rounding::kUp);
}

TEST(Adapted, LeavesNoConflictForAnySweepOverFormats) {
  std::vector<Format> formats = formats_up_to(64);
  for (const Format& row : user_formats()) formats.push_back(row);
  for (const Format& row : p3109_formats(3, 6)) formats.push_back(row);
  for (const Format& format : formats)
    for (const Overflow overflow :
         {Overflow::kSaturate, Overflow::kInfinity, Overflow::kNan, Overflow::kError})
      for (const NanRule nan : {NanRule::kTop, NanRule::kQuiet, NanRule::kPayload,
                                NanRule::kMaximum, NanRule::kZero, NanRule::kError})
        EXPECT_EQ(
            conflict(format,
                     adapted(format, {.overflow = overflow, .infinity = overflow, .nan = nan})),
            "")
            << format.name;
}

}  // namespace
}  // namespace mxscope::spec
