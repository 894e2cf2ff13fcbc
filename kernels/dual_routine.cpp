// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// x - q s in binary64, which holds it exactly or says that it does not; no contraction.
#include "kernels/dual_routine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/exact_number.h"
#include "kernels/narrowing.h"
#include "spec/error.h"

namespace mxscope::kernels {

using spec::Number;
using spec::Precision;

namespace {

BlockOutput output_of(const spec::BlockCodes& codes, std::uint8_t* elements) {
  std::copy(codes.elements.begin(), codes.elements.end(), elements);
  return {static_cast<std::uint32_t>(codes.scale), codes.micro, codes.refused};
}

/// a - b rounded once. Where binary64 loses bits (Knuth's TwoSum), in exact arithmetic.
float difference(double a, double b, Precision precision) {
  double d = a - b;
  const double part = d - a;
  const double lost = (a - (d - part)) - (b + part);
  if (std::isfinite(d) && lost != 0) {
    const Number exact = spec::subtract(number_of(a), number_of(b), precision);
    d = std::copysign(exact.magnitude.convert_to<double>(), exact.negative ? -1.0 : 1.0);
  }
  return precision == Precision::kBf16 ? nearest_bf16(d) : static_cast<float>(d);
}

}  // namespace

DualRoutine::DualRoutine(const spec::DualStage& stage)
    : stage_(stage), whole_(stage.recipe), inner_(spec::stage_recipe(stage.recipe)) {
  const bool narrow =
      stage.rule.precision == Precision::kBf16 || stage.rule.precision == Precision::kF32;
  if (!narrow || stage.recipe.tensor_scale == spec::TensorScale::kExact ||
      stage.recipe.kind != spec::BlockKind::kScaled)
    throw Error(
        fmt::format("dual stage {}: residuals must be rounded to bf16 or f32, under one "
                    "scale a block and a tensor scale of f32",
                    stage.name));
}

DualOutput DualRoutine::quantize(std::span<const float> values, const TensorFactors& tensor,
                                 std::uint8_t* primary, std::uint8_t* residual) const {
  std::vector<float> inputs(values.size());
  whole_.inputs(values, tensor, inputs.data());
  const bool rescaled = inner_.recipe().tensor_scale != whole_.recipe().tensor_scale;
  const TensorFactors scales = rescaled ? TensorFactors{} : tensor;
  DualOutput out;
  out.primary = inner_.quantize(inputs, scales, primary);
  const double s = stage_.rule.unrounded_scale ? inner_.unrounded_scale(inputs, scales)
                                               : inner_.scale_value(out.primary.scale);
  const double decode = inner_.recipe().has_tensor_scale() ? scales.decode : 1;
  const bool finite = std::isfinite(s) && std::all_of(inputs.begin(), inputs.end(),
                                                      [](float x) { return std::isfinite(x); });
  if (!finite) {  // the sign of a NaN decides some scales
    std::vector<Number> numbers;
    for (const float x : values) numbers.push_back(number_of(x));
    const spec::DualCodes codes = spec::quantize_dual_block(
        stage_, numbers, spec::tensor_scales(stage_.recipe, number_of(tensor.amax)));
    return {output_of(codes.primary, primary), output_of(codes.residual, residual)};
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i] =
        difference(inputs[i], inner_.element_value(primary[i]) * s * decode, stage_.rule.precision);
  out.residual = inner_.quantize(inputs, scales, residual);
  return out;
}

void DualRoutine::dequantize(const DualOutput& codes, const std::uint8_t* primary,
                             const std::uint8_t* residual, std::size_t count,
                             const TensorFactors& tensor, float* values) const {
  const double s1 = inner_.scale_value(codes.primary.scale);
  const double s2 = inner_.scale_value(codes.residual.scale);
  for (std::size_t i = 0; i < count; ++i) {
    // At most 6 bits each, and exponents of scales less than 20 apart: the sum and its product with
    // a binary32 number are exact.
    const double sum =
        inner_.element_value(primary[i]) * s1 + inner_.element_value(residual[i]) * s2;
    values[i] = static_cast<float>(sum * tensor.decode);
  }
}

}  // namespace mxscope::kernels
