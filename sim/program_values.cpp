// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/program_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/barrier_ring.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

using Words = std::vector<std::uint64_t>;

constexpr std::uint64_t kOne = 0x3f800000;  ///< 1.0 in binary32

/// d += sums in binary32, nearest-even: an FMA by one.
void add_sums(const Words& sums, Words& d) {
  static const Mma fma = bind_unit(find_unit("cdna3.mfma.f32"));
  std::vector<std::uint8_t> codes, one;
  const auto append = [](std::vector<std::uint8_t>& bytes, std::uint64_t word) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
  };
  for (const std::uint64_t word : sums) append(codes, word);
  append(one, kOne);
  reference_mma(fma, {static_cast<std::int64_t>(sums.size()), 1, codes, {}}, {1, 1, one, {}}, d);
}

/// Some rows and some of K of an operand, as a stage holds them.
struct Piece {
  std::int64_t rows = 0, k = 0;
  std::vector<std::uint8_t> codes, scales;

  MmaMatrix matrix() const { return {rows, k, codes, scales}; }
};

struct Stage {
  Piece a, b;
};

struct RoleState {
  const Role* role = nullptr;
  std::size_t unit = 0;
  std::int64_t block = 0;
  int phase = 0;  ///< begin, block, end
  std::size_t op = 0;
  Words registers = {};
  Words c = {};  ///< of the tile
};

class Worker {
 public:
  Worker(const Program& program, const Mma& mma, const MmaMatrix& a, const MmaMatrix& b,
         std::span<const std::uint64_t> c, const std::vector<WorkUnit>& units)
      : program_(program), mma_(mma), a_(a), b_(b), c_(c), units_(units) {
    for (const RingSpec& spec : program.rings) rings_.emplace_back(spec.slots, spec.free_at_start);
    stages_.resize(static_cast<std::size_t>(program.config.stages));
    // Two of them even where they overlap: the part they share has been read when it is reused.
    accumulators_.resize(2);
    if (program.problem.adds_c) {
      const auto ring = static_cast<std::size_t>(ring_index(program, "C full"));
      c_tiles_.resize(static_cast<std::size_t>(program.rings[ring].slots));
    }
    std::int64_t first = 0;
    for (const WorkUnit& unit : units) {
      first_block_.push_back(first);
      first += unit.blocks();
    }
    for (const Role& role : program.roles)
      roles_.push_back({&role, static_cast<std::size_t>(role.first)});
  }

  /// Runs each role as far as it gets; whether anything happened.
  bool run(std::map<std::pair<int, int>, std::map<int, Words>>& sums, Words& d) {
    sums_ = &sums;
    d_ = &d;
    bool moved = false;
    for (RoleState& role : roles_)
      while (step(role)) moved = true;
    return moved;
  }

  bool finished() const {
    return std::all_of(roles_.begin(), roles_.end(),
                       [&](const RoleState& role) { return role.unit >= units_.size(); });
  }

 private:
  std::int64_t use(const RoleState& role, int ring) const {
    if (program_.rings[static_cast<std::size_t>(ring)].per_unit)
      return static_cast<std::int64_t>(role.unit);
    return first_block_[role.unit] + role.block;
  }
  BarrierRing& ring(const Op& op) { return rings_[static_cast<std::size_t>(op.ring)]; }
  Stage& stage(const RoleState& role) {
    const std::int64_t number = first_block_[role.unit] + role.block;
    return stages_[static_cast<std::size_t>(number % program_.config.stages)];
  }

  /// One operation, or the step to the next list; false when the role waits or has finished.
  bool step(RoleState& role) {
    if (role.unit >= units_.size()) return false;
    const std::vector<Op>& ops = role.phase == 0   ? role.role->begin
                                 : role.phase == 1 ? role.role->block
                                                   : role.role->end;
    if (role.op == ops.size()) {
      next_list(role);
      return true;
    }
    const Op& op = ops[role.op];
    if (!execute(role, op)) return false;
    ++role.op;
    return true;
  }

  void next_list(RoleState& role) {
    role.op = 0;
    if (role.phase == 0) {
      role.phase = role.role->block.empty() ? 2 : 1;
      role.block = 0;
    } else if (role.phase == 1) {
      if (++role.block == units_[role.unit].blocks()) role.phase = 2;
    } else {
      role.phase = 0;
      role.unit += static_cast<std::size_t>(role.role->every);
    }
  }

