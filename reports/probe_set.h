// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/probe.h"

namespace mxscope::reports {

/// One instruction with its formats chosen, and the cases that it is asked.
struct ProbeSet {
  sim::Mma mma;
  std::vector<sim::ProbeCase> cases;
  std::vector<spec::Code> words = {};    ///< D's; empty before anything ran
  std::vector<std::size_t> uneven = {};  ///< cases where D's words were not all equal
};

/// "e2m1 x e2m1, ue4m3 per 16"
std::string formats_text(const sim::Mma& mma);

/// Every choice of formats (A and B in the same one) and scales of a row, with designed cases.
std::vector<ProbeSet> probe_sets(const sim::MmaUnit& unit);

/// Codes other than zero as "position:code ...", in hex: containers without the bits below a
/// format's storage_shift are restored on reading.
std::string operand_text(const std::vector<std::uint8_t>& containers, int bytes);

/// One set of a results file, with words.
nlohmann::json set_json(const ProbeSet& set);

/// The sets of a results file, from anybody. Throws Error that names set, case and field.
std::vector<ProbeSet> parse_results(const nlohmann::json& results);

}  // namespace mxscope::reports
