// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Candidates for thresholds are listed from the format, and the oracle says what lies between them.
#include "analysis/quantizer_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "spec/error.h"
#include "spec/oracle.h"

namespace mxscope::analysis {
namespace {

using spec::Format;
using spec::Number;
using spec::Policy;
using spec::Rational;
using spec::Recipe;
using spec::Rounding;

constexpr int kMaxFormatBits = 12;
constexpr int kMaxRandomBits = 8;
constexpr int kMaxScaleBits = 8;

/// The magnitudes between which conversions to the format cut, with every gap in `parts`: one gap
/// below the least value of a format without zero and one above the largest included.
std::set<Rational> candidates(const Format& f, const Policy& policy, int parts) {
  std::set<Rational> points = {0};
  const std::int64_t last = std::max(f.max_ordinal(), f.is_signed ? f.max_ordinal(true) : 0);
  const auto cut = [&](const Rational& low, const Rational& high) {
    for (int i = 0; i <= parts; ++i) points.insert(low + Rational(high - low) * i / parts);
  };
  for (std::int64_t k = f.zero ? 0 : -1; k <= last; ++k) {
    const bool from_zero = k == 0 && !f.zero && policy.low_grid == spec::LowGrid::kFromZero;
    cut(from_zero ? Rational(0) : f.ordinal_value(k), f.ordinal_value(k + 1));
  }
  return points;
}

/// Points at which to ask about the open interval: within it and near both ends.
std::vector<Rational> probes(const Point& low, const Point& high) {
  if (low.infinite != 0) return {high.value - 1, high.value * 2 - 1, high.value * 1000 - 1};
  if (high.infinite != 0) return {low.value + 1, low.value * 2 + 1, low.value * 1000 + 1};
  const Rational width = high.value - low.value;
  return {low.value + width / 1024, low.value + width / 2, high.value - width / 1024};
}

/// The result for a real, over all random values. The oracle's cut in a gap is monotone in the
/// random value, so the first one that moves x outward is found by bisection.
Cell result_at(const Format& f, const Policy& policy, int random_bits, const Rational& x) {
  const auto result = [&](std::uint32_t random) -> std::optional<Rational> {
    const spec::Outcome out =
        spec::cast(Number::finite(x), f, policy, {.value = random, .count = random_bits});
    if (out.refused) return std::nullopt;
    const Number value = spec::decode(f, out.code);
    if (value.kind != spec::NumberKind::kFinite) return std::nullopt;
    return value.value();
  };
  const std::uint32_t last = (std::uint32_t{1} << random_bits) - 1;
  const std::optional<Rational> first = result(0);
  const std::optional<Rational> other = result(last);
  Cell cell;
  cell.is_finite = first && other;
  if (!cell.is_finite) return cell;
  std::uint32_t inward = last + 1;  // so many random values give `first`
  if (first != other) {
    std::uint32_t low = 0;
    inward = last;
    while (inward - low > 1) {
      const std::uint32_t middle = low + (inward - low) / 2;
      (result(middle) == first ? low : inward) = middle;
    }
  }
  const Rational share = Rational(inward) / Rational(last + 1);
  const Rational rest = 1 - share;
  cell.mean = share * *first + rest * *other;
  cell.square = share * *first * *first + rest * *other * *other;
  return cell;
}

bool same_result(const Cell& a, const Cell& b) {
  return a.is_finite == b.is_finite && a.mean == b.mean && a.square == b.square;
}

}  // namespace

std::vector<Cell> quantizer_cells(const Format& format, const Policy& policy, int random_bits) {
  if (format.bits > kMaxFormatBits)
    throw Error(
        fmt::format("format {}: moments are for formats of at most {} bits, and this has "
                    "{}",
                    format.name, kMaxFormatBits, format.bits));
  if (policy.rounding == Rounding::kNearestLog2)
    throw Error("rounding log2: its thresholds are irrational; moments needs another mode");
  if (is_stochastic(policy.rounding) != (random_bits > 0) || random_bits > kMaxRandomBits)
    throw Error(
        fmt::format("rounding {} with {} random bits: stochastic modes take 1 to {} here, "
                    "others none",
                    to_string(policy.rounding), random_bits, kMaxRandomBits));
  std::vector<Point> points = {minus_infinity()};
  const std::set<Rational> sizes = candidates(format, policy, 2 << random_bits);
  for (auto size = sizes.rbegin(); size != sizes.rend(); ++size)
    if (*size != 0) points.push_back(at(-*size));
  for (const Rational& size : sizes) points.push_back(at(size));
  points.push_back(plus_infinity());

  std::vector<Cell> cells;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    Cell cell;
    bool is_first = true;
    for (const Rational& x : probes(points[i], points[i + 1])) {
      const Cell there = result_at(format, policy, random_bits, x);
      if (!is_first && !same_result(cell, there))
        throw std::logic_error("a threshold that is no candidate");
      cell = there;
      is_first = false;
    }
    cell.low = points[i];
    cell.high = points[i + 1];
    if (!cells.empty() && same_result(cells.back(), cell))
      cells.back().high = cell.high;
    else
      cells.push_back(std::move(cell));
  }
  return cells;
}

