// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The largest error of a block as an exact, piecewise linear function of its largest magnitude.
#pragma once

#include <optional>
#include <vector>

#include "analysis/steps.h"

namespace mxscope::analysis {

/// The supremum of |x - Q(x)| over the elements of blocks with largest magnitude M, for M in `at`.
struct ErrorPiece {
  Interval at;
  bool grows = false;      ///< the error is M - value, made by the largest element itself
  Rational error = 0;      ///< where it does not grow: the error, the same on all of `at`
  Rational value = 0;      ///< what the worst element's magnitude becomes
  Rational element = 0;    ///< where it does not grow: that magnitude, or the limit of such
  Rational block_max = 0;  ///< where it does not grow: a largest magnitude (or limit of such) whose
                           ///< scale makes the error; at most that of `at`
  bool negative = false;   ///< the sign of the worst element
  bool attained = true;    ///< else only approached

  Rational error_at(const Rational& m) const { return grows ? Rational(m - value) : error; }
};

/// Pieces in ascending order without gaps.
using ErrorCurve = std::vector<ErrorPiece>;

/// The curve for scale 1 from M = 0 to where the steps end. It never falls.
ErrorCurve error_curve(const ElementSteps& steps);

/// The curve for another scale s > 0.
ErrorPiece scaled(ErrorPiece piece, const Rational& s);

/// The parts of the curve in `range`.
ErrorCurve clipped(const ErrorCurve& curve, const Interval& range);

/// The curve of a quantizer with these scales, each under its own part of the largest magnitudes.
/// It may fall where the scale changes. A scale of zero makes every element zero.
ErrorCurve block_error_curve(const Steps& scales, const ErrorCurve& unit_curve);

/// The largest error of any block with largest magnitude at most M: the curve's running maximum.
ErrorCurve running_maximum(const ErrorCurve& curve);

/// outer's error at inner's error: the error of quantizing what a first quantizer left over, whose
/// largest magnitude is anything up to inner's error. `outer` must not fall and must reach that
/// far.
ErrorCurve composed(const ErrorCurve& inner, const ErrorCurve& outer);

/// The supremum of error / M over a piece or a curve, where it is, and whether a block reaches it.
struct WorstRatio {
  Rational ratio = 0;
  Rational block_max = 0;  ///< the M that attains it, or that blocks approach
  bool attained = false;
  ErrorPiece piece;  ///< where it was found

  Rational error() const { return ratio * block_max; }
};
WorstRatio worst_ratio(const ErrorPiece& piece);
WorstRatio worst_ratio(const ErrorCurve& curve);

/// The largest M with error > bound * M in every neighbourhood of it, or absent where the error
/// never exceeds bound * M: above it the bound holds.
std::optional<Rational> last_excess(const ErrorCurve& curve, const Rational& bound);

}  // namespace mxscope::analysis
