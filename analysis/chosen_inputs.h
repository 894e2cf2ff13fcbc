// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "analysis/sweep.h"
#include "spec/batch.h"
#include "spec/oracle.h"

namespace mxscope::analysis {

/// All inputs of a 16-bit source, ascending.
std::vector<std::uint64_t> all_inputs(spec::Source source);

/// The two ends of every stretch of inputs that no threshold of `runs` and no power of two divides,
/// ascending. Within a stretch the oracle is constant, and sign and exponent are too: a codec that
/// is monotone in the mantissa equals the oracle everywhere if it does at these inputs.
std::vector<std::uint64_t> stretch_ends(const std::vector<spec::Run>& runs, spec::Source source);

/// Gives ascending inputs to the batch codec, with one random value for all if the mode wants one,
/// and compares with the oracle's runs.
SweepResult try_inputs(const spec::BatchCast& cast, const std::vector<spec::Run>& runs,
                       const spec::Format& format, std::span<const std::uint64_t> inputs,
                       std::optional<std::uint32_t> random = std::nullopt);

}  // namespace mxscope::analysis
