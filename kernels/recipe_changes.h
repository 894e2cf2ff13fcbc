// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "spec/operation.h"
#include "spec/recipe.h"

namespace mxscope::kernels {

/// Fields of a recipe with the values to suspect, those that software differs in first. Formats are
/// exchanged for others of their width. `dequantizes`: only what decoding reads.
std::vector<spec::Change> recipe_changes(const spec::Recipe& recipe, bool dequantizes);

/// The named recipes whose records are those of this one, by the fields in which they differ.
std::vector<spec::NamedChanges> recipe_names(const spec::Recipe& recipe);

/// The recipe with the changes; nothing where it contradicts itself or has other records. Changes
/// of other fields than a recipe's are passed over.
std::optional<spec::Recipe> changed_recipe(const spec::Recipe& recipe,
                                           std::span<const spec::Change> changes);

}  // namespace mxscope::kernels
