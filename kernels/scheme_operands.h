// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Activations and weights of a layer, quantized as its scheme says.
#pragma once

#include <optional>
#include <vector>

#include "kernels/gemm_operand.h"
#include "kernels/low_rank.h"
#include "kernels/scheme_plan.h"

namespace mxscope::kernels {

/// One part's channels.
struct QuantizedPart {
  GemmOperand operand;        ///< for the part's unit; empty without one
  std::vector<float> values;  ///< that the codes stand for, residuals added: rows x count
};

/// A matrix, transformed and quantized.
struct QuantizedMatrix {
  Matrix transformed;                ///< before quantizing
  std::vector<QuantizedPart> parts;  ///< of parts without channels: empty
  std::optional<LowRank> low_rank;   ///< of weights

  /// What quantizing made of `transformed`, the low rank included; binary32.
  Matrix values(const std::vector<PartChannels>& channels) const;
};

/// Throw Error, naming recipe or scheme, for elements that a recipe refuses and for blocks that do
/// not fit the channels. `calibration`: activations, where needs_calibration_again(scheme).
QuantizedMatrix quantize_weights(const Scheme& scheme, const LayerPlan& plan,
                                 const spec::RecipeTable& recipes, const MatrixView& weights,
                                 const MatrixView& calibration = {});
QuantizedMatrix quantize_activations(const Scheme& scheme, const LayerPlan& plan,
                                     const spec::RecipeTable& recipes,
                                     const MatrixView& activations);

}  // namespace mxscope::kernels
