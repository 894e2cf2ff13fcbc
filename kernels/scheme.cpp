// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What makes a scheme whole, and the table of named ones.
#include "kernels/scheme.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "kernels/dual_routine.h"
#include "kernels/scheme_files.h"
#include "spec/error.h"
#include "spec/names.h"
#include "spec/number.h"

namespace mxscope::kernels {
namespace {

constexpr std::int64_t kMostChannels = std::int64_t{1} << 24;
constexpr std::int64_t kMostRank = 4096;

bool is_power_of_two(std::int64_t n) { return n > 0 && (n & (n - 1)) == 0; }

void require(bool holds, std::string_view field, std::string_view problem) {
  if (!holds) throw Error(fmt::format("field {}: {}", field, problem));
}

void validate_split(const ChannelSplit& split) {
  const bool thresholds = split.by == SplitBy::kChannels || split.by == SplitBy::kElements;
  require(split.thresholds.empty() != thresholds, "thresholds",
          thresholds ? "are missing; add one for each level but the first"
                     : "are for a split by channels or by elements");
  require(split.counts.empty() != (split.by == SplitBy::kCounts), "counts",
          split.by == SplitBy::kCounts ? "are missing; add one for each level but the first"
                                       : "are for a split by counts");
  require(std::is_sorted(split.thresholds.begin(), split.thresholds.end()), "thresholds",
          "must ascend");
  for (const spec::Rational& t : split.thresholds)
    require(numerator(t) < (1 << 29) && denominator(t) < (1 << 29), "thresholds",
            "both terms of one must be below 2^29");
  for (const std::int64_t count : split.counts)
    require(count >= 0 && count <= kMostChannels, "counts", "must be from 0 to 2^24");
  require(split.multiple >= 1 && split.multiple <= kMostChannels, "multiple",
          "must be from 1 to 2^24");
  require(split.by == SplitBy::kElements || (!split.signed_max && !split.signed_value),
          split.signed_max ? "signed_max" : "signed_value", "is for a split by elements");
}

PartRecipe found(const std::string& name, const std::vector<std::string>& with, const char* field,
                 const spec::RecipeTable& recipes) {
  // Recipes first: "int8_token" is one, and "bf16" is none.
  const auto& rows = recipes.rows();
  const bool is_recipe =
      std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; });
  try {
    if (!is_recipe && with.empty()) {
      for (const spec::Format& format : spec::builtin_formats())
        if (format.name == name) return {std::nullopt, format};
    }
    spec::Recipe recipe = recipes.find(name);
    for (const std::string& assignment : with) {
      const std::size_t equals = assignment.find('=');
      if (equals == std::string::npos)
        throw Error(fmt::format("'{}': write FIELD=VALUE", assignment));
      spec::set_field(recipe, assignment.substr(0, equals), assignment.substr(equals + 1));
    }
    spec::validate(recipe);
    return {std::move(recipe), std::nullopt};
  } catch (const Error& e) {
    throw Error(fmt::format("field part.{}: {}", field, e.what()));
  }
}

bool same_scale(const spec::Format& recipe, const std::string& unit) {
  return recipe.name == unit || (recipe.name == "e4m3" && unit == "ue4m3");
}

void validate_part(const SchemePart& part, const spec::RecipeTable& recipes) {
  require(part.levels >= 1, "part.levels", "must be 1 at least");
  const PartRecipe x = activation_recipe(part, recipes);
  weight_recipe(part, recipes);
  if (part.residuals) {
    require(x.recipe.has_value(), "part.residuals", "are those of a recipe");
    require(part.interleave == 16 || part.interleave == 32, "part.interleave",
            "must be 16 or 32 channels");
    try {
      const DualRoutine routine(part_stage(part, recipes));
    } catch (const Error& e) {
      throw Error(fmt::format("field part.residuals: {}", e.what()));
    }
    require(x.recipe->block == spec::BlockShape{1, 16}, "part.residuals",
            "need a recipe with blocks of 1x16");
  }
  if (!part.unit.empty()) {
    try {
      part_unit(part, recipes);
    } catch (const Error& e) {
      throw Error(fmt::format("field part.unit: {}", e.what()));
    }
  }
}

}  // namespace

std::size_t ChannelSplit::levels() const {
  return 1 + (by == SplitBy::kCounts ? counts.size() : thresholds.size());
}

PartRecipe activation_recipe(const SchemePart& part, const spec::RecipeTable& recipes) {
  return found(part.activations, part.activations_with, "activations", recipes);
}

PartRecipe weight_recipe(const SchemePart& part, const spec::RecipeTable& recipes) {
  if (part.weights.empty())
    return found(part.activations,
                 part.weights_with.empty() ? part.activations_with : part.weights_with, "weights",
                 recipes);
  return found(part.weights, part.weights_with, "weights", recipes);
}

