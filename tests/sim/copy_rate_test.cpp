// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// DRAM bandwidth by bytes in flight on a B200 (SemiAnalysisAI/microbench-blackwell, TMA
// throughput): a loop that only copies, no parameter fitted: the numbers are those from before any
// fit.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/engine.h"

namespace mxscope::sim {
namespace {

constexpr int kBlocks = 400;

Device unfitted() { return load_device(MXSCOPE_TEST_DATA "/../sim/devices/unfitted/b200.toml"); }

/// A CTA on each SM that keeps `stages` copies of `bytes` in flight.
Program copy_loop(std::int64_t sms, int stages, std::int64_t bytes) {
  Program p;
  p.problem = {.m = sms, .n = 1, .k = 1, .weight_copies = 0};
  p.config = {.tile_m = 1, .tile_n = 1, .tile_k = 1, .stages = stages, .raster = 1};
  p.tiles_m = sms;
  p.tiles_n = 1;
  p.blocks = kBlocks;
  p.copies[0] = {bytes / 128, 128, bytes, 1};
  p.stage_bytes = bytes;
  p.reads_registers = true;
  p.threads = 64;
  p.mma.asynchronous = false;
  p.rings = {{"full", stages}, {"empty", stages, true}};
  Role load{.name = "load"}, use{.name = "use"};
  load.block = {{OpKind::kWait, 1}, {OpKind::kCopy, -1, Operand::kA}, {OpKind::kCopied, 0}};
  use.block = {{OpKind::kWait, 0}, {OpKind::kMultiply}, {OpKind::kCommit, 1}};
  use.end = {{OpKind::kStore}};
  p.roles = {load, use};
  return p;
}

double bytes_per_second(const Device& device, int stages, std::int64_t bytes, bool every_sm) {
  const auto sms = static_cast<std::int64_t>(device.chip.sms);
  const Program program = copy_loop(sms, stages, bytes);
  const double mhz = device.clock.burst_mhz;
  const EngineResult run = run_engine(device, program, {.clock_mhz = mhz, .every_sm = every_sm});
  const double seconds = static_cast<double>(run.end) / kTicksPerCycle / mhz / 1e6;
  return static_cast<double>(sms * kBlocks * bytes) / seconds;
}

TEST(CopyRate, IsThatOfSiliconAtAnyNumberOfBytesInFlight) {
  const char* folder = std::getenv("MXSCOPE_VECTORS");
  if (folder == nullptr) GTEST_SKIP() << "MXSCOPE_VECTORS is not set";
  std::ifstream file(std::filesystem::path(folder) / "timing" /
                     "semianalysis_tma2d_throughput_tma2d_tput_results.csv");
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  const Device b200 = unfitted();
  double error = 0;
  int points = 0;
  while (std::getline(file, line)) {
    std::stringstream stream(line);
    std::vector<double> row;
    for (std::string cell; std::getline(stream, cell, ',');) row.push_back(std::stod(cell));
    const int stages = static_cast<int>(row[1]);
    const auto bytes = static_cast<std::int64_t>(row[4]) / stages;
    const double rate = bytes_per_second(b200, stages, bytes, false);
    error += std::abs(rate / row[5] - 1);
    ++points;
  }
  EXPECT_GE(points, 20);
  EXPECT_LE(error / points, 0.06);
}

TEST(CopyRate, GrowsWithBytesInFlightUpToWhatDramGives) {
  const Device device = unfitted();
  double before = 0;
  for (const std::int64_t bytes : {512, 2048, 8192, 32768, 131072}) {
    const double one = bytes_per_second(device, 2, bytes, false);
    EXPECT_GT(one, before);
    EXPECT_LE(one, device.dram.peak_gb_per_s * device.dram.efficiency * 1e9);
    EXPECT_NEAR(bytes_per_second(device, 2, bytes, true) / one, 1, 0.02);
    before = one;
  }
}

}  // namespace
}  // namespace mxscope::sim
