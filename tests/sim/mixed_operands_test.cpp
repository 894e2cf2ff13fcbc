// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// GEMMs that add C, and those whose A and B are of different types: what they cost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/gemm_time.h"
#include "sim/kernel_choice.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

using testing::HasSubstr;

const std::vector<std::pair<const char*, const char*>> kKernels = {
    {"b200", "sm100-1sm:128x128x128"},
    {"b200", "sm100-2sm:256x128x128,cluster=2x1,order=dynamic"},
    {"rtx-5090", "sm120-cooperative:128x128x128"},
    {"rtx-5090", "sm120-pingpong:64x128x128"},
    {"rtx-5090", "small-m:32x32x128,order=one-tile"}};

GemmProblem with_c(GemmProblem problem) {
  problem.adds_c = true;
  return problem;
}

TEST(AddedC, IsReadOnceAndNeverFree) {
  for (const auto& [name, text] : kKernels)
    for (const int copies : {0, 1})
      for (const bool every_sm : {false, true}) {
        const Device& device = find_device(name);
        const GemmProblem p{
            .m = 2048, .n = 4096, .k = 512, .type = "mxfp8", .weight_copies = copies};
        const GemmConfig config = with_stages(device, p, parse_config(text));
        const SimulationOptions options{.every_sm = every_sm};
        const GemmTime without = simulate_gemm(device, p, config, options);
        const GemmTime with = simulate_gemm(device, with_c(p), config, options);
        const double c = 2048.0 * 4096 * 2;
        const double tolerance = (every_sm ? 1e-3 : 3e-2) * c;
        EXPECT_GT(with.us, without.us) << text;
        EXPECT_NEAR(with.l2_bytes - without.l2_bytes, c, tolerance) << text;
        EXPECT_NEAR(with.smem_fill_bytes - without.smem_fill_bytes, c, tolerance) << text;
        EXPECT_NEAR(with.dram_bytes - without.dram_bytes, copies == 0 ? c : 0, tolerance) << text;
        EXPECT_GE(with.us, with.roofline_us) << text;
        EXPECT_GE(with.roofline_us, without.roofline_us) << text;
      }
}

// Few products and much of C and D: the L2 has one bandwidth for what is read and what is written.
TEST(AddedC, ReadsAndWritesShareTheL2) {
  for (const char* name : {"b200", "rtx-5090"}) {
    Device device = find_device(name);
    device.l2.bytes.value = 1e12;
    const GemmProblem p = with_c({.m = 8192, .n = 8192, .k = 128, .type = "mxfp8"});
    const GemmTime time = simulate_gemm(device, p);
    EXPECT_GE(time.us, time.roofline_us) << name;
    EXPECT_GE(time.kernel_us, 2 * 8192.0 * 8192 * 2 / (device.l2.gb_per_s * 1e3)) << name;
  }
}

TEST(AddedC, OneSmStandsForAll) {
  for (const auto& [name, text] : kKernels) {
    const Device& device = find_device(name);
    const GemmProblem p = with_c({.m = 3000, .n = 4096, .k = 1024, .type = "mxfp6"});
    const GemmTime one = simulate_gemm(device, p, parse_config(text));
    const GemmTime all = simulate_gemm(device, p, parse_config(text), {.every_sm = true});
    EXPECT_NEAR(one.us / all.us, 1, 0.1) << text;
  }
}

TEST(AddedC, EveryCycleIsAccountedFor) {
  const GemmTime time = simulate_gemm(find_device("rtx-5090"),
                                      with_c({.m = 4096, .n = 4096, .k = 256, .type = "mxfp8"}));
  double cycles = 0;
  for (const GemmTime::Stall& stall : time.stalls) cycles += stall.cycles;
  EXPECT_NEAR(cycles / time.clock_mhz, time.kernel_us, 1e-6 * time.kernel_us);
}

// FP4 weights beside FP8 activations are unpacked to bytes on their way: they save global memory,
// and nothing of shared memory nor of the tensor pipe.
TEST(MixedOperands, SaveGlobalBytesOnly) {
  for (const auto& [name, text] : kKernels) {
    const Device& device = find_device(name);
    const GemmProblem same{.m = 1024, .n = 4096, .k = 4096, .type = "mxfp8", .weight_copies = 0};
    GemmProblem mixed = same;
    mixed.weights = "mxfp4";
    const GemmConfig config = with_stages(device, same, parse_config(text));
    EXPECT_EQ(with_stages(device, mixed, parse_config(text)), config);
    const GemmTime a = simulate_gemm(device, same, config);
    const GemmTime b = simulate_gemm(device, mixed, config);
    EXPECT_NEAR(a.dram_bytes - b.dram_bytes, 4096.0 * 4096 / 2, 1e-3 * a.dram_bytes) << text;
    EXPECT_NEAR(a.smem_fill_bytes, b.smem_fill_bytes, 1e-6 * a.smem_fill_bytes) << text;
    EXPECT_NEAR(a.stalls.front().cycles, b.stalls.front().cycles, 1e-6) << text;
    EXPECT_LE(b.us, a.us) << text;
    EXPECT_GE(b.us, b.roofline_us) << text;
  }
}

TEST(MixedOperands, OnlyThoseThatInstructionsTake) {
  const Device& device = find_device("rtx-5090");
  const GemmProblem p{.m = 128, .n = 128, .k = 256, .type = "nvfp4", .weights = "mxfp8"};
  try {
    simulate_gemm(device, p);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("no matrix instruction takes A of nvfp4 and B of mxfp8"));
  }
  EXPECT_EQ(to_string(with_c({.m = 1, .n = 2, .k = 3, .type = "mxfp8", .weights = "mxfp4"})),
            "m=1 n=2 k=3 mxfp8 x mxfp4 + C -> bf16");
}

}  // namespace
}  // namespace mxscope::sim
