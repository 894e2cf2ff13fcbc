// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A block quantized twice: what the first stage leaves over is a block of the second.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/block.h"

namespace mxscope::spec {

/// Both stages have one recipe. Where it divides the tensor into bfloat16 first (kDivideBf16,
/// kMultiplyBf16), both work on those numbers, and one tensor scale stands for both.
struct DualStage {
  std::string name;
  std::string source;
  Recipe recipe;
  ResidualRule rule;
  std::size_t granularity = 16;  ///< channels whose residuals follow them, as make_augmented_layout
                                 ///< takes it
};

/// Every named dual stage.
const std::vector<DualStage>& named_dual_stages();

/// Throws Error that lists the near names.
const DualStage& find_dual_stage(std::string_view name);

/// The recipe that both stages apply to the numbers of block_inputs(), and their tensor scales.
Recipe stage_recipe(const Recipe& recipe);
TensorScales stage_scales(const Recipe& recipe, const TensorScales& tensor);

struct DualCodes {
  BlockCodes primary;
  BlockCodes residual;
};

/// The exact path of both stages.
DualCodes quantize_dual_block(const DualStage& stage, std::span<const Number> values,
                              const TensorScales& tensor);

/// (q1 s1 + q2 s2) S, exactly.
std::vector<Number> dequantize_dual_block(const DualStage& stage, const DualCodes& codes,
                                          const TensorScales& tensor);

}  // namespace mxscope::spec
