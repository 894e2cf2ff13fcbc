// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Passes of whole models: sums, monotone in what grows, and memory to the byte.
#include "sim/model_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/error.h"

namespace mxscope::sim {
namespace {

SchemeSetting setting(const char* name) { return default_setting(find_timed_scheme(name)); }

ModelPass prefill(std::int64_t batch, std::int64_t tokens) {
  return {.batch = batch, .tokens = tokens, .context = tokens};
}
ModelPass decode(std::int64_t batch, std::int64_t context) {
  return {.batch = batch, .tokens = 1, .context = context};
}

const Device& rtx() { return find_device("rtx-5090"); }
const ModelShape& llama() { return find_model("llama-3.1-8b"); }

TEST(ModelTimeMedium, IsTheSumOfItsKernelsAndNotBelowTheirRooflines) {
  for (const char* name : {"fp16", "fp8", "nvfp4", "arcquant", "micromix_iclr"})
    for (const ModelPass& pass : {prefill(2, 512), decode(8, 2048)}) {
      const PassTime time = simulate_pass(rtx(), llama(), setting(name), pass);
      double us = 0;
      std::int64_t launches = 0;
      for (const PassKernel& kernel : time.kernels) {
        EXPECT_GE(kernel.us, kernel.roofline_us) << name << ' ' << kernel.name;
        us += static_cast<double>(kernel.launches) * kernel.us;
        launches += kernel.launches;
        EXPECT_EQ(kernel.assumed, kernel.role == KernelRole::kAttention);
      }
      EXPECT_NEAR(time.us, us, 1e-9 * us);
      EXPECT_EQ(time.launches, launches);
      EXPECT_GE(time.us, time.roofline_us);
    }
}

TEST(ModelTime, EveryLaunchIsCounted) {
  // fp16, a layer: norm, qkv, positions, attention, o, add, norm, gate_up, gate, down, add.
  EXPECT_EQ(simulate_pass(rtx(), llama(), setting("fp16"), prefill(1, 128)).launches, 32 * 11 + 2);
  // MicroMix: three GEMMs and zeros instead of one, and a quantizer before o.
  EXPECT_EQ(simulate_pass(rtx(), llama(), setting("micromix_iclr"), prefill(1, 128)).launches,
            32 * (11 + 4 * 3 + 1) + 2);
  ModelPass separate = prefill(1, 128);
  separate.fused_projections = separate.last_product = false;
  EXPECT_EQ(simulate_pass(rtx(), llama(), setting("fp16"), separate).launches, 32 * 14);
}

// But for a trifle: a second row of tiles lets twice as many SMs stream the same weights.
TEST(ModelTimeMedium, MoreOfAnythingIsNeverFaster) {
  constexpr double kTrifle = 1 - 1e-3;
  for (const char* name : {"fp16", "nvfp4", "micromix_iclr"}) {
    double last = 0;
    for (const std::int64_t tokens : {1, 64, 128, 129, 512, 1024, 2048, 4096}) {
      const double us = simulate_pass(rtx(), llama(), setting(name), prefill(1, tokens)).us;
      EXPECT_GE(us, last * kTrifle) << name << ' ' << tokens;
      last = us;
    }
    last = 0;
    for (const std::int64_t batch : {1, 2, 8, 32, 128}) {
      const double us = simulate_pass(rtx(), llama(), setting(name), decode(batch, 1024)).us;
      EXPECT_GE(us, last * kTrifle) << name << ' ' << batch;
      last = us;
    }
    last = 0;
    for (const std::int64_t context : {1, 1024, 8192, 65536}) {
      const double us = simulate_pass(rtx(), llama(), setting(name), decode(4, context)).us;
      EXPECT_GE(us, last * kTrifle) << name << ' ' << context;
      last = us;
    }
  }
  ModelShape deeper = llama();
  deeper.layers += 1;
  EXPECT_GT(simulate_pass(rtx(), deeper, setting("nvfp4"), prefill(1, 512)).us,
            simulate_pass(rtx(), llama(), setting("nvfp4"), prefill(1, 512)).us);
}

TEST(ModelTime, IsTheSameTwice) {
  const PassTime one = simulate_pass(rtx(), llama(), setting("arcquant"), prefill(4, 1024));
  const PassTime two = simulate_pass(rtx(), llama(), setting("arcquant"), prefill(4, 1024));
  EXPECT_EQ(one.us, two.us);
}

// Decoding reads every weight once from DRAM: it can be no faster, and with few sequences is not
// much slower.
TEST(ModelTime, DecodingReadsTheWeights) {
  const SchemeSetting fp16 = setting("fp16");
  const PassTime time = simulate_pass(rtx(), llama(), fp16, decode(1, 1));
  const ModelMemory memory = model_memory(llama(), fp16, decode(1, 1));
  const double table = 128256.0 * 4096 * 2;  // the embedding is only looked up
  const double least = (memory.linear + table) / (rtx().dram.peak_gb_per_s * 1e3);
  EXPECT_GE(time.us, least);
  EXPECT_LT(time.us, 1.6 * least);
}

TEST(ModelTime, ExpertsAreUsedAsTokensReachThem) {
  const ModelShape& mixtral = find_model("mixtral-8x7b");
  const PassTime one = simulate_pass(rtx(), mixtral, setting("nvfp4"), decode(1, 128));
  EXPECT_EQ(one.experts_used, 2);
  EXPECT_EQ(one.tokens_per_expert, 1);
  const PassTime many = simulate_pass(rtx(), mixtral, setting("nvfp4"), prefill(1, 1000));
  EXPECT_EQ(many.experts_used, 8);
  EXPECT_EQ(many.tokens_per_expert, 250);
  for (const PassKernel& kernel : many.kernels) {
    if (kernel.name == "down") {
      EXPECT_EQ(kernel.launches, 32 * 8);
    }
  }
}

TEST(ModelTime, APlanGivesLayersTheirChannels) {
  ModelPass pass = prefill(1, 256);
  const SchemeSetting arc = setting("arcquant");
  pass.plan = {{-1, "qkv", 64, {}}, {3, "qkv", 1024, {}}};
  const Linear qkv = linears(llama(), true).front();
  EXPECT_EQ(planned_counts(arc, pass, 0, qkv).residual, 64);
  EXPECT_EQ(planned_counts(arc, pass, 3, qkv).residual, 1024);
  std::int64_t narrow = 0, wide = 0;
  for (const PassKernel& kernel : simulate_pass(rtx(), llama(), arc, pass).kernels)
    if (kernel.name == "qkv")
      (kernel.what.find("k=4160") != std::string::npos ? narrow : wide) += kernel.launches;
  EXPECT_EQ(narrow, 31);
  EXPECT_EQ(wide, 1);
  pass.plan = {{-1, "qkv", 5000, {}}};
  EXPECT_THROW(simulate_pass(rtx(), llama(), arc, pass), Error);
}

// Linear layers of Llama-3.1-8B by hand: 32 (2 4096^2 + 2 4096 1024 + 3 4096 14336) weights.
TEST(ModelMemory, IsExact) {
  const double linear = 32 * (2 * 4096.0 * 4096 + 2 * 4096.0 * 1024 + 3 * 4096.0 * 14336);
  const double table = 128256.0 * 4096, norms = 65.0 * 4096;
  const ModelMemory nvfp4 = model_memory(llama(), setting("nvfp4"), prefill(4, 2048));
  EXPECT_EQ(nvfp4.linear, linear * 4.5 / 8);
  EXPECT_EQ(nvfp4.rest, (2 * table + norms) * 2);
  EXPECT_EQ(nvfp4.kv_cache, 4 * 2048 * 131072.0);
  SchemeSetting arc = setting("arcquant");
  arc.residual_channels = 512;
  const double residual = 32 * 512.0 * (4096 + 2 * 1024 + 4096 + 2 * 14336 + 4096);
  EXPECT_EQ(model_memory(llama(), arc, prefill(4, 2048)).linear, (linear + residual) * 4.5 / 8);
  EXPECT_EQ(model_memory(llama(), setting("fp16"), prefill(1, 1)).weights(), 2 * 8030261248.0);
  // The most of fp16's prefill is alive between gate, up and down: x, both, their product.
  const ModelMemory fp16 = model_memory(llama(), setting("fp16"), prefill(1, 1000));
  EXPECT_EQ(fp16.activations, 1000.0 * 2 * (4096 + 2 * 14336 + 14336));
}

TEST(ModelTime, BadPassesAreRefused) {
  EXPECT_THROW(simulate_pass(rtx(), llama(), setting("nvfp4"), {.batch = 0}), Error);
  EXPECT_THROW(
      simulate_pass(rtx(), llama(), setting("nvfp4"), {.batch = 1, .tokens = 10, .context = 9}),
      Error);
  EXPECT_THROW(simulate_pass(find_device("h200"), llama(), setting("nvfp4"), prefill(1, 128)),
               Error);
}

}  // namespace
}  // namespace mxscope::sim
