// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/worst_case.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/block.h"
#include "spec/error.h"

namespace mxscope::analysis {
namespace {

using spec::Number;
using spec::Recipe;

/// Over v from the least normal value to `range`'s end: |1 - F(v) / v| is monotone on either side
/// of F's value, so it is largest at ends of steps.
RelativeError relative_error(const Recipe& recipe, const ElementSteps& elements,
                             const Interval& range) {
  RelativeError worst;
  worst.ratio = -1;
  Interval normal = {recipe.element.min_normal().value_or(1), range.upper, true,
                     range.upper_closed};
  if (normal.lower > *normal.upper) return {};
  for (const bool negative : {false, true})
    for (const Steps& function : negative ? elements.negative : elements.positive)
      for (const Step& step : function) {
        const std::optional<Interval> part = intersection(step.at, normal);
        if (!part) continue;
        for (const bool upper : {false, true}) {
          const Rational v = upper ? *part->upper : part->lower;
          const Rational ratio = abs(Rational(1 - step.value / v));
          const bool attained = upper ? part->upper_closed : part->lower_closed;
          if (ratio > worst.ratio || (ratio == worst.ratio && attained && !worst.attained))
            worst = {ratio, v, negative, attained};
        }
      }
  return worst;
}

/// Scales [1, 2), or [1, 4) where ties go to even or odd exponents: the rounding of one binade is
/// then not that of the next.
Rational scale_period(const Recipe& recipe) {
  const spec::Policy& p = recipe.scale_policy;
  const bool by_parity =
      p.rounding == spec::Rounding::kToOdd ||
      (p.rounding == spec::Rounding::kNearestEven && p.tie_p1 == spec::TieP1::kEvenCode);
  return recipe.scale.mantissa_bits == 0 && by_parity ? 4 : 2;
}

/// Under a positive scale that every small block gets, elements must vanish with it.
void require_bound(const Recipe& recipe, const Steps& scales, const ErrorCurve& unit_curve) {
  const auto near_zero = std::find_if(unit_curve.begin(), unit_curve.end(),
                                      [](const ErrorPiece& p) { return !p.at.is_point(); });
  if (scales.front().at.lower > 0 || scales.front().value == 0) return;
  if (near_zero->grows && near_zero->value == 0) return;
  throw Error(fmt::format(
      "{} has no bound over the reals in its stored range: under its least scale, however small a "
      "block is, its elements are rounded away from zero",
      recipe.name));
}

Rational stored_limit(const Recipe& recipe) {
  if (recipe.has_tensor_scale()) return recipe.tensor_target;
  Rational greatest = recipe.scale.max_value();
  if (recipe.scale_ceiling) greatest = std::min(greatest, *recipe.scale_ceiling);
  return 2 * greatest * std::max(recipe.divisor, recipe.element.max_value());
}

}  // namespace

Recipe on_one_block(Recipe recipe, ScaleRange range) {
  recipe.tensor_scale = spec::TensorScale::kNone;
  recipe.input = spec::Precision::kExact;
  return range == ScaleRange::kUnbounded ? with_unbounded_scales(recipe) : recipe;
}

WorstCase worst_case(const Recipe& recipe, ScaleRange range) {
  if (const std::string why = not_over_reals(recipe); !why.empty())
    throw Error(fmt::format("{} has no bound over the reals: {}", recipe.name, why));
  WorstCase out;
  out.recipe = recipe;
  out.range = range;
  Steps scales;
  if (range == ScaleRange::kUnbounded) {
    const Recipe unbounded = with_unbounded_scales(recipe);
    out.limit = 8 * recipe.divisor;
    scales = scale_steps(unbounded, out.limit);
    const Rational period = scale_period(recipe);
    std::erase_if(scales, [&](const Step& s) { return s.value < 1 || s.value >= period; });
  } else {
    out.limit = stored_limit(recipe);
    scales = scale_steps(recipe, out.limit);
  }
  Rational reach = 0;
  for (const Step& s : scales)
    if (s.value > 0) reach = std::max(reach, Rational(*s.at.upper / s.value));
  out.elements = element_steps(recipe, reach);
  out.unit_curve = error_curve(out.elements);
  if (*out.unit_curve.back().at.upper < reach)
    throw Error(
        fmt::format("{} has no bound over the reals: elements above {} times their scale "
                    "become no number",
                    recipe.name, spec::to_text(*out.unit_curve.back().at.upper)));
  require_bound(recipe, scales, out.unit_curve);
  out.worst.ratio = out.relative.ratio = -1;
  for (const Step& s : scales) {
    ScaleCase one;
    one.scale = s;
    one.worst = worst_ratio(block_error_curve({s}, out.unit_curve));
    if (s.value > 0) one.relative = relative_error(recipe, out.elements, scaled(s.at, 1 / s.value));
    if (one.worst.ratio > out.worst.ratio ||
        (one.worst.ratio == out.worst.ratio && one.worst.attained && !out.worst.attained))
      out.worst = one.worst;
    if (one.relative.ratio > out.relative.ratio ||
        (one.relative.ratio == out.relative.ratio && one.relative.attained &&
         !out.relative.attained))
      out.relative = one.relative;
    out.cases.push_back(std::move(one));
  }
  return out;
}

ErrorCurve block_error_curve(const WorstCase& result) {
  Steps scales;
  for (const ScaleCase& c : result.cases) scales.push_back(c.scale);
  return block_error_curve(scales, result.unit_curve);
}

std::vector<Rational> witness_block(const WorstRatio& worst) {
  const Rational m = worst.block_max;
  const Rational x = worst.piece.grows ? m : worst.piece.element;
  const auto sign = [&](const Rational& v) { return worst.piece.negative ? Rational(-v) : v; };
  if (worst.attained) return x == m ? std::vector{sign(m)} : std::vector{m, sign(x)};
  // An open end: step a little into the piece, and with the element a little to its own side.
  const Rational little = spec::power_of_two(-40) * m;
  const Interval& at = worst.piece.at;
  const bool falls = worst.piece.grows && worst.piece.value > 0;
  const bool end_closed = falls ? at.upper_closed : at.lower_closed;
  const Rational near_m = end_closed ? m : (falls ? Rational(m - little) : Rational(m + little));
  if (worst.piece.grows) return {sign(near_m)};
  if (worst.piece.attained) return {near_m, sign(x)};
  const Rational near_x = worst.piece.value > x ? Rational(x + little) : Rational(x - little);
  return {std::max(near_m, near_x), sign(near_x)};
}

Rational measured_ratio(const Recipe& recipe, const std::vector<Rational>& block) {
  std::vector<Number> values;
  Rational largest = 0;
  for (const Rational& x : block) {
    values.push_back(Number::finite(x));
    largest = std::max(largest, Rational(abs(x)));
  }
  Rational worst = 0;
  const std::uint32_t most =
      recipe.random_bits == 0 ? 0 : ~std::uint32_t{0} >> (32 - recipe.random_bits);
  for (const std::uint32_t bits : {std::uint32_t{0}, most}) {
    const std::vector<std::uint32_t> random(recipe.random_bits > 0 ? block.size() : 0, bits);
    const auto decoded =
        spec::dequantize_block(recipe, spec::quantize_block(recipe, values, {}, random));
    for (std::size_t i = 0; i < block.size(); ++i)
      worst = std::max(worst, Rational(abs(block[i] - decoded[i].value())));
  }
  return worst / largest;
}

}  // namespace mxscope::analysis
