// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include "sim/event_queue.h"

namespace mxscope::sim {

/// What one SM's ring asks of DRAM in a steady loop over K, in ticks.
struct DramLoad {
  Tick round_trip = 0;  ///< of a copy from DRAM when nobody else asks for anything
  Tick dram = 0;        ///< that DRAM needs for one block of K of every SM
  Tick tensor = 0;      ///< that the tensor pipe needs for it
  int stages = 1;
};

/// How much longer a copy from DRAM takes because others are served too: a second round trip at
/// full load, in proportion below. Copies of a B200 take 900, 1038, 1258, 1405 and 1757 cycles when
/// DRAM is busy to 2, 15, 27, 49 and 78 % (SemiAnalysisAI/microbench-blackwell@9a068d8, TMA
/// throughput). The load is that of the loop which the longer round trip leads to: a ring of few
/// stages asks for less.
inline Tick loaded_latency(const DramLoad& load) {
  const auto trip = static_cast<double>(load.round_trip), dram = static_cast<double>(load.dram);
  if (trip <= 0 || dram <= 0) return 0;
  // trip' = trip + trip * dram / block, of which the ring makes block = trip' / stages.
  const double longer = (trip + std::sqrt(trip * trip + 4 * trip * load.stages * dram)) / 2;
  const double block = std::max({longer / load.stages, dram, static_cast<double>(load.tensor)});
  return static_cast<Tick>(std::llround(trip * dram / block));
}

}  // namespace mxscope::sim
