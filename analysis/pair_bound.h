// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What the worst case over real blocks says about a sweep of bfloat16 pairs.
#pragma once

#include <optional>

#include "analysis/pair_sweep.h"
#include "spec/exact.h"

namespace mxscope::analysis {

/// Suprema of |x - Q(x)| / amax over blocks whose scale is_unclamped_scale().
struct PairBound {
  spec::Rational over_reals = 0;  ///< of real numbers
  spec::Rational over_grid = 0;   ///< of bfloat16 numbers, from the same thresholds
  /// Of real numbers under the scale format continued without bound: over_reals again, or less
  /// where subnormal scales, or the shaping of binary32's subnormals, are less precise.
  spec::Rational unbounded = 0;
};

/// From thresholds of scale and elements in rational arithmetic alone; nothing is quantized pair by
/// pair. Absent for recipes that are not over reals, that have no bound, or that round bfloat16
/// inputs first. `domain.stride` does not matter.
std::optional<PairBound> pair_bound(const spec::Recipe& recipe, const PairDomain& domain);

}  // namespace mxscope::analysis
