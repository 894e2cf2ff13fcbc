// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/sweep.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "analysis/chosen_inputs.h"
#include "analysis/run_list.h"
#include "analysis/sweep_simd.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

const std::atomic<bool> kGoOn{false};

struct Subject {
  spec::Format format;
  spec::Policy policy;
  std::vector<spec::Run> runs;
};

Subject subject_of(const std::string& format_name, spec::Overflow overflow) {
  Subject s;
  s.format = spec::find_format(format_name);
  s.policy.overflow = overflow;
  s.policy.infinity = overflow;
  s.policy = spec::adapted(s.format, s.policy);
  s.runs = spec::step_map(spec::find_format("fp32"), s.format, s.policy);
  return s;
}

TEST(SweepLoops, FillAscends) {
  alignas(64) std::uint32_t inputs[256];
  fill_ascending(inputs, 256, 0xffffff80U);
  for (std::uint32_t i = 0; i < 256; ++i) ASSERT_EQ(inputs[i], 0xffffff80U + i);
}

TEST(SweepLoops, FindTheFirstOtherByteAnywhere) {
  for (const std::size_t count : {0, 1, 63, 64, 255, 256, 257, 1000}) {
    std::vector<std::uint8_t> bytes(count, 0x5a);
    EXPECT_EQ(first_other_than(0x5a, bytes.data(), count), count);
    for (std::size_t at = 0; at < count; ++at) {
      bytes[at] = 0xda;
      ASSERT_EQ(first_other_than(0x5a, bytes.data(), count), at);
      bytes[at] = 0x5a;
    }
  }
}

TEST(Sweep, AgreesOnEveryBackEnd) {
  const Subject s = subject_of("e4m3", spec::Overflow::kSaturate);
  for (const std::string& backend : spec::batch_backends()) {
    const spec::BatchCast cast(spec::kF32, s.format, s.policy, 0, backend);
    // From under 1 to over 2, then across the largest value, and the last inputs of all.
    for (const std::uint64_t first : {0x3f700000U, 0x43d00001U, 0xffe00000U}) {
      const std::uint64_t count = std::min<std::uint64_t>(0x300000, kF32Inputs - first);
      const SweepResult result = sweep(cast, s.runs, 0, first, count, kGoOn);
      EXPECT_FALSE(result.disagreement) << backend;
      EXPECT_EQ(result.cases, count);
    }
  }
}

TEST(Sweep, FindsTheFirstWrongInputOfAFalseOracle) {
  Subject s = subject_of("e4m3", spec::Overflow::kSaturate);
  const spec::BatchCast cast(spec::kF32, s.format, s.policy, 0, "portable");
  // 1.0625 is a tie and goes to even 0x38; the false oracle rounds it up.
  for (spec::Run& run : s.runs)
    if (run.first == 0x3f880001) run.first = 0x3f880000;
  const SweepResult result = sweep(cast, s.runs, 0, 0x3f800000, 1 << 20, kGoOn);
  ASSERT_TRUE(result.disagreement);
  EXPECT_EQ(witness_text(*result.disagreement, 32), "0x3f880000: codec 0x38, oracle 0x39");
  EXPECT_EQ(result.cases, 0x80001U);
}

TEST(Sweep, CountsARefusalAsADisagreement) {
  const Subject saturating = subject_of("e4m3", spec::Overflow::kSaturate);
  const Subject refusing = subject_of("e4m3", spec::Overflow::kError);
  const spec::BatchCast cast(spec::kF32, refusing.format, refusing.policy);
  const SweepResult result = sweep(cast, saturating.runs, 0, 0x43e00000, 1 << 20, kGoOn);
  ASSERT_TRUE(result.disagreement);
  EXPECT_EQ(witness_text(*result.disagreement, 32), "0x43e80001: codec !!, oracle 0x7e");
}

TEST(Sweep, EndsWhenStopped) {
  const Subject s = subject_of("e2m1", spec::Overflow::kSaturate);
  const spec::BatchCast cast(spec::kF32, s.format, s.policy);
  const std::atomic<bool> stop{true};
  EXPECT_LT(sweep(cast, s.runs, 0, 0, kF32Inputs, stop).cases, std::uint64_t{1} << 24);
}