sim::Mma part_unit(const SchemePart& part, const spec::RecipeTable& recipes) {
  const sim::MmaUnit& unit = sim::find_unit(part.unit);
  const PartRecipe x = activation_recipe(part, recipes);
  const PartRecipe w = weight_recipe(part, recipes);
  std::string scale;
  int block = 0;
  if (!unit.scales.empty()) {
    if (!x.recipe || !w.recipe)
      throw Error(fmt::format("{} takes block scales, which a cast does not give", unit.name));
    for (const sim::MmaScale& legal : unit.scales)
      if (same_scale(x.recipe->scale, legal.format) && same_scale(w.recipe->scale, legal.format) &&
          x.recipe->block.columns == legal.block && w.recipe->block.columns % legal.block == 0) {
        scale = legal.format;
        block = legal.block;
      }
    if (scale.empty())
      throw Error(fmt::format("{} takes no scales in {} per {}", unit.name, x.recipe->scale.name,
                              x.recipe->block.columns));
  } else {
    for (const PartRecipe& r : {x, w})
      if (r.recipe &&
          (r.recipe->kind != spec::BlockKind::kScaled || r.recipe->scale.name != "fp32"))
        throw Error(fmt::format("{} takes no block scales; recipe {} has some in {}", unit.name,
                                r.recipe->name, r.recipe->scale.name));
  }
  const auto element = [](const PartRecipe& r) {
    return r.element().name == "int8" ? std::string("s8") : r.element().name;
  };
  return sim::bind_unit(unit, element(x), element(w), scale, block);
}

spec::DualStage part_stage(const SchemePart& part, const spec::RecipeTable& recipes) {
  const PartRecipe x = activation_recipe(part, recipes);
  return {part.activations, "", *x.recipe, part.residual_rule,
          static_cast<std::size_t>(part.interleave)};
}

double element_bits(const PartRecipe& recipe, std::int64_t rows, std::int64_t columns) {
  if (!recipe.recipe) return recipe.format->bits;
  const spec::Recipe& r = *recipe.recipe;
  const auto shared = static_cast<double>(r.block.rows == 0 ? rows : r.block.rows) *
                      static_cast<double>(r.block.columns == 0 ? columns : r.block.columns);
  const double micro = r.kind == spec::BlockKind::kHif4 ? 24 : 0;
  return r.element.bits + (r.scale.storage_bits + micro) / shared;
}

void validate(const Scheme& scheme, const spec::RecipeTable& recipes) {
  require(spec::is_row_name(scheme.name), "name", spec::kRowNameRule);
  if (!scheme.smoothing.empty()) {
    bool good = false;
    try {
      const spec::Number alpha = spec::parse_number(scheme.smoothing);
      good = alpha.kind == spec::NumberKind::kFinite && alpha.value() >= 0 && alpha.value() <= 1;
    } catch (const Error&) {
    }
    require(good, "smoothing", "must be a number from 0 to 1, as in \"0.5\"");
  }
  require(scheme.rotation_block == 0 || is_power_of_two(scheme.rotation_block), "rotation_block",
          "must be a power of two, or 0 for all channels");
  require(
      scheme.rotation != Rotation::kNone || (scheme.rotation_block == 0 && !scheme.random_signs),
      scheme.random_signs ? "random_signs" : "rotation_block", "is for a rotation");
  require(scheme.seed >= 0, "seed", "must not be negative");
  require(scheme.low_rank >= 0 && scheme.low_rank <= kMostRank, "low_rank",
          fmt::format("must be from 0 to {}", kMostRank));
  validate_split(scheme.split);
  require(!scheme.parts.empty(), "part", "a scheme needs one at least");
  int levels = 0;
  for (const SchemePart& part : scheme.parts) {
    validate_part(part, recipes);
    levels += part.levels;
  }
  require(static_cast<std::size_t>(levels) == scheme.split.levels(), "part.levels",
          fmt::format("the parts take {} levels, and the split makes {}", levels,
                      scheme.split.levels()));
}

SchemeTable::SchemeTable(const spec::RecipeTable& recipes) : recipes_(&recipes) {
  for (const sim::DataFile& file : scheme_files()) load_text(file.text, file.name);
}

void SchemeTable::load_text(std::string_view toml, std::string_view name) {
  SchemeTable next = *this;
  spec::for_each_table(spec::parse_toml(toml, name), name, "scheme", [&](spec::TomlTable& table) {
    Scheme scheme = read_scheme(table, name, *recipes_);
    for (const Scheme& row : next.rows_)
      if (row.name == scheme.name)
        throw table.error("name", fmt::format("{} is taken; choose another", scheme.name));
    next.rows_.push_back(std::move(scheme));
  });
  *this = std::move(next);
}

const Scheme& SchemeTable::find(std::string_view name) const {
  std::vector<std::string> known;
  for (const Scheme& row : rows_) {
    if (row.name == name) return row;
    known.push_back(row.name);
  }
  throw spec::unknown_name("scheme", name, known);
}

}  // namespace mxscope::kernels
