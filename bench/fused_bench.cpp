// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Fused kernels on rows of 4096 channels in memory, reordered by a random permutation, one thread,
// in turn with memcpy of the same float32 input; 1/ratio is how many copies a kernel costs. Beside
// one thread, "ratio" is how far two scale.
#include <cstring>
#include <numeric>
#include <random>
#include <thread>

#include "bench/normal_data.h"
#include "bench/ratio.h"
#include "kernels/fused_quantizer.h"
#include "spec/recipes.h"

namespace mxscope::bench {
namespace {

constexpr int kRounds = 11;

/// The upper halves of the same.
const Buffer& bf16_data() {
  static const Buffer data(kCount * sizeof(std::uint16_t));
  static const bool filled = [] {
    const auto* from = reinterpret_cast<const std::uint16_t*>(normal_data().bytes());
    auto* to = reinterpret_cast<std::uint16_t*>(data.bytes());
    for (std::size_t i = 0; i < kCount; ++i) to[i] = from[2 * i + 1];
    return true;
  }();
  static_cast<void>(filled);
  return data;
}

std::vector<std::uint32_t> random_order(std::size_t channels) {
  std::vector<std::uint32_t> order(channels);
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(3));
  return order;
}

/// A plan on the data above, into memory of its own.
class Kernel {
 public:
  Kernel(kernels::FusedPlan plan, bool bf16)
      : fused_(std::move(plan)), bf16_(bf16), rows_(kCount / fused_.channels()) {
    std::size_t offset = 0;
    std::size_t scale_offset = 0;
    for (std::size_t i = 0; i < fused_.plan().segments.size(); ++i) {
      outputs_.push_back({elements().bytes() + offset, fused_.element_bytes(i),
                          scales().bytes() + scale_offset, fused_.scales(i)});
      offset += rows_ * fused_.element_bytes(i);
      scale_offset += rows_ * fused_.scales(i);
    }
    tensor_ = kernels::BlockRoutine(fused_.plan().segments.front().recipe).tensor_factors(5.5F);
  }

  std::size_t rows() const { return rows_; }

  void run(std::size_t first, std::size_t rows) const {
    kernels::FusedInput input;
    const std::size_t skipped = first * fused_.channels();
    if (bf16_)
      input.bf16 = input.up_bf16 =
          reinterpret_cast<const std::uint16_t*>(bf16_data().bytes()) + skipped;
    else
      input.f32 = input.up_f32 = normal_data().floats() + skipped;
    std::vector<kernels::SegmentOutput> outputs = outputs_;
    for (kernels::SegmentOutput& out : outputs) {
      out.elements += first * out.element_stride;
      out.scales += first * out.scale_stride;
    }
    fused_.quantize(input, rows, tensor_, outputs);
  }

 private:
  static const Buffer& elements() {
    static const Buffer buffer(2 * kCount);
    return buffer;
  }
  static const Buffer& scales() {
    static const Buffer buffer(kCount / 8);
    return buffer;
  }

  kernels::FusedQuantizer fused_;
  bool bf16_;
  std::size_t rows_;
  std::vector<kernels::SegmentOutput> outputs_;
  kernels::TensorFactors tensor_;
};

kernels::FusedPlan plain(const char* recipe, std::size_t channels) {
  return kernels::plain_plan(spec::RecipeTable().find(recipe), random_order(channels));
}

kernels::FusedPlan with_rule(kernels::FusedPlan plan, kernels::Prologue prologue) {
  plan.rule.prologue = prologue;
  plan.rule.to_bf16 = true;
  plan.rule.weight.assign(plan.order.size(), 1.25F);
  return plan;
}

kernels::FusedPlan dual(const char* stage, std::size_t channels) {
  return kernels::dual_plan(spec::find_dual_stage(stage), channels / 8, random_order(channels));
}

kernels::FusedPlan mixed(std::size_t channels) {
  return kernels::micromix_plan(channels / 2, channels / 4, channels / 4, random_order(channels));
}

void beside_memcpy(benchmark::State& state, const kernels::FusedPlan& plan, bool bf16) {
  const Kernel ours(plan, bf16);
  static const Buffer copy(kCount * sizeof(float));
  const float* data = normal_data().floats();
  compare(
      state, static_cast<double>(kCount), 0, [&] { ours.run(0, ours.rows()); },
      [&] {
        std::memcpy(copy.bytes(), data, kCount * sizeof(float));
        benchmark::DoNotOptimize(copy.bytes());
      });
  state.counters["copies"] = 1 / state.counters["ratio"];
}

void two_threads(benchmark::State& state, const kernels::FusedPlan& plan) {
  const Kernel ours(plan, false);
  const std::size_t half = ours.rows() / 2;
  compare(
      state, static_cast<double>(kCount), 0,
      [&] {
        std::thread other([&] { ours.run(half, half); });
        ours.run(0, half);
        other.join();
      },
      [&] { ours.run(0, 2 * half); });
}

#define MXSCOPE_BESIDE_MEMCPY(name, plan, bf16) \
  BENCHMARK_CAPTURE(beside_memcpy, name, plan, bf16)->UseManualTime()->Iterations(kRounds)

MXSCOPE_BESIDE_MEMCPY(nvfp4, plain("nvfp4", 4096), false);
MXSCOPE_BESIDE_MEMCPY(nvfp4_14336, plain("nvfp4", 14336), false);
MXSCOPE_BESIDE_MEMCPY(te_nvfp4, plain("te_nvfp4", 4096), false);
MXSCOPE_BESIDE_MEMCPY(nvfp4_division, plain("nvfp4_1level", 4096), false);
MXSCOPE_BESIDE_MEMCPY(mxfp4, plain("mxfp4", 4096), false);
MXSCOPE_BESIDE_MEMCPY(mxfp4_14336, plain("mxfp4", 14336), false);
MXSCOPE_BESIDE_MEMCPY(mxfp8_e4m3, plain("mxfp8_e4m3", 4096), false);
MXSCOPE_BESIDE_MEMCPY(mixed, mixed(4096), false);
MXSCOPE_BESIDE_MEMCPY(mixed_bf16, mixed(4096), true);
MXSCOPE_BESIDE_MEMCPY(arcquant_16, dual("arcquant_16", 4096), false);
MXSCOPE_BESIDE_MEMCPY(arcquant_16_bf16, dual("arcquant_16", 4096), true);
MXSCOPE_BESIDE_MEMCPY(arcquant_32, dual("arcquant_32", 3584), false);
MXSCOPE_BESIDE_MEMCPY(rms_norm_mxfp8,
                      with_rule(plain("mxfp8_e4m3", 4096), kernels::Prologue::kRmsNorm), false);
MXSCOPE_BESIDE_MEMCPY(silu_mxfp8, with_rule(plain("mxfp8_e4m3", 4096), kernels::Prologue::kSiluMul),
                      false);
BENCHMARK_CAPTURE(two_threads, nvfp4, plain("nvfp4", 4096))->UseManualTime()->Iterations(kRounds);
BENCHMARK_CAPTURE(two_threads, mxfp4, plain("mxfp4", 4096))->UseManualTime()->Iterations(kRounds);

}  // namespace
}  // namespace mxscope::bench

BENCHMARK_MAIN();