TEST(Cells, AreAsWideAsTheThresholdsAllow) {
  EXPECT_EQ(cell_bits_of(subject_of("e4m3", spec::Overflow::kNan).runs), 7);
  EXPECT_EQ(cell_bits_of(subject_of("e8m0", spec::Overflow::kNan).runs), 7);
  EXPECT_EQ(cell_bits_of(subject_of("p3109_k8p8uf", spec::Overflow::kSaturate).runs), 8);
  EXPECT_EQ(cell_bits_of({{0, {}}, {0x3f800002, {1}}}), -1);
}

TEST(Cells, SettleConversionsThatRefuse) {
  const Subject s = subject_of("e5m2", spec::Overflow::kError);
  const spec::BatchCast cast(spec::kF32, s.format, s.policy);
  const CellProof proof = prove_by_cells(cast, s.runs, s.format);
  EXPECT_FALSE(proof.disagreement);
  EXPECT_EQ(proof.cells, std::uint64_t{1} << 17);
  EXPECT_EQ(proof.cases, 3 * (std::uint64_t{1} << 16));
}

TEST(Cells, FindAWrongCellOfAFalseOracle) {
  Subject s = subject_of("e5m2", spec::Overflow::kSaturate);
  const spec::BatchCast cast(spec::kF32, s.format, s.policy);
  s.runs[40].outcome.code ^= 1;
  const CellProof proof = prove_by_cells(cast, s.runs, s.format);
  ASSERT_TRUE(proof.disagreement);
  EXPECT_EQ(proof.disagreement->input, s.runs[40].first);
}

TEST(StretchEnds, HoldEveryThresholdAndBinade) {
  const std::vector<spec::Run> runs = {{0, {}}, {0x3c81, {1}}};
  const auto ends = stretch_ends(runs, spec::kF16);
  const auto holds = [&](std::uint64_t x) {
    return std::binary_search(ends.begin(), ends.end(), x);
  };
  for (const std::uint64_t x : {0x3c80, 0x3c81, 0x3c00, 0x3fff, 0, 1, 0x8000, 0x8001, 0x7c00,
                                0x7c01, 0x7fff, 0xfc00, 0xfc01, 0xffff})
    EXPECT_TRUE(holds(x)) << std::hex << x;
  EXPECT_FALSE(holds(0x3c82));
}

TEST(RunLists, AreDigestedAndWritten) {
  EXPECT_EQ(digest_of({}), "cbf29ce484222325");
  EXPECT_EQ(outcome_text({7, false}), "0x07");
  EXPECT_EQ(outcome_text({0, true}), "!!");
  EXPECT_EQ(input_text(0x80, 16), "0x0080");
}

TEST(RunLists, CommonRunsCoverEveryInputOnce) {
  const std::vector<spec::Run> a = {{0, {0}}, {5, {1}}, {9, {2}}};
  const std::vector<spec::Run> b = {{0, {0}}, {7, {1}}, {9, {0}}};
  std::vector<std::uint64_t> ends;
  for_each_common_run(a, b, 16, [&](spec::Code first, spec::Code last, auto&&, auto&&) {
    ends.push_back(first);
    ends.push_back(last);
  });
  EXPECT_EQ(ends, (std::vector<std::uint64_t>{0, 4, 5, 6, 7, 8, 9, 15}));
}

TEST(SweepSlow, AllInputsOnTheFastestAndThePortableBackEnd) {
  for (const std::string name : {"e4m3", "e2m1"}) {
    const Subject s = subject_of(name, spec::Overflow::kSaturate);
    for (const std::string backend : {"auto", "portable"}) {
      const spec::BatchCast cast(spec::kF32, s.format, s.policy, 0, backend);
      const SweepResult result = sweep(cast, s.runs, 0, 0, kF32Inputs, kGoOn);
      EXPECT_FALSE(result.disagreement) << name << " " << backend;
      EXPECT_EQ(result.cases, kF32Inputs);
    }
  }
}

}  // namespace
}  // namespace mxscope::analysis
