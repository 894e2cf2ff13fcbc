// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "sim/device.h"
#include "sim/event_queue.h"
#include "sim/mechanisms.h"
#include "sim/program.h"

namespace mxscope::sim {

/// What each operation of a program costs on a device at a clock. Bandwidths are bytes per cycle,
/// 0 where the mechanism is off.
struct EngineCosts {
  double path = 0, port = 0, l2 = 0, dram = 0;
  Tick issue = 0;               ///< of one copy
  Tick copy_latency = 0;        ///< data in the L2
  Tick dram_latency = 0;        ///< more
  Tick far_latency = 0;         ///< more, for what another SM has just written
  Tick signal = 0;              ///< from a barrier's flip to the waiter's next instruction
  Tick prologue = 0;            ///< of a CTA
  Tick next_tile = 0;           ///< between requests for tiles
  Tick epilogue = 0;            ///< of a tile, fixed
  Tick drain = 0;               ///< of a whole accumulator
  Tick operand_latency = 0;     ///< shared memory to registers, before a block's first instruction
  Tick interval = 0;            ///< between matrix instructions of an SM
  Tick latency = 0;             ///< of the last one
  std::int64_t path_bytes = 0;  ///< of one block's copies, rows of boxes counted as whole
};

/// Throws Error when the device has no such instruction.
EngineCosts engine_costs(const Device& device, const Program& program, double clock_mhz,
                         const Mechanisms& mechanisms);

/// The device's timing of the program's instruction, or nullptr.
const MmaShape* find_shape(const Device& device, const Program& program);

}  // namespace mxscope::sim
