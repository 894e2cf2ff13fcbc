// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/power_clock.h"

#include <algorithm>
#include <cmath>

namespace mxscope::sim {
namespace {

constexpr double kClose = 2e-7;  ///< of the clock
constexpr int kMostRuns = 12;

}  // namespace

double clock_under(const Device& device, const ChipLoad& load) {
  const double left = 1 - device.clock.dram_power_share * std::min(load.dram, 1.0);
  if (load.tensor <= 0) return device.clock.burst_mhz;
  const double clock =
      device.clock.sustained_mhz * std::pow(left / load.tensor, 1 / device.clock.power_exponent);
  return std::min(clock, device.clock.burst_mhz.value);
}

ChipLoad load_of(const Device& device, const KernelRun& run, double clock_mhz) {
  const double peak = device.dram.peak_gb_per_s * 1e3;  // bytes per us
  return {run.tensor_cycles / (run.us * clock_mhz), run.dram_bytes / (run.us * peak)};
}

// What the load at a clock allows changes less than the clock does, so that going there again and
// again settles; the line through the last two steps gets there sooner.
double settled_clock(const Device& device, const std::function<KernelRun(double)>& run_at) {
  const double burst = device.clock.burst_mhz;
  double clock = burst, before = 0, allowed_before = 0;
  for (int i = 0; i < kMostRuns; ++i) {
    const double allowed = clock_under(device, load_of(device, run_at(clock), clock));
    if (std::abs(allowed - clock) <= kClose * clock) return clock;
    double next = allowed;
    if (i > 0) {
      const double slope = (allowed - allowed_before) / (clock - before);
      if (slope > 0 && slope < 0.9) next = clock + (allowed - clock) / (1 - slope);
    }
    before = clock;
    allowed_before = allowed;
    clock = std::min(next, burst);
  }
  return clock;
}

}  // namespace mxscope::sim
