// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// From tensor files to measured layers.
#include "reports/scheme_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/float_tensor.h"
#include "reports/ordered_work.h"
#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::reports {
namespace {

using kernels::ErrorStatistics;
using kernels::GemmTile;
using kernels::Matrix;
using kernels::MatrixView;

const TensorView* found(const TensorFile& file, std::string_view name) {
  for (const TensorView& tensor : file.tensors())
    if (tensor.name == name) return &tensor;
  return nullptr;
}

bool is_matrix(const TensorView& tensor) {
  const MatrixShape shape = matrix_shape(tensor.shape);
  return is_quantizable(tensor.dtype) && tensor.shape.size() >= 2 && shape.rows > 0 &&
         shape.columns > 0;
}

std::string with_ending(const std::string& name, std::string_view from, std::string_view to) {
  if (name.size() < from.size() || name.substr(name.size() - from.size()) != from) return "";
  return name.substr(0, name.size() - from.size()) + std::string(to);
}

/// The activations that a weight is multiplied with.
const TensorView* input_of(const TensorView& weight, const TensorFile& activations) {
  if (activations.tensors().size() == 1) return &activations.tensors().front();
  if (const auto* same = found(activations, weight.name)) return same;
  const std::string name = with_ending(weight.name, ".weight", ".input");
  return name.empty() ? nullptr : found(activations, name);
}

std::vector<LayerNames> all_layers(const TensorFile& activations, const TensorFile* weights) {
  std::vector<LayerNames> out;
  if (weights == nullptr) {
    for (const TensorView& tensor : activations.tensors())
      if (is_matrix(tensor)) out.push_back({tensor.name, ""});
    return out;
  }
  for (const TensorView& weight : weights->tensors()) {
    const TensorView* input = is_matrix(weight) ? input_of(weight, activations) : nullptr;
    if (input == nullptr || !is_matrix(*input)) continue;
    if (weights->tensors().size() > 1 && activations.tensors().size() == 1 &&
        matrix_shape(input->shape).columns != matrix_shape(weight.shape).columns)
      continue;
    out.push_back({input->name, weight.name});
  }
  return out;
}

nlohmann::json number(double x) { return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json(); }

nlohmann::json errors_json(const ErrorStatistics& s) {
  return {{"sqnr_db", number(s.sqnr_db())},
          {"mse", number(s.mse())},
          {"largest_error", number(s.largest_error)},
          {"largest", number(s.largest)}};
}

}  // namespace

SchemeChoice::SchemeChoice(const RecipeFiles& files, const std::string& scheme_file, Run& run)
    : recipes(load_recipes(files, run)), schemes(recipes) {
  if (!scheme_file.empty())
    schemes.load_text(run.read_input(scheme_file, kMaxTomlBytes), scheme_file);
}

void add_scheme_files(CLI::App& command, RecipeFiles& files, std::string& scheme_file) {
  command.add_option("--schemes-file", scheme_file, "TOML file of further schemes")
      ->option_text("FILE.toml");
  add_recipe_files(command, files, "--recipes");
}

std::vector<LayerNames> match_layers(const TensorFile& activations, const TensorFile* weights,
                                     const std::vector<std::string>& only) {
  std::vector<LayerNames> layers = all_layers(activations, weights);
  if (layers.empty())
    throw Error(
        weights == nullptr
            ? fmt::format("{}: holds no matrix of F64, F32, F16 or BF16", activations.path())
            : fmt::format("{}: none of its matrices has activations in {}; NAME.weight belongs to "
                          "NAME.input there",
                          weights->path(), activations.path()));
  if (!only.empty()) {
    std::vector<std::string> known;
    for (const LayerNames& layer : layers)
      known.push_back(weights == nullptr ? layer.activations : layer.weights);
    std::vector<LayerNames> chosen;
    for (const std::string& name : only) {
      const auto at = std::find_if(layers.begin(), layers.end(), [&](const LayerNames& layer) {
        return layer.weights == name || layer.activations == name;
      });
      if (at == layers.end()) throw spec::unknown_name("layer", name, known);
      chosen.push_back(*at);
    }
    layers = std::move(chosen);
  }
  for (const LayerNames& layer : layers) {
    if (weights == nullptr) continue;
    const auto x = matrix_shape(activations.find(layer.activations).shape);
    const auto w = matrix_shape(weights->find(layer.weights).shape);
    if (x.columns != w.columns)
      throw Error(fmt::format(
          "{}, tensor {}: has rows of {} channels, and its activations {} of {}; a linear layer "
          "has the same",
          weights->path(), in_quotes(layer.weights), w.columns, in_quotes(layer.activations),
          x.columns));
  }
  return layers;
}

