// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The clock of kernels that run one after the other, again and again.
#pragma once

#include <cmath>
#include <functional>

#include "sim/gemm_time.h"
#include "sim/power_clock.h"

namespace mxscope::sim {

/// `fixed` unless it is 0; the burst clock without the power mechanism; else the clock that the
/// average load of `run_at` leaves, from the burst clock downwards in a few steps, to 0.02 %.
inline double sequence_clock(const Device& device, double fixed, const Mechanisms& mechanisms,
                             const std::function<KernelRun(double)>& run_at) {
  constexpr int kMostSteps = 5;
  constexpr double kEnough = 2e-4;
  if (fixed > 0) return fixed;
  double clock = device.clock.burst_mhz;
  if (!mechanisms.power) return clock;
  for (int step = 0; step < kMostSteps; ++step) {
    const double next = clock_under(device, load_of(device, run_at(clock), clock));
    const bool settled = std::abs(next - clock) <= kEnough * clock;
    clock = next;
    if (settled) break;
  }
  return clock;
}

/// That a GEMM's useful work needs of busy tensor pipes, times their power.
inline double power_cycles(const Device& device, const GemmProblem& problem) {
  return problem.flop() / tensor_flop_per_cycle(device, problem.type) *
         tensor_rate(device, problem.type).relative_power();
}

}  // namespace mxscope::sim
