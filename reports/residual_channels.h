// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope quantize with a dual stage: which channels get residuals, and what those gain.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kernels/dual_tensor.h"
#include "kernels/error_statistics.h"
#include "reports/tensor_tiles.h"
#include "spec/recipes.h"

namespace mxscope::reports {

/// --residual-channels and --residual-list.
struct ResidualChoice {
  std::optional<std::size_t> count;
  std::string list_file;
  std::vector<std::uint32_t> listed = {};  ///< what the file says

  bool asked() const { return count || !list_file.empty(); }
  std::size_t channels() const { return count ? *count : listed.size(); }
};

void add_residual_options(CLI::App& command, ResidualChoice& choice);

/// The dual stage that a recipe name stands for, once residuals are asked for; a name that has none
/// is an Error, and so are both options, and a dual stage's name without either.
std::optional<spec::DualStage> chosen_dual_stage(const std::string& recipe,
                                                 const ResidualChoice& choice,
                                                 const spec::RecipeTable& recipes);

/// Reads the list's channels, numbers from 0 between blanks, line ends or commas.
void read_list(ResidualChoice& choice, Run& run);

/// Throws Error, naming the tensor, where its channels cannot be so augmented.
spec::AugmentedLayout residual_layout(const TensorView& tensor, const spec::DualStage& stage,
                                      const ResidualChoice& choice);

/// The order of the channels, by a pass over the tensor: the `layout.outliers` of the largest
/// magnitude last, or those listed.
kernels::DualTensor make_dual_tensor(const TensorSource& source,
                                     const kernels::TensorQuantizer& quantizer,
                                     const kernels::DualRoutine& routine,
                                     const spec::AugmentedLayout& layout,
                                     const ResidualChoice& choice, int threads, Progress& progress);

/// What one stage loses on the channels as they are and in order of magnitude, and what both lose.
struct ResidualGain {
  kernels::ErrorStatistics single, ordered, both;
};

/// Of some whole rows. `codes`: what `dual` made of them.
ResidualGain residual_gain(const kernels::TensorQuantizer& quantizer,
                           const kernels::DualTensor& dual, const kernels::Tile& tile,
                           const std::vector<float>& values, const kernels::TileCodes& codes,
                           const kernels::TensorState& state);

/// Adds the next tile's, in their order.
void merge(ResidualGain& all, const ResidualGain& next);

/// A tensor with its gain, for the tables.
struct NamedGain {
  std::string name;
  spec::AugmentedLayout layout;
  const ResidualGain* gain = nullptr;
};
std::string gains_text(const std::vector<NamedGain>& gains);
nlohmann::json gain_json(const spec::AugmentedLayout& layout, const ResidualGain& gain);

}  // namespace mxscope::reports