Matrix load_matrix(const TensorFile& file, const std::string& name) {
  const TensorView& tensor = file.find(name);
  if (!is_matrix(tensor))
    throw Error(fmt::format(
        "{}, tensor {}: is {} of {}; a layer takes a matrix of F64, F32, F16 or "
        "BF16",
        file.path(), in_quotes(name), dtype_name(tensor.dtype), shape_text(tensor.shape)));
  const MatrixShape shape = matrix_shape(tensor.shape);
  Matrix out{static_cast<std::int64_t>(shape.rows), static_cast<std::int64_t>(shape.columns),
             load_floats(tensor, 0, shape.rows * shape.columns)};
  for (std::size_t i = 0; i < out.values.size(); ++i)
    if (!std::isfinite(out.values[i]))
      throw Error(fmt::format("{}, tensor {}: row {}, column {} is {}; schemes take finite numbers",
                              file.path(), in_quotes(name), i / shape.columns, i % shape.columns,
                              out.values[i]));
  return out;
}

kernels::SchemeExecutor scheme_executor(const std::string& name) {
  if (name == "fast") return kernels::SchemeExecutor::kFast;
  if (name == "reference") return kernels::SchemeExecutor::kReference;
  if (name == "values") return kernels::SchemeExecutor::kValues;
  throw Error(fmt::format("--executor {}: write fast, reference or values", name));
}

LayerReference layer_reference(const MatrixView& x, const MatrixView& w,
                               const LayerOptions& options) {
  LayerReference out;
  const std::int64_t count = options.tokens == 0 ? x.rows : std::min(options.tokens, x.rows);
  Matrix rows{count, x.columns, {}};
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t token = i * x.rows / count;
    out.tokens.push_back(token);
    const auto row = x.row(token);
    rows.values.insert(rows.values.end(), row.begin(), row.end());
  }
  const kernels::ValueProduct product(rows.view(), w);
  constexpr std::int64_t kRows = 16;
  in_order(
      static_cast<std::size_t>((count + kRows - 1) / kRows), options.threads,
      [&](std::size_t i) {
        const auto first = static_cast<std::int64_t>(i) * kRows;
        return product.compute({first, std::min(kRows, count - first), 0, w.rows});
      },
      [&](const std::vector<double>& part) {
        out.y.insert(out.y.end(), part.begin(), part.end());
      });
  return out;
}

LayerResult run_layer(const kernels::Scheme& scheme, const kernels::LayerPlan& plan,
                      const spec::RecipeTable& recipes, const MatrixView& x, const MatrixView& w,
                      const MatrixView& calibration, const LayerReference& reference,
                      const LayerOptions& options) {
  LayerResult out{.plan = plan,
                  .bits = kernels::average_bits(scheme, plan, x.rows, w.rows, recipes)};
  const auto channels = kernels::part_channels(scheme, plan);
  const auto qx = kernels::quantize_activations(scheme, plan, recipes, x);
  const auto qw = kernels::quantize_weights(scheme, plan, recipes, w, calibration);
  const auto errors = [&](const kernels::QuantizedMatrix& q) {
    return kernels::value_statistics(q.transformed.values, q.values(channels).values);
  };
  out.activations = errors(qx);
  out.weights = errors(qw);
  const kernels::SchemeProduct product(
      scheme, plan, recipes, kernels::selected_rows(qx, reference.tokens), qw, options.executor);
  out.made_by = product.made_by();
  std::vector<std::uint32_t> words(static_cast<std::size_t>(product.rows() * product.columns()));
  const std::vector<GemmTile>& tiles = product.tiles();
  in_order(
      tiles.size(), options.threads,
      [&](std::size_t i) {
        product.compute(tiles[i], words);
        return i;
      },
      [](std::size_t) {});
  out.y = kernels::as_floats(words);
  for (std::size_t i = 0; i < out.y.size(); ++i) {
    const double exact = reference.y[i];
    const double error = out.y[i] - exact;
    ++out.output.elements;
    if (!std::isfinite(error)) {
      ++out.output.lost;
      continue;
    }
    out.output.squares.add(exact * exact);
    out.output.squared_errors.add(error * error);
    out.output.largest = std::max(out.output.largest, std::fabs(exact));
    out.output.largest_error = std::max(out.output.largest_error, std::fabs(error));
  }
  return out;
}

nlohmann::json result_json(const LayerResult& result) {
  nlohmann::json json = {{"activations", result.plan.activations},
                         {"weights", result.plan.weights},
                         {"channels", result.plan.channels},
                         {"levels", result.plan.levels},
                         {"activation_bits", result.bits.activations},
                         {"weight_bits", result.bits.weights},
                         {"activation_errors", errors_json(result.activations)},
                         {"weight_errors", errors_json(result.weights)},
                         {"output_errors", errors_json(result.output)},
                         {"outputs_not_finite", result.output.lost},
                         {"made_by", result.made_by}};
  return json;
}

}  // namespace mxscope::reports
