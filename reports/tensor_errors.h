// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What recipes lose on the tensors of a file: measuring it, and showing it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/error_statistics.h"
#include "reports/tensor_tiles.h"

namespace mxscope::reports {

/// The statistics of one recipe, by tensor and in total; `worst.tensor` counts `tensors`.
struct RecipeErrors {
  spec::Recipe recipe;
  std::vector<kernels::ErrorStatistics> tensors;
  kernels::ErrorStatistics total;
};

/// Reads each tensor once per recipe, or twice where it needs maxima. Throws Error for a refusal.
RecipeErrors measure_errors(const kernels::BlockRoutine& routine,
                            const std::vector<TensorSource>& sources, int threads,
                            Progress& progress);

/// Decibels; "exact" where nothing is lost, "-" where nothing finite was left to measure or what
/// was not measured is lost, "-inf" where errors are all there is.
std::string sqnr_text(const kernels::ErrorStatistics& statistics);

/// The tensors one after the other, the recipes side by side, and the totals last.
std::string errors_text(const std::vector<RecipeErrors>& all,
                        const std::vector<TensorSource>& sources);
nlohmann::json errors_json(const std::vector<RecipeErrors>& all,
                           const std::vector<TensorSource>& sources);
/// A line for each tensor and recipe, and for the totals, whose tensor is empty.
std::string errors_csv(const std::vector<RecipeErrors>& all,
                       const std::vector<TensorSource>& sources);

}  // namespace mxscope::reports
