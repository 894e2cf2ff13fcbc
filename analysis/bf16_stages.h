// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Dual-stage kernels as they are coded, on every block of bfloat16 numbers.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "analysis/steps.h"
#include "spec/block.h"

namespace mxscope::analysis {

/// A kernel that quantizes a block of bfloat16 numbers, and with two stages what that leaves over,
/// by the same recipe and its own block scale.
struct Bf16Kernel {
  spec::Recipe recipe;  ///< without a tensor scale: elements come scaled already
  spec::ResidualRule residual = {.precision = spec::Precision::kBf16};
  int stages = 2;
  Rational limit = 2688;  ///< the largest block maximum that the tensor scale leaves
};

/// What happens to blocks with one largest magnitude.
struct Bf16Maximum {
  double block_max = 0;
  double error = 0;          ///< the largest |x - reconstruction| of any element of any block
  double element = 0;        ///< the (positive) element that errs so
  double residual_from = 0;  ///< the element whose residual is the second block's maximum
};

/// Exhaustive: for every positive bfloat16 M up to the limit, the largest error over all blocks of
/// at least three elements with largest magnitude M. A block reduces to M (the first scale), the
/// element of largest residual (the second) and the one that errs; signs mirror, which is checked.
/// Every code comes from the exact path, step ends by bisection since every operation of a recipe
/// rounds monotonically; sums of decoded values are exact in binary64. Throws Error for a recipe
/// that is stochastic, searches, or has more than one scale. Returns early, with fewer maxima, when
/// `stop` becomes true.
std::vector<Bf16Maximum> bf16_maxima(const Bf16Kernel& kernel, const std::atomic<bool>& stop);

/// The supremum of error / M over maxima from `least` on.
struct Bf16Worst {
  Rational ratio = 0;
  Bf16Maximum at;
};
Bf16Worst bf16_worst(const std::vector<Bf16Maximum>& maxima, double least = 0);

/// The largest M with error > bound * M, or 0: above it the bound holds on every bfloat16 block.
double bf16_last_excess(const std::vector<Bf16Maximum>& maxima, const Rational& bound);

/// max |x - sum of stages| / max |x| of a block, by the exact path alone.
Rational bf16_measured_ratio(const Bf16Kernel& kernel, const std::vector<double>& block);

}  // namespace mxscope::analysis
