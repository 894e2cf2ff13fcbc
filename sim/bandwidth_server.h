// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "sim/event_queue.h"

namespace mxscope::sim {

/// Something that moves a certain number of bytes per cycle, for one request after the other in
/// the order of their asking: the L2, DRAM, the copy path of an SM, the shared-memory port.
class BandwidthServer {
 public:
  /// 0 bytes per cycle: infinitely fast, the mechanism is off.
  explicit BandwidthServer(double bytes_per_cycle = 0)
      : cost_(bytes_per_cycle <= 0 ? 0
                                   : static_cast<std::int64_t>(
                                         std::ceil(kTicksPerCycle * kFraction / bytes_per_cycle))) {
  }

  /// When a request made at `t` begins to be served.
  Tick earliest_at(Tick t) const { return std::max(t, free_ / kFraction); }

  /// Serves a request and gives the time of its last byte. What it waited is waited().
  Tick serve(Tick t, std::int64_t bytes) { return serve(t, bytes, bytes); }

  /// The same where the request is the last of equal ones by several clients that ask in turn, of
  /// which only this one is simulated: `bytes` is the sum of all, `own` its part. The first time it
  /// waits for all others. Later it comes as much after them as it was served after them, and waits
  /// only if they keep the server busy all the time.
  Tick serve(Tick t, std::int64_t bytes, std::int64_t own) {
    bytes_ += bytes;
    waited_ = 0;
    if (cost_ == 0 || bytes == 0) return t;
    const std::int64_t asked = t * kFraction, work = bytes * cost_, mine = own * cost_;
    if (busy_ == 0) free_ = asked + work - mine;
    const std::int64_t start = std::max(asked, free_);
    waited_ = (start - asked) / kFraction;
    free_ = start + work;
    busy_ += work;
    return (start + mine + kFraction - 1) / kFraction;
  }

  Tick waited() const { return waited_; }
  std::int64_t bytes() const { return bytes_; }
  Tick busy() const { return busy_ / kFraction; }

 private:
  static constexpr std::int64_t kFraction = 1 << 20;  ///< of a tick
  std::int64_t cost_;                                 ///< ticks / kFraction of a byte
  std::int64_t free_ = 0, busy_ = 0, bytes_ = 0;
  Tick waited_ = 0;
};

}  // namespace mxscope::sim
