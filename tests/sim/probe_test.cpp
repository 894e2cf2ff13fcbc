// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Probes against our own executor: every row is read back, and so is every row with a field
// changed.
#include "sim/probe.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "sim/probe_variants.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<spec::Code> words_of(const Mma& mma, const std::vector<ProbeCase>& cases) {
  std::vector<spec::Code> words;
  for (const ProbeCase& one : cases) words.push_back(probe_word(mma, one));
  return words;
}

/// Every choice of formats of a row, B in A's.
std::vector<Mma> choices(const MmaUnit& unit) {
  std::vector<Mma> all;
  std::vector<MmaScale> scales = unit.scales;
  if (scales.empty()) scales.push_back({"", 0});
  for (const std::string& format : unit.a_formats)
    for (const MmaScale& scale : scales)
      all.push_back(bind_unit(unit, format, format, scale.format, scale.block));
  return all;
}

const ProbeField& field(const ProbeReading& reading, const std::string& name) {
  for (const ProbeField& one : reading.fields)
    if (one.name == name) return one;
  throw Error("the reading has no field " + name);
}

/// What the row's own executor, with fields changed, is read as.
ProbeReading read_altered(const Mma& row, const std::vector<std::string>& assignments) {
  Mma altered = row;
  for (const std::string& assignment : assignments) set_field(altered.unit, assignment);
  const std::vector<ProbeCase> cases = design_probe(row);
  return read_probe(row, cases, words_of(altered, cases));
}

/// The altered value is among those read, the others' are the row's; "" or what is wrong.
std::string wrongly_read(const ProbeReading& reading, const std::string& name,
                         const std::string& value) {
  if (!reading.explained) return "no rule explains it; fails at " + reading.unanswered;
  for (const ProbeField& one : reading.fields) {
    const std::string& expected = one.name == name ? value : one.row;
    if (std::find(one.values.begin(), one.values.end(), expected) == one.values.end())
      return fmt::format("{} is not read as {}", one.name, expected);
  }
  return "";
}

void expect_every_value_read(const Mma& row, std::size_t stride) {
  const std::vector<ProbeCase> cases = design_probe(row);
  for (const std::string& name : probed_fields(row)) {
    const std::vector<std::string> values = probed_values(row, name);
    for (std::size_t i = 0; i<values.size(); i += values.size()> 8 ? stride : 1) {
      Mma altered = row;
      set_field(altered.unit, name + "=" + values[i]);
      const ProbeReading reading = read_probe(row, cases, words_of(altered, cases));
      EXPECT_EQ(wrongly_read(reading, name, values[i]), "")
          << row.unit.name << ", " << row.a.name << ", " << name << "=" << values[i];
    }
  }
}

TEST(ProbeMedium, EveryRowIsReadBackAndNoOtherRuleExplainsIt) {
  for (const MmaUnit& unit : mma_units())
    for (const Mma& row : choices(unit)) {
      const ProbeReading reading = read_altered(row, {});
      const std::string where = unit.name + ", " + row.a.name;
      EXPECT_TRUE(reading.explained) << where << reading.unanswered;
      EXPECT_THAT(reading.changes, IsEmpty()) << where;
      EXPECT_THAT(reading.row_mismatches, IsEmpty()) << where;
      EXPECT_THAT(reading.fields.front().values, SizeIs(1)) << where;  // the rule
      // What nobody disputes is settled whatever the formats; zeros and floors depend on them.
      const std::vector<std::string> settled = {"step_k",        "kept_bits",       "output_bits",
                                                "group",         "zero_groups",     "addend_window",
                                                "parity_halves", "flush_subnormals"};
      for (const ProbeField& one : reading.fields) {
        EXPECT_TRUE(one.agrees()) << where << one.name;
        if (std::find(settled.begin(), settled.end(), one.name) != settled.end()) {
          EXPECT_THAT(one.values, SizeIs(1)) << where << one.name;
        }
      }
    }
}

TEST(ProbeMedium, ChangedFieldsAreReadWithEachRule) {
  for (const char* name : {"sm80.mma.bf16", "sm89.mma.fp8", "sm120.mma.mxf8f6f4", "sm80.mma.s8",
                           "cdna3.mfma.f16", "cdna2.mfma.bf16"})
    expect_every_value_read(choices(find_unit(name)).front(), 7);
}

TEST(ProbeSlow, EveryValueOfEveryFieldIsReadInEachKindOfRow) {
  for (const char* name :
       {"sm70.mma.f16", "sm80.mma.bf16", "sm89.mma.fp8", "sm89.mma.fp8.f16acc", "sm90.wgmma.fp8",
        "sm100.mma.fp8", "sm120.mma.tf32", "sm120.mma.f16.f16acc", "sm120.mma.f8f6f4",
        "sm120.mma.mxf8f6f4", "sm120.mma.mxf4", "sm100.tcgen05.mxf4nvf4", "cdna3.mfma.fp8",
        "cdna1.mfma.f16", "sm90.mma.f64"})
    for (const Mma& row : choices(find_unit(name))) expect_every_value_read(row, 1);
}

TEST(Probe, UnsettledPointsOfBf16AreSettled) {
  const Mma row = bind_unit(find_unit("sm120.mma.bf16"));
  const ProbeReading counted = read_altered(row, {"zero_products=counted"});
  EXPECT_THAT(field(counted, "zero_products").values, ElementsAre("counted"));
  EXPECT_THAT(counted.changes, ElementsAre("zero_products=counted"));
  const ProbeReading floor = read_altered(row, {"least_exponent=-133"});
  EXPECT_THAT(field(floor, "least_exponent").values, ElementsAre("-133"));
  EXPECT_THAT(field(floor, "zero_addend").values, ElementsAre("ignored"));
}

