// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/work.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "spec/error.h"

namespace mxscope::analysis {
namespace {

Claim claim_named(const std::string& id) {
  Claim claim;
  claim.id = id;
  claim.result = Result::kProved;
  return claim;
}

std::vector<Task> numbered_tasks(int count) {
  std::vector<Task> tasks;
  for (int k = 0; k < count; ++k) {
    const std::string id = std::to_string(k);
    tasks.push_back({id, static_cast<double>(k % 3), [id](const std::atomic<bool>&) {
                       return std::vector<Claim>{claim_named(id)};
                     }});
  }
  return tasks;
}

TEST(RunTasks, ReportsEveryTaskOnceAtAnyThreadCount) {
  const std::vector<Task> tasks = numbered_tasks(100);
  const std::atomic<bool> stop{false};
  for (const int threads : {0, 1, 2, 7, 200}) {
    std::map<std::size_t, std::string> seen;
    EXPECT_TRUE(run_tasks(tasks, threads, stop, [&](std::size_t k, const auto& claims) {
      EXPECT_TRUE(seen.emplace(k, claims.at(0).id).second);
    }));
    ASSERT_EQ(seen.size(), tasks.size());
    for (const auto& [k, id] : seen) EXPECT_EQ(id, tasks[k].id);
  }
}

TEST(RunTasks, RunsCostlyTasksFirst) {
  std::vector<std::size_t> order;
  const std::atomic<bool> stop{false};
  run_tasks(numbered_tasks(6), 1, stop, [&](std::size_t k, const auto&) { order.push_back(k); });
  EXPECT_EQ(order, (std::vector<std::size_t>{2, 5, 1, 4, 0, 3}));
}

TEST(RunTasks, FinishesAnEmptyList) {
  const std::atomic<bool> stop{false};
  EXPECT_TRUE(run_tasks({}, 2, stop, [](std::size_t, const auto&) { FAIL(); }));
}

TEST(RunTasks, HandsOnAnExceptionOfATask) {
  std::vector<Task> tasks = numbered_tasks(20);
  tasks[4].run = [](const std::atomic<bool>&) -> std::vector<Claim> {
    throw Error("the disk is full");
  };
  // A long task must see the stop that an exception elsewhere causes.
  tasks[5].run = [](const std::atomic<bool>& stop) {
    while (!stop) std::this_thread::yield();
    return std::vector<Claim>{};
  };
  const std::atomic<bool> stop{false};
  EXPECT_THROW(run_tasks(tasks, 2, stop, [](std::size_t, const auto&) {}), Error);
}

TEST(RunTasks, HandsOnAnExceptionOfTheReport) {
  const std::atomic<bool> stop{false};
  EXPECT_THROW(run_tasks(numbered_tasks(5), 2, stop,
                         [](std::size_t, const auto&) { throw std::runtime_error("closed"); }),
               std::runtime_error);
}

TEST(RunTasks, StopsEarlyWithoutReportingUnfinishedTasks) {
  std::atomic<bool> stop{false};
  std::vector<Task> tasks = numbered_tasks(50);
  for (Task& task : tasks)
    task.run = [](const std::atomic<bool>& halt) {
      while (!halt) std::this_thread::yield();
      return std::vector<Claim>{};
    };
  tasks[7] = {"fast", 9, [](const std::atomic<bool>&) { return std::vector<Claim>{}; }};
  std::set<std::size_t> seen;
  const bool all = run_tasks(tasks, 2, stop, [&](std::size_t k, const auto&) {
    seen.insert(k);
    stop = true;
  });
  EXPECT_FALSE(all);
  EXPECT_EQ(seen, std::set<std::size_t>{7});
}

TEST(Shards, TogetherHoldEveryTaskOnce) {
  const std::vector<Task> tasks = numbered_tasks(10);
  std::multiset<std::string> ids;
  for (int i = 0; i < 3; ++i)
    for (const Task& task : shard_of(tasks, {i, 3})) ids.insert(task.id);
  EXPECT_EQ(ids.size(), 10U);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 10U);
  EXPECT_EQ(shard_of(tasks, {1, 3}).at(1).id, "4");
}

TEST(Shards, RefuseAnIndexOutOfRange) {
  EXPECT_THROW(shard_of({}, {3, 3}), Error);
  EXPECT_THROW(shard_of({}, {-1, 3}), Error);
  EXPECT_THROW(shard_of({}, {0, 0}), Error);
}

TEST(ClaimsProblem, NumberAndIdsBelongToTheTask) {
  const Task one{"codec/e4m3/rne", 1, {}, 1};
  EXPECT_EQ(claims_problem(one, {claim_named("codec/e4m3/rne")}), "");
  EXPECT_EQ(claims_problem(one, {claim_named("codec/e4m3/rne/AVX2")}), "");
  EXPECT_NE(claims_problem(one, {}), "");
  EXPECT_NE(claims_problem(one, {claim_named("codec/e4m3/rne2")}), "");
  const Task any{"codec/e4m3", 1, {}};
  EXPECT_EQ(claims_problem(any, {claim_named("codec/e4m3/a"), claim_named("codec/e4m3/b")}), "");
  EXPECT_NE(claims_problem(any, {claim_named("codec/e4m3/a"), claim_named("codec/e4m3/a")}), "");
  const Task two_step{"two-step/bf16/rne", 1, {}};
  EXPECT_EQ(claims_problem(two_step, {claim_named("two-step/bf16/e4m3/rne")}), "");
  EXPECT_NE(claims_problem(two_step, {claim_named("two-step/fp16/e4m3/rne")}), "");
}

}  // namespace
}  // namespace mxscope::analysis
