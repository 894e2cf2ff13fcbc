// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The clock that a board's power limit leaves to a kernel that runs again and again, as benchmarks
// and models run theirs: the chip is warm, and it is the average load that counts.
#pragma once

#include <functional>

#include "sim/device.h"

namespace mxscope::sim {

/// What a kernel asks of the chip on average, as shares of the most it could.
struct ChipLoad {
  double tensor = 0;  ///< useful work of the tensor pipes at the clock they run at, times power
  double dram = 0;    ///< bytes per second of the peak
};

/// The highest clock whose power is within the limit: a busy tensor pipe's power goes with the
/// clock to the exponent e, so that
///   tensor * (clock / sustained_mhz) ^ e + dram_power_share * dram = 1,
/// but never above burst_mhz. sustained_mhz is that of bf16; a busy pipe of another type counts as
/// its TensorRate::relative_power().
double clock_under(const Device& device, const ChipLoad& load);

/// What a kernel does in one run at a clock.
struct KernelRun {
  double us = 0;             ///< from one run to the next
  double tensor_cycles = 0;  ///< that its useful work needs of busy tensor pipes, times power
  double dram_bytes = 0;
};
ChipLoad load_of(const Device& device, const KernelRun& run, double clock_mhz);

/// The clock at which a kernel's load allows just that clock. `run_at` gives its run at a clock; a
/// higher clock must not make it slower. Solved to a few parts in 10^7 of the clock.
double settled_clock(const Device& device, const std::function<KernelRun(double)>& run_at);

}  // namespace mxscope::sim
