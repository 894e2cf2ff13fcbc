// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A quantizer over the reals as step functions with exact thresholds: where its rounding changes.
#pragma once

#include <optional>
#include <vector>

#include "spec/recipe.h"

namespace mxscope::analysis {

using spec::Rational;

/// A nonempty interval of reals; `upper` absent means unbounded above.
struct Interval {
  Rational lower = 0;
  std::optional<Rational> upper = std::nullopt;
  bool lower_closed = true;
  bool upper_closed = false;

  static Interval point(const Rational& x) { return {x, x, true, true}; }
  static Interval open(const Rational& a, const Rational& b) { return {a, b, false, false}; }

  bool is_point() const { return upper && *upper == lower; }
  bool contains(const Rational& x) const;
  bool operator==(const Interval&) const = default;
};

/// The part that two intervals share, if any.
std::optional<Interval> intersection(const Interval& a, const Interval& b);

/// `interval` times `factor` > 0.
Interval scaled(const Interval& interval, const Rational& factor);

/// A maximal interval of inputs that become one value.
struct Step {
  Interval at;
  Rational value;
  spec::Code code = 0;

  bool operator==(const Step&) const = default;
};

/// Steps in ascending order without gaps.
using Steps = std::vector<Step>;

/// The step that holds x. Throws std::out_of_range where there is none.
const Step& step_at(const Steps& steps, const Rational& x);

/// Why the recipe is not a quantizer of real blocks whose scale depends on their largest magnitude
/// alone ("its quotients are rounded to binary32"), or "" when over_reals() describes it.
std::string not_over_reals(const spec::Recipe& recipe);

/// How scaled elements v = x / (s S) are rounded, v from 0 to `limit`: at most two functions of the
/// magnitude for each sign (stochastic rounding chooses between its two extremes). `value` is the
/// magnitude of the result, negative where the result has the other sign.
/// Between neighbouring candidates every rounding mode is constant: they are the format's values,
/// the midpoints between them, for formats without zero the same below the least value (in a gap
/// of the grid's and in one from zero), and for n random bits the points 1, 1/2 and 3/2 times 2^-n
/// from either neighbour. Each candidate and one point between each two neighbours is rounded by
/// the exact path.
struct ElementSteps {
  std::vector<Steps> positive;
  std::vector<Steps> negative;
};
ElementSteps element_steps(const spec::Recipe& recipe, const Rational& limit);

/// The block scale as a function of the block's largest magnitude in (0, limit], tensor scale 1:
/// `value` is the decoded scale. Magnitudes whose scale is a NaN are left out, so the last step may
/// end below the limit. Candidates as above, times the divisor, and where the recipe shapes or
/// clamps the maximum first.
Steps scale_steps(const spec::Recipe& recipe, const Rational& limit);

/// The recipe over reals, its scale format continued without bound in both directions and its
/// clamps removed: one binade of scales [1, 2) then stands for all, by scale invariance.
spec::Recipe with_unbounded_scales(const spec::Recipe& recipe);

}  // namespace mxscope::analysis
