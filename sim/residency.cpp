// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/residency.h"

#include <algorithm>
#include <cstddef>

namespace mxscope::sim {
namespace {

std::int64_t tile_bytes(const Program& program, Operand data, Operand scales) {
  const TileCopy& copy = program.copies[static_cast<std::size_t>(data)];
  const TileCopy& scale = program.copies[static_cast<std::size_t>(scales)];
  // A pair of SMs copies half of the data each, but all of B's scales.
  const std::int64_t halves = program.sms_per_worker;
  const std::int64_t scale_halves = scales == Operand::kScaleB ? 1 : halves;
  return copy.global_bytes * halves + scale.global_bytes * scale_halves;
}

/// Panels by number, A's before B's, from most to least recently used.
class Panels {
 public:
  Panels(std::int64_t rows, std::int64_t row_bytes, std::int64_t columns, std::int64_t column_bytes,
         std::int64_t capacity)
      : rows_(rows),
        row_bytes_(row_bytes),
        column_bytes_(column_bytes),
        capacity_(capacity),
        links_(static_cast<std::size_t>(rows + columns) + 1) {
    links_.back() = {end(), end(), true};
  }

  /// Uses the panel and tells whether it was there.
  bool use(std::int64_t panel) {
    Link& link = links_[static_cast<std::size_t>(panel)];
    const bool hit = link.present;
    if (hit) {
      unlink(panel);
    } else {
      used_ += bytes(panel);
    }
    insert_first(panel);
    while (used_ > capacity_ && links_.back().before != end()) {
      const std::int64_t last = links_.back().before;
      unlink(last);
      links_[static_cast<std::size_t>(last)].present = false;
      used_ -= bytes(last);
    }
    return hit;
  }

 private:
  struct Link {
    std::int64_t before = 0, after = 0;
    bool present = false;
  };
  std::int64_t end() const { return static_cast<std::int64_t>(links_.size()) - 1; }
  std::int64_t bytes(std::int64_t panel) const {
    return panel < rows_ ? row_bytes_ : column_bytes_;
  }
  Link& at(std::int64_t i) { return links_[static_cast<std::size_t>(i)]; }
  void unlink(std::int64_t i) {
    at(at(i).before).after = at(i).after;
    at(at(i).after).before = at(i).before;
  }
  void insert_first(std::int64_t i) {
    const std::int64_t second = links_.back().after;
    at(i) = {end(), second, true};
    at(second).before = i;
    links_.back().after = i;
  }

  std::int64_t rows_, row_bytes_, column_bytes_, capacity_, used_ = 0;
  std::vector<Link> links_;  ///< the last one is both ends of the list
};

class Planner {
 public:
  Planner(const Program& program, const std::vector<std::vector<WorkUnit>>& work,
          std::int64_t capacity)
      : program_(program),
        work_(work),
        panels_(program.tiles_m,
                tile_bytes(program, Operand::kA, Operand::kScaleA) * program.blocks,
                program.tiles_n,
                tile_bytes(program, Operand::kB, Operand::kScaleB) * program.blocks, capacity),
        readers_(static_cast<std::size_t>(program.tiles_m + program.tiles_n)),
        missed_(readers_.size()) {}

  void touch_all() {
    for (std::int64_t i = 0; i < program_.tiles_m + program_.tiles_n; ++i) panels_.use(i);
  }
  void touch_rows() {
    for (std::int64_t i = 0; i < program_.tiles_m; ++i) panels_.use(i);
  }

  std::vector<std::vector<UnitResidency>> plan() {
    std::vector<std::vector<UnitResidency>> plan(work_.size());
    for (std::size_t i = 0; i < work_.size(); ++i) plan[i].resize(work_[i].size());
    for (std::size_t wave = 0;; ++wave) {
      wave_panels_.clear();
      for (const auto& units : work_)
        if (wave < units.size()) {
          count(row(units[wave]), units[wave].blocks());
          count(column(units[wave]), units[wave].blocks());
        }
      if (wave_panels_.empty()) return plan;
      for (const std::size_t panel : wave_panels_)
        missed_[panel] = !panels_.use(static_cast<std::int64_t>(panel));
      for (std::size_t i = 0; i < work_.size(); ++i)
        if (wave < work_[i].size()) plan[i][wave] = residency(work_[i][wave]);
      for (const std::size_t panel : wave_panels_) readers_[panel] = 0;
    }
  }

 private:
  std::size_t row(const WorkUnit& unit) const { return static_cast<std::size_t>(unit.tile_m); }
  std::size_t column(const WorkUnit& unit) const {
    return static_cast<std::size_t>(program_.tiles_m + unit.tile_n);
  }
  void count(std::size_t panel, std::int64_t blocks) {
    if (readers_[panel] == 0) wave_panels_.push_back(panel);
    readers_[panel] += blocks;
  }
  /// What each reader brings of a panel, so that all of them together bring it once.
  double share(std::size_t panel) const {
    return static_cast<double>(program_.blocks) / static_cast<double>(readers_[panel]);
  }
  UnitResidency residency(const WorkUnit& unit) const {
    UnitResidency r;
    r.a_missed = missed_[row(unit)] != 0;
    r.b_missed = missed_[column(unit)] != 0;
    if (r.a_missed) r.a_share = share(row(unit));
    if (r.b_missed) r.b_share = share(column(unit));
    return r;
  }

  const Program& program_;
  const std::vector<std::vector<WorkUnit>>& work_;
  Panels panels_;
  std::vector<std::int64_t> readers_;  ///< blocks of K that the wave's units read of a panel
  std::vector<char> missed_;
  std::vector<std::size_t> wave_panels_;
};

}  // namespace

std::int64_t operand_bytes(const Program& program) {
  return (tile_bytes(program, Operand::kA, Operand::kScaleA) * program.tiles_m +
          tile_bytes(program, Operand::kB, Operand::kScaleB) * program.tiles_n) *
         program.blocks;
}

std::int64_t output_bytes(const Program& program) {
  return program.store_bytes * program.sms_per_worker * program.tiles();
}

std::int64_t benchmark_bytes(const Program& program) {
  const GemmProblem& p = program.problem;
  std::int64_t bytes = operand_bytes(program) + output_bytes(program);
  if (p.quantize_activations) bytes += p.m * p.k * kQuantizedInputBytes;
  return std::max(p.weight_copies, 1) * bytes;
}

std::vector<std::vector<UnitResidency>> plan_residency(
    const Program& program, const std::vector<std::vector<WorkUnit>>& work, std::int64_t capacity) {
  const std::int64_t a =
      tile_bytes(program, Operand::kA, Operand::kScaleA) * program.blocks * program.tiles_m;
  Planner planner(program, work, capacity);
  // What the runs before left behind.
  if (program.problem.weight_copies > 0 && benchmark_bytes(program) <= capacity)
    planner.touch_all();
  else if (program.problem.weight_copies == 1)
    planner.plan();
  if ((program.problem.quantize_activations || program.problem.fresh_activations) && a <= capacity)
    planner.touch_rows();
  return planner.plan();
}

}  // namespace mxscope::sim
