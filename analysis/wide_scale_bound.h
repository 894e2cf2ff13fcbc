// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Worst cases under scales so precise that their steps are too many to enumerate: FP8 and integers
// under binary32 scales.
#pragma once

#include <string>
#include <vector>

#include "analysis/steps.h"

namespace mxscope::analysis {

/// Why wide_scale_bound() does not describe the recipe, or "".
std::string not_wide_scaled(const spec::Recipe& recipe);

struct WideScaleBound {
  Rational least = 0;             ///< the supremum of |x - Q(x)| / M is at least this ...
  Rational most = 0;              ///< ... and at most this, which is less than 2^-16 more of it
  std::vector<Rational> witness;  ///< a block that errs by `least`, or by 2^-40 less
  std::uint64_t cases = 0;        ///< rounding cells
};

/// Over all real blocks, scales without bounds. With u the scale format's spacing at 1, the scale
/// of a block is s = (M / divisor) (1 + d), |d| <= u, so that scaled elements are at most divisor /
/// (1 - u) and an error e of them is e s <= e (1 + u) M / divisor; a block with M = divisor has s
/// = 1. Throws Error for other recipes.
WideScaleBound wide_scale_bound(const spec::Recipe& recipe);

}  // namespace mxscope::analysis
