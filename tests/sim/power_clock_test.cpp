// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/power_clock.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mxscope::sim {
namespace {

TEST(PowerClock, EndsAreTheBurstAndTheSustainedClock) {
  const Device& b200 = find_device("b200");
  EXPECT_EQ(clock_under(b200, {0, 0}), b200.clock.burst_mhz);
  EXPECT_EQ(clock_under(b200, {0, 1}), b200.clock.burst_mhz);
  EXPECT_EQ(clock_under(b200, {0.01, 0}), b200.clock.burst_mhz);
  EXPECT_DOUBLE_EQ(clock_under(b200, {1, 0}), b200.clock.sustained_mhz);
}

TEST(PowerClock, MoreLoadIsNeverAFasterClock) {
  for (const Device& device : devices()) {
    double before = 1e9;
    for (double tensor = 0.05; tensor <= 1; tensor += 0.05) {
      const double alone = clock_under(device, {tensor, 0});
      const double clock = clock_under(device, {tensor, 0.7});
      EXPECT_LE(clock, alone) << device.name;
      EXPECT_LE(clock, before) << device.name;
      before = clock;
    }
  }
}

// The power balance holds at the clock that is found, or the clock is the highest there is.
TEST(PowerClock, SettlesWhereTheLoadAllowsTheClockItself) {
  for (const Device& device : devices())
    for (const double cycles : {1e3, 1e5})
      for (const double fixed_us : {0.0, 1.0, 50.0, 1000.0}) {
        const auto run_at = [&](double clock) {
          return KernelRun{cycles / clock + fixed_us, 0.9 * cycles, 1e6 * fixed_us};
        };
        const double clock = settled_clock(device, run_at);
        const ChipLoad load = load_of(device, run_at(clock), clock);
        EXPECT_NEAR(clock_under(device, load) / clock, 1, 1e-6) << device.name;
        if (clock < device.clock.burst_mhz) {
          const double power = load.tensor * std::pow(clock / device.clock.sustained_mhz,
                                                      device.clock.power_exponent) +
                               device.clock.dram_power_share * std::min(load.dram, 1.0);
          EXPECT_NEAR(power, 1, 1e-5) << device.name;
        }
      }
}

}  // namespace
}  // namespace mxscope::sim
