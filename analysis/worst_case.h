// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How wrong a block quantizer can be on any block of real numbers: exact suprema with witnesses.
#pragma once

#include <string>
#include <vector>

#include "analysis/error_curve.h"
#include "analysis/steps.h"

namespace mxscope::analysis {

/// Which scales a bound allows for.
enum class ScaleRange : std::uint8_t {
  kUnbounded,  ///< the scale format continued without bound: no underflow, no saturation
  kStored,     ///< the scale format as it is
};

/// The supremum of |x - Q(x)| / |x| over elements with |x| / (s S) at least the element format's
/// least normal value, clipped ones included.
struct RelativeError {
  Rational ratio = 0;
  Rational element = 0;  ///< |x| / (s S) that attains it, or the limit of such
  bool negative = false;
  bool attained = false;
};

/// What happens under one scale.
struct ScaleCase {
  Step scale;        ///< the largest magnitudes M that get it
  WorstRatio worst;  ///< the supremum of |x - Q(x)| / M
  RelativeError relative;
};

/// The error of a recipe over all real blocks. Unbounded: one binade of scales [1, 2), which stands
/// for all others, since scaling a block by a power of two scales everything; two binades, [1, 4),
/// where scales of precision 1 are rounded by the parity of their exponent. Stored: M from 0 to
/// 2688, say, for a tensor maximum that the tensor scale maps to 2688 (`limit`), or for one-level
/// recipes to twice the magnitude where the greatest scale begins to clip.
struct WorstCase {
  spec::Recipe recipe;
  ScaleRange range = ScaleRange::kUnbounded;
  Rational limit = 0;
  ElementSteps elements;
  ErrorCurve unit_curve;  ///< error against M under scale 1
  std::vector<ScaleCase> cases;
  WorstRatio worst;  ///< over all cases
  RelativeError relative;
};

/// The recipe as it acts on one block of exact numbers in a tensor whose scale is 1: what witness
/// blocks are measured with.
spec::Recipe on_one_block(spec::Recipe recipe, ScaleRange range);

/// Throws Error when the recipe is not over reals (see not_over_reals()), naming the reason, when
/// an element can become no number, and when errors of small blocks are out of all proportion to
/// them.
WorstCase worst_case(const spec::Recipe& recipe, ScaleRange range);

/// The error as a function of M, over all scales of the result.
ErrorCurve block_error_curve(const WorstCase& result);

/// A block of at least two elements that attains (or, by 2^-40 of its size, nearly attains) a
/// supremum: {M, the worst element}, or {M} where they are the same.
std::vector<Rational> witness_block(const WorstRatio& worst);

/// max |x - Q(x)| / max |x| of a block, by the exact path of spec/block.h alone; random bits are
/// all 0, then all 1, for stochastic recipes, and the larger is returned.
Rational measured_ratio(const spec::Recipe& recipe, const std::vector<Rational>& block);

}  // namespace mxscope::analysis
