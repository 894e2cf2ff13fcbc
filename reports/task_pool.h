// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <vector>

#include "reports/verify_plan.h"

namespace mxscope::reports {

/// Processes that share the tasks of one plan, which each of them has made itself.
class TaskPool {
 public:
  virtual ~TaskPool() = default;

  /// Whether this process hands out tasks and keeps results; the others serve it.
  virtual bool coordinates() const = 0;

  /// Runs the plan's tasks at `places` on the other processes; done() and the result as for
  /// analysis::run_tasks(), with places for indices. Throws Error when a process cannot take part.
  virtual bool run(
      const VerifyPlan& plan, const std::vector<std::size_t>& places, const std::atomic<bool>& stop,
      const std::function<void(std::size_t place, std::vector<analysis::Claim>)>& done) = 0;

  /// Runs what the coordinating process asks for until it has no more.
  virtual void serve(const VerifyPlan& plan, const std::atomic<bool>& stop) = 0;
};

}  // namespace mxscope::reports
