// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Published schemes whose linear layers are several products, or one over a longer K.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/dual_tensor.h"
#include "kernels/gemm.h"

namespace mxscope::kernels {

/// One of several products that add up to a result.
struct GemmPart {
  sim::Mma mma;
  GemmOperand a, b;
  sim::KOrder order = {};
};

/// D of each part becomes C of the next one (beta 1), rounded to `output` between them: the first
/// part has beta 0, each alpha its own tensor scales, the last one the bias. MicroMix adds an
/// MXFP4, an MXFP6 and an MXFP8 product through bfloat16 this way (arXiv 2508.02343, section 4; its
/// kernels write bfloat16 and read it as C). Throws Error for no parts, and as Gemm does.
std::vector<float> chained_gemms(std::span<const GemmPart> parts, GemmOutput output,
                                 std::span<const float> bias = {});

/// Codes of DualTensor, of rows x columns, as an operand. Throws Error, naming the recipe, for an
/// element that it refuses, and where the unit has other block scales.
GemmOperand dual_operand(const TileCodes& codes, std::int64_t rows, std::int64_t columns,
                         float tensor_scale, const spec::Recipe& recipe, const sim::Mma& mma);

/// An operand over K channels with the codes and scales of the last S again, as the layout has it.
GemmOperand repeated_outliers(const GemmOperand& single, const spec::AugmentedLayout& layout);

/// ARCQuant's operands over K + S channels (arXiv 2601.07475): activations with the residuals of S
/// channels behind their own codes, and weights, quantized by the same recipe in one stage, whose
/// codes and scales of those channels stand there again. One GEMM over K + S then gives
/// (x + residual) w. Throws Error where a recipe refuses an element.
GemmOperand augmented_activations(std::span<const float> values, std::int64_t rows,
                                  const DualRoutine& routine, const DualTensor& tensor,
                                  const sim::Mma& mma);
GemmOperand augmented_weights(std::span<const float> values, std::int64_t rows,
                              const BlockRoutine& routine, const DualTensor& tensor,
                              const sim::Mma& mma);

}  // namespace mxscope::kernels
