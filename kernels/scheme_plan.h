// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What calibration finds out about a layer: factors, the order of channels, how many are of which
// level.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/matrix_view.h"
#include "kernels/scheme.h"

namespace mxscope::kernels {

/// One linear layer under a scheme.
struct LayerPlan {
  std::string activations;  ///< names of tensors
  std::string weights;
  std::int64_t channels = 0;
  std::vector<float> smoothing;      ///< that each channel is divided by; empty: none
  std::vector<std::uint32_t> order;  ///< which channel comes at each place; empty: as they are
  std::vector<std::int64_t> levels;  ///< channels of each level; their sum is `channels`
};

/// Throws Error where the plan is not one for the scheme: sizes, an order that is no permutation,
/// factors that are not positive and finite.
void validate(const LayerPlan& plan, const Scheme& scheme);

/// `weights` may have no rows where the scheme does not smooth. Statistics of order and levels are
/// of the activations smoothed and rotated. Throws Error for numbers that are not finite, and for
/// channels that the scheme cannot divide.
///   smoothing: max|x_j|^alpha / max|w_j|^(1 - alpha), at least 1e-5, both maxima at least 1e-5
///   (SmoothQuant, smoothquant/smooth.py); powers by the C library in binary64, rounded once.
LayerPlan calibrate_layer(const Scheme& scheme, const MatrixView& activations,
                          const MatrixView& weights);

/// X and W as they are quantized: smoothed (one binary32 division, one multiplication), rotated,
/// in order.
Matrix transformed_activations(const Scheme& scheme, const LayerPlan& plan,
                               const MatrixView& activations);
Matrix transformed_weights(const Scheme& scheme, const LayerPlan& plan, const MatrixView& weights);

/// A part's channels, after all transformations.
struct PartChannels {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t residuals = 0;  ///< of the last ones

  std::int64_t columns() const { return count + residuals; }
};
std::vector<PartChannels> part_channels(const Scheme& scheme, const LayerPlan& plan);

/// Bits of an activation and of a weight on average, scales, residuals and low-rank factors
/// included.
struct AverageBits {
  double activations = 0;
  double weights = 0;
};
AverageBits average_bits(const Scheme& scheme, const LayerPlan& plan, std::int64_t tokens,
                         std::int64_t outputs, const spec::RecipeTable& recipes);

}  // namespace mxscope::kernels
