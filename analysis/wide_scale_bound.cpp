// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/wide_scale_bound.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/error.h"

namespace mxscope::analysis {
namespace {

constexpr int kLeastPrecision = 18;

struct Farthest {
  Rational error = 0;
  Rational element = 0;  ///< with its sign
};

/// The largest |v - q(v)| of any scaled element up to `limit`.
Farthest farthest(const spec::Recipe& recipe, const Rational& limit, std::uint64_t& cells) {
  Farthest out;
  const ElementSteps all = element_steps(recipe, limit);
  for (const bool negative : {false, true})
    for (const Steps& steps : negative ? all.negative : all.positive)
      for (const Step& step : steps) {
        ++cells;
        const Rational upper = std::min(step.at.upper.value_or(limit), limit);
        for (const Rational& v : {step.at.lower, upper}) {
          const Rational error = abs(Rational(v - step.value));
          if (error <= out.error) continue;
          const bool inside = step.at.contains(v);
          const Rational near =
              v + (v == upper ? -1 : 1) * (upper - step.at.lower) * spec::power_of_two(-40);
          out = {error, inside ? v : near};
          if (negative) out.element = -out.element;
        }
      }
  return out;
}

}  // namespace

std::string not_wide_scaled(const spec::Recipe& recipe) {
  if (recipe.kind != spec::BlockKind::kScaled) return "its blocks have more than one scale";
  if (recipe.search != spec::ScaleSearch::kNone) return "its scale is searched";
  if (recipe.has_tensor_scale()) return "it has a tensor scale";
  if (recipe.scale.kind != spec::FormatKind::kFloat || recipe.scale.precision() < kLeastPrecision)
    return fmt::format("its scales have fewer than {} bits of precision", kLeastPrecision);
  if (recipe.scale_order != spec::ScaleOrder::kExact ||
      recipe.element_order != spec::ElementOrder::kExact ||
      recipe.amax_shape != spec::AmaxShape::kAsIs ||
      recipe.scale_method != spec::ScaleMethod::kCast ||
      recipe.scale_used != spec::ScaleUsed::kStored || recipe.flush_below ||
      recipe.intermediate != spec::Precision::kExact || recipe.output != spec::Precision::kExact)
    return "its scales or quotients are not exact before they are rounded";
  if (recipe.random_bits > 0) return "its rounding is random";
  if (recipe.element_method != spec::ElementMethod::kCast)
    return "its rounding of elements is not monotone";
  return "";
}

WideScaleBound wide_scale_bound(const spec::Recipe& recipe) {
  if (const std::string why = not_wide_scaled(recipe); !why.empty())
    throw Error(fmt::format("{} has no bound for wide scales: {}", recipe.name, why));
  const Rational spacing = spec::power_of_two(-recipe.scale.mantissa_bits);
  const Rational& divisor = recipe.divisor;
  WideScaleBound out;
  const Farthest at_one = farthest(recipe, divisor, out.cases);
  const Farthest beyond = farthest(recipe, divisor / (1 - spacing), out.cases);
  out.least = at_one.error / divisor;
  out.most = beyond.error * (1 + spacing) / divisor;
  out.witness = {divisor, at_one.element};
  return out;
}

}  // namespace mxscope::analysis
