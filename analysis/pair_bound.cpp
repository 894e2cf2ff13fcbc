// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/pair_bound.h"

#include <algorithm>
#include <vector>

#include "analysis/worst_case.h"
#include "spec/block.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/oracle.h"

namespace mxscope::analysis {
namespace {

const spec::Format& bf16() {
  static const spec::Format& format = spec::find_format("bf16");
  return format;
}

Rational value_of(std::int64_t pattern) {
  return spec::decode(bf16(), static_cast<spec::Code>(pattern)).value();
}

/// The pattern of x >= 0 rounded down.
std::int64_t pattern_below(const Rational& x) {
  spec::Policy policy;
  policy.rounding = spec::Rounding::kTowardZero;
  return static_cast<std::int64_t>(spec::cast(spec::Number::finite(x), bf16(), policy).code);
}

/// The patterns of an interval's nonnegative bfloat16 numbers, first > last where there is none.
struct Patterns {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

Patterns patterns_in(const Interval& interval) {
  Patterns out = {pattern_below(interval.lower), PairDomain::kLargestBf16};
  const Rational first = value_of(out.first);
  if (first < interval.lower || !interval.lower_closed) ++out.first;
  if (!interval.upper) return out;
  out.last = pattern_below(*interval.upper);
  if (!interval.upper_closed && value_of(out.last) == *interval.upper) --out.last;
  return out;
}

/// The elements of one code under one scale, and the largest error of all smaller ones.
struct Cell {
  Patterns elements;
  Rational value;
  Rational most_below = 0;
};

std::vector<Cell> cells_under(const Steps& steps, const Rational& scale) {
  std::vector<Cell> out;
  Rational most = 0;
  for (const Step& step : steps) {
    const Patterns in = patterns_in(scaled(step.at, scale));
    if (in.first > in.last) continue;
    out.push_back({in, step.value * scale, most});
    for (const std::int64_t end : {in.first, in.last})
      most = std::max(most, Rational(abs(Rational(value_of(end) - out.back().value))));
  }
  return out;
}

/// The largest error of elements up to x: |x - q| is convex within a cell.
Rational most_up_to(const std::vector<Cell>& cells, std::int64_t x) {
  const auto cell =
      std::prev(std::upper_bound(cells.begin(), cells.end(), x, [](std::int64_t at, const Cell& c) {
        return at < c.elements.first;
      }));
  Rational most = cell->most_below;
  for (const std::int64_t end : {cell->elements.first, x})
    most = std::max(most, Rational(abs(Rational(value_of(end) - cell->value))));
  return most;
}

}  // namespace

std::optional<PairBound> pair_bound(const spec::Recipe& recipe, const PairDomain& domain) {
  if (!not_over_reals(recipe).empty() || recipe.input == spec::Precision::kF16) return std::nullopt;
  WorstCase stored;
  PairBound out;
  try {
    stored = worst_case(recipe, ScaleRange::kStored);
    out.unbounded = worst_case(recipe, ScaleRange::kUnbounded).worst.ratio;
  } catch (const Error&) {
    return std::nullopt;
  }
  const Rational tensor =
      spec::tensor_scales(recipe, spec::decode(bf16(), domain.tensor_amax)).decode.value();
  for (const ScaleCase& one : stored.cases) {
    if (!is_unclamped_scale(recipe, one.scale.code)) continue;
    out.over_reals = std::max(out.over_reals, one.worst.ratio);
    Patterns maxima = patterns_in(scaled(one.scale.at, tensor));
    maxima.last = std::min<std::int64_t>(maxima.last, domain.tensor_amax);
    for (const auto* functions : {&stored.elements.positive, &stored.elements.negative})
      for (const Steps& steps : *functions) {
        const std::vector<Cell> cells = cells_under(steps, one.scale.value * tensor);
        for (std::int64_t m = std::max<std::int64_t>(maxima.first, 1); m <= maxima.last; ++m)
          out.over_grid = std::max(out.over_grid, Rational(most_up_to(cells, m) / value_of(m)));
      }
  }
  return out;
}

}  // namespace mxscope::analysis
