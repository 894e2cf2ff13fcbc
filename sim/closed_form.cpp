// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/closed_form.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "sim/power_clock.h"
#include "sim/roofline.h"

namespace mxscope::sim {
namespace {

constexpr double kBytesPerUsOfGb = 1e3;
constexpr double kQuantizedInput = 2;  ///< bytes of an activation before quantization: bf16

struct Tile {
  int m, n, sms;
};
constexpr std::array<Tile, 12> kTensorMemoryTiles = {{{64, 32, 1},
                                                      {64, 64, 1},
                                                      {64, 128, 1},
                                                      {128, 32, 1},
                                                      {128, 64, 1},
                                                      {128, 128, 1},
                                                      {128, 192, 1},
                                                      {128, 256, 1},
                                                      {256, 64, 2},
                                                      {256, 128, 2},
                                                      {256, 192, 2},
                                                      {256, 256, 2}}};
constexpr std::array<Tile, 8> kRegisterTiles = {{{64, 32, 1},
                                                 {64, 64, 1},
                                                 {64, 128, 1},
                                                 {128, 32, 1},
                                                 {128, 64, 1},
                                                 {128, 128, 1},
                                                 {128, 256, 1},
                                                 {256, 128, 1}}};
constexpr std::array kSplits = {1, 2, 4, 8, 16};

/// Bytes of one element, its share of a block scale included.
double element_bytes(const OperandType& type) {
  return type.bits / 8.0 + (type.scale_block > 0 ? 1.0 / type.scale_block : 0);
}

double output_bytes(const std::string& output) {
  if (output == "fp32" || output == "int32") return 4;
  if (output == "bf16" || output == "fp16") return 2;
  return element_bytes(find_operand_type(output));
}

struct Bytes {
  double a, b, out;

