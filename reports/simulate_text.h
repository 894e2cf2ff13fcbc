// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/gemm_time.h"

namespace mxscope::reports {

/// A prediction for people: time, bound, waves, where the cycles went, bytes, occupancy.
std::string gemm_text(const sim::Device& device, const sim::GemmTime& time);
std::string candidates_text(const std::vector<sim::Candidate>& candidates);

/// The same for programs.
nlohmann::json gemm_json(const sim::Device& device, const sim::GemmTime& time);
nlohmann::json candidates_json(const std::vector<sim::Candidate>& candidates);

/// The columns of a sweep, and one row of it, as CSV lines.
std::string sweep_heading();
std::string sweep_row(const sim::Device& device, const sim::GemmTime& time);
std::string sweep_row(const sim::Device& device, const sim::GemmProblem& problem,
                      const std::string& reason);

/// "1.25 GB".
std::string bytes_text(double bytes);

}  // namespace mxscope::reports
