// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The oracle's step map says of every source code what its cast says, in as few runs as possible.
#include "spec/oracle.h"

#include <gtest/gtest.h>

#include "spec/error.h"
#include "spec/number.h"
#include "tests/spec/target_inputs.h"

namespace mxscope::spec {
namespace {

/// Adjacent runs differ, and each begins and ends where the cast changes.
void expect_exact_runs(const Format& source, const Format& target, const Policy& policy,
                       RandomBits random = {}) {
  const std::vector<spec::Run> runs = step_map(source, target, policy, random);
  ASSERT_EQ(runs.front().first, 0U);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Code last = i + 1 < runs.size() ? runs[i + 1].first - 1 : source.code_mask();
    ASSERT_LE(runs[i].first, last);
    for (const Code code : {runs[i].first, last})
      ASSERT_EQ(cast(decode(source, code), target, policy, random), runs[i].outcome)
          << std::hex << "0x" << code << " of " << source.name << " to " << target.name << ", "
          << text_of(policy);
    if (i > 0) {
      ASSERT_FALSE(runs[i].outcome == runs[i - 1].outcome);
    }
  }
}

class StepMap : public testing::TestWithParam<Format> {};
using StepMapMedium = StepMap;

TEST_P(StepMap, BeginsAndEndsItsRunsWhereTheCastChanges) {
  const Format& target = GetParam();
  for (const Rounding rounding : kDeterministicRoundings)
    for (const char* source : {"fp32", "fp64"})
      ASSERT_NO_FATAL_FAILURE(expect_exact_runs(
          find_format(source), target,
          adapted(target, {.rounding = rounding, .negative = NegativeRule::kMagnitude})));
  const Policy stochastic = adapted(target, {.rounding = Rounding::kStochasticC});
  ASSERT_NO_FATAL_FAILURE(expect_exact_runs(find_format("fp32"), target, stochastic, {3, 4}));
}

TEST_P(StepMapMedium, EqualsTheCastOnEveryBf16Input) {
  const Format& target = GetParam();
  const Format& bf16 = find_format("bf16");
  for (const Rounding rounding : kDeterministicRoundings) {
    const Policy policy = adapted(target, {.rounding = rounding});
    const std::vector<spec::Run> runs = step_map(bf16, target, policy);
    for (Code code = 0; code < 0x10000; ++code)
      ASSERT_EQ(lookup(runs, code), cast(decode(bf16, code), target, policy)) << code;
  }
}

std::vector<Format> targets() {
  std::vector<Format> rows = formats_up_to(8);
  for (const Format& row : user_formats()) rows.push_back(row);
  return rows;
}

std::string name_of(const testing::TestParamInfo<Format>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Formats, StepMap, testing::ValuesIn(targets()), name_of);
INSTANTIATE_TEST_SUITE_P(Formats, StepMapMedium, testing::ValuesIn(targets()), name_of);

TEST(StepMapSource, MayBeAnySignedFloat) {
  std::vector<Format> sources = {
      find_format("e4m3fnuz"), find_format("p3109_k8p1se"), find_format("e2m1"),
      find_format("e5m2"),     find_format("p3109_k9p4sf"), user_formats()[0],
      user_formats()[3]};
  for (const Format& source : sources)
    for (const Format& target : targets())
      for (const Rounding rounding : {Rounding::kNearestEven, Rounding::kDown}) {
        const Policy policy = adapted(target, {.rounding = rounding});
        const std::vector<spec::Run> runs = step_map(source, target, policy);
        for (Code code = 0; code <= source.code_mask(); ++code)
          ASSERT_EQ(lookup(runs, code), cast(decode(source, code), target, policy))
              << source.name << " 0x" << std::hex << code << " to " << target.name;
      }
  EXPECT_THROW(step_map(find_format("e8m0"), find_format("e2m1"), adapted(find_format("e2m1"), {})),
               Error);
  EXPECT_THROW(step_map(find_format("int8"), find_format("e4m3"), {}), Error);
}

TEST(Cast, IsMonotoneIdempotentAndFaithful) {
  for (const Format& target : targets()) {
    for (const Rounding rounding : kDeterministicRoundings) {
      const Policy policy = adapted(target, {.rounding = rounding});
      Rational previous = target.min_value();
      for (int i = -200; i <= 200; ++i) {
        const Rational x = target.max_value() * Rational(i * i * i, 200 * 200 * 199);
        if (!target.is_signed && x < 0) continue;
        const Number rounded = decode(target, cast(Number::finite(x), target, policy).code);
        ASSERT_EQ(rounded.kind, NumberKind::kFinite);
        ASSERT_GE(rounded.value(), previous) << target.name << " " << to_text(x);
        previous = rounded.value();
        ASSERT_EQ(decode(target, cast(rounded, target, policy).code).value(), previous)
            << target.name << " " << to_text(x);
        // No value of the format lies strictly between x and its rounding.
        const Code code = cast(rounded, target, policy).code;
        if (rounded.value() == x || abs(x) > target.max_value() || rounded.is_zero()) continue;
        const bool grew = abs(x) < abs(rounded.value());
        const std::int64_t toward_x = target.ordinal(code) + (grew ? -1 : 1);
        const bool negative = rounded.value() < 0;
        if (toward_x > target.max_ordinal(negative) || toward_x < 0) continue;
        const Rational neighbour = target.ordinal_value(toward_x);
        ASSERT_TRUE(grew ? neighbour <= abs(x) : neighbour >= abs(x))
            << target.name << " " << to_string(rounding) << " " << to_text(x);
      }
    }
  }
}

TEST(Cast, KeepsEveryFiniteValueOfItsOwnFormat) {
  std::vector<Format> formats = targets();
  for (const char* name : {"bf16", "fp16"}) formats.push_back(find_format(name));
  for (const Format& format : formats)
    for (Code code = 0; code <= format.code_mask(); ++code) {
      const CodeClass kind = format.classify(code);
      if (kind == CodeClass::kNan || kind == CodeClass::kInfinity || kind == CodeClass::kUnused)
        continue;
      ASSERT_EQ(cast(decode(format, code), format, adapted(format, {})).code, code) << format.name;
    }
}

}  // namespace
}  // namespace mxscope::spec
