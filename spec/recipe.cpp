// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The fields of a recipe by name and text, and what contradicts what.
#include "spec/recipe.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>

#include "spec/field_values.h"
#include "spec/formats.h"
#include "spec/names.h"

namespace mxscope::spec {
namespace {

struct Field {
  std::string name;
  std::function<std::string(const Recipe&)> get;
  std::function<void(Recipe&, std::string_view)> set;
  std::function<void(Recipe&, const Recipe&)> copy;
  std::vector<std::string> values = {};  ///< where there are only so many
};

Error bad_value(std::string_view field, std::string_view value, std::string_view wanted) {
  constexpr std::size_t kShown = 60;
  return Error(fmt::format("recipe field {}: '{}{}' is not {}", field, value.substr(0, kShown),
                           value.size() > kShown ? "..." : "", wanted));
}

template <typename T>
Field member(std::string name, T Recipe::*field, std::function<std::string(const T&)> to_text,
             std::function<T(std::string_view)> parse) {
  return {std::move(name), [=](const Recipe& r) { return to_text(r.*field); },
          [=](Recipe& r, std::string_view text) { r.*field = parse(text); },
          [=](Recipe& r, const Recipe& from) { r.*field = from.*field; }};
}

/// values: in the order of the enumerators.
template <typename Enum>
Field choice(const std::string& name, Enum Recipe::*field, std::vector<std::string> values) {
  Field out = member<Enum>(
      name, field, [=](const Enum& e) { return values[static_cast<std::size_t>(e)]; },
      [=](std::string_view text) {
        for (std::size_t i = 0; i < values.size(); ++i)
          if (values[i] == text) return static_cast<Enum>(i);
        throw unknown_name(fmt::format("value of recipe field {}:", name), text, values);
      });
  out.values = std::move(values);
  return out;
}

Field flag(const std::string& name, bool Recipe::*field) {
  Field out = member<bool>(
      name, field, [](const bool& b) { return std::string(b ? "true" : "false"); },
      [=](std::string_view text) {
        if (text != "true" && text != "false") throw bad_value(name, text, "true or false");
        return text == "true";
      });
  out.values = {"false", "true"};
  return out;
}

Rational positive(std::string_view name, std::string_view text) {
  Number number;
  try {
    number = parse_number(text);
  } catch (const Error&) {
    throw bad_value(name, text, "a number");
  }
  if (number.kind != NumberKind::kFinite || number.negative || number.magnitude == 0)
    throw bad_value(name, text, "a positive number");
  // The metadata of quantized files has it written out, and is read again.
  constexpr std::size_t kMaxWritten = 20000;
  if (to_text(number.magnitude).size() > kMaxWritten)
    throw bad_value(name, text, fmt::format("of at most {} digits as a fraction", kMaxWritten));
  return number.magnitude;
}

Field number(const std::string& name, Rational Recipe::*field) {
  return member<Rational>(
      name, field, [](const Rational& r) { return to_text(r); },
      [=](std::string_view text) { return positive(name, text); });
}

Field optional_number(const std::string& name, std::optional<Rational> Recipe::*field) {
  return member<std::optional<Rational>>(
      name, field,
      [](const std::optional<Rational>& r) { return r ? to_text(*r) : std::string("none"); },
      [=](std::string_view text) -> std::optional<Rational> {
        if (text == "none") return std::nullopt;
        return positive(name, text);
      });
}

int whole(std::string_view name, std::string_view text, int low, int high) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw bad_value(name, text, fmt::format("a whole number from {} to {}", low, high));
  return value;
}

Field integer(const std::string& name, int Recipe::*field, int low, int high) {
  return member<int>(
      name, field, [](const int& i) { return fmt::format("{}", i); },
      [=](std::string_view text) { return whole(name, text, low, high); });
}

Field block_extent(const std::string& name, int BlockShape::*extent) {
  return {
      name, [=](const Recipe& r) { return fmt::format("{}", r.block.*extent); },
      [=](Recipe& r, std::string_view text) { r.block.*extent = whole(name, text, 0, 1 << 20); },
      [=](Recipe& r, const Recipe& from) { r.block.*extent = from.block.*extent; }};
}

Field format_field(const std::string& name, Format Recipe::*field) {
  return member<Format>(
      name, field, [](const Format& f) { return f.name; },
      [](std::string_view text) { return find_format(text); });
}

Field code_field(const std::string& name, std::optional<Code> Recipe::*field) {
  return member<std::optional<Code>>(
      name, field,
      [](const std::optional<Code>& c) { return c ? fmt::format("{}", *c) : std::string("none"); },
      [=](std::string_view text) -> std::optional<Code> {
        if (text == "none") return std::nullopt;
        return static_cast<Code>(whole(name, text, 0, 65535));
      });
}

void add_policy(std::vector<Field>& out, const std::string& prefix, Policy Recipe::*policy) {
  for (const PolicyField& f : describe(Policy{})) {
    const std::string name(f.name);
    out.push_back({prefix + name,
                   [=](const Recipe& r) {
                     for (const PolicyField& g : describe(r.*policy))
                       if (g.name == name) return std::string(g.value);
                     return std::string();
                   },
                   [=](Recipe& r, std::string_view text) { set_field(r.*policy, name, text); },
                   [=](Recipe& r, const Recipe& from) {
                     r.*policy = with_field(r.*policy, from.*policy, name);
                   },
                   policy_field_values(name)});
  }
}

const std::vector<std::string> kPrecisions = {"exact", "f64", "f32", "bf16", "f16"};
const std::vector<std::string> kShapes = {"as-is", "element-precision", "log2-f32", "log2-bf16"};

std::vector<Field> make_fields() {
  std::vector<Field> all = {
      choice("kind", &Recipe::kind, {"scaled", "hif4"}),
      format_field("element", &Recipe::element),
      format_field("scale", &Recipe::scale),
      block_extent("block_rows", &BlockShape::rows),
      block_extent("block_columns", &BlockShape::columns),
      choice("input", &Recipe::input, kPrecisions),
      choice("tensor_scale", &Recipe::tensor_scale,
             {"none", "exact", "decode", "encode", "divide-bf16", "multiply-bf16"}),
      number("tensor_target", &Recipe::tensor_target),
      choice("amax_nan", &Recipe::amax_nan, {"propagate", "ignore", "error"}),
      choice("amax_shape", &Recipe::amax_shape, kShapes),
      number("divisor", &Recipe::divisor),
      choice("scale_order", &Recipe::scale_order,
             {"exact", "divide", "reciprocal", "folded-reciprocal", "divide-multiply"}),
      optional_number("scale_floor", &Recipe::scale_floor),
      optional_number("scale_ceiling", &Recipe::scale_ceiling),
      choice("scale_method", &Recipe::scale_method, {"cast", "log2-plus"}),
      code_field("zero_block_scale", &Recipe::zero_block_scale),
      flag("zero_block_codes", &Recipe::zero_block_codes),
      choice("zero_scale", &Recipe::zero_scale, {"arithmetic", "zero-codes", "least"}),
      optional_number("flush_below", &Recipe::flush_below),
      choice("element_order", &Recipe::element_order,
             {"exact", "divide", "reciprocal", "reciprocal-of-decode", "reciprocal-quotient"}),
      choice("scale_used", &Recipe::scale_used, {"stored", "unclamped"}),
      choice("intermediate", &Recipe::intermediate, kPrecisions),
      choice("element_method", &Recipe::element_method,
             {"cast", "argmin", "add-half-f32", "add-half-bf16"}),
      choice("zero_sign", &Recipe::zero_sign, {"keep", "drop-input", "drop-result", "negative"}),
      choice("output", &Recipe::output, kPrecisions),
      choice("search", &Recipe::search, {"none", "four-over-six", "sweep"}),
      choice("metric", &Recipe::metric, {"mse", "mae", "max"}),
      choice("error_order", &Recipe::error_order, {"exact", "input-f32", "scaled-f16"}),
      integer("random_bits", &Recipe::random_bits, 0, 32),
  };
  add_policy(all, "element.", &Recipe::element_policy);
  add_policy(all, "scale.", &Recipe::scale_policy);
  return all;
}

const std::vector<Field>& fields() {
  static const std::vector<Field> all = make_fields();
  return all;
}

const Field& find(std::string_view name) {
  std::vector<std::string> known;
  for (const Field& f : fields()) {
    if (f.name == name) return f;
    known.push_back(f.name);
  }
  throw unknown_name("recipe field", name, known);
}

}  // namespace

