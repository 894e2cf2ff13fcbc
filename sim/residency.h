// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What of A and B is in the L2 when a wave of workers asks for it.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/program.h"

namespace mxscope::sim {

/// Of one unit of work: whether its panel of A (of B) comes from DRAM, and the part of its
/// reads that reach DRAM, because workers that need the same panel at the same time bring it once.
struct UnitResidency {
  bool a_missed = false, b_missed = false;
  double a_share = 0, b_share = 0;
};

/// The L2 as a least-recently-used cache of whole panels (the rows of one tile, all of K). Units
/// with the same place in their workers' lists form a wave. `capacity` is what one die's SMs can
/// use: where there are two dies, each keeps its own copy of what both read.
std::vector<std::vector<UnitResidency>> plan_residency(
    const Program& program, const std::vector<std::vector<WorkUnit>>& work, std::int64_t capacity);

/// Bytes of A and B with their scales, and of D.
std::int64_t operand_bytes(const Program& program);
std::int64_t output_bytes(const Program& program);
/// Of all sets of operands that a benchmark goes through, with what activations are made from.
std::int64_t benchmark_bytes(const Program& program);

}  // namespace mxscope::sim
