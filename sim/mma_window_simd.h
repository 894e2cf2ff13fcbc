// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sim/mma_fast.h"

namespace mxscope::sim {

/// MmaRule::kWindow and kSplitWindows as constants of the kernels.
struct WindowRule {
  int step_k = 16;  ///< products in one window
  int kept_bits = 25;
  int product_bits = 0;                       ///< fraction bits of a product of significands
  int least_a = 0, least_b = 0, least_d = 0;  ///< exponents of subnormals
  bool zeros_count = false;                   ///< zero operands do, in the largest exponent
  int zero_addend = 0;           ///< the exponent of a zero C; very low where it is ignored
  int least_exponent = 0;        ///< of the window
  std::uint32_t keep = ~0U;      ///< the bits of a binary32 result that are kept
  bool half = false;             ///< C and D are binary16
  bool split = false;            ///< pairs of windows from zero, each then added to C
  int block = 0;                 ///< elements that share a scale exponent; 0 without scales
  bool small_exponents = false;  ///< of elements, -16 to 16, and scales are the same all through
                                 ///< a step
  bool single = false;           ///< small_exponents, and binary32 lanes hold every sum below 2^100
};

/// Computes a tile, with the processor set to round toward zero.
using WindowKernel = void (*)(const WindowRule& rule, const PackedOperand& a,
                              const PackedOperand& b, const MmaTile& tile, std::uint32_t* d);

/// The kernel for a target found by spec::find_target; null where there is none.
WindowKernel find_window_kernel(std::int64_t target);

}  // namespace mxscope::sim
