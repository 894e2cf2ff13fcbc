// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What schemes run on a linear layer, and what that costs.
#include "sim/scheme_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/layer_time.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

using testing::HasSubstr;

SchemeSetting setting(const char* name) { return default_setting(find_timed_scheme(name)); }

SchemeSetting residual(std::int64_t channels, const char* name = "arcquant_trt") {
  SchemeSetting s = setting(name);
  s.residual_channels = channels;
  return s;
}

std::vector<std::string> names(const SchemeSetting& s, LinearInput input) {
  std::vector<std::string> all;
  for (const SchemeKernel& kernel : activation_kernels(s, channel_counts(s, 4096), input, 128))
    all.push_back(kernel.name);
  return all;
}

TEST(SchemeTime, CountsAreRoundedAsTheCodeRoundsThem) {
  SchemeSetting mix = setting("micromix");
  mix.shares = {0.1, 0.3};  // 409.6 and 1228.8 of 4096
  EXPECT_EQ(channel_counts(mix, 4096).parts, (std::vector<std::int64_t>{2304, 512, 1280}));
  EXPECT_EQ(channel_counts(residual(1), 4096).residual, 64);
  EXPECT_EQ(channel_counts(residual(65), 4096).residual, 128);
  SchemeSetting share = setting("arcquant");
  share.residual_channels = 0;
  share.residual_share = 0.0625;
  EXPECT_EQ(channel_counts(share, 4096).residual, 256);
  EXPECT_EQ(channel_counts(residual(0), 4096).residual, 0);
}

// Rounding both counts up may take more channels than there are: MicroMix's code does not look.
TEST(SchemeTime, CountsThatExceedKAreRefused) {
  SchemeSetting mix = setting("micromix");
  mix.shares = {0.49, 0.51};
  try {
    channel_counts(mix, 3584);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("leaves -128 for mxfp4"));
  }
  EXPECT_THROW(channel_counts(residual(4100), 4096), Error);
}

TEST(SchemeTime, AverageBitsAreThoseAskedFor) {
  for (const double bits : {4.0, 4.48, 5.22, 5.51, 6.01, 8.0}) {
    SchemeSetting mix = setting("micromix");
    set_average_bits(mix, bits);
    EXPECT_NEAR(average_bits(mix), bits, 1e-12);
    EXPECT_GE(mix.shares[0], 0);
    EXPECT_GE(mix.shares[1], 0);
  }
  SchemeSetting mix = setting("micromix"), plain = setting("nvfp4");
  EXPECT_THROW(set_average_bits(mix, 8.1), Error);
  EXPECT_THROW(set_average_bits(plain, 5), Error);
}

// 4.5 (1 + S / K) bits a weight; 4, 6 and 8 bits with a byte of scale for 32.
TEST(SchemeTime, WeightBytesByFormula) {
  const auto bytes = [](const SchemeSetting& s) {
    return weight_row_bytes(s.scheme, channel_counts(s, 4096));
  };
  EXPECT_DOUBLE_EQ(bytes(setting("nvfp4")), 4096 * 4.5 / 8);
  EXPECT_DOUBLE_EQ(bytes(residual(512)), (4096 + 512) * 4.5 / 8);
  EXPECT_DOUBLE_EQ(bytes(setting("mxfp4")), 4096 * 4.25 / 8);
  EXPECT_DOUBLE_EQ(bytes(setting("fp16")), 4096 * 2.0);
  SchemeSetting mix = setting("micromix");
  mix.shares = {0.125, 0.25};
  EXPECT_DOUBLE_EQ(bytes(mix), 2560 * 4.25 / 8 + 512 * 6.25 / 8 + 1024 * 8.25 / 8);
  mix.scheme = find_timed_scheme("micromix_main");
  EXPECT_DOUBLE_EQ(bytes(mix), 4096 * 4.25 / 8);
}

TEST(SchemeTime, GemmsAreOneOrAChainThroughC) {
  const auto arc = scheme_gemms(residual(192).scheme, channel_counts(residual(192), 4096), 7, 9);
  ASSERT_EQ(arc.size(), 1u);
  EXPECT_EQ(to_string(arc[0]), "m=7 n=9 k=4288 nvfp4 -> bf16");
  SchemeSetting mix = setting("micromix_main");
  mix.shares = {0.125, 0.25};
  const auto chain = scheme_gemms(mix.scheme, channel_counts(mix, 4096), 7, 9);
  ASSERT_EQ(chain.size(), 3u);
  EXPECT_EQ(to_string(chain[0]), "m=7 n=9 k=2560 mxfp4 -> bf16");
  EXPECT_EQ(to_string(chain[1]), "m=7 n=9 k=512 mxfp6 x mxfp4 + C -> bf16");
  EXPECT_EQ(to_string(chain[2]), "m=7 n=9 k=1024 mxfp8 x mxfp4 + C -> bf16");
  mix.shares = {0, 0};
  EXPECT_EQ(scheme_gemms(mix.scheme, channel_counts(mix, 4096), 7, 9).size(), 1u);
}

