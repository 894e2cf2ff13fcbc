// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A matrix of K channels of which S are quantized twice, as ARCQuant lays it out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/dual_routine.h"
#include "kernels/fused_quantizer.h"
#include "kernels/tensor_quantizer.h"
#include "spec/augmented_layout.h"

namespace mxscope::kernels {

/// Raises the largest magnitude of every channel by those of some rows; a NaN is above all numbers.
void raise_channel_maxima(std::span<const float> rows, std::span<float> maxima);

/// Which channel comes at each place: ascending by largest magnitude, ties by number, but the
/// `last` channels after all others, in the same order among themselves. Throws Error for one that
/// is not there or stands twice in `last`.
std::vector<std::uint32_t> channel_order(std::span<const float> maxima,
                                         std::span<const std::uint32_t> last = {});

enum class Stages : std::uint8_t { kFirst, kBoth };

/// Rows of K values, reordered, become rows of K + S codes and (K + S) / 16 scales in the order of
/// the layout. Immutable after construction, safe to share between threads. `routine` must outlive
/// it.
class DualTensor {
 public:
  /// Throws Error unless the recipe has blocks of 1x16 and `order` holds each of the K channels
  /// once.
  DualTensor(const DualRoutine& routine, const spec::AugmentedLayout& layout,
             std::vector<std::uint32_t> order);

  const spec::AugmentedLayout& layout() const { return layout_; }
  const std::vector<std::uint32_t>& order() const { return order_; }
  /// K + S.
  std::size_t columns() const { return layout_.channels + layout_.outliers; }

  /// Codes of whole rows; of the result, `tile` counts K + S columns and `refused` is of the input.
  TileCodes quantize(const Tile& rows, std::span<const float> values,
                     const TensorFactors& tensor) const;

  /// The values in their original order; with both stages their sum, rounded to binary32 once.
  void dequantize(const TileCodes& codes, const TensorFactors& tensor, Stages stages,
                  std::span<float> values) const;

 private:
  const DualRoutine* routine_;
  spec::AugmentedLayout layout_;
  std::vector<std::uint32_t> order_;
  std::shared_ptr<const FusedQuantizer> fused_;  ///< null for recipes that it does not take
};

}  // namespace mxscope::kernels
