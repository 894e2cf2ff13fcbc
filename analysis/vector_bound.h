// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What a recipe may cost an inner product of which only the length is known: bounds over all
// vectors with elements of at most 1 in magnitude.
#pragma once

#include <cstddef>

#include "analysis/inner_product.h"
#include "analysis/worst_case.h"

namespace mxscope::analysis {

/// The largest error of any element, as a share of a bound on the vector's magnitudes.
struct ElementShare {
  Rational once = 0;
  Rational twice = 0;  ///< with the residual quantized by the same recipe; 0 where not asked for
  ScaleRange range = ScaleRange::kUnbounded;
};

/// Two-level recipes: scales as stored, the tensor scale from the vector's largest magnitude, so
/// that small blocks are included. One-level recipes: scales without bounds, for there the range
/// depends on what the numbers are. Throws Error where the recipe is not over reals, as
/// worst_case() does.
ElementShare element_share(const spec::Recipe& recipe, bool with_twice);

/// The vector of `length` ones with those errors, those of the first `augmented` elements of both
/// stages together. In every bound of inner_product.h it stands for all vectors of magnitudes up to
/// 1: the bounds do not fall when magnitudes and errors grow. Throws Error where augmented >
/// length.
Operand largest_operand(const ElementShare& share, std::size_t length, std::size_t augmented);

/// Whether products of two elements and of two block scales have at most that many significant
/// bits, so that forming a scaled product does not round.
bool products_are_exact(const spec::Recipe& x, const spec::Recipe& w, int bits);

}  // namespace mxscope::analysis
