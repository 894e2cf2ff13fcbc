// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/recipe_files.h"

#include "spec/formats.h"
#include "spec/recipes.h"

namespace mxscope::reports {

void add_recipe_files(CLI::App& command, RecipeFiles& files, const std::string& option) {
  command.add_option(option, files.recipes, "TOML file of further recipes")
      ->option_text("FILE.toml");
  command.add_option("--formats", files.formats, "TOML file of further formats")
      ->option_text("FILE.toml");
}

spec::RecipeTable load_recipes(const RecipeFiles& files, Run& run) {
  spec::FormatTable formats;
  if (!files.formats.empty())
    formats.load_text(run.read_input(files.formats, kMaxTomlBytes), files.formats);
  spec::RecipeTable recipes;
  if (!files.recipes.empty())
    recipes.load_text(run.read_input(files.recipes, kMaxTomlBytes), files.recipes, formats);
  return recipes;
}

}  // namespace mxscope::reports
