// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/roofline.h"

#include <gtest/gtest.h>

#include "spec/error.h"

namespace mxscope::sim {
namespace {

TEST(Roofline, TensorTimeIsWorkOverPeak) {
  const Device& device = find_device("rtx-5090");
  const Work work{.kind = "bf16", .flop = 209.5e6, .clock_mhz = device.clock.rated_mhz};
  EXPECT_NEAR(roofline(device, work).us(), 1.0, 1e-3);  // 209.5 TFLOPS
}

TEST(Roofline, ACopyIsBoundByDram) {
  const Device& b200 = find_device("b200");
  const Work work{.read_bytes = 4e9, .written_bytes = 4e9, .cold = true};
  // 8 GB at 8 TB/s, less what may stay in the L2.
  EXPECT_NEAR(roofline(b200, work).us(), 1000 - b200.l2.bytes / 8e6, 1e-6);
}

TEST(Roofline, WhatFitsInTheL2NeedsNoDram) {
  const Device& b200 = find_device("b200");
  const Roofline hot = roofline(b200, {.read_bytes = 1e6});
  EXPECT_EQ(hot.dram_us, 0);
  EXPECT_GT(hot.l2_us, 0);
  EXPECT_GT(roofline(b200, {.read_bytes = 1e6, .cold = true}).dram_us, 0);
}

TEST(Roofline, TheFasterAccumulatorCountsWhereThereAreTwo) {
  const Device& device = find_device("rtx-5090");  // fp16 into fp16 is twice as fast
  const double fp16 = roofline(device, {.kind = "fp16", .flop = 1e12}).us();
  EXPECT_NEAR(fp16 * 2, roofline(device, {.kind = "bf16", .flop = 1e12}).us(), 1e-9);
}

TEST(Roofline, UnknownKindsAreErrors) {
  EXPECT_THROW(roofline(find_device("h100"), {.kind = "nvfp4", .flop = 1}), Error);
}

}  // namespace
}  // namespace mxscope::sim
