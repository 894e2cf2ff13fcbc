// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sim/engine.h"

namespace mxscope::reports {

/// Trace events in Chrome's JSON, as https://ui.perfetto.dev opens: a process per worker (a CTA, or
/// a pair) with a lane for tensor pipe, copies, epilogue and stores, and one for the waits of each
/// warp role. Copies that overlap have lanes of their own, because a lane's spans must nest.
std::string trace_json(const std::vector<sim::Span>& spans, double clock_mhz,
                       const std::string& title);

/// Writes it whole or not at all; compressed where the name ends in .gz. Throws Error.
void write_trace(const std::string& path, const std::string& json);

}  // namespace mxscope::reports