  bool execute(RoleState& role, const Op& op) {
    switch (op.kind) {
      case OpKind::kWait:
        return ring(op).ready(use(role, op.ring));
      case OpKind::kArrive:
      case OpKind::kCopied:
      case OpKind::kCommit:
        ring(op).complete();
        return true;
      case OpKind::kCopy:
        copy(role, op.operand);
        return true;
      case OpKind::kMultiply:
        multiply(role);
        return true;
      case OpKind::kDrain:
        role.registers = accumulator(role);
        if (program_.problem.adds_c) role.c = c_tile(role);
        return true;
      case OpKind::kStore:
        return store(role);
      case OpKind::kReadC:
        read_c(role);
        ring(op).complete();
        return true;
      case OpKind::kCopyScales:
      case OpKind::kPrologue:
        return true;
    }
    return true;
  }

  Words& c_tile(const RoleState& role) { return c_tiles_[role.unit % c_tiles_.size()]; }

  void read_c(const RoleState& role) {
    const WorkUnit& unit = units_[role.unit];
    Words& tile = c_tile(role);
    tile.clear();
    if (unit.others < 0) return;  // another unit stores the tile
    const std::int64_t m = program_.config.tile_m, n = program_.config.tile_n;
    const std::int64_t column = unit.tile_n * n, columns = std::min(n, b_.rows - column);
    for (std::int64_t r = unit.tile_m * m; r < std::min(a_.rows, (unit.tile_m + 1) * m); ++r) {
      const auto row = c_.begin() + r * b_.rows + column;
      tile.insert(tile.end(), row, row + columns);
    }
  }

  Words& accumulator(const RoleState& role) { return accumulators_[role.unit % 2]; }

  void copy(RoleState& role, Operand operand) {
    const WorkUnit& unit = units_[role.unit];
    const bool of_a = operand == Operand::kA || operand == Operand::kScaleA;
    const MmaMatrix& from = of_a ? a_ : b_;
    Piece& to = of_a ? stage(role).a : stage(role).b;
    const std::int64_t tile = of_a ? program_.config.tile_m : program_.config.tile_n;
    const std::int64_t row = tile * (of_a ? unit.tile_m : unit.tile_n);
    const std::int64_t k = std::int64_t{program_.config.tile_k} * (unit.first_block + role.block);
    to.rows = std::min(tile, from.rows - row);
    to.k = std::min<std::int64_t>(program_.config.tile_k, from.k - k);
    if (operand == Operand::kA || operand == Operand::kB) {
      const std::int64_t bytes = (of_a ? mma_.a : mma_.b).storage_bits / 8;
      copy_box(from.codes, from.k * bytes, row, to.rows, k * bytes, to.k * bytes, to.codes);
    } else {
      copy_box(from.scales, mma_.scales_per_row(from.k), row, to.rows, k / mma_.block,
               mma_.scales_per_row(to.k), to.scales);
    }
  }

  static void copy_box(std::span<const std::uint8_t> from, std::int64_t pitch, std::int64_t row,
                       std::int64_t rows, std::int64_t first, std::int64_t width,
                       std::vector<std::uint8_t>& to) {
    to.clear();
    for (std::int64_t r = row; r < row + rows; ++r) {
      const auto begin = from.begin() + r * pitch + first;
      to.insert(to.end(), begin, begin + width);
    }
  }

  void multiply(RoleState& role) {
    const Stage& s = stage(role);
    Words& d = accumulator(role);
    if (role.block == 0) d.assign(static_cast<std::size_t>(s.a.rows * s.b.rows), 0);
    reference_mma(mma_, s.a.matrix(), s.b.matrix(), d);
  }

  bool store(RoleState& role) {
    const WorkUnit& unit = units_[role.unit];
    auto& sums = (*sums_)[{unit.tile_m, unit.tile_n}];
    if (unit.others < 0) {
      sums[unit.first_block] = role.registers;
      return true;
    }
    // The other units' sums, which may still be on their way.
    if (static_cast<std::int32_t>(sums.size()) < unit.others) return false;
    if (unit.others > 0) {
      Words total = sums.begin()->second;
      for (auto sum = std::next(sums.begin()); sum != sums.end(); ++sum)
        add_sums(sum->second, total);
      add_sums(role.registers, total);
      role.registers = std::move(total);
    }
    if (program_.problem.adds_c) add_sums(role.c, role.registers);
    const std::int64_t rows = std::min<std::int64_t>(
        program_.config.tile_m, a_.rows - std::int64_t{unit.tile_m} * program_.config.tile_m);
    const auto columns = static_cast<std::int64_t>(role.registers.size()) / rows;
    for (std::int64_t r = 0; r < rows; ++r)
      std::copy_n(role.registers.begin() + r * columns, columns,
                  d_->begin() + (std::int64_t{unit.tile_m} * program_.config.tile_m + r) * b_.rows +
                      std::int64_t{unit.tile_n} * program_.config.tile_n);
    return true;
  }

