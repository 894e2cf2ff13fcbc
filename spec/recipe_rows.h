// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What the rows of the recipe table start from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/recipe.h"

namespace mxscope::spec {

/// OCP's floor rule, exact, 1 x 32.
Recipe mx_recipe(std::string name, std::string_view element);

/// One level of scales, amax/6 to the nearest UE4M3, exact, 1 x 16.
Recipe nvfp4_recipe(std::string name);

/// The recipes of real software, in spec/recipes_software.cpp.
void add_software_recipes(std::vector<Recipe>& rows);

}  // namespace mxscope::spec
