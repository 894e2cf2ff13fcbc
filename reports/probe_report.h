// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "reports/probe_set.h"

namespace mxscope::reports {

/// A set and what its words say.
struct ProbeAnswer {
  ProbeSet set;
  sim::ProbeReading reading;

  /// The row gives every word, and D's words were equal where they had to be.
  bool agrees() const;
};

/// For people: a table of fields, and what contradicts the row.
std::string answer_text(const ProbeAnswer& answer);
nlohmann::json answer_json(const ProbeAnswer& answer);

/// "24", "ignored or counted", "none, -150 to -126".
std::string values_text(const std::vector<std::string>& values);

}  // namespace mxscope::reports
