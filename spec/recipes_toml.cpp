// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A user's recipes from TOML: [[recipe]] tables whose fields are those of describe(Recipe).
#include <fmt/format.h>

#include "spec/recipe_rows.h"
#include "spec/recipes.h"
#include "spec/toml_table.h"

namespace mxscope::spec {
namespace {

/// A scalar as the text that set_field reads: strings as they are, whole numbers and truth values.
std::string scalar_text(TomlTable& table, std::string_view field, const TomlNode& node) {
  if (const auto* text = std::get_if<std::string>(&node.value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&node.value))
    return fmt::format("{}", *number);
  if (const auto* truth = std::get_if<bool>(&node.value)) return *truth ? "true" : "false";
  throw table.error(field,
                    "must be a string, a whole number or a truth value; write fractions as "
                    "strings, as in \"1/3\"");
}

void set(Recipe& recipe, TomlTable& table, std::string_view field, std::string_view text,
         const FormatTable& formats) {
  try {
    if (field == "element")
      recipe.element = formats.find(text);
    else if (field == "scale")
      recipe.scale = formats.find(text);
    else
      set_field(recipe, field, text);
  } catch (const Error& e) {
    throw table.error(field, e.what());
  }
}

/// Policy fields are quoted keys, "element.rounding" = "rna". Without `from`, the recipe starts as
/// 1 x 32 under E8M0 scales rounded down, amax mapped to the element's largest value.
Recipe read_recipe(TomlTable& table, const RecipeTable& known, const FormatTable& formats) {
  const std::string name = table.text("name", true);
  const std::string from = table.text("from");
  Recipe recipe;
  if (!from.empty()) {
    try {
      recipe = known.find(from);
    } catch (const Error& e) {
      throw table.error("from", e.what());
    }
  } else {
    recipe = mx_recipe(name, "e4m3");
  }
  recipe.name = name;
  recipe.source = table.text("source");
  // A format brings the policy that fits it; the fields that follow may change it.
  for (const std::string_view field : {"element", "scale"}) {
    if (const TomlNode* node = table.node(field); node != nullptr) {
      set(recipe, table, field, scalar_text(table, field, *node), formats);
      (field == "element" ? recipe.element_policy : recipe.scale_policy) =
          adapted(field == "element" ? recipe.element : recipe.scale,
                  field == "element" ? recipe.element_policy : recipe.scale_policy);
    }
  }
  for (const RecipeField& f : describe(recipe)) {
    if (f.name == "element" || f.name == "scale") continue;
    if (const TomlNode* node = table.node(f.name); node != nullptr)
      set(recipe, table, f.name, scalar_text(table, f.name, *node), formats);
  }
  table.finish();
  if (from.empty() && !table.has("divisor")) recipe.divisor = recipe.element.max_value();
  return recipe;
}

}  // namespace

void RecipeTable::load_text(std::string_view text, std::string_view name,
                            const FormatTable& formats) {
  RecipeTable next = *this;
  for_each_table(parse_toml(text, name), name, "recipe",
                 [&](TomlTable& table) { next.add(read_recipe(table, next, formats)); });
  *this = std::move(next);
}

void RecipeTable::load(const std::string& path, const FormatTable& formats) {
  load_text(read_small_file(path), path, formats);
}

}  // namespace mxscope::spec
