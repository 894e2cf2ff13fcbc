// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Blocks and their residuals in hardware arithmetic, equal to spec's exact dual stage.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/block_routine.h"
#include "spec/dual_stage.h"

namespace mxscope::kernels {

/// The codes of both stages of a block.
struct DualOutput {
  BlockOutput primary;
  BlockOutput residual;
};

/// Immutable after construction, safe to share between threads.
class DualRoutine {
 public:
  /// Throws Error where residuals are no binary32 numbers: an exact residual, an exact tensor
  /// scale.
  explicit DualRoutine(const spec::DualStage& stage);

  const spec::DualStage& stage() const { return stage_; }
  /// The first stage alone, on blocks as they come.
  const BlockRoutine& single() const { return whole_; }
  TensorFactors tensor_factors(float tensor_amax) const {
    return whole_.tensor_factors(tensor_amax);
  }

  /// A code for each value in both arrays.
  DualOutput quantize(std::span<const float> values, const TensorFactors& tensor,
                      std::uint8_t* primary, std::uint8_t* residual) const;

  /// (q1 s1 + q2 s2) S, rounded to binary32 once.
  void dequantize(const DualOutput& codes, const std::uint8_t* primary,
                  const std::uint8_t* residual, std::size_t count, const TensorFactors& tensor,
                  float* values) const;

 private:
  spec::DualStage stage_;
  BlockRoutine whole_;  ///< of the recipe as it is named
  BlockRoutine inner_;  ///< of what both stages apply
};

}  // namespace mxscope::kernels
