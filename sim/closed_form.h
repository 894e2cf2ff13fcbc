// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/device.h"
#include "sim/gemm_problem.h"

namespace mxscope::sim {

/// How long a GEMM takes by a formula: waves of tiles, each as slow as its slowest part, the
/// fastest of the architecture's tiles. It is what an event-driven simulation has to beat, and
/// reads the same device. Throws Error for a type that the device has no matrix instruction for.
double closed_form_us(const Device& device, const GemmProblem& problem);

/// The least time of a GEMM, the kernel that quantizes its activations included: no launches, no
/// latencies, no waves.
double gemm_roofline_us(const Device& device, const GemmProblem& problem);

}  // namespace mxscope::sim
