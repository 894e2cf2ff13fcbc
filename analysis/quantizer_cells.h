// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Quantizers as step functions of a real: what an element becomes, and which scale a maximum gets.
// Densities give no mass to single points, so cells have no closed ends, but cover the whole line
// and know the mean over all random values; the suprema of steps.h need the ends and the two
// extreme random values alone. The two find their thresholds independently, and a test compares
// them.
#pragma once

#include <optional>
#include <vector>

#include "analysis/density.h"
#include "spec/block.h"
#include "spec/recipe.h"

namespace mxscope::analysis {

/// Between two decision thresholds the quantizer's result Q does not depend on x: it is `mean`, or
/// with stochastic rounding random with that mean. E (Q - x)^2 = square - 2 mean x + x^2.
struct Cell {
  Point low, high;
  spec::Rational mean;    ///< E Q
  spec::Rational square;  ///< E Q^2
  bool is_finite = true;  ///< else Q is an infinity, a NaN or a refusal
};

/// The cells of a conversion, ascending, covering the line; neighbours differ. `random_bits` is for
/// stochastic modes, 1 to 8, else 0. The thresholds lie among the format's values, the points that
/// cut the gaps between them into halves (or 2^(n+1) parts, stochastic), and those beyond the
/// largest; the spec's oracle is asked near both ends of, and within, each interval between them.
/// Throws Error for formats of more than 12 bits and for rounding modes with other thresholds.
std::vector<Cell> quantizer_cells(const spec::Format& format, const spec::Policy& policy,
                                  int random_bits = 0);

/// The block maxima that get one scale, and that scale times the tensor's.
struct ScaleCell {
  spec::Rational low;     ///< maxima above this
  Point high;             ///< and below this
  spec::Rational scale;   ///< 0: every element becomes 0
  bool is_finite = true;  ///< else the scale is infinite or NaN
};

/// Why the recipe's scale is not a step function of a real maximum in exact arithmetic, naming the
/// field; or "" if it is.
std::string moments_problem(const spec::Recipe& recipe);

/// The cells of the scale, ascending from maxima above 0, the last to infinity; neighbours differ.
/// The recipe's rounding of inputs is left out: elements are reals. The thresholds lie among the
/// images of the scale format's; the spec's exact path is asked within each interval between them.
/// Throws Error with moments_problem().
std::vector<ScaleCell> scale_cells(const spec::Recipe& recipe, const spec::TensorScales& tensor);

}  // namespace mxscope::analysis
