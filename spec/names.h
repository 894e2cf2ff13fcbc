// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/error.h"

namespace mxscope::spec {

/// The error for a name that is in no table: it lists the known names nearest in spelling
/// (Damerau-Levenshtein distance, and names that contain the text), or the first few of all.
Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string>& known);

}  // namespace mxscope::spec
