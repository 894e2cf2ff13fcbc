// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Step functions of quantizers, which suprema stand on, against the cells that moments stand on:
// two ways to find the same thresholds.
#include "analysis/steps.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "analysis/quantizer_cells.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

Rational inside(const Interval& at) { return (at.lower + *at.upper) / 2; }

/// Where neighbouring steps have different values, from the second step on.
std::vector<Rational> thresholds(const Steps& steps) {
  std::vector<Rational> out;
  for (std::size_t i = 1; i < steps.size(); ++i)
    if (steps[i].value != steps[i - 1].value) out.push_back(steps[i].at.lower);
  return out;
}

std::vector<spec::Recipe> recipes_of_both() {
  std::vector<spec::Recipe> out;
  for (spec::Recipe r : spec::named_recipes()) {
    r.input = spec::Precision::kExact;
    if (not_over_reals(r).empty() && moments_problem(r).empty()) out.push_back(r);
  }
  return out;
}

TEST(Steps, OfScalesAreTheCellsOfMoments) {
  const auto recipes = recipes_of_both();
  ASSERT_GT(recipes.size(), 20U);
  for (const spec::Recipe& r : recipes) {
    const Rational limit = 2 * r.divisor * r.scale.max_value();
    const Steps steps = scale_steps(r, limit);
    const std::vector<ScaleCell> cells = scale_cells(r, {});
    std::vector<Rational> of_cells;
    for (const ScaleCell& cell : cells)
      if (cell.low > 0 && cell.is_finite) of_cells.push_back(cell.low);
    EXPECT_EQ(thresholds(steps), of_cells) << r.name;
    for (const Step& step : steps) {
      if (step.at.is_point()) continue;
      const Rational m = inside(step.at);
      const auto cell = std::find_if(cells.begin(), cells.end(),
                                     [&](const ScaleCell& c) { return at(m) < c.high; });
      ASSERT_TRUE(cell->is_finite) << r.name << " " << m;
      ASSERT_EQ(cell->scale, step.value) << r.name << " " << m;
    }
  }
}

const Cell& cell_at(const std::vector<Cell>& cells, const Rational& x) {
  return *std::find_if(cells.begin(), cells.end(), [&](const Cell& c) { return at(x) < c.high; });
}

TEST(Steps, OfElementsAreTheCellsOfMoments) {
  for (const spec::Recipe& r : recipes_of_both()) {
    const Rational limit = 2 * r.element.max_value();
    const ElementSteps steps = element_steps(r, limit);
    const std::vector<Cell> cells = quantizer_cells(r.element, r.element_policy, 0);
    ASSERT_EQ(steps.positive.size(), 1U);
    std::vector<Rational> of_cells;
    for (const Cell& cell : cells)
      if (cell.low.infinite == 0 && cell.low.value > 0 && cell.low.value < limit && cell.is_finite)
        of_cells.push_back(cell.low.value);
    EXPECT_EQ(thresholds(steps.positive.front()), of_cells) << r.name;
    for (const bool negative : {false, true})
      for (const Step& step : (negative ? steps.negative : steps.positive).front()) {
        if (step.at.is_point()) continue;
        const Rational v = negative ? Rational(-inside(step.at)) : inside(step.at);
        ASSERT_EQ(cell_at(cells, v).mean, negative ? Rational(-step.value) : step.value)
            << r.name << " " << v;
      }
  }
}

TEST(Steps, StochasticExtremesEncloseTheMean) {
  spec::Recipe r = spec::RecipeTable().find("mxfp4");
  for (const auto mode : spec::kStochasticRoundings) {
    r.element_policy.rounding = mode;
    r.random_bits = 3;
    const Rational limit = 2 * r.element.max_value();
    const ElementSteps steps = element_steps(r, limit);
    const std::vector<Cell> cells = quantizer_cells(r.element, r.element_policy, r.random_bits);
    ASSERT_EQ(steps.positive.size(), 2U);
    bool apart = false;
    for (Rational v = Rational(1, 128); v < limit; v += Rational(1, 64)) {
      const Rational a = step_at(steps.positive[0], v).value;
      const Rational b = step_at(steps.positive[1], v).value;
      const Rational mean = cell_at(cells, v).mean;
      ASSERT_LE(std::min(a, b), mean) << v;
      ASSERT_GE(std::max(a, b), mean) << v;
      apart = apart || (std::min(a, b) < mean && mean < std::max(a, b));
    }
    EXPECT_TRUE(apart);
  }
}

}  // namespace
}  // namespace mxscope::analysis
