// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A task list on threads: costly tasks first, reports one at a time, exceptions handed on.
#include "analysis/work.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <utility>

#include "analysis/text_lines.h"
#include "spec/error.h"

namespace mxscope::analysis {
namespace {

std::vector<std::size_t> costly_first(const std::vector<Task>& tasks) {
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return tasks[a].cost > tasks[b].cost; });
  return order;
}

}  // namespace

std::string claims_problem(const Task& task, const std::vector<Claim>& claims) {
  if (task.claims && claims.size() != *task.claims)
    return fmt::format("it has {} claims instead of {}", claims.size(), *task.claims);
  // Ids extend the task's; those of "two-step/bf16/rne" name the target before the mode.
  const bool two_step = task.id.rfind("two-step/", 0) == 0;
  const std::string stem = two_step ? task.id.substr(0, task.id.rfind('/')) : task.id;
  std::set<std::string_view> ids;
  for (const Claim& claim : claims) {
    if (claim.id != task.id && claim.id.rfind(stem + "/", 0) != 0)
      return fmt::format("claim {} is not one of its", excerpt(claim.id));
    if (!ids.insert(claim.id).second) return fmt::format("claim {} stands twice", claim.id);
  }
  return "";
}

std::vector<Task> shard_of(std::vector<Task> tasks, Shard shard) {
  if (shard.count < 1 || shard.index < 0 || shard.index >= shard.count)
    throw Error("a shard is i/n with 0 <= i < n, and this one is " + std::to_string(shard.index) +
                "/" + std::to_string(shard.count));
  std::vector<Task> mine;
  for (std::size_t k = static_cast<std::size_t>(shard.index); k < tasks.size();
       k += static_cast<std::size_t>(shard.count))
    mine.push_back(std::move(tasks[k]));
  return mine;
}

int threads_or_cores(int threads) {
  if (threads > 0) return threads;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

bool run_tasks(const std::vector<Task>& tasks, int threads, const std::atomic<bool>& stop,
               const std::function<void(std::size_t, const std::vector<Claim>&)>& done) {
  const std::vector<std::size_t> order = costly_first(tasks);
  std::atomic<std::size_t> next{0};
  std::atomic<bool> halt{false};  // what tasks see: the caller's stop, or an exception elsewhere
  std::mutex mutex;               // guards done(), failure, finished and idle
  std::condition_variable changed;
  std::exception_ptr failure;
  std::size_t finished = 0;
  std::size_t idle = 0;

  const auto work = [&] {
    try {
      for (std::size_t k = next++; k < order.size() && !halt; k = next++) {
        const std::vector<Claim> claims = tasks[order[k]].run(halt);
        const std::lock_guard lock(mutex);
        // A task that saw the stop may have returned early, and nobody can tell whether it did.
        if (halt) break;
        done(order[k], claims);
        ++finished;
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      halt = true;
    }
    const std::lock_guard lock(mutex);
    ++idle;
    changed.notify_one();
  };

  const std::size_t count = std::min(static_cast<std::size_t>(threads_or_cores(threads)),
                                     std::max<std::size_t>(tasks.size(), 1));
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < count; ++i) workers.emplace_back(work);
    std::unique_lock lock(mutex);
    // `stop` belongs to a signal handler, which may not notify: look at it now and then.
    while (idle < count) {
      if (stop) halt = true;
      changed.wait_for(lock, std::chrono::milliseconds(10));
    }
  }
  if (failure) std::rethrow_exception(failure);
  return finished == tasks.size();
}

}  // namespace mxscope::analysis
