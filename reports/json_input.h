// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace mxscope::reports {

/// JSON from anybody: an object, nested a few levels deep at most. Throws Error that says what is
/// wrong and at which byte; the caller adds the file's name.
nlohmann::json parse_json(std::string_view text);

}  // namespace mxscope::reports
