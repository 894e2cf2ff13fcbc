// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace mxscope::reports {

/// How far long work is, on standard error: a bar with the time left on a terminal, else a plain
/// line a minute. Silent for the first two seconds. Use from one thread at a time.
class Progress {
 public:
  /// `what`: "verify"; `unit`: "tasks"; the sum of all amounts given to advance() is `total`.
  Progress(std::string what, std::string unit, std::size_t count, double total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  ///< wipes the bar

  void advance(double amount, std::size_t items = 1);

 private:
  using Clock = std::chrono::steady_clock;

  std::string line(double seconds) const;

  std::string what_, unit_;
  std::size_t count_, finished_ = 0;
  double total_, done_ = 0;
  bool terminal_, shown_ = false;
  Clock::time_point start_, next_;
};

}  // namespace mxscope::reports
