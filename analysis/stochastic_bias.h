// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Stochastic rounding with n random bits: exact mean and variance, all 2^n values equally likely.
#pragma once

#include <vector>

#include "analysis/work.h"
#include "spec/exact.h"
#include "spec/rounding.h"

namespace mxscope::analysis {

/// How many of the 2^n random values send a number up that lies `delta`, 0 <= delta < 1, of the way
/// from one value of a format to the next: the definitions of spec/rounding.h, counted.
std::uint32_t count_ups(spec::Rounding form, const spec::Rational& delta, int bits);

/// A supremum over delta in [0, 1].
struct DeltaSupremum {
  spec::Rational value = 0;
  spec::Rational at = 0;  ///< a delta that attains it, or that others approach
  bool attained = false;
};

/// Of Q(x) for x between two neighbours, in units of their distance.
struct StochasticMoments {
  DeltaSupremum bias;            ///< of |E[Q] - x|
  spec::Rational mean_bias = 0;  ///< of E[Q] - x over all delta alike
  DeltaSupremum variance;        ///< of E[(Q - E[Q])^2]
  DeltaSupremum square;          ///< of E[(Q - x)^2]
  bool grid_exact = true;        ///< E[Q] = x at every multiple of 2^-n
  std::size_t points = 0;        ///< deltas tried: what changes with delta does so at these alone
};

/// P(up) changes at multiples of 2^-(n+1) only. Between two of them the bias is linear and the mean
/// square convex, so that suprema lie at the ends. n from 1 to 16.
StochasticMoments stochastic_moments(spec::Rounding form, int bits);

/// "stochastic-bias/sr-a/4", for every form and n = 1..most_bits: the suprema above, a claim each,
/// and the count of ups against the oracle's.
std::vector<Task> stochastic_bias_tasks(int most_bits);

}  // namespace mxscope::analysis
