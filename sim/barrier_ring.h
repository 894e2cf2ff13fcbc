// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mxscope::sim {

/// A ring of mbarriers, one per slot of a buffer. Uses are numbered 0, 1, 2, ... and complete in
/// that order (whoever waits for a use has waited for the one before it). A ring that is free at
/// the start lets the first use of every slot pass, as a producer's wait for the empty slot does.
class BarrierRing {
 public:
  BarrierRing(std::int64_t slots, bool free_at_start) : passed_(free_at_start ? slots : 0) {}

  /// Whether a wait of use `i` passes.
  bool ready(std::int64_t i) const { return passed_ > i; }

  /// Completes the next use.
  void complete() { ++passed_; }

 private:
  std::int64_t passed_;
};

}  // namespace mxscope::sim
