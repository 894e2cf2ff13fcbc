// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The block formats as their own documents have them: exact arithmetic, one rule a row.
#include "spec/recipes.h"

#include <fmt/format.h>

#include "spec/names.h"
#include "spec/recipe_rows.h"

namespace mxscope::spec {
namespace {

constexpr std::string_view kMxSource = "OCP Microscaling Formats (MX) v1.0, 6.3";

struct MxElement {
  const char* name;
  const char* format;
};
constexpr MxElement kMxElements[] = {{"mxfp8_e4m3", "e4m3"}, {"mxfp8_e5m2", "e5m2"},
                                     {"mxfp6_e3m2", "e3m2"}, {"mxfp6_e2m3", "e2m3"},
                                     {"mxfp4", "e2m1"},      {"mxint8", "mxint8"}};

void add_mx(std::vector<Recipe>& rows) {
  for (const auto& [name, format] : kMxElements) {
    const Recipe floor = mx_recipe(name, format);
    rows.push_back(floor);
    rows.back().source = kMxSource;

    Recipe r = floor;
    r.scale_policy.rounding = Rounding::kUp;
    r.name = floor.name + "_ceil";
    r.source = "2^ceil(log2 amax) over 2^emax (torchao CEIL), exact";
    rows.push_back(r);

    r.name = floor.name + "_rceil";
    r.divisor = r.element.max_value();
    r.source = "amax over the largest element, rounded up to a power of two: never clips; exact";
    rows.push_back(r);

    r = floor;
    r.name = floor.name + "_even";
    r.amax_shape = AmaxShape::kElementPrecision;
    r.source = "amax rounded to the element's precision before OCP's floor (torchao EVEN), exact";
    rows.push_back(r);

    r = floor;
    r.name = floor.name + "_bias";
    r.divisor = power_of_two(r.element.bias);
    r.source = "MicroMix (arXiv 2508.02343) equation 3: 2^floor(log2 amax) over 2^bias";
    if (r.element.kind == FormatKind::kFloat) rows.push_back(r);

    r = floor;
    r.name = floor.name + "_sweep";
    r.search = ScaleSearch::kSweep;
    r.source = "the scale code of least squared error, exact";
    rows.push_back(r);
  }
}

void add_nvfp4(std::vector<Recipe>& rows) {
  const Recipe one_level = nvfp4_recipe("nvfp4_1level");
  rows.push_back(one_level);
  rows.back().source = "E2M1 by 16 under amax/6 as UE4M3, no tensor scale, exact";

  Recipe two = one_level;
  two.name = "nvfp4";
  two.tensor_scale = TensorScale::kExact;
  two.tensor_target = 6 * 448;
  two.source = "NVFP4 with a tensor scale amax/2688, all scales and quotients exact";
  rows.push_back(two);

  Recipe r = two;
  r.scale_policy.rounding = Rounding::kUp;
  r.name = "nvfp4_up";
  r.source = "nvfp4 with block scales rounded up: elements never clip";
  rows.push_back(r);
  r.scale_policy.rounding = Rounding::kDown;
  r.name = "nvfp4_down";
  r.source = "nvfp4 with block scales rounded down";
  rows.push_back(r);

  r = two;
  r.name = "nvfp4_2d";
  r.block = {16, 16};
  r.source = "nvfp4 with 16 x 16 weight blocks (NVIDIA, arXiv 2509.25149)";
  rows.push_back(r);

  r = two;
  r.name = "nvfp4_sweep";
  r.search = ScaleSearch::kSweep;
  r.source = "nvfp4 with the block scale code of least squared error";
  rows.push_back(r);

  r = two;
  r.search = ScaleSearch::kFourOverSix;
  for (const auto& [suffix, metric] : {std::pair{"mse", ErrorMetric::kMse},
                                       {"mae", ErrorMetric::kMae},
                                       {"max", ErrorMetric::kMax}})
    for (const int target : {448, 256}) {
      r.name = fmt::format("nvfp4_4over6_{}{}", suffix, target);
      r.metric = metric;
      r.tensor_target = 6 * target;
      r.source = "Four Over Six (arXiv 2512.02010): the better of amax to 6 and amax to 4, exact";
      rows.push_back(r);
    }
}

void add_hif4(std::vector<Recipe>& rows) {
  Recipe r;
  r.name = "hif4";
  r.kind = BlockKind::kHif4;
  r.element = find_format("s1p2");
  r.element_policy = adapted(r.element, {});
  r.scale = find_format("e6m2");
  r.scale_policy = adapted(r.scale, {.negative = NegativeRule::kMagnitude});
  r.block = {1, 64};
  r.divisor = 7;
  r.source = "HiF4: E6M2 by 64 of amax/7, one exponent bit by 8 and by 4, S1P2 elements; exact";
  rows.push_back(r);
}

/// Scales that are float32 numbers: amax over the largest element, rounded once.
void add_float_scaled(std::vector<Recipe>& rows) {
  struct Row {
    const char* name;
    const char* format;
    BlockShape block;
    const char* source;
  };
  for (const auto& [name, format, block, source] :
       {Row{"fp8_tensor", "e4m3", {0, 0}, "FP8 E4M3 under one float32 scale amax/448"},
        Row{"fp8_token", "e4m3", {1, 0}, "FP8 E4M3 under a float32 scale amax/448 for each row"},
        Row{"fp8_1x128", "e4m3", {1, 128}, "FP8 E4M3 under float32 scales by 128 (DeepSeek-V3)"},
        Row{"fp8_128x128", "e4m3", {128, 128}, "FP8 E4M3 weights by 128 x 128 (DeepSeek-V3)"},
        Row{"int8_token", "int8", {1, 0}, "symmetric INT8 under a float32 scale amax/127 a row"},
        Row{"int4_g128", "int4", {1, 128}, "symmetric INT4 under float32 scales amax/7 by 128"}}) {
    Recipe r;
    r.name = name;
    r.element = find_format(format);
    r.element_policy = adapted(r.element, {});
    r.scale = find_format("fp32");
    r.scale_policy = {.overflow = Overflow::kInfinity, .infinity = Overflow::kInfinity};
    r.block = block;
    r.divisor = r.element.max_value();
    r.source = source;
    rows.push_back(r);
  }
}

}  // namespace

Recipe mx_recipe(std::string name, std::string_view element) {
  Recipe r;
  r.name = std::move(name);
  r.element = find_format(element);
  r.element_policy = adapted(r.element, {});
  r.scale = find_format("e8m0");
  r.scale_policy = {.rounding = Rounding::kTowardZero,
                    .infinity = Overflow::kNan,
                    .negative = NegativeRule::kMagnitude};
  r.divisor = power_of_two(r.element.emax());
  return r;
}

Recipe nvfp4_recipe(std::string name) {
  Recipe r;
  r.name = std::move(name);
  r.element = find_format("e2m1");
  r.element_policy = adapted(r.element, {});
  r.scale = find_format("ue4m3");
  r.scale_policy = {.negative = NegativeRule::kMagnitude};
  r.block = {1, 16};
  r.divisor = 6;
  return r;
}

const std::vector<Recipe>& named_recipes() {
  static const std::vector<Recipe> all = [] {
    std::vector<Recipe> rows;
    add_mx(rows);
    add_nvfp4(rows);
    add_hif4(rows);
    add_float_scaled(rows);
    add_software_recipes(rows);
    for (const Recipe& r : rows) validate(r);
    return rows;
  }();
  return all;
}

RecipeTable::RecipeTable() : rows_(named_recipes()) {}

void RecipeTable::add(Recipe recipe) {
  validate(recipe);
  if (!is_row_name(recipe.name)) throw Error(fmt::format("a recipe's name {}", kRowNameRule));
  for (const Recipe& r : rows_)
    if (r.name == recipe.name)
      throw Error(fmt::format("the recipe name {} is taken; choose another", recipe.name));
  rows_.push_back(std::move(recipe));
}

const Recipe& RecipeTable::find(std::string_view name) const {
  std::vector<std::string> known;
  for (const Recipe& r : rows_) {
    if (r.name == name) return r;
    known.push_back(r.name);
  }
  throw unknown_name("recipe", name, known);
}

}  // namespace mxscope::spec
