// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/roofline.h"

namespace mxscope::sim {
namespace {

constexpr double kBytesPerUsOfGb = 1e3;  ///< GB/s in bytes per microsecond

double highest_rate(const Device& device, const std::string& kind) {
  double most = 0;
  for (const TensorRate& rate : device.rates)
    if (rate.kind == kind) most = std::max<double>(most, rate.flop_per_cycle_sm);
  return most > 0 ? most : static_cast<double>(device.rate(kind).flop_per_cycle_sm);
}

}  // namespace

Roofline roofline(const Device& device, const Work& work) {
  Roofline out;
  const double clock_mhz = work.clock_mhz > 0 ? work.clock_mhz : device.clock.burst_mhz;
  if (work.flop > 0)
    out.tensor_us = work.flop / (device.chip.sms * highest_rate(device, work.kind) * clock_mhz);
  const double bytes = work.read_bytes + work.written_bytes;
  out.l2_us = bytes / (device.l2.gb_per_s * kBytesPerUsOfGb);
  // Results may stay in the L2 when the kernel ends, and so may operands that were in it before.
  const double kept = work.cold ? work.written_bytes : bytes;
  const double from_l2 = std::min<double>(kept, device.l2.bytes);
  out.dram_us = (bytes - from_l2) / (device.dram.peak_gb_per_s * kBytesPerUsOfGb);
  return out;
}

}  // namespace mxscope::sim
