// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Builds the warp-specialised GEMM kernels of CUTLASS: producer, tensor and epilogue warps for
// tcgen05; producer and one or two groups of math warps for mma.sync and wgmma.
#include "sim/program.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/error.h"

namespace mxscope::sim {
namespace {

/// Tensor memory is 512 columns of 128 lanes on every architecture that has it (PTX ISA, 9.7.16).
constexpr std::int64_t kTensorColumns = 512;
/// A scale tile is 128 rows of 4 scales (CUTLASS sm100_blockscaled_layout.hpp).
constexpr std::int64_t kScaleTileRows = 128, kScaleTileColumns = 4, kScaleTileBytes = 512;
/// Its copies are boxes of 16-byte rows: K-loops of nvfp4 on a B200 take as long as that makes
/// them, 500 cycles for 128x128x256 (flashinfer-ai/flashinfer#2540; inferred).
constexpr std::int64_t kScaleRowBytes = 16;
/// Shared memory through which D leaves, at most, and room for barriers.
/// Cells of D that the registers of one warp group hold beside operands: 128 for each thread.
constexpr int kGroupCells = 128 * 128;
constexpr std::int64_t kStoreBuffer = 16384, kBarrierBytes = 1024;
/// Tiles of C on their way or waiting, in the buffers that D leaves through.
constexpr int kCTiles = 2;

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

bool has_tensor_memory(KernelFamily family) {
  return family == KernelFamily::kSm100OneSm || family == KernelFamily::kSm100TwoSm;
}

/// `present` of the rows exist; shared memory gets zeros for the others.
TileCopy operand_copy(const OperandType& type, std::int64_t rows, std::int64_t present,
                      std::int64_t tile_k, int receivers) {
  return {rows, divide_up(tile_k * type.smem_bits, 8), divide_up(present * tile_k * type.bits, 8),
          receivers};
}

TileCopy scale_copy(const OperandType& type, std::int64_t rows, std::int64_t tile_k,
                    int receivers) {
  const std::int64_t tiles =
      divide_up(rows, kScaleTileRows) * divide_up(tile_k, type.scale_block * kScaleTileColumns);
  const std::int64_t bytes = tiles * kScaleTileBytes;
  return {bytes / kScaleRowBytes, kScaleRowBytes, bytes, receivers};
}

std::int64_t scale_columns(const OperandType& type, const GemmConfig& config) {
  if (type.scale_block == 0 || !has_tensor_memory(config.family)) return 0;
  const std::int64_t words = divide_up(config.tile_k, type.scale_block * kScaleTileColumns);
  return words * 4 * (1 + divide_up(config.tile_n, kScaleTileRows));
}

BlockMma block_mma(const OperandType& type, const GemmConfig& config, int sms) {
  BlockMma mma;
  mma.k = 32 * 8 / type.smem_bits;  // 32 bytes of a row of shared memory
  const auto steps = static_cast<std::int64_t>(divide_up(config.tile_k, mma.k));
  if (has_tensor_memory(config.family)) {
    mma.instruction = "tcgen05.mma";
    mma.ctas = sms;
    mma.m = config.tile_m;
    mma.n = config.tile_n;
    mma.count = steps;
    return mma;
  }
  if (config.family == KernelFamily::kWgmma) {
    mma.instruction = "wgmma";
    mma.m = 64;
    mma.n = config.tile_n;
    mma.count = steps * divide_up(config.tile_m, mma.m);
    return mma;
  }
  mma.instruction = "mma.sync";
  mma.m = 16;
  mma.n = 8;
  mma.count = steps * divide_up(config.tile_m, mma.m) * divide_up(config.tile_n, mma.n);
  mma.asynchronous = false;
  // Warps of a group stand 2 x 4 or 2 x 2 on the tile; each loads its own rows of A and of B.
  const int along_n = config.family == KernelFamily::kSm120Cooperative ? 4 : 2;
  const std::int64_t row_bytes = divide_up(config.tile_k * type.smem_bits, 8);
  mma.smem_bytes = row_bytes * (along_n * config.tile_m + 2 * config.tile_n);
  return mma;
}

int add_ring(Program& program, RingSpec ring) {
  program.rings.push_back(std::move(ring));
  return static_cast<int>(program.rings.size()) - 1;
}

void add_producer(Program& program, int full, int empty) {
  Role role{.name = "producer", .warps = 1};
  role.block.push_back({OpKind::kWait, empty});
  for (int i = 0; i < kOperands; ++i)
    if (program.copies[static_cast<std::size_t>(i)].rows > 0)
      role.block.push_back({OpKind::kCopy, -1, static_cast<Operand>(i)});
  role.block.push_back({OpKind::kCopied, full});
  program.roles.push_back(std::move(role));
}

/// tcgen05: one warp issues, four drain the accumulators that lie in tensor memory.
void add_tensor_memory_roles(Program& program, int full, int empty) {
  const std::int64_t n = program.config.tile_n;
  const std::int64_t wanted = 2 * n + program.scale_columns;
  // Two accumulators that overlap by a few columns (CUTLASS's "overlapping accumulator"): the next
  // tile may begin when those have been read.
  const bool overlap = wanted > kTensorColumns && 2 * n <= kTensorColumns;
  program.accumulators = wanted <= kTensorColumns ? 2 : 1;
  const double early =
      overlap ? static_cast<double>(wanted - kTensorColumns) / static_cast<double>(n) : 1;
  const int slots = program.accumulators;
  const int finished = add_ring(program, {"accumulator full", slots, false, true});
  const int drained = add_ring(program, {"accumulator empty", slots, true, true});
  Role tensor{.name = "tensor", .warps = 1};
  tensor.begin = {{OpKind::kWait, drained}};
  tensor.block = {{OpKind::kWait, full}};
  if (program.scale_columns > 0) tensor.block.push_back({OpKind::kCopyScales});
  tensor.block.push_back({OpKind::kMultiply});
  tensor.block.push_back({OpKind::kCommit, empty});
  tensor.end = {{OpKind::kCommit, finished}};
  Role epilogue{.name = "epilogue", .warps = 4};
  epilogue.end = {{OpKind::kWait, finished},
                  {OpKind::kDrain, -1, Operand::kA, early},
                  {OpKind::kArrive, drained}};
  if (early < 1) epilogue.end.push_back({OpKind::kDrain, -1, Operand::kA, 1 - early});
  epilogue.end.push_back({OpKind::kStore});
  program.roles.push_back(std::move(tensor));
  program.roles.push_back(std::move(epilogue));
}

Role math_role(const std::string& name, int warps, int full, int empty) {
  Role role{.name = name, .warps = warps};
  role.block = {{OpKind::kWait, full}, {OpKind::kMultiply}, {OpKind::kCommit, empty}};
  role.end = {{OpKind::kDrain}, {OpKind::kStore}};
  return role;
}

/// Two groups of math warps that take tiles in turn: one multiplies while the other stores.
void add_turns(Program& program, int full, int empty) {
  const int turn = add_ring(program, {"turn", 1, true, true});
  for (int group = 0; group < 2; ++group) {
    Role role = math_role(fmt::format("math {}", group), 4, full, empty);
    role.first = group;
    role.every = 2;
    role.begin = {{OpKind::kWait, turn}};
    role.end.insert(role.end.begin(), {OpKind::kArrive, turn});
    program.roles.push_back(std::move(role));
  }
}

/// C comes by a warp of its own, as much as a tile ahead (CUTLASS's epilogue load warp); what
/// drains a tile waits for it first.
void add_c(Program& program) {
  const int landed = add_ring(program, {"C full", kCTiles, false, true});
  const int read = add_ring(program, {"C empty", kCTiles, true, true});
  for (Role& role : program.roles) {
    const auto drain = std::find_if(role.end.begin(), role.end.end(),
                                    [](const Op& op) { return op.kind == OpKind::kDrain; });
    if (drain == role.end.end()) continue;
    // Before a group gives its turn away, so that no two groups wait for C at once.
    const bool turns = role.end.front().kind == OpKind::kArrive;
    role.end.insert(turns ? role.end.begin() : drain, {OpKind::kWait, landed});
    const auto store = std::find_if(role.end.begin(), role.end.end(),
                                    [](const Op& op) { return op.kind == OpKind::kStore; });
    role.end.insert(store, {OpKind::kArrive, read});
  }
  Role load{.name = "C load", .warps = 1};
  load.end = {{OpKind::kWait, read}, {OpKind::kReadC, landed}};
  program.roles.insert(program.roles.begin() + 1, std::move(load));
}

void add_roles(Program& program) {
  const int stages = program.config.stages;
  const int full = add_ring(program, {"full", stages});
  const int empty = add_ring(program, {"empty", stages, true});
  add_producer(program, full, empty);
  switch (program.config.family) {
    case KernelFamily::kSm100OneSm:
    case KernelFamily::kSm100TwoSm:
      return add_tensor_memory_roles(program, full, empty);
    case KernelFamily::kSm120PingPong:
      return add_turns(program, full, empty);
    case KernelFamily::kWgmma:
      if (program.config.tile_m * program.config.tile_n <= kGroupCells &&
          program.config.order != TileOrder::kOneTile)
        return add_turns(program, full, empty);
      program.roles.push_back(math_role("math", 8, full, empty));
      return;
    case KernelFamily::kSm120Cooperative:
      program.roles.push_back(math_role("math", 8, full, empty));
      return;
    case KernelFamily::kSmallM:
      program.roles.push_back(math_role("math", 4, full, empty));
      return;
  }
}

/// A CTA for every tile: the next one begins when the one before it has ended.
void add_cta_barrier(Program& program) {
  const int cta = add_ring(program, {"CTA", 1, true, true});
  program.roles.front().begin = {{OpKind::kWait, cta}, {OpKind::kPrologue}};
  program.roles.back().end.push_back({OpKind::kArrive, cta});
}

}  // namespace

Program build_program(const GemmProblem& problem, const GemmConfig& config) {
  const OperandType& type = find_operand_type(problem.type);
  Program program;
  program.problem = problem;
  program.config = config;
  const int sms = config.family == KernelFamily::kSm100TwoSm ? 2 : 1;
  program.sms_per_worker = sms;
  const int rows_a = config.tile_m / sms, rows_b = config.tile_n / sms;
  const int shared_a = config.cluster_n, shared_b = std::max(1, config.cluster_m / sms);
  // Of tiles that are alone in their direction, only what exists is read and stored.
  const std::int64_t tile_m = std::min<std::int64_t>(config.tile_m, problem.m);
  const std::int64_t tile_n = std::min<std::int64_t>(config.tile_n, problem.n);
  program.copies[0] = operand_copy(type, rows_a, divide_up(tile_m, sms), config.tile_k, shared_a);
  program.copies[1] =
      operand_copy(weight_type(problem), rows_b, divide_up(tile_n, sms), config.tile_k, shared_b);
  if (type.scale_block > 0) {
    program.copies[2] = scale_copy(type, rows_a, config.tile_k, shared_a);
    program.copies[3] = scale_copy(type, config.tile_n, config.tile_k, shared_b);
  }
  for (const TileCopy& copy : program.copies) program.stage_bytes += copy.smem_bytes();
  const std::int64_t cells = std::int64_t{config.tile_m} * config.tile_n / sms;
  program.store_bytes = divide_up(tile_m * tile_n * output_bits(problem.output), 8 * sms);
  program.accumulator_bytes = cells * 4;
  program.fixed_smem_bytes =
      std::min(cells * output_bits(problem.output) / 8, kStoreBuffer) + kBarrierBytes;
  program.scale_columns = scale_columns(type, config);
  program.reads_registers = !has_tensor_memory(config.family);
  program.mma = block_mma(type, config, sms);
  program.tiles_m = divide_up(problem.m, config.tile_m);
  program.tiles_n = divide_up(problem.n, config.tile_n);
  program.blocks = divide_up(problem.k, config.tile_k);
  add_roles(program);
  if (problem.adds_c) add_c(program);
  if (config.order == TileOrder::kOneTile) add_cta_barrier(program);
  for (const Role& role : program.roles) program.threads += 32 * role.warps;
  return program;
}

int ring_index(const Program& program, std::string_view name) {
  for (std::size_t i = 0; i < program.rings.size(); ++i)
    if (program.rings[i].name == name) return static_cast<int>(i);
  throw Error(fmt::format("the program has no barrier '{}'", name));
}

std::string to_string(const Program& program) {
  static constexpr const char* kOpNames[] = {"wait",        "arrive",   "copy",   "copied",
                                             "copy scales", "multiply", "commit", "drain",
                                             "store",       "prologue", "read C"};
  static constexpr const char* kOperandNames[] = {"A", "B", "scales of A", "scales of B"};
  std::string text =
      fmt::format("{}\n{}\n{} x {} tiles, {} blocks of K\n{} x {} m{}n{}k{} a block\n",
                  to_string(program.problem), to_string(program.config), program.tiles_m,
                  program.tiles_n, program.blocks, program.mma.count, program.mma.instruction,
                  program.mma.m, program.mma.n, program.mma.k);
  const auto list = [&](const char* when, const std::vector<Op>& ops) {
    for (const Op& op : ops) {
      text += fmt::format("  {:<10} {}", when, kOpNames[static_cast<int>(op.kind)]);
      if (op.kind == OpKind::kCopy)
        text += fmt::format(" {}", kOperandNames[static_cast<int>(op.operand)]);
      if (op.ring >= 0)
        text += fmt::format(" {}", program.rings[static_cast<std::size_t>(op.ring)].name);
      text += '\n';
    }
  };
  for (const Role& role : program.roles) {
    text += fmt::format("{}: {} warp{}\n", role.name, role.warps, role.warps == 1 ? "" : "s");
    list("tile", role.begin);
    list("block of K", role.block);
    list("end", role.end);
  }
  return text;
}

}  // namespace mxscope::sim
