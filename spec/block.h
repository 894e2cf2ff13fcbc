// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The exact path of every recipe: rational arithmetic, rounded only where the recipe says so.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spec/recipe.h"

namespace mxscope::spec {

/// The scales of a tensor that a recipe derives from its largest magnitude.
struct TensorScales {
  Number decode = Number::finite(1);  ///< S
  Number encode = Number::finite(1);  ///< E
  Number amax = Number::finite(1);    ///< the maximum they come from
};

/// One block's codes. `micro` holds HiF4's exponent bits: bits 0..7 for each eighth of the block,
/// bits 8..23 for each sixteenth.
struct BlockCodes {
  Code scale = 0;
  std::vector<std::uint8_t> elements;
  std::uint32_t micro = 0;
  bool refused = false;  ///< a policy of the recipe is kError for this block; codes are then 0

  bool operator==(const BlockCodes&) const = default;
};

/// The largest magnitude of the values, with the recipe's rule for NaN. Zero for no values.
Number block_amax(const Recipe& recipe, std::span<const Number> values);

/// Source: each recipe's own; see TensorScale. `tensor_amax` is not negative.
TensorScales tensor_scales(const Recipe& recipe, const Number& tensor_amax);

/// The numbers that quantize_block() works on: rounded to the recipe's `input`, and divided by the
/// tensor scale where that makes bfloat16 numbers of them.
std::vector<Number> block_inputs(const Recipe& recipe, std::span<const Number> values,
                                 const TensorScales& tensor);

/// Quantizes one block of any size (a tail has fewer elements; HiF4 needs 64).
/// `random`: the value R of each element's random bits, for stochastic rounding; else empty.
BlockCodes quantize_block(const Recipe& recipe, std::span<const Number> values,
                          const TensorScales& tensor = {},
                          std::span<const std::uint32_t> random = {});

/// The values that the codes stand for: q s S, rounded as the recipe's `output` says.
std::vector<Number> dequantize_block(const Recipe& recipe, const BlockCodes& codes,
                                     const TensorScales& tensor = {});

/// The second stage's input: what the first left over.
struct ResidualRule {
  Precision precision = Precision::kExact;  ///< of x - q s S
  bool unrounded_scale = false;  ///< subtracts q times the scale before it was rounded (ARCQuant's
                                 ///< 32-channel kernels)
};

/// values - dequantize_block(codes), under the rule.
std::vector<Number> block_residual(const Recipe& recipe, std::span<const Number> values,
                                   const BlockCodes& codes, const TensorScales& tensor,
                                   const ResidualRule& rule);

}  // namespace mxscope::spec
