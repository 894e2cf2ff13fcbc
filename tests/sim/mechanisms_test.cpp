// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Each mechanism by itself: not ready at t-1, ready at t; nothing lost; more is never slower.
#include "sim/mechanisms.h"

#include <gtest/gtest.h>

#include "sim/bandwidth_server.h"
#include "sim/barrier_ring.h"
#include "sim/dram_load.h"
#include "sim/mma_queue.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

constexpr Tick cycles(Tick n) { return n * kTicksPerCycle; }

TEST(BandwidthServer, IsBusyUntilTheLastByteAndNotLonger) {
  BandwidthServer server(128);
  const Tick end = server.serve(cycles(10), 1280);
  EXPECT_EQ(end, cycles(20));
  EXPECT_EQ(server.earliest_at(end - 1), end);
  EXPECT_EQ(server.earliest_at(end), end);
  EXPECT_EQ(server.serve(end - 1, 128), cycles(21));
  EXPECT_EQ(server.waited(), 1);
}

TEST(BandwidthServer, ServesExactlyTheBytesItWasAskedFor) {
  BandwidthServer server(7.25);
  std::int64_t bytes = 0;
  Tick end = 0;
  for (std::int64_t i = 1; i <= 1000; ++i) {
    end = server.serve(0, i);
    bytes += i;
  }
  EXPECT_EQ(server.bytes(), bytes);
  const double ideal = static_cast<double>(bytes) / 7.25 * kTicksPerCycle;
  EXPECT_GE(static_cast<double>(end), ideal);
  EXPECT_LE(static_cast<double>(end), ideal * 1.001);
}

TEST(BandwidthServer, WithMoreBandwidthIsNeverLater) {
  Tick before = std::numeric_limits<Tick>::max();
  for (const double rate : {1.0, 3.0, 58.0, 64.0, 100.0, 8600.0, 0.0 /* switched off */}) {
    BandwidthServer server(rate);
    Tick end = 0;
    for (Tick t = 0; t < 50; ++t) end = server.serve(cycles(t), 700);
    EXPECT_LE(end, before) << rate;
    before = end;
  }
}

TEST(MmaQueue, TakesAnInstructionEveryInterval) {
  MmaQueue queue;
  const MmaQueue::Issue issue = queue.issue(cycles(5), 4, cycles(64), cycles(200));
  EXPECT_EQ(issue.first, cycles(5));
  EXPECT_EQ(issue.free, cycles(5 + 4 * 64));
  EXPECT_EQ(issue.done, cycles(5 + 3 * 64 + 200));
  EXPECT_EQ(queue.earliest_at(issue.free - 1), issue.free);
  EXPECT_EQ(queue.earliest_at(issue.free), issue.free);
  EXPECT_EQ(queue.busy(), cycles(4 * 64));
}

TEST(MmaQueue, ResultsOfSlowerPipesAreNeverEarlier) {
  Tick before = 0;
  for (const Tick interval : {1, 16, 32, 64, 300}) {
    MmaQueue queue;
    const Tick done = queue.issue(0, 10, cycles(interval), cycles(100)).done;
    EXPECT_GE(done, before);
    before = done;
  }
}

TEST(BarrierRing, LetsAConsumerPassWhenItsUseIsComplete) {
  BarrierRing full(2, false);
  EXPECT_FALSE(full.ready(0));
  full.complete();
  EXPECT_TRUE(full.ready(0));
  EXPECT_FALSE(full.ready(1));
}

TEST(BarrierRing, LetsAProducerFillEverySlotOnceAndThenWait) {
  BarrierRing empty(3, true);
  for (int use = 0; use < 3; ++use) EXPECT_TRUE(empty.ready(use));
  EXPECT_FALSE(empty.ready(3));
  empty.complete();
  EXPECT_TRUE(empty.ready(3));
  EXPECT_FALSE(empty.ready(4));
}

TEST(DramLoad, ASecondRoundTripAtFullLoadAndNoneWithout) {
  EXPECT_EQ(loaded_latency({cycles(900), 0, cycles(100), 4}), 0);
  EXPECT_EQ(loaded_latency({cycles(900), cycles(5000), cycles(100), 4}), cycles(900));
  // Bound by the tensor pipe: in proportion.
  EXPECT_EQ(loaded_latency({cycles(900), cycles(500), cycles(1000), 12}), cycles(450));
}

TEST(DramLoad, AFasterDramOrAShorterRoundTripIsNeverSlower) {
  for (const int stages : {1, 2, 6})
    for (const Tick tensor : {Tick{0}, cycles(300), cycles(3000)}) {
      Tick before = 0;
      for (Tick dram = 0; dram < cycles(4000); dram += cycles(50)) {
        const Tick latency = loaded_latency({cycles(900), dram, tensor, stages});
        EXPECT_GE(latency, before);
        before = latency;
      }
      before = 0;
      for (Tick trip = 0; trip < cycles(2000); trip += cycles(50)) {
        const Tick whole = trip + loaded_latency({trip, cycles(500), tensor, stages});
        EXPECT_GE(whole, before);
        before = whole;
      }
    }
}

TEST(Mechanisms, AreSwitchedOffByName) {
  Mechanisms on;
  switch_off(on, "dram-bandwidth");
  EXPECT_FALSE(on.dram_bandwidth);
  EXPECT_TRUE(on.dram_latency);
  EXPECT_THROW(switch_off(on, "dram"), Error);
}

}  // namespace
}  // namespace mxscope::sim
