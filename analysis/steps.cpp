// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/steps.h"

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>

#include "spec/block.h"
#include "spec/oracle.h"

namespace mxscope::analysis {
namespace {

using spec::Format;
using spec::Number;
using spec::Recipe;

/// Where a rounding to the format may change, up to `limit`, sorted, from 0.
std::vector<Rational> rounding_candidates(const Format& format, int random_bits,
                                          const Rational& limit) {
  std::vector<Rational> parts = {Rational(1, 2)};
  if (random_bits > 0)
    for (const Rational& unit : {Rational(1), Rational(1, 2), Rational(3, 2)}) {
      const Rational part = unit * spec::power_of_two(-random_bits);
      parts.insert(parts.end(), {part, Rational(1) - part});
    }
  std::vector<Rational> points = {0};
  constexpr std::int64_t kBeyond = 2;  // where overflow begins, in units of the last gap
  const std::int64_t first = format.zero ? 0 : -kBeyond;
  for (std::int64_t i = first; i <= format.max_ordinal() + kBeyond; ++i) {
    const Rational value = format.ordinal_value(i);
    if (value > limit) break;
    points.push_back(value);
    const Rational gap = format.ordinal_value(i + 1) - value;
    for (const Rational& part : parts) points.push_back(value + part * gap);
  }
  // LowGrid::kFromZero: the gap below the least value reaches down to zero.
  if (!format.zero)
    for (const Rational& part : parts) points.push_back(part * format.ordinal_value(0));
  points.push_back(limit);
  std::erase_if(points, [&](const Rational& p) { return p > limit; });
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

struct Image {
  Rational value;
  spec::Code code = 0;
};

/// Evaluates at each candidate from `first_index` on and between each two, and joins what is equal.
/// Ends where `image` has nothing to say.
Steps joined_steps(const std::vector<Rational>& candidates, std::size_t first_index,
                   const std::function<std::optional<Image>(const Rational&)>& image) {
  Steps steps;
  const auto append = [&](const Interval& at, const Rational& sample) {
    const std::optional<Image> to = image(sample);
    if (!to) return false;
    if (!steps.empty() && steps.back().value == to->value && steps.back().code == to->code) {
      steps.back().at.upper = at.upper;
      steps.back().at.upper_closed = at.upper_closed;
    } else {
      steps.push_back({at, to->value, to->code});
    }
    return true;
  };
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Rational& p = candidates[i];
    if (i >= first_index && !append(Interval::point(p), p)) break;
    if (i + 1 == candidates.size()) break;
    const Rational& q = candidates[i + 1];
    if (!append(Interval::open(p, q), (p + q) / 2)) break;
  }
  return steps;
}

/// Points where the maximum's shaping may change: half-way between multiples of the element's unit
/// in each binade of the magnitudes that matter (see shape() in spec/block.cpp).
void add_shape_candidates(const Recipe& recipe, const Rational& least, const Rational& limit,
                          std::vector<Rational>& points) {
  if (recipe.amax_shape != spec::AmaxShape::kElementPrecision) return;
  const int bits = recipe.element.mantissa_bits;
  constexpr std::int64_t kLeastBinade = -126;  // one unit for all binary32 subnormals
  const std::int64_t first = std::max(kLeastBinade, spec::floor_log2(least) - 1);
  for (std::int64_t e = first; spec::power_of_two(e) <= limit; ++e) {
    const Rational unit = spec::power_of_two(e - bits);
    const std::int64_t from = e == kLeastBinade ? 0 : std::int64_t{1} << bits;
    for (std::int64_t k = from; k < std::int64_t{2} << bits; ++k)
      points.push_back((Rational(k) + Rational(1, 2)) * unit);
  }
}

}  // namespace

bool Interval::contains(const Rational& x) const {
  if (x < lower || (x == lower && !lower_closed)) return false;
  return !upper || x < *upper || (x == *upper && upper_closed);
}

std::optional<Interval> intersection(const Interval& a, const Interval& b) {
  Interval out;
  out.lower = std::max(a.lower, b.lower);
  out.lower_closed =
      (a.lower < out.lower || a.lower_closed) && (b.lower < out.lower || b.lower_closed);
  if (a.upper && b.upper)
    out.upper = std::min(*a.upper, *b.upper);
  else
    out.upper = a.upper ? a.upper : b.upper;
  if (!out.upper) return out;
  const auto keeps_end = [&](const Interval& i) {
    return !i.upper || *i.upper > *out.upper || i.upper_closed;
  };
  out.upper_closed = keeps_end(a) && keeps_end(b);
  if (out.lower > *out.upper) return std::nullopt;
  if (out.lower == *out.upper && !(out.lower_closed && out.upper_closed)) return std::nullopt;
  return out;
}

Interval scaled(const Interval& interval, const Rational& factor) {
  Interval out = interval;
  out.lower *= factor;
  if (out.upper) *out.upper *= factor;
  return out;
}

const Step& step_at(const Steps& steps, const Rational& x) {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const Step& s) { return s.at.contains(x); });
  if (found == steps.end()) throw std::out_of_range("no step holds this point");
  return *found;
}

