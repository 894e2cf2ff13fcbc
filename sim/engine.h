// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The time executor of a Program: events on the warps, barriers, pipes and memories of a device.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/device.h"
#include "sim/event_queue.h"
#include "sim/mechanisms.h"
#include "sim/program.h"

namespace mxscope::sim {

/// What the tensor pipe of an SM waits for between two blocks.
enum class Stall : std::uint8_t {
  kStart,        ///< prologue, and the first copy
  kBarrier,      ///< signals, and operands on their way into registers
  kCopyLatency,  ///< the ring is too shallow for the time a copy takes
  kCopyPath,     ///< the SM's own way from the L2
  kL2,
  kDram,
  kEpilogue,  ///< no accumulator is free
  kTail,      ///< after the last block: the last epilogue
};
inline constexpr int kStalls = 8;
std::string_view stall_name(Stall stall);

/// Something that happened on one SM, for traces; times in ticks.
struct Span {
  int worker = 0;
  std::string lane = {};  ///< "copy", "tensor", "epilogue", "store", or "warp " and a role's name
  std::string name = {};  ///< "wait full" in a lane of warps; else what the lane does
  Tick begin = 0, end = 0;
  std::int64_t unit = 0, block = -1;
};

struct EngineOptions {
  double clock_mhz = 0;
  Mechanisms mechanisms = {};
  /// Simulate every SM. Otherwise those SMs that do the same are simulated once, by the one with
  /// the most to do, whose requests weigh as much as all of theirs.
  bool every_sm = false;
  std::vector<Span>* trace = nullptr;
  std::size_t most_spans = 200000;
};

struct EngineResult {
  Tick end = 0;  ///< when the last byte is stored; 0 is when the first CTA begins
  std::int64_t events = 0;
  std::int64_t sms = 0, workers = 0, units = 0;
  std::int64_t waves = 0;  ///< units of the busiest worker
  /// Of the SM that ends last; their sum with tensor_busy is `end`.
  std::array<Tick, kStalls> stalls{};
  Tick tensor_busy = 0;
  Tick port_busy = 0, path_busy = 0, l2_busy = 0, dram_busy = 0;
  /// Of all SMs.
  std::int64_t fill_bytes = 0, smem_read_bytes = 0, l2_bytes = 0, dram_bytes = 0;
};

/// The CTAs (or pairs) that run at once, from SMs, GPCs, cluster and what fits into an SM.
std::int64_t concurrent_workers(const Device& device, const Program& program);
int ctas_per_sm(const Device& device, const Program& program);

/// The part of the L2 that an SM's repeated reads can use.
std::int64_t l2_capacity(const Device& device, const Mechanisms& mechanisms);

EngineResult run_engine(const Device& device, const Program& program, const EngineOptions& options);

}  // namespace mxscope::sim
