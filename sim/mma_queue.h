// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "sim/event_queue.h"

namespace mxscope::sim {

/// The tensor pipe of an SM (or of a pair): takes a matrix instruction every `interval`, whose
/// result is there `latency` after it was taken.
class MmaQueue {
 public:
  struct Issue {
    Tick first = 0;  ///< when the first instruction is taken
    Tick free = 0;   ///< when the pipe would take another
    Tick done = 0;   ///< when the last result is there
  };

  /// When an instruction that is ready at `t` is taken.
  Tick earliest_at(Tick t) const { return std::max(t, free_); }

  /// Issues `count` instructions, of which the first is ready at `t`.
  Issue issue(Tick t, std::int64_t count, Tick interval, Tick latency) {
    const Tick first = earliest_at(t);
    free_ = first + count * interval;
    busy_ += count * interval;
    return {first, free_, free_ - interval + std::max(latency, interval)};
  }

  Tick busy() const { return busy_; }

 private:
  Tick free_ = 0, busy_ = 0;
};

}  // namespace mxscope::sim
