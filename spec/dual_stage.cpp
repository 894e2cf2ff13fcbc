// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The dual stages of ARCQuant (arXiv 2601.07475), a row for each kernel.
#include "spec/dual_stage.h"

#include "spec/names.h"
#include "spec/recipes.h"

namespace mxscope::spec {
namespace {

bool is_rescaled(const Recipe& recipe) {
  return recipe.tensor_scale == TensorScale::kDivideBf16 ||
         recipe.tensor_scale == TensorScale::kMultiplyBf16;
}

}  // namespace

const std::vector<DualStage>& named_dual_stages() {
  static const std::vector<DualStage> all = [] {
    const RecipeTable recipes;
    return std::vector<DualStage>{
        {"arcquant_16",
         "ARCQuant reorder.cu reorder_x_kernel",
         recipes.find("arcquant_kernel"),
         {Precision::kBf16, false},
         16},
        {"arcquant_32",
         "ARCQuant reorder.cu reorder32_x_kernel and down32_x_kernel, whose residual is taken from "
         "the scale before it is rounded",
         recipes.find("arcquant_kernel"),
         {Precision::kBf16, true},
         32},
        {"trtllm_arcquant",
         "TensorRT-LLM's port of ARCQuant with reordering",
         recipes.find("trtllm_arcquant"),
         {Precision::kBf16, false},
         16}};
  }();
  return all;
}

const DualStage& find_dual_stage(std::string_view name) {
  std::vector<std::string> known;
  for (const DualStage& stage : named_dual_stages()) {
    if (stage.name == name) return stage;
    known.push_back(stage.name);
  }
  throw unknown_name("dual stage", name, known);
}

Recipe stage_recipe(const Recipe& recipe) {
  Recipe out = recipe;
  if (is_rescaled(recipe)) out.tensor_scale = TensorScale::kNone;
  return out;
}

TensorScales stage_scales(const Recipe& recipe, const TensorScales& tensor) {
  return is_rescaled(recipe) ? TensorScales{} : tensor;
}

DualCodes quantize_dual_block(const DualStage& stage, std::span<const Number> values,
                              const TensorScales& tensor) {
  const Recipe recipe = stage_recipe(stage.recipe);
  const TensorScales scales = stage_scales(stage.recipe, tensor);
  const std::vector<Number> inputs = block_inputs(stage.recipe, values, tensor);
  DualCodes out;
  out.primary = quantize_block(recipe, inputs, scales);
  const auto residual = block_residual(recipe, inputs, out.primary, scales, stage.rule);
  out.residual = quantize_block(recipe, residual, scales);
  return out;
}

std::vector<Number> dequantize_dual_block(const DualStage& stage, const DualCodes& codes,
                                          const TensorScales& tensor) {
  std::vector<Number> out = dequantize_block(stage.recipe, codes.primary, tensor);
  const std::vector<Number> more = dequantize_block(stage.recipe, codes.residual, tensor);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = add(out[i], more[i], Precision::kExact);
  return out;
}

}  // namespace mxscope::spec
