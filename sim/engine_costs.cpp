// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/engine_costs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "spec/error.h"

namespace mxscope::sim {
namespace {

/// Swizzled boxes are at most this wide (PTX ISA, cp.async.bulk.tensor).
constexpr std::int64_t kBoxBytes = 128;

Tick ticks(double cycles) { return static_cast<Tick>(std::llround(cycles * kTicksPerCycle)); }
Tick ticks_up(double cycles) { return static_cast<Tick>(std::ceil(cycles * kTicksPerCycle)); }

double bytes_per_cycle(double gb_per_s, double clock_mhz) { return gb_per_s * 1e3 / clock_mhz; }

/// A row of a box takes its cycle however short it is; long rows are several boxes.
std::int64_t path_bytes(const Device& device, const Program& program) {
  double rows = 0, bytes = 0;
  for (const TileCopy& copy : program.copies) {
    if (copy.rows == 0) continue;
    const std::int64_t boxes = (copy.row_bytes + kBoxBytes - 1) / kBoxBytes;
    rows += static_cast<double>(copy.rows * boxes);
    bytes += static_cast<double>(copy.smem_bytes());
  }
  const double row_bytes = device.tma.row_cycles * device.tma.bytes_per_cycle_sm;
  return static_cast<std::int64_t>(std::ceil(std::max(bytes, rows * row_bytes)));
}

}  // namespace

const MmaShape* find_shape(const Device& device, const Program& program) {
  const BlockMma& mma = program.mma;
  for (const MmaShape& shape : device.shapes) {
    const bool kind = shape.kinds.empty() || std::find(shape.kinds.begin(), shape.kinds.end(),
                                                       program.problem.type) != shape.kinds.end();
    if (kind && shape.instruction == mma.instruction && shape.ctas == mma.ctas &&
        shape.m == mma.m && !shape.a_in_tensor_memory && mma.n >= shape.n_low &&
        mma.n <= shape.n_high && mma.n % shape.n_step == 0)
      return &shape;
  }
  return nullptr;
}

EngineCosts engine_costs(const Device& device, const Program& program, double clock_mhz,
                         const Mechanisms& on) {
  const bool multiplies = program.mma.count > 0;
  const MmaShape* shape = multiplies ? find_shape(device, program) : nullptr;
  if (multiplies && shape == nullptr)
    throw Error(fmt::format("{} has no {} of m{}n{} for {}", device.name, program.mma.instruction,
                            program.mma.m, program.mma.n, program.problem.type));
  EngineCosts c;
  c.path = device.tma.bytes_per_cycle_sm;
  c.path_bytes = path_bytes(device, program);
  if (on.smem_port) c.port = device.shared.bytes_per_cycle;
  if (on.l2_bandwidth) c.l2 = bytes_per_cycle(device.l2.gb_per_s, clock_mhz);
  if (on.dram_bandwidth)
    c.dram = bytes_per_cycle(device.dram.peak_gb_per_s * device.dram.efficiency, clock_mhz);
  c.issue = ticks(device.tma.issue_cycles);
  if (on.copy_latency) c.copy_latency = ticks(device.tma.latency_cycles);
  if (on.dram_latency) c.dram_latency = ticks(device.dram.latency_cycles);
  if (on.far_die) c.far_latency = ticks(device.l2.far_die_cycles);
  c.signal = ticks(device.barrier.signal_cycles);
  if (on.prologue) {
    c.prologue = ticks(device.launch.prologue_cycles);
    c.next_tile = ticks(device.launch.next_tile_cycles);
  }
  if (on.epilogue) {
    c.epilogue = ticks(device.launch.epilogue_cycles);
    // Registers go through shared memory: written by warps, read by the store.
    c.drain =
        program.reads_registers
            ? ticks(static_cast<double>(program.epilogue_bytes()) / device.shared.bytes_per_cycle)
            : ticks(static_cast<double>(program.accumulator_bytes) /
                    device.tensor_memory.read_bytes_per_cycle);
  }
  if (!multiplies) return c;
  c.interval = ticks_up(shape->interval(program.mma.n) / shape->issuers);
  if (on.mma_latency) {
    c.latency = ticks(shape->latency(program.mma.n));
    // Loads of operands take about as long as an instruction of registers: LDSM 33 cycles against
    // 29 to 35 (florianmattana/sass-king, RTX 5070 Ti).
    if (!program.mma.asynchronous) c.operand_latency = c.latency;
  }
  return c;
}

}  // namespace mxscope::sim
