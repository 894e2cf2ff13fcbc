// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The mean squared error of a scalar quantizer under a fixed scale, and the scale of least error.
#pragma once

#include <functional>
#include <vector>

#include "analysis/density.h"
#include "analysis/enclosure.h"
#include "analysis/quantizer_cells.h"

namespace mxscope::analysis {

/// Expectations per element. mse = variance + bias: what random rounding scatters, and the square
/// of what stays after averaging over it (all of it, for deterministic rounding).
struct ErrorMoments {
  Enclosure mse, variance, bias;
  Enclosure signal;  ///< E x^2

  Enclosure sqnr_db() const;  ///< 10 log10(signal / mse)
};

/// Calls `evaluate` with more and more bits until the enclosure that `proved` picks has that many
/// proved digits, or 16 times the first number of bits were not enough; returns the last result.
ErrorMoments moments_to_digits(int digits, const std::function<ErrorMoments(int bits)>& evaluate);

/// E of the error of x -> scale Q(x / scale) over the part of the line from -limit to limit, as
/// integrals over that part: with an infinite limit, the moments. Throws Error when the density
/// gives mass to a cell whose result is not finite. Nothing outside the cells' closed forms enters:
/// every digit that the enclosures fix is proved.
ErrorMoments truncated_moments(MomentTable& density, const std::vector<Cell>& cells,
                               const spec::Rational& scale, const Point& limit);

ErrorMoments scalar_moments(const Density& density, const std::vector<Cell>& cells,
                            const spec::Rational& scale, int bits);

/// A local minimum of the mean squared error D(s) over real scales s.
struct OptimalScale {
  /// D'(low) < 0 < D'(high) is proved, and D is continuous: a local minimum lies between. Their
  /// relative distance is at most 10^-digits.
  spec::Rational low, high;
  ErrorMoments moments;  ///< at `low`
  /// D was enclosed at `scanned` scales, 16 an octave, from scan_low to scan_high. The least of
  /// those lies next to the minimum; between them D may still be lower elsewhere.
  spec::Rational scan_low, scan_high;
  int scanned = 0;
};

/// D'(s): the cells' integrals by Leibniz's rule, and for each threshold t s the jump of the error
/// there, which is 0 for rounding to nearest.
Enclosure error_slope(MomentTable& density, const std::vector<Cell>& cells,
                      const spec::Rational& scale);

/// Throws Error when the least of the scanned scales is the first or last of them.
/// `checkpoint` is called now and then, and may throw to stop the work.
OptimalScale optimal_scale(const Density& density, const std::vector<Cell>& cells, int digits,
                           const std::function<void()>& checkpoint = {});

}  // namespace mxscope::analysis
