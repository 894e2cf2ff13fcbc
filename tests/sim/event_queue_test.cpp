// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/event_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace mxscope::sim {
namespace {

TEST(EventQueue, GivesEventsInOrderOfTimeAndThenOfInsertion) {
  std::mt19937 random(1);
  // Times within a cycle, within the wheel, and far beyond its horizon.
  for (const Tick spread : {Tick{8}, Tick{5000}, Tick{3'000'000}}) {
    EventQueue<int> queue;
    std::vector<std::pair<Tick, int>> expected, got;
    Tick now = 0;
    int number = 0;
    for (int round = 0; round < 4000; ++round) {
      for (auto count = random() % 4; count > 0; --count) {
        const Tick time = now + static_cast<Tick>(random() % static_cast<unsigned>(spread));
        expected.emplace_back(time, number);
        queue.push(time, number++);
      }
      if (queue.empty()) continue;
      const auto event = queue.pop();
      EXPECT_GE(event.time, now);
      now = event.time;
      got.emplace_back(event.time, event.payload);
    }
    while (!queue.empty()) {
      const auto event = queue.pop();
      got.emplace_back(event.time, event.payload);
    }
    // Numbers grow with insertion, so pairs in order are times in order, then insertion.
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(got, expected);
  }
}

TEST(EventQueue, KeepsInsertionOrderAcrossTheHorizon) {
  EventQueue<int> queue;
  const Tick late = 4096 * kTicksPerCycle + 5;
  queue.push(late, 1);  // beyond the horizon now
  queue.push(3 * kTicksPerCycle, 0);
  EXPECT_EQ(queue.pop().payload, 0);
  queue.push(late, 2);  // within it now
  EXPECT_EQ(queue.pop().payload, 1);
  EXPECT_EQ(queue.pop().payload, 2);
}

}  // namespace
}  // namespace mxscope::sim
