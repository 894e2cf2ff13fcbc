// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The same expectations by numerical quadrature of densities alone: no antiderivative, no interval
// arithmetic, no telescoping. What the closed forms are compared with.
#pragma once

#include <boost/multiprecision/cpp_bin_float.hpp>

#include "analysis/block_moments.h"
#include "analysis/density.h"

namespace mxscope::analysis {

using Quad = boost::multiprecision::cpp_bin_float_quad;  ///< 113 bits
using Wide = boost::multiprecision::cpp_bin_float_100;

/// E (Q - x)^2 of the scalar quantizer: one integral per cell, by tanh-sinh quadrature (Boost.Math)
/// between thresholds and exp-sinh to infinity, to about 70 digits. Normal, Laplace and Student-t
/// are smooth between 0 and infinity; so are polynomials, piece by piece.
Wide scalar_mse_by_quadrature(const Density& density, const std::vector<Cell>& cells,
                              const spec::Rational& scale);

/// E of the block's mean squared error as the integral over the maximum M of its order statistic:
/// the element at the maximum, n g(M) G(M)^(n-1) e(M) / n, and the n - 1 below it, independent and
/// truncated to |x| <= M. Gauss-Legendre with 30 points on every piece of M between scale steps,
/// thresholds, joints and octaves of the density, and again for what lies below M; to about 24
/// digits. Maxima of probability below 10^-40 are left out, and so is what follows a piece that
/// adds less than 10^-27 of the sum.
Quad block_mse_by_quadrature(const Density& density, const MomentQuantizer& quantizer);

}  // namespace mxscope::analysis