TEST(Probe, UnsettledPointsOfFp4AreSettledTogether) {
  const Mma row = bind_unit(find_unit("sm120.mma.mxf4"));
  const ProbeReading reading =
      read_altered(row, {"group=4", "zero_groups=ignored", "addend_window=past-products"});
  EXPECT_THAT(field(reading, "group").values, ElementsAre("4"));
  EXPECT_THAT(field(reading, "zero_groups").values, ElementsAre("ignored"));
  EXPECT_THAT(field(reading, "addend_window").values, ElementsAre("past-products"));
  EXPECT_THAT(field(reading, "kept_bits").values, ElementsAre("35"));
  const ProbeReading floor = read_altered(row, {"least_unit=-174"});
  EXPECT_THAT(field(floor, "least_unit").values, Contains("-174"));
}

/// A counted zero C has exponent -126, and a C other than zero has no less: a floor at -126 is the
/// same rule, and the reading offers both.
TEST(Probe, TwoDescriptionsOfOneRuleAreBothOffered) {
  const Mma row = bind_unit(find_unit("sm120.mma.bf16"));
  const ProbeReading reading = read_altered(row, {"zero_addend=counted"});
  EXPECT_TRUE(reading.explained);
  EXPECT_THAT(field(reading, "zero_addend").values, ElementsAre("ignored", "counted"));
  EXPECT_THAT(field(reading, "least_exponent").values, Contains("-126"));
}

TEST(Probe, AnotherRuleIsNamed) {
  const Mma native = bind_unit(find_unit("sm120.mma.fp8"));
  const Mma split = bind_unit(find_unit("sm100.mma.fp8"));
  const std::vector<ProbeCase> cases = design_probe(native);
  const ProbeReading reading = read_probe(native, cases, words_of(split, cases));
  EXPECT_TRUE(reading.explained);
  EXPECT_THAT(field(reading, "rule").values, ElementsAre("split-windows"));
  EXPECT_THAT(reading.changes, Contains("rule=split-windows"));
  EXPECT_FALSE(reading.row_mismatches.empty());
}

TEST(Probe, WordsOfNoKnownRuleAreNotExplained) {
  const Mma row = bind_unit(find_unit("sm120.mma.bf16"));
  const std::vector<ProbeCase> cases = design_probe(row);
  std::vector<spec::Code> words = words_of(row, cases);
  const auto nan = std::find_if(cases.begin(), cases.end(),
                                [](const ProbeCase& one) { return one.what == "NaN in A"; });
  ASSERT_NE(nan, cases.end());
  words[static_cast<std::size_t>(nan - cases.begin())] = 0x7fc00000;
  const ProbeReading reading = read_probe(row, cases, words);
  EXPECT_FALSE(reading.explained);
  EXPECT_EQ(reading.unanswered, "specials: NaN in A");
  EXPECT_THAT(field(reading, "kept_bits").values, ElementsAre("25"));  // settled before
}

/// Written apart from the executor, and equal to it where the decisions are the known ones.
TEST(Probe, VariantsAreTheExecutorsWindowWhereNothingDiffers) {
  for (const char* name : {"sm120.mma.bf16", "sm80.mma.f16", "sm89.mma.fp8", "sm89.mma.fp8.f16acc",
                           "sm120.mma.f8f6f4"}) {
    const Mma row = choices(find_unit(name)).front();
    for (const ProbeCase& one : design_probe(row))
      if (one.question == "kept_bits" || one.question == "step_k" ||
          one.question == "output_bits") {
        ASSERT_EQ(variant_word(row, {}, one), probe_word(row, one)) << name << ", " << one.what;
      }
  }
}

TEST(ProbeMedium, DecisionsThatNoRowHasAreNamed) {
  const Mma row = bind_unit(find_unit("sm120.mma.bf16"));
  const std::vector<ProbeCase> cases = design_probe(row);
  for (const ProbeVariant& variant :
       {ProbeVariant{.cut = TermCut::kFloored}, ProbeVariant{.cut = TermCut::kNearest},
        ProbeVariant{.final_rounding = FinalRounding::kNearestEven},
        ProbeVariant{.late_addend = true}}) {
    std::vector<spec::Code> words = words_of(row, cases);
    for (std::size_t i = 0; i < cases.size(); ++i)
      if (cases[i].question == "kept_bits" || cases[i].question == "step_k" ||
          cases[i].question == "output_bits")
        words[i] = variant_word(row, variant, cases[i]);
    const ProbeReading reading = read_probe(row, cases, words);
    EXPECT_FALSE(reading.explained);
    EXPECT_THAT(reading.beyond, Contains(HasSubstr(variant_text(variant) + ", step_k=16, kept_bits="
                                                                           "25, output_bits=23")));
    EXPECT_THAT(reading.beyond, SizeIs(testing::Le(4)));
  }
}

TEST(Probe, CasesThatDoNotFitAreRefused) {
  const Mma row = bind_unit(find_unit("sm120.mma.bf16"));
  std::vector<ProbeCase> cases = design_probe(row);
  cases.resize(1);
  cases.front().a.pop_back();
  EXPECT_THROW(read_probe(row, cases, {0}), Error);
  EXPECT_THROW(read_probe(row, design_probe(row), {}), Error);
}

TEST(Probe, TheDesignDoesNotDependOnWhatTheRowClaims) {
  Mma other = bind_unit(find_unit("sm120.mma.mxf4"));
  const std::vector<ProbeCase> cases = design_probe(other);
  other.unit.rule = MmaRule::kWindow;
  other.unit.kept_bits = 13;
  other.unit.group = 4;
  EXPECT_EQ(design_probe(other), cases);
}

}  // namespace
}  // namespace mxscope::sim
