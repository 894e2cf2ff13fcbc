// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "reports/figures.h"
#include "reports/point_problem.h"

namespace mxscope::reports {

/// Predicted against measured, a panel for each device, or all in a small one; points without a
/// prediction (0) are left out.
Figure accuracy_scatter(std::span<const SimulatedPoint> points, std::span<const double> predicted,
                        const std::string& model, bool small = false);

}  // namespace mxscope::reports
