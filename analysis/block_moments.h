// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The mean squared error of a block quantizer whose scale follows from the block's maximum.
#pragma once

#include "analysis/quantizer_cells.h"
#include "analysis/scalar_moments.h"
#include "spec/recipe.h"

namespace mxscope::analysis {

/// E of (1/n) sum (Q(x_i) - x_i)^2 for n = block_elements() independent elements of the density.
///
/// The scale is s_k where the largest magnitude M lies between a_k and b_k. By symmetry between the
/// elements the mean is E e(x_1); and since M <= b means that every |x_i| <= b,
///
///   E[e_k(x_1); a_k < M <= b_k] = G(b_k)^(n-1) H_k(b_k) - G(a_k)^(n-1) H_k(a_k)
///
/// with G(b) = P(|x| <= b) and H_k(b) the integral of e_k f from -b to b. (It is the integral over
/// M of the order statistic's density, n g(M) G(M)^(n-2) [...], done in closed form: its integrand
/// is the derivative of G^(n-1) H_k. Order statistics: David and Nagaraja 2003, 2.1.) The sum over
/// all scale codes is finite, so that no tail is cut off, and all digits that the enclosures fix
/// are proved. Where the scale of the greatest maxima is not finite (undefined_above) the error is
/// 0 there by convention: results must say so. Throws Error as scale_cells() and
/// truncated_moments() do.
ErrorMoments block_moments(const Density& density, const spec::Recipe& recipe,
                           const spec::TensorScales& tensor, int bits);

/// The same in pieces prepared once, for evaluation at several precisions.
struct MomentQuantizer {
  std::vector<Cell> cells;
  std::vector<ScaleCell> steps;
  int elements = 0;
  /// From here up the scale is infinite or NaN: such maxima are left out of the expectation.
  std::optional<spec::Rational> undefined_above;
};
/// Throws Error where maxima below some finite scale have none.
MomentQuantizer block_quantizer(const spec::Recipe& recipe, const spec::TensorScales& tensor);
ErrorMoments block_moments(const Density& density, const MomentQuantizer& quantizer, int bits);

/// The tensor maximum that a two-level recipe is given where none is known: the magnitude that one
/// element in 2^20 exceeds, to three significant digits (the greatest magnitude if it is bounded
/// and less). A choice, which results must state.
spec::Rational typical_tensor_amax(const Density& density);

}  // namespace mxscope::analysis