std::string moments_problem(const Recipe& r) {
  const auto is = [](std::string_view field, std::string_view why) {
    return fmt::format("{} {}", field, why);
  };
  if (r.kind != spec::BlockKind::kScaled) return "HiF4 has scales of three kinds in a block";
  if (r.block_elements() <= 0) return "the block is a whole row or tensor, of no fixed size";
  if (r.scale.bits > kMaxScaleBits)
    return fmt::format("the scale format {} has more than {} bits", r.scale.name, kMaxScaleBits);
  if (r.search != spec::ScaleSearch::kNone)
    return is("search", "makes the scale depend on more than the maximum");
  if (r.scale_order != spec::ScaleOrder::kExact)
    return is("scale_order", "is rounded arithmetic, defined on floating-point inputs only");
  if (r.element_order != spec::ElementOrder::kExact)
    return is("element_order", "is rounded arithmetic, defined on floating-point inputs only");
  if (r.scale_method != spec::ScaleMethod::kCast) return is("scale_method", "is not cast");
  if (r.element_method != spec::ElementMethod::kCast) return is("element_method", "is not cast");
  if (r.scale_used != spec::ScaleUsed::kStored) return is("scale_used", "is not stored");
  if (r.intermediate != spec::Precision::kExact) return is("intermediate", "is not exact");
  if (r.output != spec::Precision::kExact) return is("output", "is not exact");
  if (r.tensor_scale == spec::TensorScale::kDivideBf16 ||
      r.tensor_scale == spec::TensorScale::kMultiplyBf16)
    return is("tensor_scale", "rounds the elements to bfloat16 first");
  if (r.amax_shape != spec::AmaxShape::kAsIs && r.amax_shape != spec::AmaxShape::kElementPrecision)
    return is("amax_shape", "takes a rounded logarithm");
  if (r.flush_below && r.amax_shape != spec::AmaxShape::kAsIs)
    return is("flush_below", "together with amax_shape");
  if (r.scale_policy.rounding == Rounding::kNearestLog2 || is_stochastic(r.scale_policy.rounding))
    return is("scale.rounding", "has thresholds that are irrational or random");
  return "";
}

std::vector<ScaleCell> scale_cells(const Recipe& recipe, const spec::TensorScales& tensor) {
  if (const std::string problem = moments_problem(recipe); !problem.empty())
    throw Error(fmt::format("recipe {}: no exact moments, because {}", recipe.name, problem));
  const Rational unit = recipe.divisor * tensor.decode.magnitude;
  std::set<Rational> points;
  const auto add = [&](const Rational& amax) {
    if (amax <= 0) return;
    points.insert(amax);
    if (recipe.amax_shape != spec::AmaxShape::kElementPrecision) return;
    // The maxima that round up to the first value not below `amax`, and to the one after it.
    const Rational quantum = spec::power_of_two(
        std::max<std::int64_t>(spec::floor_log2(amax), -126) - recipe.element.mantissa_bits);
    const Rational steps = amax / quantum;
    const spec::Integer whole = numerator(steps) / denominator(steps);
    for (const int k : {-1, 0, 1, 2}) {
      const Rational value = quantum * Rational(spec::Integer(whole + k));
      points.insert(value - quantum / 2);
      points.insert(value - quantum / 4);  // below a power of two the unit is half as large
    }
  };
  for (const Rational& scale : candidates(recipe.scale, recipe.scale_policy, 2)) add(scale * unit);
  if (recipe.scale_floor) add(*recipe.scale_floor * unit);
  if (recipe.scale_ceiling) add(*recipe.scale_ceiling * unit);
  if (recipe.flush_below) points.insert(*recipe.flush_below);
  points.erase(points.begin(), points.upper_bound(Rational(0)));

  Recipe exact = recipe;
  exact.input = spec::Precision::kExact;
  exact.element_policy = adapted(recipe.element, {});  // elements do not matter here
  exact.random_bits = 0;
  const auto scale_at = [&](const Rational& amax) -> std::optional<Rational> {
    if (recipe.flush_below && amax < *recipe.flush_below) return Rational(0);
    const Number value[] = {Number::finite(amax)};
    const spec::BlockCodes codes = spec::quantize_block(exact, value, tensor);
    const Number scale = spec::decode(recipe.scale, codes.scale);
    if (codes.refused || scale.kind != spec::NumberKind::kFinite) return std::nullopt;
    return Rational(scale.magnitude * tensor.decode.magnitude);
  };
  std::vector<ScaleCell> steps;
  Point low = at(0);
  const auto add_cell = [&](const Point& high) {
    const std::vector<Rational> inside = probes(low, high);
    const std::optional<Rational> scale = scale_at(inside.front());
    for (const Rational& amax : inside)
      if (scale_at(amax) != scale) throw std::logic_error("a threshold that is no candidate");
    const ScaleCell step = {low.value, high, scale.value_or(0), scale.has_value()};
    if (!steps.empty() && steps.back().scale == step.scale &&
        steps.back().is_finite == step.is_finite)
      steps.back().high = high;
    else
      steps.push_back(step);
    low = high;
  };
  for (const Rational& point : points) add_cell(at(point));
  add_cell(plus_infinity());
  return steps;
}

}  // namespace mxscope::analysis
