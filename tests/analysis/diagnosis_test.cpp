// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Programs with a known fault, and whether the diagnosis names it.
#include "analysis/diagnosis.h"

#include <gmock/gmock.h>

#include <sstream>

#include "analysis/cast_decisions.h"
#include "analysis/operations.h"
#include "analysis/record_text.h"

namespace mxscope::analysis {
namespace {

using spec::Operation;
using testing::HasSubstr;

struct Gathered {
  std::vector<std::uint8_t> inputs, expected;
  std::size_t count = 0;
};

Gathered gather(const Operation& operation) {
  const spec::CaseList cases = operation.cases(spec::CaseLevel::kBoundaries, 1);
  Gathered out;
  out.count = static_cast<std::size_t>(cases.count);
  out.inputs.resize(out.count * operation.input.bytes());
  out.expected.resize(out.count * operation.result.bytes());
  cases.fill(0, out.count, out.inputs.data());
  operation.model({}).value()(out.count, out.inputs.data(), out.expected.data());
  return out;
}

Diagnosis diagnose_results(const Operation& operation, const Gathered& g,
                           std::vector<std::uint8_t> given) {
  Evidence evidence(operation, g.count);
  evidence.add(g.count, g.inputs.data(), g.expected.data(), given.data());
  return diagnose(operation, evidence);
}

Diagnosis diagnose_changes(const Operation& operation, const std::vector<spec::Change>& changes) {
  const Gathered g = gather(operation);
  std::vector<std::uint8_t> given(g.expected.size());
  operation.model(changes).value()(g.count, g.inputs.data(), given.data());
  return diagnose_results(operation, g, given);
}

std::vector<std::string> fields(const Diagnosis& d) {
  std::vector<std::string> out;
  for (const ChangeEffect& effect : d.effects)
    out.push_back(effect.change.field + "=" + effect.change.value);
  return out;
}

const Operation& e4m3() {
  static const Operation operation = cast_operation().make({{"to", "e4m3"}});
  return operation;
}

TEST(Diagnosis, RightResultsConform) {
  const Diagnosis d = diagnose_changes(e4m3(), {});
  EXPECT_TRUE(d.conforms());
  EXPECT_TRUE(d.complete());
  EXPECT_EQ(d.effects.size(), 0u);
}

TEST(Diagnosis, TiesThatAreRoundedUpAreAllFound) {
  const Diagnosis d = diagnose_changes(e4m3(), {{"rounding", "half-up", "rne"}});
  EXPECT_EQ(fields(d), std::vector<std::string>{"rounding=half-up"});
  // 126 midpoints between positive values, 126 between negative ones, half of them to even anyway.
  EXPECT_EQ(d.mismatches, 126u);
  EXPECT_EQ(d.effects[0].agrees, 126u);
  EXPECT_EQ(d.effects[0].matters, 126u);
  EXPECT_TRUE(d.complete());
}

TEST(Diagnosis, DoubleRoundingIsToldFromHalfAway) {
  const Diagnosis d = diagnose_changes(e4m3(), {{"via", "fp16", "nothing"}});
  EXPECT_EQ(fields(d)[0], "via=fp16");
  EXPECT_TRUE(d.complete());
}

TEST(Diagnosis, TwoFaultsAreBothNamed) {
  const Diagnosis d = diagnose_changes(e4m3(), {{"input_subnormals", "flushed", "kept"},
                                                {"result_subnormals", "flushed", "kept"},
                                                {"nan_sign", "keep", "positive"}});
  // A binary32 subnormal is far below every E4M3 value, so that the first fault shows nowhere.
  EXPECT_THAT(fields(d),
              testing::UnorderedElementsAre("result_subnormals=flushed", "nan_sign=keep"));
  EXPECT_TRUE(d.complete());
}

TEST(Diagnosis, SoftwareIsNamed) {
  std::vector<spec::Change> changes;
  for (const spec::NamedChanges& named : e4m3().named)
    if (named.name == "ml_dtypes") changes = named.changes;
  ASSERT_GE(changes.size(), 3u);
  const Diagnosis d = diagnose_changes(e4m3(), changes);
  std::vector<std::string> names = d.also_named;
  names.push_back(d.named);
  EXPECT_THAT(names, testing::Contains("ml_dtypes"));
  EXPECT_TRUE(d.complete());
}

TEST(Diagnosis, WhatNoChangeGivesIsListedApart) {
  const Gathered g = gather(e4m3());
  std::vector<std::uint8_t> given = g.expected;
  given[100] ^= 0x11;
  given[9000] ^= 0x23;
  const Diagnosis d = diagnose_results(e4m3(), g, given);
  EXPECT_EQ(d.mismatches, 2u);
  EXPECT_EQ(d.unexplained, 2u);
  ASSERT_EQ(d.first_unexplained.size(), 2u);
  EXPECT_EQ(d.first_unexplained[0].index, 100u);
  EXPECT_EQ(d.first_unexplained[1].given[0], d.first_unexplained[1].expected[0] ^ 0x23);
}

TEST(Diagnosis, AFaultAndNoiseAreToldApart) {
  const Gathered g = gather(e4m3());
  std::vector<std::uint8_t> given(g.expected.size());
  const spec::Change away{"rounding", "rna", "rne"};
  e4m3().model(std::span(&away, 1)).value()(g.count, g.inputs.data(), given.data());
  given[40] ^= 0x40;
  const Diagnosis d = diagnose_results(e4m3(), g, given);
  EXPECT_EQ(fields(d), std::vector<std::string>{"rounding=rna"});
  EXPECT_EQ(d.unexplained, 1u);
  EXPECT_EQ(d.first_unexplained[0].index, 40u);
}

TEST(Diagnosis, FarMoreCasesThanAreKeptAreCounted) {
  const Operation& operation = e4m3();
  const std::uint64_t count = std::uint64_t{1} << 24;
  Evidence evidence(operation, count);
  std::vector<std::uint8_t> inputs(4 << 16), expected(1 << 16), given(1 << 16, 1);
  for (std::uint64_t first = 0; first < count; first += 1 << 16)
    evidence.add(1 << 16, inputs.data(), expected.data(), given.data());
  EXPECT_EQ(evidence.cases(), count);
  EXPECT_EQ(evidence.mismatches(), count);
  EXPECT_LE(evidence.kept() * 6, Evidence::kKeptBytes);
  EXPECT_EQ(evidence.kept_mismatches(), evidence.kept());
}

// The words of a record, as text and back.
class Lines : public testing::Test {
 protected:
  std::string error(const std::string& text, LineForm form = LineForm::kDetect) {
    std::istringstream in(text);
    ResultLines lines(TextLines(in, "theirs"), e4m3(), form);
    const std::uint8_t input[4] = {0, 0, 0x80, 0x3f};
    try {
      while (lines.next(input, &result_)) ++read_;
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  std::uint8_t result_ = 0;
  int read_ = 0;
};

TEST_F(Lines, EveryFormIsRead) {
  EXPECT_EQ(error("38\n0X7f\r\n\n# comment\n  fF  \n"), "");
  EXPECT_EQ(read_, 3);
  EXPECT_EQ(result_, 0xff);
  EXPECT_EQ(error("3f800000 38\n3F800000,0x39"), "");
  EXPECT_EQ(read_, 5);
  EXPECT_EQ(result_, 0x39);
}

TEST_F(Lines, WhatIsNoResultIsNamed) {
  EXPECT_THAT(error("38\nzz\n"), HasSubstr("theirs:2: 'zz' is no hex word"));
  EXPECT_THAT(error("38\n3f800000 38\n"), HasSubstr("theirs:2: 2 words instead of 1"));
  EXPECT_THAT(error("1 2 3\n"), HasSubstr("a line has 3 words"));
  EXPECT_THAT(error("138\n"), HasSubstr("has more than 1 byte"));
  EXPECT_THAT(error("3f800001 38\n"), HasSubstr("out of order"));
  EXPECT_THAT(error("11111111111111111\n"), HasSubstr("at most 64 bits"));
  EXPECT_THAT(error("0x\n"), HasSubstr("'0x' is no hex word"));
}

}  // namespace
}  // namespace mxscope::analysis
