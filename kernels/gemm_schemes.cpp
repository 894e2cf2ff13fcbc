// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// MicroMix's chain of products, ARCQuant's augmented K.
#include "kernels/gemm_schemes.h"

#include <fmt/format.h>

#include "spec/error.h"

namespace mxscope::kernels {
namespace {

constexpr auto kBlock = static_cast<std::int64_t>(spec::kAugmentedBlock);

void require_blocks(const spec::Recipe& recipe, const sim::Mma& mma) {
  if (!mma.scale || mma.block != kBlock || recipe.scale.name != mma.scale->name)
    throw Error(fmt::format("recipe {} has scales in {} per {}, and unit {} is bound to others",
                            recipe.name, recipe.scale.name, kBlock, mma.unit.name));
}

}  // namespace

std::vector<float> chained_gemms(std::span<const GemmPart> parts, GemmOutput output,
                                 std::span<const float> bias) {
  if (parts.empty()) throw Error("a chain of products needs one at least");
  std::vector<float> d;
  for (const GemmPart& part : parts) {
    Epilogue epilogue{.beta = d.empty() ? 0.0F : 1.0F, .addend = std::move(d), .output = output};
    if (&part == &parts.back()) epilogue.bias.assign(bias.begin(), bias.end());
    d = Gemm(part.mma, part.a, part.b, part.order, std::move(epilogue)).compute();
  }
  return d;
}

GemmOperand dual_operand(const TileCodes& codes, std::int64_t rows, std::int64_t columns,
                         float tensor_scale, const spec::Recipe& recipe, const sim::Mma& mma) {
  require_blocks(recipe, mma);
  if (codes.refused)
    throw Error(fmt::format("recipe {} refuses the element at row {}, column {}", recipe.name,
                            codes.refused->row, codes.refused->column));
  GemmOperand out{.rows = rows, .k = columns, .codes = codes.elements};
  out.scales.assign(codes.scales.begin(), codes.scales.end());
  out.tensor_scale = tensor_scale;
  return out;
}

GemmOperand repeated_outliers(const GemmOperand& single, const spec::AugmentedLayout& layout) {
  const auto channels = static_cast<std::int64_t>(layout.channels);
  GemmOperand out{.rows = single.rows,
                  .k = static_cast<std::int64_t>(layout.channels + layout.outliers),
                  .tensor_scale = single.tensor_scale};
  for (std::int64_t row = 0; row < single.rows; ++row)
    for (std::size_t position = 0; position < layout.blocks(); ++position) {
      const auto source = static_cast<std::int64_t>(layout.block(position).source);
      const auto code = single.codes.begin() + row * channels + source * kBlock;
      out.codes.insert(out.codes.end(), code, code + kBlock);
      out.scales.push_back(
          single.scales[static_cast<std::size_t>(row * (channels / kBlock) + source)]);
    }
  return out;
}

GemmOperand augmented_activations(std::span<const float> values, std::int64_t rows,
                                  const DualRoutine& routine, const DualTensor& tensor,
                                  const sim::Mma& mma) {
  const spec::Recipe& recipe = routine.stage().recipe;
  const Tile all{0, 0, static_cast<std::size_t>(rows), tensor.layout().channels};
  const TensorQuantizer quantizer(routine.single(), all.rows, all.columns);
  const TensorFactors factors = quantizer.state(quantizer.maxima(all, values)).factors;
  return dual_operand(tensor.quantize(all, values, factors), rows,
                      static_cast<std::int64_t>(tensor.columns()),
                      recipe.has_tensor_scale() ? factors.decode : 1.0F, recipe, mma);
}

GemmOperand augmented_weights(std::span<const float> values, std::int64_t rows,
                              const BlockRoutine& routine, const DualTensor& tensor,
                              const sim::Mma& mma) {
  require_blocks(routine.recipe(), mma);
  const spec::AugmentedLayout& layout = tensor.layout();
  const auto channels = static_cast<std::int64_t>(layout.channels);
  std::vector<float> ordered;
  ordered.reserve(values.size());
  for (std::int64_t row = 0; row < rows; ++row)
    for (const std::uint32_t channel : tensor.order())
      ordered.push_back(values[static_cast<std::size_t>(row * channels + channel)]);
  return repeated_outliers(quantized_operand(ordered, rows, channels, routine, mma), layout);
}

}  // namespace mxscope::kernels
