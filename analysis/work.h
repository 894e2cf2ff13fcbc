// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/claim.h"

namespace mxscope::analysis {

/// A piece of long work: independent of every other, the same claims whenever and wherever it runs.
struct Task {
  std::string id;   ///< stable: a journal of finished tasks is keyed by it
  double cost = 1;  ///< relative duration, for progress
  std::function<std::vector<Claim>(const std::atomic<bool>& stop)> run;
  std::optional<std::size_t> claims = std::nullopt;  ///< how many, where that is known before
};

/// Why these cannot be the claims of the task: their number, or an id that is not the task's or
/// stands twice. "" when they can be.
std::string claims_problem(const Task& task, const std::vector<Claim>& claims);

/// 1/n of a task list: task k belongs to shard k mod count.
struct Shard {
  int index = 0;
  int count = 1;
};

std::vector<Task> shard_of(std::vector<Task> tasks, Shard shard);

/// `threads`, or one per core where it is not positive.
int threads_or_cores(int threads);

/// Runs the tasks on `threads` threads (0: one per core), costly ones first. `done(k, claims)` is
/// called for each finished task k, one call at a time, in completion order. When `stop` becomes
/// true running tasks may return early and are then not reported. Returns whether all finished.
/// An exception of a task is rethrown after the others have stopped.
bool run_tasks(const std::vector<Task>& tasks, int threads, const std::atomic<bool>& stop,
               const std::function<void(std::size_t, const std::vector<Claim>&)>& done);

}  // namespace mxscope::analysis
