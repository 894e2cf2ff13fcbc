// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/error.h"

namespace mxscope::spec {

/// Whether a format, recipe or density can be called so, in lists, claims and file names: 1 to 64
/// characters of printable ASCII other than spaces, commas and slashes.
bool is_row_name(std::string_view name);
inline constexpr std::string_view kRowNameRule =
    "must be printable ASCII without spaces, commas and slashes, of at most 64 characters";

/// The error for a name that is in no table: it lists the known names nearest in spelling
/// (Damerau-Levenshtein distance, and names that contain the text), or the first few of all.
Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string>& known);

}  // namespace mxscope::spec
