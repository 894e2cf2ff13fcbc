// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "reports/provenance.h"

namespace mxscope::spec {
class RecipeTable;
}

namespace mxscope::reports {

/// TOML files of a user's own recipes and formats; empty names for none.
struct RecipeFiles {
  std::string recipes;
  std::string formats;
};

/// Adds the option of that name for recipes, and --formats. `files` outlives the parse.
void add_recipe_files(CLI::App& command, RecipeFiles& files, const std::string& option);

/// The named recipes and those of the files, which the run notes as inputs.
spec::RecipeTable load_recipes(const RecipeFiles& files, Run& run);

}  // namespace mxscope::reports
