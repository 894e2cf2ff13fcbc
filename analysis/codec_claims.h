// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "analysis/work.h"
#include "spec/format.h"
#include "spec/rounding.h"

namespace mxscope::analysis {

/// Which codec claims to check.
struct CodecRequest {
  std::vector<spec::Format> formats;      ///< targets of at most 8 bits
  std::vector<spec::Rounding> roundings;  ///< deterministic ones
  std::string backend = "auto";           ///< of BatchCast
  bool own_kernels = false;  ///< leave out what the back end borrows from the portable one
  bool quick = false;        ///< one rounding mode and policy per format, for a glance
};

/// Batch codec == oracle for all 2^32 binary32 inputs: one task for each format, mode and legal
/// overflow policy; result exhaustive, or refuted with the first witness.
std::vector<Task> exhaustive_codec_tasks(const CodecRequest& request);

/// All 65536 bfloat16 and binary16 inputs, deterministic modes and policies, every back end.
std::vector<Task> narrow_source_tasks(const CodecRequest& request);

/// All 65536 bfloat16 and binary16 inputs x every value of n random bits, n = 1..8, each
/// stochastic form; and for binary32 the proof by thresholds.
std::vector<Task> stochastic_tasks(const CodecRequest& request);

/// The P3109 families and every other format, in both readings of overflow in directed modes, and
/// the named conversions into them: binary32 by rounding cells (result proved).
std::vector<Task> cell_tasks(const CodecRequest& request);

/// Monotone, idempotent, sign-symmetric where it must be, faithful; the exact maximum error in ulp
/// of the target with its witness. From the oracle's step map, so over all binary32 inputs.
std::vector<Task> property_tasks(const CodecRequest& request);

/// Two-step conversions binary32 -> middle -> target against one step: how many of all 2^32 inputs
/// round differently, with the first witness.
std::vector<Task> two_step_tasks(const CodecRequest& request);

}  // namespace mxscope::analysis
