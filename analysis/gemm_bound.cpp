// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// One term for each rounding after the sum.
#include "analysis/gemm_bound.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/outward.h"

namespace mxscope::analysis {
namespace {

/// Half an ulp of the largest number of this magnitude.
double half_ulp(double magnitude, int fraction_bits, int emin) {
  if (magnitude == 0) return 0;
  return std::ldexp(1.0, std::max(std::ilogb(magnitude), emin) - fraction_bits - 1);
}

double half_ulp_binary32(double magnitude) { return half_ulp(magnitude, 23, -126); }

}  // namespace

double output_bound(const SumBound& sum, const EpilogueTerms& terms, double output) {
  const double alpha = std::fabs(terms.alpha);
  const double bias = std::fabs(terms.bias);
  double error = alpha == 1 ? sum.error : mul_up(alpha, sum.error);
  if (terms.alpha_error != 0) error = add_up(error, mul_up(terms.alpha_error, sum.magnitude));
  double magnitude = alpha == 1 ? sum.magnitude : mul_up(alpha, sum.magnitude);
  const auto rounded = [&](double added) {
    magnitude = add_up(magnitude, added);
    const double half = half_ulp_binary32(magnitude);
    error = add_up(error, half);
    magnitude = add_up(magnitude, half);
  };
  if (alpha != 1 || bias != 0) rounded(bias);
  if (terms.beta != 0)
    rounded(std::fabs(terms.beta) == 1 ? std::fabs(terms.addend)
                                       : mul_up(std::fabs(terms.beta), std::fabs(terms.addend)));
  if (terms.output_bits != 23)
    error = add_up(error, half_ulp(std::fabs(output), terms.output_bits, terms.output_emin) == 0
                              ? std::ldexp(1.0, terms.output_emin - terms.output_bits - 1)
                              : half_ulp(std::fabs(output), terms.output_bits, terms.output_emin));
  return std::isfinite(output) ? error : std::numeric_limits<double>::infinity();
}

double elements_bound(std::span<const float> x, std::span<const float> dx, std::span<const float> w,
                      std::span<const float> dw) {
  double sum = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double by_x = static_cast<double>(std::fabs(w[k])) * static_cast<double>(dx[k]);
    const double by_w = static_cast<double>(std::fabs(x[k])) * static_cast<double>(dw[k]);
    const double by_both = static_cast<double>(dx[k]) * static_cast<double>(dw[k]);
    sum = add_up(sum, add_up(add_up(by_x, by_w), by_both));
  }
  return sum;
}

}  // namespace mxscope::analysis
