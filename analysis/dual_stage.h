// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Quantizing what a first quantizer left over, and what the second left over, ...: exact bounds.
#pragma once

#include <string>
#include <vector>

#include "analysis/worst_case.h"

namespace mxscope::analysis {

/// A later stage and the tensor scale its block scales are relative to.
struct Stage {
  spec::Recipe recipe;
  Rational tensor_scale = 1;  ///< over the first stage's: 1 where they share one (ARCQuant)
};

/// A block and its max |error| / max |x|, by the exact path.
struct BlockWitness {
  std::vector<Rational> block;
  Rational ratio = 0;
};

/// Stage one quantizes the block, each further stage the residual of the one before, with its own
/// block scale; the sum of all is the reconstruction. The first two stages' curve is that of
/// second_stage_curve(); each further one takes any residual up to the error before it, which is an
/// upper bound. Whether the supremum is met by a block is checked by quantizing one, so `witnessed`
/// does not rest on those arguments.
struct MultiStage {
  std::vector<Stage> stages;
  ScaleRange range = ScaleRange::kUnbounded;
  WorstCase first;   ///< the first stage alone
  ErrorCurve curve;  ///< error of the sum against M
  WorstRatio worst;
  BlockWitness witness;
  bool witnessed = false;  ///< the witness is within 2^-30 of the supremum (or equal)
};

/// Throws Error when a recipe is not over reals.
MultiStage multi_stage(const std::vector<Stage>& stages, ScaleRange range);

/// max |x - sum of stages| / max |x| of a block, by the exact path alone, tensor scale 1. Random
/// bits as in measured_ratio().
Rational measured_ratio(const std::vector<Stage>& stages, const std::vector<Rational>& block);

/// A block with largest magnitude at or near m that errs as `piece` of the curve says, for at most
/// two stages. Open ends are approached by 2^-36; of all ways to do so the worst block is taken.
BlockWitness witness_at(const MultiStage& result, const ErrorPiece& piece, const Rational& m);

/// A curve that lies nowhere below the result's, and that needs less of an argument: each stage is
/// given any residual up to the error before it. What certificates state.
ErrorCurve enclosing_curve(const MultiStage& result);

/// The largest block maximum, as a share of the tensor's, below which the last stage gives nothing:
/// every residual is rounded to zero. Absent where there is none in the stored range.
std::optional<Rational> vanishing_point(const MultiStage& result);

}  // namespace mxscope::analysis
