// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A kernel as warp roles that copy, multiply and store, and wait for each other at barriers. It is
// built once and given to two executors: program_values.h computes with it, engine.h times it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/gemm_problem.h"

namespace mxscope::sim {

enum class Operand : std::uint8_t { kA, kB, kScaleA, kScaleB };
inline constexpr int kOperands = 4;

/// A piece of work of one CTA (or pair): the blocks of K [first_block, last_block) of one tile.
struct WorkUnit {
  std::int32_t tile_m = 0, tile_n = 0;
  std::int32_t first_block = 0, last_block = 0;
  /// Other units of the same tile whose sums this one adds before it stores D; -1: it leaves its
  /// own sum in memory for the unit that does.
  std::int32_t others = 0;

  std::int32_t blocks() const { return last_block - first_block; }
};

struct RingSpec {
  std::string name;
  int slots = 1;
  bool free_at_start = false;
  bool per_unit = false;  ///< used once per unit of work; else once per block of K
};

enum class OpKind : std::uint8_t {
  kWait,        ///< for the ring's current use
  kArrive,      ///< completes the ring's current use
  kCopy,        ///< one operand of the current block into its stage, by TMA
  kCopied,      ///< completes the ring's current use when the copies before it have landed
  kCopyScales,  ///< a stage's scales into tensor memory
  kMultiply,    ///< every instruction of the current block
  kCommit,      ///< completes the ring's current use when the multiplications before it are done
  kDrain,       ///< part of the accumulator into registers
  kStore,       ///< the tile to global memory
  kPrologue,    ///< a new CTA begins: barriers, tensor memory, descriptors
  kReadC,       ///< a tile of C, by TMA; completes the ring's current use when it has landed
};

struct Op {
  OpKind kind = OpKind::kWait;
  int ring = -1;
  Operand operand = Operand::kA;
  double share = 1;  ///< kDrain: of the accumulator
};

/// Warps that run one instruction stream. For each unit of work: `begin`, `block` for every block
/// of K, `end`. A role takes units first, first + every, first + 2 every, ... of its CTA's.
struct Role {
  std::string name;
  int warps = 1;
  int first = 0, every = 1;
  std::vector<Op> begin = {}, block = {}, end = {};
};

/// A box that a copy brings for one block of K, per SM.
struct TileCopy {
  std::int64_t rows = 0;
  std::int64_t row_bytes = 0;     ///< in shared memory
  std::int64_t global_bytes = 0;  ///< read from the L2 for all rows
  int receivers = 1;              ///< SMs of the cluster that one L2 read serves

  std::int64_t smem_bytes() const { return rows * row_bytes; }
};

/// The matrix instructions of one block of K.
struct BlockMma {
  std::string instruction;  ///< as in MmaShape
  int ctas = 1;             ///< SMs that run one together
  int m = 0, n = 0, k = 0;
  std::int64_t count = 0;
  bool asynchronous = true;     ///< tcgen05 and wgmma read shared memory by themselves
  std::int64_t smem_bytes = 0;  ///< that warps load into registers first, when not asynchronous
};

struct Program {
  GemmProblem problem;
  GemmConfig config;
  int sms_per_worker = 1;  ///< a worker is a CTA, or a pair of CTAs that shares instructions
  int threads = 0;         ///< of a CTA
  std::vector<RingSpec> rings;
  std::vector<Role> roles;
  std::array<TileCopy, kOperands> copies;
  BlockMma mma;
  int accumulators = 1;
  std::int64_t tiles_m = 0, tiles_n = 0, blocks = 0;  ///< of the whole problem
  std::int64_t stage_bytes = 0;                       ///< of shared memory, per SM
  std::int64_t fixed_smem_bytes = 0;                  ///< epilogue and barriers, per SM
  std::int64_t accumulator_bytes = 0;                 ///< of a tile, per SM
  std::int64_t store_bytes = 0;                       ///< of a tile of D, per SM
  std::int64_t scale_columns = 0;                     ///< of tensor memory, for scales
  bool reads_registers = false;                       ///< accumulators live in registers

  std::int64_t tiles() const { return tiles_m * tiles_n; }
  /// That a tile of D, and of C, moves between registers and shared memory, and to global memory.
  std::int64_t epilogue_bytes() const { return (problem.adds_c ? 3 : 2) * store_bytes; }
  std::int64_t smem_bytes() const { return config.stages * stage_bytes + fixed_smem_bytes; }
};

/// Builds the kernel. `config.stages` must be set; legality is illegal_reason()'s.
Program build_program(const GemmProblem& problem, const GemmConfig& config);

/// Index of the ring of that name.
int ring_index(const Program& program, std::string_view name);

/// Rows and columns of a tile for number `i` of the order in which tiles are walked: `raster` rows
/// at a time, down then along.
WorkUnit tile_at(const Program& program, std::int64_t i);

/// The units of work of `workers` workers, each in its order.
std::vector<std::vector<WorkUnit>> deal_units(const Program& program, std::int64_t workers);

/// The program for people: roles, barriers, copies, instructions.
std::string to_string(const Program& program);

}  // namespace mxscope::sim
