// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/certificate.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "analysis/encoding_json.h"

namespace mxscope::analysis {
namespace {

using Json = nlohmann::ordered_json;
using spec::Recipe;

std::string text(const Rational& x) { return x.str(); }

Json text(const std::optional<Rational>& x) { return x ? Json(text(*x)) : Json(nullptr); }

std::string text(const Interval& i) {
  return fmt::format("{}{}, {}{}", i.lower_closed ? '[' : '(', text(i.lower),
                     i.upper ? text(*i.upper) : "inf", i.upper_closed ? ']' : ')');
}

/// The rules that finite inputs can meet.
Json policy_json(const spec::Policy& policy) {
  constexpr std::string_view kRules[] = {"rounding", "tie_p1",    "overflow", "directed_overflow",
                                         "infinity", "underflow", "low_grid", "zero"};
  Json out = Json::object();
  for (const spec::PolicyField& f : spec::describe(policy))
    if (std::find(std::begin(kRules), std::end(kRules), f.name) != std::end(kRules))
      out[std::string(f.name)] = f.value;
  return out;
}

Json recipe_json(const Recipe& r) {
  const auto named = [&](std::string_view field) {
    for (const spec::RecipeField& f : spec::describe(r))
      if (f.name == field) return f.value;
    throw std::logic_error("a recipe field of that name");
  };
  return {{"name", r.name},
          {"element", encoding_json(r.element)},
          {"element_policy", policy_json(r.element_policy)},
          {"random_bits", r.random_bits},
          {"scale", encoding_json(r.scale)},
          {"scale_policy", policy_json(r.scale_policy)},
          {"divisor", text(r.divisor)},
          {"amax_shape", named("amax_shape")},
          {"scale_floor", text(r.scale_floor)},
          {"scale_ceiling", text(r.scale_ceiling)},
          {"zero_scale", named("zero_scale")},
          {"flush_below", text(r.flush_below)},
          {"tensor_target", r.has_tensor_scale() ? Json(text(r.tensor_target)) : Json(nullptr)}};
}

std::string_view range_text(ScaleRange range) {
  return range == ScaleRange::kUnbounded ? "unbounded" : "stored";
}

Json steps_json(const std::vector<Steps>& functions) {
  Json out = Json::array();
  for (const Steps& function : functions) {
    Json steps = Json::array();
    for (const Step& s : function)
      steps.push_back({{"at", text(s.at)}, {"value", text(s.value)}, {"code", s.code}});
    out.push_back(std::move(steps));
  }
  return out;
}

Json worst_json(const WorstRatio& worst) {
  const auto sign = [&](const Rational& x) { return worst.piece.negative ? Rational(-x) : x; };
  const Rational& element = worst.piece.grows ? worst.block_max : worst.piece.element;
  return {{"ratio", text(worst.ratio)},
          {"block_max", text(worst.block_max)},
          {"element", text(sign(element))},
          {"becomes", text(sign(worst.piece.value))},
          {"attained", worst.attained}};
}

/// Null where no element under the scale is in the element format's normal range.
Json relative_json(const RelativeError& relative) {
  if (relative.element == 0) return nullptr;
  const Rational element = relative.negative ? Rational(-relative.element) : relative.element;
  return {{"ratio", text(relative.ratio)},
          {"scaled_element", text(element)},
          {"attained", relative.attained}};
}

Json block_json(const std::vector<Rational>& block, const Rational& ratio) {
  Json out = {{"block", Json::array()}, {"hex", Json::array()}, {"ratio", text(ratio)}};
  for (const Rational& x : block) {
    out["block"].push_back(text(x));
    out["hex"].push_back(spec::to_hex_text(x));
  }
  return out;
}

Json heading(std::string_view claim, ScaleRange range) {
  return {{"kind", kCertificateKind}, {"claim", claim}, {"range", range_text(range)}};
}

}  // namespace

Json certificate(const WorstCase& result) {
  Json out = heading("worst case", result.range);
  out["recipe"] = recipe_json(result.recipe);
  out["limit"] = text(result.limit);
  out["element_steps"] = {{"positive", steps_json(result.elements.positive)},
                          {"negative", steps_json(result.elements.negative)}};
  Json cases = Json::array();
  for (const ScaleCase& c : result.cases) {
    Json one = {{"scale", text(c.scale.value)}};
    if (result.range == ScaleRange::kStored) one["code"] = c.scale.code;
    one["block_max"] = text(c.scale.at);
    one["worst"] = worst_json(c.worst);
    one["relative"] = relative_json(c.relative);
    cases.push_back(std::move(one));
  }
  out["cases"] = std::move(cases);
  out["worst"] = worst_json(result.worst);
  out["relative"] = relative_json(result.relative);
  const std::vector<Rational> block = witness_block(result.worst);
  out["witness"] =
      block_json(block, measured_ratio(on_one_block(result.recipe, result.range), block));
  return out;
}

Json certificate(const MultiStage& result, const std::vector<Rational>& bounds) {
  Json out = heading("stages", result.range);
  Json stages = Json::array();
  for (const Stage& stage : result.stages)
    stages.push_back(
        {{"recipe", recipe_json(stage.recipe)}, {"tensor_scale", text(stage.tensor_scale)}});
  out["stages"] = std::move(stages);
  const ErrorCurve enclosing = enclosing_curve(result);
  Json curve = Json::array();
  for (const ErrorPiece& piece : enclosing) {
    Json one = {{"block_max", text(piece.at)}};
    one[piece.grows ? "error_is_block_max_minus" : "error"] =
        text(piece.grows ? piece.value : piece.error);
    curve.push_back(std::move(one));
  }
  out["curve"] = std::move(curve);
  out["worst"] = {{"ratio", text(result.worst.ratio)}, {"block_max", text(result.worst.block_max)}};
  if (result.witness.block.empty()) {
    out["witness"] = nullptr;
  } else {
    out["witness"] = block_json(result.witness.block, result.witness.ratio);
    out["witness"]["short_of_worst_by"] = text(Rational(result.worst.ratio - result.witness.ratio));
  }
  Json kept = Json::array();
  for (const Rational& bound : bounds)
    kept.push_back({{"bound", text(bound)}, {"above", text(last_excess(enclosing, bound))}});
  out["bounds_kept"] = std::move(kept);
  return out;
}

}  // namespace mxscope::analysis
