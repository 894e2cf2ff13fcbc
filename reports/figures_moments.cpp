// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What block recipes lose on random data, in expectation, against the bits they take.
#include <fmt/format.h>

#include <map>

#include "analysis/block_moments.h"
#include "analysis/scalar_moments.h"
#include "reports/figures.h"
#include "reports/figures_style.h"
#include "spec/number.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

using analysis::Density;
using nlohmann::ordered_json;

constexpr int kDigits = 8;
constexpr int kShownDigits = 6;

struct DensityLook {
  const char* text;  ///< for parse_density()
  const char* name;
  const char* colour;
};
constexpr DensityLook kDensities[] = {{"normal", "normal", kBlue},
                                      {"laplace", "Laplace", kGreen},
                                      {"t:5", "Student t, 5 degrees", kOrange}};
constexpr const char* kRecipes[] = {
    "nvfp4",      "mxfp4",      "mxfp4_rceil",      "mxfp6_e2m3", "mxfp6_e2m3_rceil",
    "mxfp6_e3m2", "mxfp8_e4m3", "mxfp8_e4m3_rceil", "mxfp8_e5m2", "mxfp8_e5m2_rceil",
    "mxint8"};

/// Elements and their share of the block's scale; a scale of the whole tensor counts for nothing.
double bits_of(const spec::Recipe& recipe) {
  return recipe.element.bits +
         static_cast<double>(recipe.scale.storage_bits) / recipe.block_elements();
}

}  // namespace

Figure expected_error() {
  Figure f{.name = "expected_error",
           .title = "Expected signal to noise of block recipes on random data, against their bits",
           .caption = fmt::format(
               "Closed form, rounded outward: the {} digits of the data are proved. Scales count "
               "as bits. NVFP4's tensor scale is that of the magnitude that one element in 2^20 "
               "exceeds, which is an assumption. Heavier tails (Student t) cost formats with few "
               "bits little more than normal data does, because each block has its own scale.",
               kShownDigits)};
  f.columns = {{"recipe"},
               {"density"},
               {"bits", CellKind::kNumber},
               {"sqnr_db", CellKind::kNumber},
               {"mse", CellKind::kNumber},
               {"tensor_amax", CellKind::kNumber},
               {"tip"}};
  const spec::RecipeTable recipes;
  for (const DensityLook& look : kDensities) {
    const Density density = analysis::parse_density(look.text);
    for (const char* name : kRecipes) {
      const spec::Recipe& recipe = recipes.find(name);
      spec::TensorScales tensor;
      std::string amax;
      if (recipe.has_tensor_scale()) {
        const spec::Rational typical = analysis::typical_tensor_amax(density);
        amax = decimal(typical);
        tensor = spec::tensor_scales(recipe, spec::Number::finite(typical));
      }
      const analysis::MomentQuantizer quantizer = analysis::block_quantizer(recipe, tensor);
      const analysis::ErrorMoments moments = analysis::moments_to_digits(
          kDigits, [&](int bits) { return analysis::block_moments(density, quantizer, bits); });
      const std::string sqnr = moments.sqnr_db().text(kShownDigits);
      const std::string bits = fmt::format("{:g}", bits_of(recipe));
      f.rows.push_back(
          {recipe.name, look.name, bits, sqnr, moments.mse.text(kShownDigits), amax,
           fmt::format("{} on {} data; {} bits; {} dB", recipe.name, look.name, bits, sqnr)});
    }
  }
  ordered_json names = ordered_json::array();
  ordered_json colours = ordered_json::array();
  for (const DensityLook& look : kDensities) {
    names.push_back(look.name);
    colours.push_back(look.colour);
  }
  ordered_json x = position("bits", "quantitative", "bits an element, scales included");
  x["scale"] = {{"domain", {4, 8.6}}, {"nice", false}};
  ordered_json y = position("sqnr_db", "quantitative", "expected SQNR, dB");
  y["scale"] = {{"zero", false}};
  const ordered_json colour = {{"field", "density"},
                               {"type", "nominal"},
                               {"title", nullptr},
                               {"scale", {{"domain", names}, {"range", colours}}}};
  const ordered_json dots = {
      {"mark", with_tips({{"type", "point"}, {"filled", true}, {"size", 55}, {"opacity", 0.9}})},
      {"encoding",
       {{"x", x},
        {"y", y},
        {"color", colour},
        {"shape",
         {{"field", "density"},
          {"type", "nominal"},
          {"title", nullptr},
          {"scale", {{"domain", names}, {"range", {"circle", "square", "diamond"}}}}}},
        {"description", {{"field", "tip"}}}}}};
  const ordered_json labels = {
      {"transform",
       {{{"filter", "datum.density == 'normal' && indexof(datum.recipe, '_rceil') < 0"}}}},
      {"mark",
       {{"type", "text"}, {"align", "right"}, {"dx", -8}, {"fontSize", 11}, {"color", kMuted}}},
      {"encoding", {{"x", x}, {"y", y}, {"text", {{"field", "recipe"}}}}}};
  f.spec = {{"width", kFullWidth - 80}, {"height", 340}, {"layer", {labels, dots}}};
  return f;
}

}  // namespace mxscope::reports
