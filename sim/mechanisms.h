// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mxscope::sim {

/// What the engine models; each can be switched off to see what it costs. Without a mechanism its
/// cost is zero, so a simulation with fewer is never slower.
struct Mechanisms {
  bool ring = true;          ///< shared memory has finitely many stages
  bool mma_latency = true;   ///< a matrix instruction's result comes after its latency
  bool smem_port = true;     ///< operand reads and fills take cycles of the shared-memory port
  bool copy_latency = true;  ///< of an L2 hit
  bool l2_bandwidth = true;
  bool far_die = true;  ///< lines on the other die take longer
  bool dram_bandwidth = true;
  bool dram_latency = true;
  bool epilogue = true;
  bool prologue = true;
  bool launch = true;
  bool power = true;  ///< the clock falls where the load would exceed the power limit
};

/// Names of the mechanisms, as in the record, and switching by name; throws Error with the names.
const std::vector<std::string>& mechanism_names();
void switch_off(Mechanisms& mechanisms, std::string_view name);

}  // namespace mxscope::sim
