// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/stream_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sim/engine.h"
#include "sim/roofline.h"
#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::sim {
namespace {

constexpr std::array<std::pair<StreamKind, std::string_view>, 7> kKinds = {{
    {StreamKind::kQuantize, "quantize"},
    {StreamKind::kReorderQuantize, "reorder-quantize"},
    {StreamKind::kRmsNormQuantize, "rmsnorm-quantize"},
    {StreamKind::kSiluMulQuantize, "silu-mul-quantize"},
    {StreamKind::kAmax, "amax"},
    {StreamKind::kAdd, "add"},
    {StreamKind::kFill, "fill"},
}};

constexpr std::int64_t kInputBytes = 2;  ///< bf16
/// 256 threads with four loads of 16 bytes each in flight.
constexpr int kWarps = 8, kLoads = 4;
constexpr std::int64_t kLoadBytes = 16;
constexpr std::int64_t kLine = 128;
constexpr std::int64_t kPartialBytes = 4;  ///< of a CTA's part of a reduction

/// FP32 lanes of an SM on every architecture here (CUDA C++ Programming Guide, arithmetic
/// throughput).
constexpr double kLanes = 128;

std::int64_t inputs_of(StreamKind kind) {
  if (kind == StreamKind::kFill) return 0;
  return kind == StreamKind::kSiluMulQuantize || kind == StreamKind::kAdd ? 2 : 1;
}

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

TileCopy lines(std::int64_t bytes) { return {divide_up(bytes, kLine), kLine, bytes, 1}; }

/// Warps load, convert what has come, and store: one CTA to a few rows.
Program build_stream(const StreamProblem& p) {
  const OperandType& type = find_operand_type(p.type);
  const std::int64_t inputs = inputs_of(p.kind);
  const std::int64_t row_bytes = std::max<std::int64_t>(inputs, 1) * p.columns * kInputBytes;
  const std::int64_t block_bytes = std::int64_t{32} * kWarps * kLoadBytes;
  const std::int64_t rows = std::clamp<std::int64_t>(kLoads * block_bytes / row_bytes, 1, p.rows);
  Program program;
  program.problem = {.m = p.rows,
                     .n = 1,
                     .k = p.columns,
                     .type = p.type,
                     .output = p.type,
                     .weight_copies = p.input_in_l2 ? 1 : 0};
  program.config = {.family = KernelFamily::kSmallM,
                    .tile_m = static_cast<int>(rows),
                    .tile_n = 1,
                    .tile_k = 1,
                    .stages = kLoads,
                    .order = TileOrder::kOneTile,
                    .raster = 1};
  program.tiles_m = divide_up(p.rows, rows);
  program.tiles_n = 1;
  program.blocks = divide_up(rows * row_bytes, block_bytes);
  const std::int64_t bytes = inputs == 0 ? 0 : divide_up(rows * row_bytes, program.blocks);
  program.copies[0] = lines(bytes);
  if (p.kind == StreamKind::kRmsNormQuantize)  // the weights of the norm
    program.copies[1] = lines(divide_up(p.columns * kInputBytes, program.blocks));
  for (const TileCopy& copy : program.copies) program.stage_bytes += copy.smem_bytes();
  const std::int64_t scales = type.scale_block == 0 ? 0 : divide_up(p.columns, type.scale_block);
  const double row_written = static_cast<double>(divide_up(p.columns * type.bits, 8) + scales);
  program.store_bytes =
      p.kind == StreamKind::kAmax
          ? kPartialBytes
          : static_cast<std::int64_t>(std::ceil(static_cast<double>(rows) *
                                                (p.row_bytes > 0 ? p.row_bytes : row_written)));
  program.accumulator_bytes = kLoads * program.stage_bytes;
  program.fixed_smem_bytes = kLine;
  program.reads_registers = true;
  program.threads = 32 * kWarps;
  program.mma.asynchronous = false;
  // A permutation reads shared memory two bytes a lane: half of the port's width.
  program.mma.smem_bytes = p.reorders || p.kind == StreamKind::kReorderQuantize ? 2 * bytes : 0;
  program.rings = {{"full", kLoads}, {"empty", kLoads, true}, {"CTA", 1, true, true}};
  Role load{.name = "load"};
  load.begin = {{OpKind::kWait, 2}, {OpKind::kPrologue}};
  load.block = {{OpKind::kWait, 1}, {OpKind::kCopy, -1, Operand::kA}, {OpKind::kCopied, 0}};
  Role convert{.name = "convert", .warps = kWarps};
  convert.block = {{OpKind::kWait, 0}, {OpKind::kMultiply}, {OpKind::kCommit, 1}};
  convert.end = {{OpKind::kDrain}, {OpKind::kStore}, {OpKind::kArrive, 2}};
  program.roles = {load, convert};
  return program;
}

}  // namespace

std::string_view stream_kind_name(StreamKind kind) {
  for (const auto& [value, name] : kKinds)
    if (value == kind) return name;
  throw Error("a kernel without a name");
}

StreamKind find_stream_kind(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [value, word] : kKinds) {
    if (word == name) return value;
    names.emplace_back(word);
  }
  throw spec::unknown_name("kernel", name, names);
}

StreamTime simulate_stream(const Device& device, const StreamProblem& problem, double clock_mhz,
                           const SimulationOptions& options) {
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  if (problem.rows < 1 || problem.columns < 1 || problem.rows > kMost || problem.columns > kMost)
    throw Error(fmt::format("{} rows of {} elements: each must be from 1 to {}", problem.rows,
                            problem.columns, kMost));
  const double clock = clock_mhz > 0 ? clock_mhz : device.clock.burst_mhz;
  const Program program = build_stream(problem);
  const EngineResult run = run_engine(device, program,
                                      {.clock_mhz = clock,
                                       .mechanisms = options.mechanisms,
                                       .every_sm = options.every_sm,
                                       .trace = options.trace});
  StreamTime time;
  const double kernel_us = static_cast<double>(run.end) / kTicksPerCycle / clock;
  const double adds = problem.adds_per_element * static_cast<double>(problem.rows) *
                      static_cast<double>(problem.columns);
  time.us =
      kernel_us + adds / (device.chip.sms * kLanes * clock) + launch_us(device, options.mechanisms);
  time.bytes_read = static_cast<double>(run.fill_bytes);
  time.bytes_written = static_cast<double>(program.store_bytes) *
                       static_cast<double>(problem.rows) /
                       static_cast<double>(program.config.tile_m);
  time.dram_bytes = static_cast<double>(run.dram_bytes);
  time.ctas = program.tiles();
  time.events = run.events;
  time.gb_per_s = (time.bytes_read + time.bytes_written) / time.us / 1e3;
  const auto inputs = static_cast<double>(inputs_of(problem.kind));
  time.roofline_us =
      roofline(device, {.read_bytes = inputs * kInputBytes * static_cast<double>(problem.rows) *
                                      static_cast<double>(problem.columns),
                        .written_bytes = time.bytes_written,
                        .cold = !problem.input_in_l2,
                        .clock_mhz = clock})
          .us();
  return time;
}

StreamProblem quantize_before(const GemmProblem& problem, bool input_in_l2) {
  return {.kind = StreamKind::kQuantize,
          .rows = problem.m,
          .columns = problem.k,
          .type = problem.type,
          .input_in_l2 = input_in_l2};
}

}  // namespace mxscope::sim