std::string not_over_reals(const Recipe& recipe) {
  if (recipe.kind != spec::BlockKind::kScaled) return "its blocks have more than one scale";
  if (recipe.search != spec::ScaleSearch::kNone) return "its scale is searched";
  if (recipe.scale_order != spec::ScaleOrder::kExact ||
      recipe.element_order != spec::ElementOrder::kExact)
    return "its quotients are rounded to binary32";
  if (recipe.tensor_scale != spec::TensorScale::kNone &&
      recipe.tensor_scale != spec::TensorScale::kExact)
    return "its tensor scale is rounded";
  if (recipe.amax_shape == spec::AmaxShape::kLog2F32 ||
      recipe.amax_shape == spec::AmaxShape::kLog2Bf16)
    return "its logarithm is rounded";
  if (recipe.scale_policy.rounding == spec::Rounding::kNearestLog2)
    return "its scale is rounded by a logarithm";
  if (recipe.scale_method != spec::ScaleMethod::kCast ||
      recipe.element_method != spec::ElementMethod::kCast)
    return "it rounds by floating-point arithmetic of its own";
  if (recipe.scale_used != spec::ScaleUsed::kStored) return "its elements use another scale";
  if (recipe.intermediate != spec::Precision::kExact || recipe.output != spec::Precision::kExact)
    return "its quotients or results are rounded";
  if (recipe.flush_below) return "it flushes blocks below a limit of its own";
  constexpr int kMostScaleBits = 16;
  if (recipe.scale.bits > kMostScaleBits) return "its scales are floating-point numbers of 32 bits";
  return "";
}

ElementSteps element_steps(const Recipe& recipe, const Rational& limit) {
  const std::vector<Rational> candidates =
      rounding_candidates(recipe.element, recipe.random_bits, limit);
  const std::uint32_t most =
      recipe.random_bits == 0
          ? 0
          : static_cast<std::uint32_t>(~std::uint32_t{0} >> (32 - recipe.random_bits));
  ElementSteps out;
  for (const bool negative : {false, true}) {
    std::vector<Steps>& functions = negative ? out.negative : out.positive;
    for (const std::uint32_t random : {std::uint32_t{0}, most}) {
      functions.push_back(joined_steps(candidates, 0, [&](const Rational& v) {
        Number number = Number::finite(v);
        number.negative = negative;
        const spec::Outcome outcome = spec::cast(number, recipe.element, recipe.element_policy,
                                                 {.value = random, .count = recipe.random_bits});
        if (outcome.refused) return std::optional<Image>();
        const Number result = spec::decode(recipe.element, outcome.code);
        if (result.kind != spec::NumberKind::kFinite) return std::optional<Image>();
        const Rational value = result.value();
        return std::optional<Image>({negative ? Rational(-value) : value, outcome.code});
      }));
      if (most == 0) break;
    }
  }
  return out;
}

Steps scale_steps(const Recipe& given, const Rational& limit) {
  Recipe recipe = given;
  recipe.tensor_scale = spec::TensorScale::kNone;
  recipe.input = spec::Precision::kExact;
  std::vector<Rational> points = rounding_candidates(recipe.scale, 0, limit / recipe.divisor);
  for (Rational& p : points) p *= recipe.divisor;
  add_shape_candidates(recipe, recipe.divisor * recipe.scale.min_positive() / 2, limit, points);
  for (const auto& clamp : {recipe.scale_floor, recipe.scale_ceiling})
    if (clamp) points.push_back(*clamp * recipe.divisor);
  std::erase_if(points, [&](const Rational& p) { return p > limit; });
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());

  const auto scale_of = [&](const Rational& amax) -> std::optional<Image> {
    const std::array<Number, 1> block = {Number::finite(amax)};
    std::vector<std::uint32_t> random(recipe.random_bits > 0 ? 1 : 0);
    const spec::BlockCodes codes = spec::quantize_block(recipe, block, {}, random);
    if (codes.refused) return std::nullopt;
    const Number scale = spec::decode(recipe.scale, codes.scale);
    if (scale.kind != spec::NumberKind::kFinite) return std::nullopt;
    return Image{scale.magnitude, codes.scale};
  };
  return joined_steps(points, 1, scale_of);  // points[0] is 0, which has no scale to speak of
}

Recipe with_unbounded_scales(const Recipe& recipe) {
  constexpr int kMoreExponentBits = 3;
  Recipe out = recipe;
  Format& f = out.scale;
  const int more = f.exponent_bits < 6 ? kMoreExponentBits : 0;  // E8M0 and E6M2 reach far enough
  f.exponent_bits += more;
  f.bits += more;
  f.bias = (1 << (f.exponent_bits - 1)) - 1;
  if (more > 0) f.name += "-unbounded";
  f.storage_bits = 16;
  f.storage_shift = 0;
  out.scale_floor = out.scale_ceiling = std::nullopt;
  return out;
}

}  // namespace mxscope::analysis
