// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mxscope::spec {

/// The texts that set_field() takes for a field of a Policy. Throws Error for an unknown field.
std::vector<std::string> policy_field_values(std::string_view field);

/// The same for a field of a Recipe; empty for numbers and formats, which have no such list.
std::vector<std::string> recipe_field_values(std::string_view field);

}  // namespace mxscope::spec
