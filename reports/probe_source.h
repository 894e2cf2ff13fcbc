// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/probe_set.h"

namespace mxscope::reports {

/// A file of reports/probes by its name without ".cu.in"; built into the program.
std::string_view probe_template(std::string_view name);

/// The instruction in PTX's spelling, with these formats: "mma.sync.aligned.m16n8k16...".
std::string ptx_instruction(const sim::Mma& mma);

/// True when nvcc for the target (such as "sm_120a") assembles the unit's instruction: its own
/// target, or the one without the "a".
bool emitted_for(const sim::MmaUnit& unit, std::string_view target);

/// A whole CUDA program that runs the sets' cases and writes a results file; `version` is ours and
/// `file` the name it gets, for its first lines.
std::string probe_program(const std::vector<ProbeSet>& sets, const std::string& target,
                          const std::string& version, const std::string& file);

}  // namespace mxscope::reports
