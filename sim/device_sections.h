// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "sim/device.h"

namespace mxscope::sim {

/// Whether a quantity may be zero.
enum class Zero { kNever, kAllowed };

/// Calls visit(table, key, quantity, zero) for each quantity that a device's file has in a plain
/// table, in the order of the record: the one list of them. Device is const or not.
template <typename SomeDevice, typename Visit>
void visit_sections(SomeDevice& device, Visit visit) {
  const auto in = [&](std::string_view table) {
    return [&visit, table](std::string_view key, auto& quantity, Zero zero = Zero::kNever) {
      visit(table, key, quantity, zero);
    };
  };
  const auto chip = in("chip");
  chip("sms", device.chip.sms);
  chip("dies", device.chip.dies);
  const auto clock = in("clock");
  clock("burst_mhz", device.clock.burst_mhz);
  clock("sustained_mhz", device.clock.sustained_mhz);
  clock("rated_mhz", device.clock.rated_mhz);
  clock("power_exponent", device.clock.power_exponent);
  clock("dram_power_share", device.clock.dram_power_share, Zero::kAllowed);
  clock("board_w", device.clock.board_w);
  const auto shared = in("shared");
  shared("bytes_per_sm", device.shared.bytes_per_sm);
  shared("bytes_per_cta", device.shared.bytes_per_cta);
  shared("bytes_per_cycle", device.shared.bytes_per_cycle);
  const auto tensor_memory = in("tensor_memory");
  tensor_memory("bytes_per_sm", device.tensor_memory.bytes_per_sm, Zero::kAllowed);
  tensor_memory("columns", device.tensor_memory.columns, Zero::kAllowed);
  tensor_memory("read_bytes_per_cycle", device.tensor_memory.read_bytes_per_cycle, Zero::kAllowed);
  const auto tma = in("tma");
  tma("issue_cycles", device.tma.issue_cycles);
  tma("row_cycles", device.tma.row_cycles);
  tma("latency_cycles", device.tma.latency_cycles);
  tma("bytes_per_cycle_sm", device.tma.bytes_per_cycle_sm);
  tma("multicast", device.tma.multicast, Zero::kAllowed);
  in("barrier")("signal_cycles", device.barrier.signal_cycles);
  const auto l2 = in("l2");
  l2("bytes", device.l2.bytes);
  l2("gb_per_s", device.l2.gb_per_s);
  l2("far_die_cycles", device.l2.far_die_cycles, Zero::kAllowed);
  const auto dram = in("dram");
  dram("bytes", device.dram.bytes);
  dram("peak_gb_per_s", device.dram.peak_gb_per_s);
  dram("efficiency", device.dram.efficiency);
  dram("latency_cycles", device.dram.latency_cycles);
  const auto launch = in("launch");
  launch("kernel_us", device.launch.kernel_us);
  launch("prologue_cycles", device.launch.prologue_cycles);
  launch("epilogue_cycles", device.launch.epilogue_cycles);
  launch("next_tile_cycles", device.launch.next_tile_cycles, Zero::kAllowed);
  launch("threads_per_sm", device.launch.threads_per_sm);
  launch("ctas_per_sm", device.launch.ctas_per_sm);
  launch("registers_per_sm", device.launch.registers_per_sm);
}

}  // namespace mxscope::sim
