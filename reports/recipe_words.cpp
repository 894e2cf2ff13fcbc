// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Recipes in a few words, for tables.
#include "reports/recipe_words.h"

#include <fmt/format.h>

#include "reports/format_facts.h"

namespace mxscope::reports {
namespace {

/// Of a scale, which is never negative.
std::string rounding_text(spec::Rounding rounding) {
  switch (rounding) {
    case spec::Rounding::kNearestEven:
      return "nearest";
    case spec::Rounding::kNearestAway:
      return "nearest, ties away";
    case spec::Rounding::kTowardZero:
    case spec::Rounding::kDown:
      return "down";
    case spec::Rounding::kUp:
      return "up";
    default:
      return "by " + std::string(spec::to_string(rounding));
  }
}

std::string amax_text(spec::AmaxShape shape) {
  switch (shape) {
    case spec::AmaxShape::kElementPrecision:
      return "rounded amax";
    case spec::AmaxShape::kLog2F32:
    case spec::AmaxShape::kLog2Bf16:
      return "2^floor(log2f amax)";
    default:
      return "amax";
  }
}

}  // namespace

std::string block_text(const spec::Recipe& recipe) {
  const auto [rows, columns] = recipe.block;
  if (rows == 0 && columns == 0) return "tensor";
  if (rows == 1 && columns == 0) return "row";
  if (rows == 0 && columns == 1) return "column";
  const auto extent = [](int n) { return n == 0 ? std::string("all") : std::to_string(n); };
  return extent(rows) + "x" + extent(columns);
}

std::string rule_text(const spec::Recipe& recipe) {
  if (recipe.search == spec::ScaleSearch::kSweep) return "least error of all scale codes";
  std::string text =
      fmt::format("{}/{}{}, {}", amax_text(recipe.amax_shape), short_text(recipe.divisor, 9),
                  recipe.search == spec::ScaleSearch::kFourOverSix ? " or x1.5" : "",
                  rounding_text(recipe.scale_policy.rounding));
  if (recipe.has_tensor_scale())
    text += fmt::format("; tensor amax/{}", short_text(recipe.tensor_target, 9));
  return text;
}

}  // namespace mxscope::reports
