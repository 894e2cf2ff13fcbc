// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// ARCQuant (arXiv 2601.07475): its dual-stage NVFP4 against MXFP8, step by step and as it is coded.
#pragma once

#include <string>
#include <vector>

#include "analysis/dual_stage.h"
#include "analysis/work.h"

namespace mxscope::analysis {

/// A dual stage: what it changes in NVFP4.
struct DualVariant {
  std::string name;  ///< "nvfp4", "nvfp4_clamped"
  std::string text;
  std::vector<Stage> stages;
};
std::vector<DualVariant> arcquant_variants();

/// Each step of the published argument for the dual stage's error bound, with what is true of it.
std::vector<Task> arcquant_argument_tasks();

/// Exact bounds of the dual stage's variants, and where in a tensor's range they stay below
/// MXFP8's.
std::vector<Task> arcquant_bound_tasks();

/// The published kernels on every block of bfloat16 numbers.
std::vector<Task> arcquant_kernel_tasks();

/// All of the above.
std::vector<Task> arcquant_tasks();

}  // namespace mxscope::analysis
