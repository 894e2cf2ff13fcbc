// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/formats.h"
#include "spec/recipe.h"

namespace mxscope::spec {

/// Every named recipe: the block formats as their specifications have them, then each piece of real
/// software, code for code.
const std::vector<Recipe>& named_recipes();

/// The named recipes and those a user adds at run time.
class RecipeTable {
 public:
  RecipeTable();

  /// Adds a valid recipe; throws Error when its name is taken or validate() has something to say.
  void add(Recipe recipe);

  /// Adds every [[recipe]] of a TOML file: `name`, `from` (a recipe to start from, optional), and
  /// any fields of Recipe as describe() names them. Formats may be rows of `formats`. Throws Error
  /// naming file, line and field.
  void load(const std::string& path, const FormatTable& formats = {});
  void load_text(std::string_view toml, std::string_view name, const FormatTable& formats = {});

  const std::vector<Recipe>& rows() const { return rows_; }

  /// Throws Error that lists the nearest names.
  const Recipe& find(std::string_view name) const;

 private:
  std::vector<Recipe> rows_;
};

}  // namespace mxscope::spec
