// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Upper bounds, in binary64, of sums and products of numbers >= 0.
#pragma once

#include <cmath>
#include <limits>

#include "spec/exact.h"

namespace mxscope::analysis {

/// At least the next number above x, for x normal: x 2^-52 is at least an ulp of x.
inline double raised(double x) { return x * (1 + 0x1p-52); }

inline double add_up(double x, double y) {
  if (x == 0) return y;
  if (y == 0) return x;
  return raised(x + y);
}

inline double mul_up(double x, double y) { return raised(x * y); }

/// The least binary64 number that is no less than x >= 0.
inline double rounded_up(const spec::Rational& x) {
  const double below = mpq_get_d(x.backend().data());  // toward zero
  if (!std::isfinite(below) || spec::Rational(below) == x) return below;
  return std::nextafter(below, std::numeric_limits<double>::infinity());
}

}  // namespace mxscope::analysis
