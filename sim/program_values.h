// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The value executor of a Program: the same warp roles, barriers, stages and units of work that
// engine.h times, run on codes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/mma_matrix.h"
#include "sim/program.h"

namespace mxscope::sim {

/// D's words, row-major m x n, as the kernel's accumulators hold them before conversion, one per
/// 64-bit word. Operands pass through the stages of the ring as the roles copy and consume them, so
/// a program whose barriers let a stage be overwritten too early computes something else. Units of
/// one tile add their sums in the order of K, each rounded to fp32; then C, where the problem adds
/// it: words of fp32, row-major m x n.
///
/// `mma` is the instruction; its formats and block are the operands'. Throws Error when it does not
/// fit the program, when a matrix has not the problem's shape, and when the program deadlocks.
std::vector<std::uint64_t> execute_values(const Program& program, const Mma& mma,
                                          const MmaMatrix& a, const MmaMatrix& b,
                                          std::int64_t workers,
                                          std::span<const std::uint64_t> c = {});

/// The instruction of the program, with the problem's formats: a row of mma_units().
Mma program_mma(const Program& program);

}  // namespace mxscope::sim
