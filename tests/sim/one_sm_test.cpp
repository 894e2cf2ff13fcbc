// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// One SM of a B200 at 1.3 GHz in a loop over a long K (SemiAnalysisAI/microbench-blackwell): no
// waves, no DRAM roofline, no parameter fitted: the numbers are those from before any fit.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/gemm_time.h"

namespace mxscope::sim {
namespace {

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) out.push_back(cell);
  return out;
}

TEST(OneSm, MainloopsAreWithinThreePercentOfSilicon) {
  const char* folder = std::getenv("MXSCOPE_VECTORS");
  if (folder == nullptr) GTEST_SKIP() << "MXSCOPE_VECTORS is not set";
  std::ifstream file(std::filesystem::path(folder) / "timing" / "calibration_points.csv");
  ASSERT_TRUE(file);
  const Device b200 = load_device(MXSCOPE_TEST_DATA "/../sim/devices/unfitted/b200.toml");
  double error = 0;
  int points = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("B200-1SM@1.3GHz,", 0) != 0) continue;
    const std::vector<std::string> row = cells(line);
    GemmConfig config;
    ASSERT_EQ(std::sscanf(row[8].c_str(), "CUTLASS 1-CTA tile %dx%dx%d stages=%d", &config.tile_m,
                          &config.tile_n, &config.tile_k, &config.stages),
              4)
        << line;
    const GemmProblem problem{.m = std::stoll(row[1]),
                              .n = std::stoll(row[2]),
                              .k = std::stoll(row[3]),
                              .type = row[4] == "bf16" ? "bf16" : "fp8",
                              .clock_mhz = 1300};
    const double us = simulate_gemm(b200, problem, config).us;
    error += std::abs(us / std::stod(row[10]) - 1);
    ++points;
  }
  EXPECT_GE(points, 80);
  EXPECT_LE(error / points, 0.03);
}

}  // namespace
}  // namespace mxscope::sim
