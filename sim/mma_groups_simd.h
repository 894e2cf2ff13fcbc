// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sim/mma_fast.h"

namespace mxscope::sim {

/// MmaRule::kScaledGroups of E2M1 as constants of the kernels.
struct GroupRule {
  int step_k = 64;
  int group = 16;
  int block = 16;  ///< elements that share a scale; a multiple of `group` and of 4
  int kept_bits = 35;
  int scale_bits = 3;        ///< mantissa bits of a scale
  int least_scale = 0;       ///< exponent of subnormal scales
  std::uint32_t keep = ~0U;  ///< the bits of a result that are kept
  ZeroTerms zero_addend = ZeroTerms::kIgnored;
  ZeroTerms zero_groups = ZeroTerms::kCounted;
  AddendWindow addend_window = AddendWindow::kRaises;
  int least_exponent = 0;  ///< of the window; very low where there is none
  int least_unit = 0;      ///< likewise

  /// Scale exponents of both operands from `least_fast` to kMostFast leave binary32 room for every
  /// bound of the fast path.
  int least_fast = 0;
};

inline constexpr int kMostFast = 50;

/// What is added to the doubled elements of B, so that they are unsigned.
inline constexpr int kElementBias = 12;

/// Computes a tile, with the processor set to round toward zero. In A, `bytes` are doubled
/// elements, `integers` are -kElementBias times the sum of a block of them, and `scales` are
/// quarters of the block scales. In B, `bytes` are doubled elements plus kElementBias, four of each
/// column of a panel in turn. `bounds` are, for each step (and column), the least and the greatest
/// power of two among the scales that are not zero; the former is 0 where the fast path must not
/// be taken.
using GroupKernel = void (*)(const GroupRule& rule, const PackedOperand& a, const PackedOperand& b,
                             const MmaTile& tile, std::uint32_t* d);

/// The kernel for a target found by spec::find_target; null where there is none.
GroupKernel find_group_kernel(std::int64_t target);

}  // namespace mxscope::sim
