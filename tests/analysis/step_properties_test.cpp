// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/step_properties.h"

#include <gtest/gtest.h>

#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using spec::Rounding;

const spec::Format& e2m1() { return spec::find_format("e2m1"); }

std::vector<spec::Run> runs_of(const spec::Format& format, Rounding rounding) {
  spec::Policy policy;
  policy.rounding = rounding;
  return spec::step_map(spec::find_format("fp32"), format, spec::adapted(format, policy));
}

/// The run that begins at an input, to be falsified.
spec::Run& run_at(std::vector<spec::Run>& runs, spec::Code first) {
  for (spec::Run& run : runs)
    if (run.first == first) return run;
  throw std::runtime_error("no run begins there");
}

TEST(StepProperties, OfNearestEven) {
  const auto runs = runs_of(e2m1(), Rounding::kNearestEven);
  EXPECT_TRUE(check_monotone(e2m1(), runs).holds);
  EXPECT_TRUE(check_idempotent(e2m1(), runs).holds);
  EXPECT_TRUE(check_faithful(e2m1(), runs).holds);
  EXPECT_TRUE(check_mirrored(e2m1(), runs, runs).holds);
}

TEST(StepProperties, MirrorUpAndDown) {
  const auto up = runs_of(e2m1(), Rounding::kUp);
  const auto down = runs_of(e2m1(), Rounding::kDown);
  EXPECT_TRUE(check_mirrored(e2m1(), up, down).holds);
  const Finding self = check_mirrored(e2m1(), up, up);
  EXPECT_FALSE(self.holds);
  EXPECT_EQ(self.witness, "0x80000001 -> 0x08, but 0x00000001 -> 0x01");
}

TEST(StepProperties, WorstErrors) {
  EXPECT_EQ(find_worst_error(e2m1(), runs_of(e2m1(), Rounding::kNearestEven)).bound, "1/2");
  // 0.5 is the least value: the last binary32 number below it is 0.5 - 2^-25.
  const Finding zero = find_worst_error(e2m1(), runs_of(e2m1(), Rounding::kTowardZero));
  EXPECT_EQ(zero.bound, "16777215/16777216");
  EXPECT_EQ(zero.witness, "0x3effffff -> 0x00");
}

TEST(StepProperties, RefuteAFallingStep) {
  auto runs = runs_of(e2m1(), Rounding::kNearestEven);
  run_at(runs, 0x40600000).outcome.code = 3;  // 3.5 and above: 1.5, and 2.5 gave 2 before
  EXPECT_EQ(check_monotone(e2m1(), runs).witness, "0x40200001 -> 0x05, but 0x40600000 -> 0x03");
}

TEST(StepProperties, RefuteALostValue) {
  auto runs = runs_of(e2m1(), Rounding::kNearestEven);
  run_at(runs, 0x3f400000).outcome.code = 1;
  EXPECT_EQ(check_idempotent(e2m1(), runs).witness, "code 0x02: 0x3f800000 -> 0x01");
}

TEST(StepProperties, RefuteAJumpOverANeighbour) {
  auto runs = runs_of(e2m1(), Rounding::kNearestEven);
  // 1.25 is where 1.0 ends; three steps later the false map still gives 1.0 at 1.5 and beyond.
  run_at(runs, 0x3fa00001).outcome.code = 2;
  const Finding finding = check_faithful(e2m1(), runs);
  EXPECT_FALSE(finding.holds);
  EXPECT_EQ(finding.witness, "0x3fa00001..0x3fdfffff -> 0x02");
}

TEST(StepProperties, RefuteAMissingSign) {
  auto runs = runs_of(e2m1(), Rounding::kNearestEven);
  run_at(runs, 0x80000000).outcome.code = 0;
  EXPECT_EQ(check_mirrored(e2m1(), runs, runs).witness,
            "0x80000000 -> 0x00, but 0x00000000 -> 0x00");
}

TEST(StepProperties, OverflowIsNoUnfaithfulness) {
  const spec::Format& e5m2 = spec::find_format("e5m2");
  spec::Policy policy;
  policy.overflow = spec::Overflow::kNan;
  policy.infinity = spec::Overflow::kNan;
  const auto runs = spec::step_map(spec::find_format("fp32"), e5m2, policy);
  EXPECT_TRUE(check_faithful(e5m2, runs).holds);
  auto eager = runs;
  run_at(eager, 0x47500001).outcome = {0x7f, false};
  EXPECT_FALSE(check_faithful(e5m2, eager).holds);
}

}  // namespace
}  // namespace mxscope::analysis
