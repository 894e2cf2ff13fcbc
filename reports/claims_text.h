// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/claim.h"

namespace mxscope::reports {

/// One line a claim, in order; its sentence follows where the claim has a witness.
std::string claims_text(const std::vector<analysis::Claim>& claims);

/// Counts by kind (the id up to its first slash) and result; the last line is
/// "N claims: N hold, N refuted".
std::string summary_text(const std::vector<analysis::Claim>& claims);

bool all_hold(const std::vector<analysis::Claim>& claims);

}  // namespace mxscope::reports
