// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Simulated times of GEMMs, and how they compare with measured ones.
#pragma once

#include <vector>

#include "reports/figures.h"

namespace mxscope::reports {

/// Predictions of shipped_points(): "accuracy", and "accuracy_small" for the first page.
std::vector<Figure> accuracy_figures();

/// Time against rows of activations, by type and device.
Figure gemm_times();

/// Where the cycles of an SM go, by type and rows of activations, and device.
Figure gemm_waits();

/// What one CTA does when: "pipeline_DEVICE" for each of two devices.
std::vector<Figure> pipeline_figures();

}  // namespace mxscope::reports
