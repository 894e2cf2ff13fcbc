// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// MicroMix (arXiv 2508.02343): its thresholds between MXFP4, MXFP6 and MXFP8, and its channel
// counts.
#pragma once

#include <vector>

#include "analysis/steps.h"
#include "analysis/work.h"

namespace mxscope::analysis {

/// INT8's error bound as a share of the token's largest magnitude: half a step of 127 (equation 4).
Rational micromix_int8_share();

/// The largest channel magnitude, as a share of the token's largest, up to which no block errs by
/// more than INT8's bound: 1 / (254 worst ratio). Just above it some block does.
Rational micromix_safe_threshold(const spec::Recipe& recipe);

/// Every claim about thresholds, gamma, signed comparisons, scale rules and channel counts.
std::vector<Task> micromix_tasks();

}  // namespace mxscope::analysis
