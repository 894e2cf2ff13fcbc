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

/// A threshold as somebody has it: channels up to it become `element`.
struct MicromixThreshold {
  const char* element;  ///< "mxfp4": recipes are this and a scale rule's suffix
  const char* where;    ///< "paper" or "main", and part of claims' ids
  const char* text;
  Rational share;  ///< of the token's largest magnitude
};

/// T(n) = 2^b 2^(n-1) / q_max / 254 (appendix C.2), which the code has too (branch ICLR), and those
/// of its main branch.
std::vector<MicromixThreshold> micromix_thresholds();

/// Every claim about thresholds, gamma, signed comparisons, scale rules and channel counts.
std::vector<Task> micromix_tasks();

}  // namespace mxscope::analysis
