// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Each part's recipe on its channels, by whichever method.
#include "kernels/scheme_operands.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <numeric>

#include "kernels/gemm_schemes.h"
#include "kernels/gptq.h"
#include "spec/batch.h"
#include "spec/conversions.h"
#include "spec/error.h"

namespace mxscope::kernels {
namespace {

/// What is the same for all of a part.
struct PartJob {
  const Scheme& scheme;
  const SchemePart& part;
  PartChannels channels;
  std::optional<sim::Mma> mma;
};

PartJob job_of(const Scheme& scheme, std::size_t i, const PartChannels& channels,
               const spec::RecipeTable& recipes) {
  const SchemePart& part = scheme.parts[i];
  PartJob job{scheme, part, channels, {}};
  if (!part.unit.empty()) job.mma = part_unit(part, recipes);
  return job;
}

/// The residuals' places among the part's channels.
spec::AugmentedLayout layout_of(const PartJob& job) {
  try {
    return spec::make_augmented_layout(static_cast<std::size_t>(job.channels.count),
                                       static_cast<std::size_t>(job.channels.residuals),
                                       static_cast<std::size_t>(job.part.interleave));
  } catch (const Error& e) {
    throw Error(fmt::format("scheme {}: {}", job.scheme.name, e.what()));
  }
}

QuantizedPart cast(const PartJob& job, const Matrix& x, const spec::Format& format) {
  const spec::BatchCast to(spec::kF32, format,
                           spec::named_policy(spec::default_policy_name(format), format));
  std::vector<std::uint8_t> words(x.values.size() * static_cast<std::size_t>(to.word_bytes()));
  to.encode(x.values.data(), words.data(), x.values.size());
  QuantizedPart out;
  out.values.resize(x.values.size());
  std::vector<std::uint32_t> decoded(x.values.size());
  spec::BatchDecode(format).decode(words.data(), decoded.data(), decoded.size());
  for (std::size_t i = 0; i < decoded.size(); ++i) out.values[i] = std::bit_cast<float>(decoded[i]);
  if (job.mma) out.operand = cast_operand(x.values, x.rows, x.columns, format, *job.mma);
  return out;
}

void require_accepted(const TileCodes& codes, const spec::Recipe& recipe) {
  if (codes.refused)
    throw Error(fmt::format("recipe {} refuses the element at row {}, column {}", recipe.name,
                            codes.refused->row, codes.refused->column));
}

QuantizedPart part_of(const PartJob& job, const MatrixCodes& codes, const Matrix& x,
                      const TensorQuantizer& quantizer) {
  const spec::Recipe& recipe = quantizer.routine().recipe();
  require_accepted(codes.codes, recipe);
  QuantizedPart out;
  out.values.resize(x.values.size());
  quantizer.dequantize(codes.codes, codes.state, out.values);
  if (job.mma) out.operand = coded_operand(codes, x.rows, x.columns, recipe, *job.mma);
  return out;
}

/// Quantized in blocks that lie the other way.
Matrix quantized_across(const Matrix& x, spec::Recipe recipe) {
  std::swap(recipe.block.rows, recipe.block.columns);
  const BlockRoutine routine(recipe);
  const TensorQuantizer quantizer(routine, static_cast<std::size_t>(x.rows),
                                  static_cast<std::size_t>(x.columns));
  const MatrixCodes codes = quantize_matrix(quantizer, x.values);
  require_accepted(codes.codes, recipe);
  Matrix out{x.rows, x.columns, std::vector<float>(x.values.size())};
  quantizer.dequantize(codes.codes, codes.state, out.values);
  return out;
}

TensorState state_of(const TensorQuantizer& quantizer, const Matrix& x, bool signed_max) {
  const Tile all{0, 0, quantizer.grid().rows, quantizer.grid().columns};
  Maxima maxima = quantizer.maxima(all, x.values);
  if (signed_max) {
    maxima.tensor = *std::max_element(x.values.begin(), x.values.end());
    if (!(maxima.tensor > 0))
      throw Error("no weight is positive, so the largest of them gives no tensor scale");
  }
  return quantizer.state(maxima);
}

QuantizedPart weights_part(const PartJob& job, Matrix x, const PartRecipe& by,
                           const Matrix& calibration) {
  QuantizedPart out;
  if (by.format) {
    out = cast(job, x, *by.format);
  } else {
    const BlockRoutine routine(*by.recipe);
    if (job.scheme.weight_method == WeightMethod::kDouble) x = quantized_across(x, *by.recipe);
    const TensorQuantizer quantizer(routine, static_cast<std::size_t>(x.rows),
                                    static_cast<std::size_t>(x.columns));
    MatrixCodes codes{.codes = {}, .state = state_of(quantizer, x, job.scheme.signed_weight_max)};
    if (job.scheme.weight_method == WeightMethod::kGptq)
      codes = gptq_codes(x.view(), routine, codes.state, calibration.view());
    else
      codes.codes = quantizer.quantize({0, 0, quantizer.grid().rows, quantizer.grid().columns},
                                       x.values, codes.state);
    out = part_of(job, codes, x, quantizer);
  }
  if (job.part.residuals && job.mma) out.operand = repeated_outliers(out.operand, layout_of(job));
  return out;
}

/// Codes of both stages; the channels are in order already.
QuantizedPart dual_part(const PartJob& job, const Matrix& x, const spec::DualStage& stage) {
  const DualRoutine routine(stage);
  std::vector<std::uint32_t> order(static_cast<std::size_t>(x.columns));
  std::iota(order.begin(), order.end(), 0U);
  const DualTensor tensor(routine, layout_of(job), std::move(order));
  const TensorQuantizer quantizer(routine.single(), static_cast<std::size_t>(x.rows),
                                  static_cast<std::size_t>(x.columns));
  const TensorFactors factors = state_of(quantizer, x, false).factors;
  const Tile all{0, 0, quantizer.grid().rows, quantizer.grid().columns};
  const TileCodes codes = tensor.quantize(all, x.values, factors);
  require_accepted(codes, stage.recipe);
  QuantizedPart out;
  out.values.resize(x.values.size());
  tensor.dequantize(codes, factors, Stages::kBoth, out.values);
  if (job.mma)
    out.operand =
        dual_operand(codes, x.rows, job.channels.columns(),
                     stage.recipe.has_tensor_scale() ? factors.decode : 1, stage.recipe, *job.mma);
  return out;
}

}  // namespace

Matrix QuantizedMatrix::values(const std::vector<PartChannels>& channels) const {
  Matrix out{transformed.rows, transformed.columns, std::vector<float>(transformed.values.size())};
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (std::int64_t row = 0; row < out.rows; ++row)
      std::copy_n(parts[i].values.begin() + row * channels[i].count, channels[i].count,
                  out.row(row).begin() + channels[i].first);
  if (low_rank) {
    // What without_low_rank() took away, with the opposite sign.
    LowRank negative = *low_rank;
    for (float& x : negative.up.values) x = -x;
    out = without_low_rank(out.view(), negative);
  }
  return out;
}

QuantizedMatrix quantize_weights(const Scheme& scheme, const LayerPlan& plan,
                                 const spec::RecipeTable& recipes, const MatrixView& weights,
                                 const MatrixView& calibration) {
  QuantizedMatrix out{.transformed = transformed_weights(scheme, plan, weights)};
  const bool again = needs_calibration_again(scheme);
  if (again && calibration.columns != weights.columns)
    throw Error(fmt::format("scheme {} rounds weights by the calibration's activations; give them",
                            scheme.name));
  const Matrix x = again ? transformed_activations(scheme, plan, calibration) : Matrix{};
  Matrix rest = out.transformed;
  if (scheme.low_rank > 0) {
    out.low_rank = low_rank(rest.view(), scheme.low_rank);
    rest = without_low_rank(rest.view(), *out.low_rank);
  }
  const std::vector<PartChannels> channels = part_channels(scheme, plan);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    QuantizedPart& part = out.parts.emplace_back();
    if (channels[i].count == 0) continue;
    part =
        weights_part(job_of(scheme, i, channels[i], recipes),
                     columns_of(rest.view(), channels[i].first, channels[i].count),
                     weight_recipe(scheme.parts[i], recipes),
                     again ? columns_of(x.view(), channels[i].first, channels[i].count) : Matrix{});
  }
  return out;
}