// The published benchmark quantizes after a norm without looking for a tensor scale, and looks for
// it by PyTorch elsewhere.
TEST(SchemeTime, KernelsBeforeTheGemms) {
  using testing::ElementsAre;
  const SchemeSetting arc = setting("arcquant");
  EXPECT_THAT(names(arc, LinearInput::kNorm), ElementsAre("rmsnorm + quantize"));
  EXPECT_THAT(names(arc, LinearInput::kAttention),
              ElementsAre("|x|", "amax", "x / scale", "reorder + quantize"));
  EXPECT_THAT(names(arc, LinearInput::kGate), ElementsAre("silu", "silu times up", "|x|", "amax",
                                                          "x / scale", "reorder + quantize"));
  SchemeSetting pass = arc;
  pass.amax_as_published = false;
  pass.amax = AmaxPass::kPass;
  EXPECT_THAT(names(pass, LinearInput::kNorm),
              ElementsAre("rmsnorm", "amax", "reorder + quantize"));
  EXPECT_THAT(names(setting("fp16"), LinearInput::kNorm), ElementsAre("rmsnorm"));
  EXPECT_THAT(names(setting("fp16"), LinearInput::kAttention), ElementsAre());
  EXPECT_THAT(names(setting("mxfp8"), LinearInput::kGate), ElementsAre("silu times up + quantize"));
}

const Device& rtx() { return find_device("rtx-5090"); }
LayerProblem layer(std::int64_t m, std::int64_t n = 4096, std::int64_t k = 4096) {
  return {.m = m, .n = n, .k = k};
}

TEST(LayerTimeMedium, IsTheSumOfItsKernelsAndNeverBelowTheirRooflines) {
  for (const TimedScheme& scheme : timed_schemes())
    for (const std::int64_t m : {1, 100, 4096}) {
      const LayerTime time = simulate_layer(rtx(), default_setting(scheme), layer(m));
      double us = 0, gemm = 0;
      for (const LayerKernel& kernel : time.kernels) {
        us += kernel.us;
        gemm += kernel.gemm ? kernel.us : 0;
        EXPECT_GE(kernel.us, kernel.roofline_us) << scheme.name << ' ' << kernel.name;
      }
      EXPECT_NEAR(time.us, us, 1e-9 * us);
      EXPECT_NEAR(time.gemm_us, gemm, 1e-9 * us);
      EXPECT_NEAR(time.us, time.gemm_us + time.quantize_us, 1e-9 * us);
      EXPECT_GE(time.us, time.roofline_us) << scheme.name;
    }
}

// A tile's block of K is 128 channels: half of one costs the tensor cores as much as all of it.
TEST(LayerTime, HalfABlockOfKCostsAWholeOne) {
  const auto tensor_cycles = [](std::int64_t s) {
    const GemmProblem p{.m = 4096, .n = 4096, .k = 4096 + s, .type = "nvfp4"};
    const GemmTime time =
        simulate_gemm(rtx(), p, parse_config("sm120-cooperative:128x128x128,order=static"));
    return time.stalls.front().cycles;
  };
  EXPECT_EQ(tensor_cycles(64), tensor_cycles(128));
  EXPECT_LT(tensor_cycles(0), tensor_cycles(64));
}

TEST(LayerTime, ThreeLaunchesCostMoreThanOneOfTheSameWork) {
  const GemmProblem whole{.m = 2048, .n = 4096, .k = 4096, .type = "mxfp8"};
  const double one = simulate_gemm(rtx(), whole).us;
  double three = 0;
  for (int i = 0; i < 3; ++i) {
    GemmProblem part = whole;
    part.k = i < 2 ? 1408 : 1280;
    part.adds_c = i > 0;
    three += simulate_gemm(rtx(), part).us;
  }
  EXPECT_GT(three, one + 2 * rtx().launch.kernel_us);
}

TEST(LayerTime, ARotationCostsItsAdditions) {
  LayerProblem problem = layer(8192);
  problem.clock_mhz = 2000;
  const LayerTime plain = simulate_layer(rtx(), setting("nvfp4"), problem);
  const LayerTime rotated = simulate_layer(rtx(), setting("rotation"), problem);
  const double adds = 4.0 * 8192 * 4096 / (170 * 128 * 2000.0);
  EXPECT_NEAR(rotated.us - plain.us, adds, 1e-6 * adds);
}

TEST(SchemeTime, NamesAreThoseOfTheLiterature) {
  EXPECT_EQ(find_timed_scheme("4over6").name, "four_over_six");
  EXPECT_EQ(find_timed_scheme("ARCQuant").name, "arcquant");
  EXPECT_THROW(find_timed_scheme("micromax"), Error);
  EXPECT_THROW(find_amax_pass("guess"), Error);
}

}  // namespace
}  // namespace mxscope::sim
