// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Two recipes on the same tensors: how many codes differ, and which fields of the recipe do it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/code_difference.h"
#include "reports/tensor_tiles.h"

namespace mxscope::reports {

/// One field that differs, and A with this field alone taken from B.
struct FieldEffect {
  std::string field, value_a, value_b;
  std::string invalid;  ///< why A with this field alone is no recipe; then nothing is counted
  kernels::VariantAgreement agreement;
};

struct RecipeComparison {
  spec::Recipe a, b;
  kernels::CodeDifference difference;
  std::vector<FieldEffect> fields;
  /// Fields that together give B's codes everywhere here, none of which can be left out; empty
  /// where no code differs.
  std::vector<std::string> cause;
};

/// Throws Error where codes cannot be compared place by place. A refused block counts as zeros.
RecipeComparison compare_recipes(const spec::Recipe& a, const spec::Recipe& b,
                                 const std::vector<TensorSource>& sources, int threads);

std::string comparison_text(const RecipeComparison& comparison,
                            const std::vector<TensorSource>& sources);
nlohmann::json comparison_json(const RecipeComparison& comparison,
                               const std::vector<TensorSource>& sources);

}  // namespace mxscope::reports