std::vector<RecipeField> describe(const Recipe& recipe) {
  std::vector<RecipeField> out;
  for (const Field& f : fields()) out.push_back({f.name, f.get(recipe)});
  return out;
}

Recipe with_field(Recipe from, const Recipe& to, std::string_view name) {
  find(name).copy(from, to);
  return from;
}

void set_field(Recipe& recipe, std::string_view name, std::string_view value) {
  find(name).set(recipe, value);
}

std::vector<std::string> recipe_field_values(std::string_view field) { return find(field).values; }

void validate(const Recipe& r) {
  const auto bad = [&](std::string_view field, std::string_view problem) {
    return Error(fmt::format("recipe {}: field {}: {}", r.name, field, problem));
  };
  if (r.name.empty()) throw Error("a recipe without a name; give it one");
  validate(r.element);
  validate(r.scale);
  if (r.element.bits > 8) throw bad("element", r.element.name + " has more than 8 bits");
  if (r.scale.bits > 32) throw bad("scale", r.scale.name + " has more than 32 bits");
  if (const std::string text = conflict(r.element, r.element_policy); !text.empty())
    throw bad("element.rounding", text);
  if (const std::string text = conflict(r.scale, r.scale_policy); !text.empty())
    throw bad("scale.rounding", text);
  if (is_stochastic(r.scale_policy.rounding))
    throw bad("scale.rounding", "scales are rounded deterministically");
  if (is_stochastic(r.element_policy.rounding) != (r.random_bits > 0))
    throw bad("random_bits", "stochastic element rounding takes 1 to 32, any other mode 0");
  if (r.block.rows < 0 || r.block.columns < 0) throw bad("block_rows", "is negative");
  if (r.divisor <= 0) throw bad("divisor", "must be positive");
  if (r.tensor_target <= 0) throw bad("tensor_target", "must be positive");
  if (r.scale_floor && r.scale_ceiling && *r.scale_floor > *r.scale_ceiling)
    throw bad("scale_floor", "is above scale_ceiling");
  if (r.zero_block_scale && *r.zero_block_scale > r.scale.code_mask())
    throw bad("zero_block_scale", fmt::format("is no code of {}", r.scale.name));
  const bool adds_half = r.element_method == ElementMethod::kAddHalfF32 ||
                         r.element_method == ElementMethod::kAddHalfBf16;
  const Rounding mode = r.element_policy.rounding;
  if (adds_half && mode != Rounding::kNearestEven && mode != Rounding::kNearestAway &&
      mode != Rounding::kTowardZero)
    throw bad("element_method", "adding a half is for element.rounding rne, rna and rtz");
  const bool divides_first = r.tensor_scale == TensorScale::kNone ||
                             r.tensor_scale == TensorScale::kDivideBf16 ||
                             r.tensor_scale == TensorScale::kMultiplyBf16;
  if (adds_half && r.element_order == ElementOrder::kExact && r.intermediate == Precision::kExact &&
      (r.scale.mantissa_bits > 0 || !divides_first))
    throw bad("element_method",
              "adding a half is for binary floats, and exact quotients by this scale are none; set "
              "element_order or intermediate too");
  if (r.search == ScaleSearch::kSweep && r.scale.bits > 8)
    throw bad("search", "a sweep needs a scale format of at most 8 bits");
  if (r.search != ScaleSearch::kNone && r.random_bits > 0)
    throw bad("search", "compares errors of deterministic roundings only");
  if (r.kind == BlockKind::kHif4 && (r.block.rows != 1 || r.block.columns != 64))
    throw bad("kind", "a HiF4 block is 1 x 64");
  if (r.kind == BlockKind::kHif4 && r.search != ScaleSearch::kNone)
    throw bad("search", "HiF4 has one formula for its scales");
}

}  // namespace mxscope::spec