QuantizedMatrix quantize_activations(const Scheme& scheme, const LayerPlan& plan,
                                     const spec::RecipeTable& recipes,
                                     const MatrixView& activations) {
  QuantizedMatrix out{.transformed = transformed_activations(scheme, plan, activations)};
  const std::vector<PartChannels> channels = part_channels(scheme, plan);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    QuantizedPart& part = out.parts.emplace_back();
    if (channels[i].count == 0) continue;
    const PartJob job = job_of(scheme, i, channels[i], recipes);
    const PartRecipe by = activation_recipe(job.part, recipes);
    Matrix x = columns_of(out.transformed.view(), channels[i].first, channels[i].count);
    if (by.format) {
      part = cast(job, x, *by.format);
      continue;
    }
    if (scheme.double_activations) x = quantized_across(x, *by.recipe);
    if (job.part.residuals) {
      part = dual_part(job, x, part_stage(job.part, recipes));
      continue;
    }
    const BlockRoutine routine(*by.recipe);
    const TensorQuantizer quantizer(routine, static_cast<std::size_t>(x.rows),
                                    static_cast<std::size_t>(x.columns));
    part = part_of(job, quantize_matrix(quantizer, x.values), x, quantizer);
  }
  return out;
}

}  // namespace mxscope::kernels
