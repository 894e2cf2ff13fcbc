// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Linear layers of tensor files, run under a scheme and measured.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/error_statistics.h"
#include "kernels/scheme_product.h"
#include "reports/provenance.h"
#include "reports/recipe_files.h"
#include "reports/tensor_file.h"

namespace mxscope::reports {

/// Recipes, and schemes over them. `schemes` refers to `recipes`, so it stays where it is.
struct SchemeChoice {
  SchemeChoice(const RecipeFiles& files, const std::string& scheme_file, Run& run);
  SchemeChoice(const SchemeChoice&) = delete;
  SchemeChoice& operator=(const SchemeChoice&) = delete;

  spec::RecipeTable recipes;
  kernels::SchemeTable schemes;
};

/// Adds --schemes, --recipes and --formats.
void add_scheme_files(CLI::App& command, RecipeFiles& files, std::string& scheme_file);

/// The tensors of a linear layer: activations [tokens, in] and weights [out, in].
struct LayerNames {
  std::string activations, weights;  ///< weights: "" for none
};

/// Weights NAME.weight belong to activations NAME.input, others to those of the same name; one
/// tensor in each file belong together. `weights` null: every activation is a layer. `only`: the
/// layers whose activations or weights have these names; empty: all. Throws Error where nothing is
/// left, where extents do not match, and for names that are no layer's.
std::vector<LayerNames> match_layers(const TensorFile& activations, const TensorFile* weights,
                                     const std::vector<std::string>& only);

/// A tensor as a matrix of binary32 numbers.
kernels::Matrix load_matrix(const TensorFile& file, const std::string& name);

/// What runs and what is measured.
struct LayerOptions {
  kernels::SchemeExecutor executor = kernels::SchemeExecutor::kFast;
  std::int64_t tokens = 0;  ///< of the product: at most so many, evenly spaced; 0: all
  int threads = 1;
};
kernels::SchemeExecutor scheme_executor(const std::string& name);

/// X W^T of the matrices as they are, its sums in binary64: what outputs are measured against.
struct LayerReference {
  std::vector<std::int64_t> tokens;
  std::vector<double> y;
};
LayerReference layer_reference(const kernels::MatrixView& x, const kernels::MatrixView& w,
                               const LayerOptions& options);

/// Activations and weights: errors of quantizing them, smoothed and rotated; outputs: against the
/// reference.
struct LayerResult {
  kernels::LayerPlan plan;
  kernels::AverageBits bits;
  kernels::ErrorStatistics activations, weights, output;
  std::string made_by;
  std::vector<float> y;  ///< of the reference's tokens
};
LayerResult run_layer(const kernels::Scheme& scheme, const kernels::LayerPlan& plan,
                      const spec::RecipeTable& recipes, const kernels::MatrixView& x,
                      const kernels::MatrixView& w, const kernels::MatrixView& calibration,
                      const LayerReference& reference, const LayerOptions& options);

nlohmann::json result_json(const LayerResult& result);

}  // namespace mxscope::reports