  explicit Bytes(const GemmProblem& problem)
      : a(static_cast<double>(problem.m) * static_cast<double>(problem.k) *
          element_bytes(find_operand_type(problem.type))),
        b(static_cast<double>(problem.n) * static_cast<double>(problem.k) *
          element_bytes(find_operand_type(problem.type))),
        out(static_cast<double>(problem.m) * static_cast<double>(problem.n) *
            output_bytes(problem.output)) {}
};

/// What the GEMM has to fetch from DRAM: copies of B that went through the L2 since it was last
/// used, and of A what does not fit beside it.
double dram_bytes(const Device& device, const GemmProblem& problem, const Bytes& bytes) {
  const double cache = device.l2.bytes;
  if (problem.weight_copies == 0) return bytes.a + bytes.b;
  const double cycled = bytes.b * problem.weight_copies + bytes.a + bytes.out;
  const double hit = std::clamp(2 - cycled / cache, 0.0, 1.0);  // an LRU cache thrashes at once
  return (bytes.a + bytes.b) * (1 - hit);
}

double ceiling(double a, double b) { return std::ceil(a / b); }

/// Cycles of the matrix pipe for a tile, and cycles until the last result is there.
double tensor_cycles(const Device& device, const TensorRate& rate, const Tile& tile, double k) {
  // Instructions narrower than the operand port can feed reach less than the rate.
  double slowdown = 1;
  if (device.tensor_memory.bytes_per_sm > 0) {
    const double port =
        (tile.m / tile.sms + tile.n / tile.sms) * 32 / device.shared.bytes_per_cycle;
    const double pipe = 2.0 * tile.m * tile.n * rate.k / tile.sms / rate.flop_per_cycle_sm;
    slowdown = std::max(1.0, port / pipe);
    if (tile.m / tile.sms < 128) slowdown = std::max(slowdown, 2.0);  // half the lanes
  }
  return 2.0 * tile.m * tile.n * k / tile.sms / rate.flop_per_cycle_sm * slowdown;
}

double quantize_us(const Device& device, const GemmProblem& problem, const Bytes& bytes) {
  const double moved =
      bytes.a + kQuantizedInput * static_cast<double>(problem.m) * static_cast<double>(problem.k);
  const double missed = std::max(0.0, moved - device.l2.bytes);
  const double dram = missed / (device.dram.peak_gb_per_s * device.dram.efficiency);
  return device.launch.kernel_us + std::max(moved / device.l2.gb_per_s, dram) / kBytesPerUsOfGb;
}

double us_at(const Device& device, const GemmProblem& problem, const TensorRate& rate,
             double clock) {
  const OperandType& type = find_operand_type(problem.type);
  const Bytes bytes(problem);
  const double m = static_cast<double>(problem.m);
  const double n = static_cast<double>(problem.n);
  const double k = static_cast<double>(problem.k);
  const double cold = dram_bytes(device, problem, bytes);
  const double dram_us = (cold + std::max(0.0, bytes.out - device.l2.bytes)) /
                         (device.dram.peak_gb_per_s * device.dram.efficiency * kBytesPerUsOfGb);
  const double miss = cold > 0 ? static_cast<double>(device.dram.latency_cycles) : 0;

  const bool tensor_memory = device.tensor_memory.bytes_per_sm > 0;
  const std::span<const Tile> tiles =
      tensor_memory ? std::span<const Tile>(kTensorMemoryTiles) : kRegisterTiles;
  double best = INFINITY;
  for (const Tile& tile : tiles)
    for (const int split : kSplits) {
      const double units = ceiling(m, tile.m) * ceiling(n, tile.n) * split;
      const double slots = std::floor(device.chip.sms / tile.sms);
      if (slots < 1) break;
      if (split > 1 && units > slots) break;
      const double depth = k / split;
      const double rounds = ceiling(units, slots);
      const double loaded =  // bytes of K that one SM takes in for a tile
          (tile.m + tile.n) / static_cast<double>(tile.sms) * depth * element_bytes(type);
      const double fill = loaded / device.tma.bytes_per_cycle_sm;
      const double pipe = tensor_cycles(device, rate, tile, depth);
      const double drain =
          tile.m / tile.sms * tile.n * 4.0 /
          (tensor_memory ? static_cast<double>(device.tensor_memory.read_bytes_per_cycle)
                         : static_cast<double>(device.shared.bytes_per_cycle));
      // Epilogues but the last hide behind the next tile's loop, as far as that is long enough.
      const double loop = std::max({pipe, fill, drain + device.launch.next_tile_cycles});
      const double cycles = device.launch.prologue_cycles + device.tma.latency_cycles + miss +
                            rounds * loop + drain + device.launch.epilogue_cycles;
      const double partial = split > 1 ? m * n * 4 * 2 * split : 0;
      const double l2_us = (units * loaded * tile.sms + bytes.out + partial) /
                           (device.l2.gb_per_s * kBytesPerUsOfGb);
      const double reduce_us = split > 1 ? 2 * device.tma.latency_cycles / clock : 0;
      best = std::min(best, std::max({cycles / clock, l2_us, dram_us}) + reduce_us);
    }
  const double before = problem.quantize_activations ? quantize_us(device, problem, bytes) : 0;
  return device.launch.kernel_us + std::max(best + before, gemm_roofline_us(device, problem));
}

}  // namespace

double closed_form_us(const Device& device, const GemmProblem& problem) {
  const TensorRate& rate = device.rate(problem.type, problem.type == "int8" ? "int32" : "fp32");
  double clock = problem.clock_mhz;
  if (clock <= 0) {
    const double cycles =
        problem.flop() / (device.chip.sms * rate.flop_per_cycle_sm) * rate.relative_power();
    const double cold = dram_bytes(device, problem, Bytes(problem));
    clock = settled_clock(device, [&](double at) {
      return KernelRun{us_at(device, problem, rate, at), cycles, cold};
    });
  }
  return us_at(device, problem, rate, clock);
}

double gemm_roofline_us(const Device& device, const GemmProblem& problem) {
  const Bytes bytes(problem);
  const bool cold = problem.weight_copies == 0;
  double us = roofline(device, {.kind = problem.type,
                                .flop = problem.flop(),
                                .read_bytes = bytes.a + bytes.b,
                                .written_bytes = bytes.out,
                                .cold = cold,
                                .clock_mhz = problem.clock_mhz})
                  .us();
  if (problem.quantize_activations)
    us += roofline(device, {.read_bytes = kQuantizedInput * static_cast<double>(problem.m) *
                                          static_cast<double>(problem.k),
                            .written_bytes = bytes.a,
                            .cold = cold})
              .us();
  return us;
}

}  // namespace mxscope::sim
