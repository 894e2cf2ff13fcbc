// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What quantizers get wrong: each field of a recipe with the other values that it can have.
#include "kernels/recipe_changes.h"

#include <algorithm>
#include <map>
#include <string>

#include "spec/error.h"
#include "spec/field_values.h"
#include "spec/formats.h"
#include "spec/recipes.h"

namespace mxscope::kernels {
namespace {

using spec::Change;
using spec::Rational;
using spec::Recipe;

/// The order of suspicion; other fields follow as describe() has them.
constexpr std::string_view kLikely[] = {
    "amax_shape",       "divisor",      "scale.rounding", "element.rounding", "scale_order",
    "element_order",    "intermediate", "input",          "zero_sign",        "zero_block_scale",
    "zero_block_codes", "zero_scale",   "scale_floor",    "amax_nan",         "element_method"};

constexpr std::string_view kOfDecoding[] = {"output", "scale", "element"};

/// Fields that make another kind of record.
bool shapes_records(std::string_view field) {
  return field == "kind" || field == "block_rows" || field == "block_columns" ||
         field == "tensor_scale" || field == "random_bits";
}

bool same_records(const Recipe& a, const Recipe& b) {
  return a.kind == b.kind && a.block == b.block && a.element.bits == b.element.bits &&
         a.scale.storage_bits == b.scale.storage_bits &&
         a.has_tensor_scale() == b.has_tensor_scale() && a.random_bits == b.random_bits;
}

std::vector<std::string> numbers(const std::vector<Rational>& values) {
  std::vector<std::string> out;
  for (const Rational& value : values)
    if (value > 0) out.push_back(spec::to_text(value));
  return out;
}

/// The values to try for a field that has no list of them.
std::vector<std::string> chosen_values(const Recipe& r, std::string_view field) {
  const Rational most = r.element.max_value();
  const Rational power = spec::power_of_two(r.element.emax());
  const Rational scale_least = r.scale.min_positive();
  const Rational scale_most = r.scale.max_value();
  if (field == "divisor")
    return numbers({most, power, power * 2, power / 2, most / 2, most + power / 2, r.divisor * 2,
                    r.divisor / 2, Rational(1)});
  if (field == "scale_floor" || field == "flush_below") {
    std::vector<std::string> out =
        numbers({scale_least, scale_least * 8, spec::power_of_two(-126)});
    out.push_back("none");
    return out;
  }
  if (field == "scale_ceiling") {
    std::vector<std::string> out = numbers({scale_most, scale_most / 2, Rational(1)});
    out.push_back("none");
    return out;
  }
  if (field == "zero_block_scale") {
    std::vector<std::string> out = {"0", "1", "none"};
    for (const int code : {0x38, 0x7E, 0x7F, 0xFF})
      if (static_cast<spec::Code>(code) <= r.scale.code_mask()) out.push_back(std::to_string(code));
    return out;
  }
  if (field == "tensor_target" && r.has_tensor_scale())
    return numbers({most * scale_most, most, scale_most, most * scale_most / 2, power * scale_most,
                    Rational(1)});
  if (field == "element" || field == "scale") {
    const spec::Format& own = field == "element" ? r.element : r.scale;
    std::vector<std::string> out;
    for (const spec::Format& other : spec::builtin_formats())
      if (other.storage_bits == own.storage_bits &&
          (field == "scale" ? other.bits <= 8 : other.bits == own.bits))
        out.push_back(other.name);
    return out;
  }
  return {};
}

}  // namespace

std::vector<Change> recipe_changes(const Recipe& recipe, bool dequantizes) {
  std::map<std::string, std::string> was;
  std::vector<std::string> fields;
  for (const std::string_view field : kLikely) fields.emplace_back(field);
  for (const spec::RecipeField& field : describe(recipe)) {
    was[field.name] = field.value;
    if (std::find(fields.begin(), fields.end(), field.name) == fields.end())
      fields.push_back(field.name);
  }
  std::vector<Change> out;
  for (const std::string& field : fields) {
    if (shapes_records(field) && !(field == "tensor_scale" && recipe.has_tensor_scale())) continue;
    if (dequantizes &&
        std::find(std::begin(kOfDecoding), std::end(kOfDecoding), field) == std::end(kOfDecoding))
      continue;
    std::vector<std::string> values = spec::recipe_field_values(field);
    if (values.empty()) values = chosen_values(recipe, field);
    for (const std::string& value : values) {
      if (value == was[field] || value.find("error") != std::string::npos) continue;
      const Change change{field, value, was[field]};
      if (std::find(out.begin(), out.end(), change) == out.end()) out.push_back(change);
    }
  }
  return out;
}

std::vector<spec::NamedChanges> recipe_names(const Recipe& recipe) {
  std::vector<spec::NamedChanges> out;
  const auto own = describe(recipe);
  for (const Recipe& other : spec::named_recipes()) {
    if (other.name == recipe.name || !same_records(recipe, other)) continue;
    const auto theirs = describe(other);
    spec::NamedChanges named{other.name, {}};
    for (std::size_t i = 0; i < own.size(); ++i)
      if (own[i].value != theirs[i].value)
        named.changes.push_back({own[i].name, theirs[i].value, own[i].value});
    if (!named.changes.empty()) out.push_back(std::move(named));
  }
  return out;
}

std::optional<Recipe> changed_recipe(const Recipe& recipe, std::span<const Change> changes) {
  Recipe out = recipe;
  const auto known = describe(recipe);
  try {
    for (const Change& change : changes) {
      const bool is_field = std::any_of(known.begin(), known.end(),
                                        [&](const auto& f) { return f.name == change.field; });
      if (is_field) spec::set_field(out, change.field, change.value);
    }
    if (!same_records(recipe, out)) return std::nullopt;
    spec::validate(out);
  } catch (const Error&) {
    return std::nullopt;
  }
  return out;
}

}  // namespace mxscope::kernels