  const Program& program_;
  const Mma& mma_;
  const MmaMatrix &a_, &b_;
  std::span<const std::uint64_t> c_;
  const std::vector<WorkUnit>& units_;
  std::vector<BarrierRing> rings_;
  std::vector<Stage> stages_;
  std::vector<Words> accumulators_, c_tiles_;
  std::vector<std::int64_t> first_block_;
  std::vector<RoleState> roles_;
  std::map<std::pair<int, int>, std::map<int, Words>>* sums_ = nullptr;
  Words* d_ = nullptr;
};

void check(const Program& program, const Mma& mma, const MmaMatrix& a, const MmaMatrix& b,
           std::span<const std::uint64_t> c) {
  const GemmProblem& p = program.problem;
  if (static_cast<std::int64_t>(c.size()) != (p.adds_c ? p.m * p.n : 0))
    throw Error(fmt::format("{} words of C for {}", c.size(), to_string(p)));
  if (a.rows != p.m || b.rows != p.n || a.k != p.k || b.k != p.k)
    throw Error(
        fmt::format("operands of {}x{} and {}x{} for {}", a.rows, a.k, b.rows, b.k, to_string(p)));
  if (program.config.tile_k % mma.unit.k != 0)
    throw Error(fmt::format("tile k {}: not a multiple of the {} of {}", program.config.tile_k,
                            mma.unit.k, mma.unit.name));
  if (mma.block != find_operand_type(p.type).scale_block)
    throw Error(fmt::format("{} with blocks of {} for {}", mma.unit.name, mma.block, p.type));
}

}  // namespace

std::vector<std::uint64_t> execute_values(const Program& program, const Mma& mma,
                                          const MmaMatrix& a, const MmaMatrix& b,
                                          std::int64_t workers, std::span<const std::uint64_t> c) {
  check(program, mma, a, b, c);
  const auto work = deal_units(program, workers);
  Words d(static_cast<std::size_t>(a.rows * b.rows));
  std::map<std::pair<int, int>, std::map<int, Words>> sums;
  std::vector<Worker> all;
  all.reserve(work.size());
  for (const auto& units : work) all.emplace_back(program, mma, a, b, c, units);
  for (bool moved = true; moved;) {
    moved = false;
    for (Worker& worker : all) moved = worker.run(sums, d) || moved;
  }
  if (!std::all_of(all.begin(), all.end(), [](const Worker& w) { return w.finished(); }))
    throw Error(fmt::format("the kernel {} deadlocks", to_string(program.config)));
  return d;
}

Mma program_mma(const Program& program) {
  const OperandType& type = find_operand_type(program.problem.type);
  const bool tcgen05 = program.mma.instruction == "tcgen05.mma";
  const bool wgmma = program.mma.instruction == "wgmma";
  std::string kind = type.name;  // as units are named
  if (type.name == "nvfp4")
    kind = "mxf4nvf4";
  else if (type.name == "mxfp4")
    kind = "mxf4";
  else if (type.scale_block > 0)
    kind = "mxf8f6f4";
  else if (type.name == "fp16")
    kind = "f16";
  else if (type.name == "fp8" && !wgmma)
    kind = "f8f6f4";
  else if (type.name == "int8")
    kind = tcgen05 ? "i8" : "s8";
  const char* const part = tcgen05 ? "sm100.tcgen05" : wgmma ? "sm90.wgmma" : "sm120.mma";
  const OperandType weights = weight_type(program.problem);
  if (weights.name != type.name) kind = "mxf8f6f4";
  return bind_unit(find_unit(fmt::format("{}.{}", part, kind)), type.format, weights.format,
                   type.scale_format, type.scale_block);
}

}  // namespace mxscope::sim
