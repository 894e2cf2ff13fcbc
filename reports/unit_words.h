// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What a matrix unit's row says, in words.
#pragma once

#include <string>
#include <string_view>

#include "sim/mma_unit.h"

namespace mxscope::reports {

struct RuleWords {
  const char* word;
  const char* sentence;
};
RuleWords words_of(sim::MmaRule rule);

/// Whether sums are cut to a window of `kept_bits`.
bool has_window(const sim::MmaUnit& unit);

/// What the last rounding of a step is.
std::string rounding_text(const sim::MmaUnit& unit);

/// "e8m0/32 ue4m3/16", "" for units without block scales.
std::string scales_text(const sim::MmaUnit& unit);

/// "e4m3 e5m2, mixed".
std::string operands_text(const sim::MmaUnit& unit);

/// How the row is known: "GPU outputs", "ISA" or "model".
const char* evidence_word(const sim::MmaUnit& unit);

/// Whether a unit of this rule ever reads the field.
bool reads(const sim::MmaUnit& unit, std::string_view field);

}  // namespace mxscope::reports
