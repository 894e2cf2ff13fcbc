// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sim/gemm_time.h"

namespace mxscope::sim {

/// `config` with as many stages as fit, where it leaves them open.
GemmConfig with_stages(const Device& device, const GemmProblem& problem, GemmConfig config);

/// One kernel, given, at the clock that its load settles at; throws Error when it is illegal.
GemmTime simulate_config(const Device& device, const GemmProblem& problem, const GemmConfig& config,
                         const SimulationOptions& options);

/// The kernels that libraries have for the device's architecture, tuned or not for the problem.
std::vector<GemmConfig> library_kernels(const Device& device, const GemmProblem& problem);

/// A time that a legal kernel cannot beat: tensor work and copies of its busiest SM and its bytes
/// from the L2, all overlapping, at a clock.
double least_us(const Device& device, const GemmProblem& problem, const GemmConfig& config,
                const Mechanisms& mechanisms, double clock_mhz);

struct KernelChoice {
  GemmTime time;
  std::vector<Candidate> candidates;
};

/// The fastest at one clock, that of the kernel whose work alone takes least; the choice then runs
/// at its own. Throws Error, with the reason of one of them, when none is legal.
KernelChoice choose_kernel(const Device& device, const GemmProblem& problem,
                           const SimulationOptions& options);

}  // namespace mxscope::sim
