// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What the engine keeps of SMs, workers, their barriers and their warp roles while it runs.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/bandwidth_server.h"
#include "sim/barrier_ring.h"
#include "sim/engine.h"
#include "sim/engine_plan.h"
#include "sim/mma_queue.h"

namespace mxscope::sim {

inline constexpr std::int32_t kNobody = -1;

/// Why a use of a ring completed as late as it did.
struct Delay {
  Tick path = 0, l2 = 0, dram = 0;
};

struct Ring {
  BarrierRing barrier;
  std::int32_t waiter = kNobody;
  Tick last = 0;  ///< no use completes before the one before it
};

struct Sm {
  MmaQueue tensor;
  BandwidthServer path, port;
  Tick free = 0;  ///< of the tensor pipe
  std::array<Tick, kStalls> stalls{};
  Tick end = 0;
};

struct Worker {
  std::int32_t sm = 0;
  std::vector<const UnitPlan*> units = {};
  std::vector<std::int64_t> first_block = {};  ///< of a unit, counted over all units
  bool complete = false;                       ///< no more units will come
  Tick next_request = 0;
  std::vector<Delay> delays = {};  ///< of the stages' last fills
};

enum class Phase : std::uint8_t { kBegin, kBlock, kEnd };

struct RoleState {
  const Role* role = nullptr;
  std::int32_t worker = 0;
  std::int64_t unit = 0, block = 0;  ///< the worker's; block within the unit
  Phase phase = Phase::kBegin;
  std::uint32_t op = 0;
  Tick time = 0;                     ///< up to which the role has run
  Tick done = 0;                     ///< of the multiplications it has issued
  std::int32_t waits_for = kNobody;  ///< the ring it was last held up at
  Tick copied_at = -1;               ///< its last copy
  bool asks = true;                  ///< needs a unit of work
  bool multiplies = false;
};

}  // namespace mxscope::sim
