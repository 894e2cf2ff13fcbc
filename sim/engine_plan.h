// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Which units of work the engine simulates, and how many bytes each asks of the shared memories.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine.h"

namespace mxscope::sim {

/// Bytes asked of a shared memory: by every worker that the simulated one stands for, and by it.
struct Request {
  std::int64_t bytes = 0, own = 0;
};

/// One unit of work.
struct UnitPlan {
  std::int64_t blocks = 0;
  bool missed = false;  ///< some of its operands come from DRAM
  Tick latency = 0;     ///< of its copies, filled in by the engine
  // Of a block of K.
  Request l2 = {}, dram = {};
  std::int64_t fill_bytes = 0, read_bytes = 0;
  // Of the unit.
  Request reduce = {};  ///< other units' sums that it adds
  Request store = {};
  Request c = {}, c_dram = {};  ///< the tile of C it reads: from the L2, and from DRAM into it
};

struct WorkerPlan {
  std::int32_t sm = 0;  ///< of the simulated ones
  std::vector<UnitPlan> units = {};
};

struct EnginePlan {
  std::vector<WorkerPlan> workers;  ///< simulated
  std::int64_t simulated_sms = 0;
  std::int64_t sms = 0, all_workers = 0, units = 0, waves = 0;
  bool dynamic = false;  ///< workers take units when they need them, wave by wave
  std::int64_t taken = 0;

  const UnitPlan* next_unit();
};

EnginePlan plan_engine(const Device& device, const Program& program, const EngineOptions& options);

}  // namespace mxscope::sim
