// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>

#include "sim/device.h"

namespace mxscope::sim {

/// What a kernel cannot do without.
struct Work {
  std::string kind = {};  ///< of the matrix instructions, as in TensorRate; unused if flop is 0
  double flop = 0;
  double read_bytes = 0;     ///< every operand byte once
  double written_bytes = 0;  ///< every result byte once
  /// Whether nothing is in the L2 at the start, so that all operands come from DRAM. Otherwise only
  /// what exceeds the L2 does.
  bool cold = false;
  double clock_mhz = 0;  ///< fixed; 0: the device's burst clock, its highest
};

/// The least time that a device needs for each part of some work, all parts overlapping perfectly.
struct Roofline {
  double tensor_us = 0, l2_us = 0, dram_us = 0;

  double us() const { return std::max({tensor_us, l2_us, dram_us}); }
};

/// From the device's own numbers, without any loss: full tensor rate on every SM, DRAM at its peak,
/// no launch and no latency. Throws Error for a kind that the device has not.
Roofline roofline(const Device& device, const Work& work);

}  // namespace mxscope::sim
