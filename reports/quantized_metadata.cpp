// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Recipes, formats and tensors as JSON texts of a file's metadata, and back.
#include "reports/quantized_metadata.h"

#include <fmt/format.h>

#include "analysis/encoding_json.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using nlohmann::json;

json format_row(const spec::Format& f) {
  json row = analysis::encoding_json(f);
  row["name"] = f.name;
  row["storage_bits"] = f.storage_bits;
  row["storage_shift"] = f.storage_shift;
  return row;
}

spec::Format read_format(const json& row) {
  spec::Format f;
  analysis::read_encoding(row, f);
  row.at("name").get_to(f.name);
  f.storage_bits = analysis::whole_number(row, "storage_bits");
  f.storage_shift = analysis::whole_number(row, "storage_shift");
  spec::validate(f);
  return f;
}

json recipe_text(const spec::Recipe& recipe) {
  json fields = json::object();
  for (const spec::RecipeField& f : spec::describe(recipe)) fields[f.name] = f.value;
  return {{"name", recipe.name},
          {"source", recipe.source},
          {"element_format", format_row(recipe.element)},
          {"scale_format", format_row(recipe.scale)},
          {"fields", std::move(fields)}};
}

spec::Recipe read_recipe(const json& text) {
  spec::Recipe recipe;
  text.at("name").get_to(recipe.name);
  text.at("source").get_to(recipe.source);
  recipe.element = read_format(text.at("element_format"));
  recipe.scale = read_format(text.at("scale_format"));
  for (const auto& [field, value] : text.at("fields").items())
    if (field != "element" && field != "scale")
      spec::set_field(recipe, field, value.get<std::string>());
  spec::validate(recipe);
  return recipe;
}

spec::Packing parse_packing(const std::string& name) {
  for (const auto packing :
       {spec::Packing::kByte, spec::Packing::kNibble, spec::Packing::kSixBitStream})
    if (name == spec::to_string(packing)) return packing;
  throw Error(fmt::format("'{}' is no packing", name));
}

spec::DualStage read_dual(const json& text, const spec::Recipe& recipe) {
  spec::DualStage stage{.recipe = recipe};
  text.at("name").get_to(stage.name);
  text.at("source").get_to(stage.source);
  const auto residual = text.at("residual").get<std::string>();
  if (residual != "bf16" && residual != "f32")
    throw Error(fmt::format("residual '{}' is neither bf16 nor f32", residual));
  stage.rule = {residual == "bf16" ? spec::Precision::kBf16 : spec::Precision::kF32,
                text.at("unrounded_scale").get<bool>()};
  text.at("granularity").get_to(stage.granularity);
  return stage;
}

json tensor_text(const QuantizedTensor& tensor) {
  json text = {{"dtype", dtype_name(tensor.dtype)},
               {"shape", tensor.shape},
               {"packing", spec::to_string(tensor.packing)},
               {"scale_layout", spec::to_string(tensor.scale_layout)},
               {"amax_bits", tensor.amax_bits}};
  if (tensor.augmented) text["residual_channels"] = tensor.augmented->outliers;
  return text;
}

QuantizedTensor read_tensor(const std::string& name, const json& text,
                            const QuantizedMetadata& about) {
  const spec::Recipe& recipe = about.recipe;
  QuantizedTensor tensor{.name = name};
  tensor.dtype = find_dtype(text.at("dtype").get<std::string>());
  text.at("shape").get_to(tensor.shape);
  byte_count(tensor.dtype, tensor.shape, in_quotes(name));
  text.at("amax_bits").get_to(tensor.amax_bits);
  tensor.packing = parse_packing(text.at("packing").get<std::string>());
  tensor.scale_layout = spec::parse_scale_layout_kind(text.at("scale_layout").get<std::string>());
  if (tensor.packing != spec::Packing::kByte && tensor.packing != packing_of(recipe, true))
    throw Error(fmt::format("tensor {}: its packing is not one of {}-bit codes", in_quotes(name),
                            recipe.element.bits));
  if (about.dual) {
    if (tensor.shape.empty())
      throw Error(fmt::format("tensor {}: a scalar has no channels", in_quotes(name)));
    tensor.augmented = spec::make_augmented_layout(tensor.shape.back(),
                                                   text.at("residual_channels").get<std::size_t>(),
                                                   about.dual->granularity);
    byte_count(tensor.dtype, tensor.stored_shape(), in_quotes(name));
  }
  return tensor;
}

}  // namespace

json dual_stage_json(const spec::DualStage& stage) {
  return {{"name", stage.name},
          {"source", stage.source},
          {"residual", stage.rule.precision == spec::Precision::kBf16 ? "bf16" : "f32"},
          {"unrounded_scale", stage.rule.unrounded_scale},
          {"granularity", stage.granularity}};
}

void add_to(std::map<std::string, std::string>& metadata, const QuantizedMetadata& quantized) {
  json tensors = json::object();
  for (const QuantizedTensor& tensor : quantized.tensors)
    tensors[tensor.name] = tensor_text(tensor);
  const std::string prefix = kMetadataPrefix;
  metadata[prefix + "version"] = quantized.version;
  metadata[prefix + "recipe"] =
      recipe_text(quantized.recipe).dump(-1, ' ', false, json::error_handler_t::replace);
  if (quantized.dual)
    metadata[prefix + "dual_stage"] =
        dual_stage_json(*quantized.dual).dump(-1, ' ', false, json::error_handler_t::replace);
  metadata[prefix + "tensors"] = tensors.dump(-1, ' ', false, json::error_handler_t::replace);
  metadata[prefix + "seed"] = std::to_string(quantized.seed);
  metadata[prefix + "input_sha256"] = quantized.input_sha256;
}

QuantizedMetadata quantized_metadata(const std::map<std::string, std::string>& metadata,
                                     const std::string& file) {
  std::string key;
  const auto text = [&](const char* name) -> const std::string& {
    key = std::string(kMetadataPrefix) + name;
    const auto found = metadata.find(key);
    if (found == metadata.end())
      throw Error(fmt::format("{}: its metadata has no {}; it is not a file of mxscope quantize",
                              file, key));
    return found->second;
  };
  QuantizedMetadata out;
  out.version = text("version");
  out.input_sha256 = text("input_sha256");
  const std::string& recipe = text("recipe");
  const std::string& tensors = text("tensors");
  try {
    key = "mxscope.recipe";
    out.recipe = read_recipe(json::parse(recipe));
    if (const auto dual = metadata.find("mxscope.dual_stage"); dual != metadata.end()) {
      key = dual->first;
      out.dual = read_dual(json::parse(dual->second), out.recipe);
    }
    key = "mxscope.tensors";
    const json list = json::parse(tensors);
    for (const auto& [name, tensor] : list.items())
      out.tensors.push_back(read_tensor(name, tensor, out));
  } catch (const json::exception& e) {
    throw Error(
        fmt::format("{}: metadata {}: {}; quantize the tensors again", file, key, e.what()));
  } catch (const Error& e) {
    throw Error(
        fmt::format("{}: metadata {}: {}; quantize the tensors again", file, key, e.what()));
  }
  return out;
}

}  // namespace mxscope::reports
