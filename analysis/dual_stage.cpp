// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/dual_stage.h"

#include <algorithm>
#include <array>

#include "analysis/second_stage.h"
#include "spec/block.h"

namespace mxscope::analysis {
namespace {

using spec::Number;
using spec::Recipe;

ErrorCurve scaled(const ErrorCurve& curve, const Rational& s) {
  ErrorCurve out;
  for (const ErrorPiece& piece : curve) out.push_back(scaled(piece, s));
  return out;
}

/// What a later stage does to any block with largest magnitude at most its argument.
ErrorCurve later_curve(const Stage& stage, ScaleRange range) {
  // One binade would do for the ratio, but the residual may lie in any of them.
  const Recipe recipe = on_one_block(stage.recipe, range);
  const WorstCase all = worst_case(recipe, ScaleRange::kStored);
  return scaled(running_maximum(block_error_curve(all)), stage.tensor_scale);
}

/// The magnitude that the first stage leaves `residual` of, under scale s and at most m.
std::optional<Rational> element_leaving(const ElementSteps& elements, const Rational& s,
                                        const Rational& m, const Rational& residual) {
  for (const bool negative : {false, true})
    for (const Steps& function : negative ? elements.negative : elements.positive)
      for (const Step& step : function) {
        const Rational x = step.value * s + (negative ? Rational(-residual) : residual);
        if (x >= 0 && x <= m && step.at.contains(x / s)) return negative ? Rational(-x) : x;
      }
  return std::nullopt;
}

}  // namespace

BlockWitness witness_at(const MultiStage& result, const ErrorPiece& piece, const Rational& m) {
  std::vector<Stage> measured = result.stages;
  for (Stage& stage : measured) stage.recipe = on_one_block(stage.recipe, result.range);
  const WorstCase& first = result.first;
  const Rational little = spec::power_of_two(-36);
  const std::array<Rational, 3> nudges = {0, little, -little};
  BlockWitness best;
  const auto offer = [&](std::vector<Rational> block) {
    const Rational ratio = measured_ratio(measured, block);
    if (ratio > best.ratio) best = {std::move(block), ratio};
  };
  for (const Rational& a : nudges) {
    const Rational largest = m * (1 + 4 * a);
    const auto under = std::find_if(first.cases.begin(), first.cases.end(),
                                    [&](const auto& c) { return c.scale.at.contains(largest); });
    if (under == first.cases.end()) continue;
    const Rational s = under->scale.value;
    if (s == 0 || piece.grows) {
      offer({largest});
      offer({-largest});
      continue;
    }
    for (const Rational& b : nudges)
      for (const Rational& c : nudges)
        for (const int sign : {1, -1}) {
          std::vector<Rational> block = {largest};
          for (const Rational& residual :
               {Rational(piece.block_max * (1 + 2 * b)), Rational(sign * piece.element * (1 + c))})
            if (const auto x = element_leaving(first.elements, s, largest, residual))
              block.push_back(*x);
          offer(std::move(block));
        }
  }
  return best;
}

MultiStage multi_stage(const std::vector<Stage>& stages, ScaleRange range) {
  MultiStage out;
  out.stages = stages;
  out.range = range;
  out.first = worst_case(stages.front().recipe, range);
  out.curve = block_error_curve(out.first);
  if (stages.size() > 1) {
    const WorstCase second = worst_case(on_one_block(stages[1].recipe, range), ScaleRange::kStored);
    Steps scales;
    for (const ScaleCase& c : second.cases) scales.push_back(c.scale);
    out.curve = second_stage_curve(out.first, scales, second.unit_curve, stages[1].tensor_scale);
  }
  for (std::size_t i = 2; i < stages.size(); ++i)
    out.curve = composed(out.curve, later_curve(stages[i], range));
  out.worst = worst_ratio(out.curve);
  if (stages.size() <= 2) {
    out.witness = witness_at(out, out.worst.piece, out.worst.block_max);
    out.witnessed = out.worst.ratio - out.witness.ratio < spec::power_of_two(-30);
  }
  return out;
}

Rational measured_ratio(const std::vector<Stage>& stages, const std::vector<Rational>& block) {
  std::vector<Number> block_values;
  Rational largest = 0;
  for (const Rational& x : block) {
    block_values.push_back(Number::finite(x));
    largest = std::max(largest, Rational(abs(x)));
  }
  Rational worst = 0;
  for (const bool ones : {false, true}) {
    std::vector<Number> values = block_values;
    for (const Stage& stage : stages) {
      spec::TensorScales tensor;
      tensor.decode = Number::finite(stage.tensor_scale);
      const int bits = stage.recipe.random_bits;
      const std::vector<std::uint32_t> random(
          bits > 0 ? block.size() : 0, ones && bits > 0 ? ~std::uint32_t{0} >> (32 - bits) : 0);
      const spec::BlockCodes codes = spec::quantize_block(stage.recipe, values, tensor, random);
      values = spec::block_residual(stage.recipe, values, codes, tensor, {});
    }
    for (const Number& r : values) worst = std::max(worst, r.magnitude);
    if (std::all_of(stages.begin(), stages.end(),
                    [](const Stage& stage) { return stage.recipe.random_bits == 0; }))
      break;
  }
  return worst / largest;
}

ErrorCurve enclosing_curve(const MultiStage& result) {
  ErrorCurve curve = block_error_curve(result.first);
  for (std::size_t i = 1; i < result.stages.size(); ++i)
    curve = composed(curve, later_curve(result.stages[i], result.range));
  return curve;
}

std::optional<Rational> vanishing_point(const MultiStage& result) {
  const Stage& last = result.stages.back();
  const Recipe recipe = on_one_block(last.recipe, result.range);
  std::vector<Stage> before = result.stages;
  before.pop_back();
  ErrorCurve residual = block_error_curve(result.first);
  for (std::size_t i = 1; i < before.size(); ++i)
    residual = composed(residual, later_curve(before[i], result.range));
  const WorstCase second = worst_case(recipe, ScaleRange::kStored);
  // Below `least` every block of the last stage becomes zeros: its error is its own maximum.
  std::optional<Rational> least;
  for (const ErrorPiece& piece : scaled(block_error_curve(second), last.tensor_scale)) {
    if (!piece.grows || piece.value != 0) break;
    least = piece.at.upper;
  }
  if (!least) return std::nullopt;
  std::optional<Rational> point;
  for (const ErrorPiece& piece : residual) {
    const Rational at_end = piece.error_at(piece.at.upper.value_or(piece.at.lower));
    if (at_end > *least) {
      if (piece.grows && piece.error_at(piece.at.lower) < *least) point = *least + piece.value;
      break;
    }
    point = piece.at.upper;
  }
  if (point) *point /= result.first.limit;
  return point;
}

}  // namespace mxscope::analysis
