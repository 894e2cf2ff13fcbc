// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/device.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "spec/error.h"

namespace mxscope::sim {
namespace {

using ::testing::HasSubstr;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string message(const std::string& text) {
  try {
    read_device(text, "my.toml");
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Device, EveryGpuOfTheListIsThere) {
  for (const char* name :
       {"b200", "b300", "gb200", "rtx-pro-6000-server", "rtx-pro-6000-workstation", "rtx-5090",
        "rtx-5080", "rtx-5070-ti", "rtx-5070-ti-laptop", "gb10", "h100", "h200"})
    EXPECT_EQ(find_device(name).name, name);
}

// Dense peaks as NVIDIA and others publish them, here a second time.
TEST(Device, PeaksAreThePublishedOnes) {
  const auto peak = [](std::string_view name, std::string_view kind) {
    const Device& device = find_device(name);
    return device.chip.sms * device.rate(kind).flop_per_cycle_sm * device.clock.rated_mhz * 1e-6;
  };
  EXPECT_NEAR(peak("b200", "bf16"), 2250, 25);
  EXPECT_NEAR(peak("b200", "nvfp4"), 9000, 100);
  EXPECT_NEAR(peak("b300", "nvfp4"), 13500, 150);
  EXPECT_NEAR(peak("gb200", "mxfp8"), 5000, 50);
  EXPECT_NEAR(peak("rtx-pro-6000-server", "bf16"), 467.8, 1);
  EXPECT_NEAR(peak("rtx-5090", "bf16"), 209.5, 1);
  EXPECT_NEAR(peak("rtx-5090", "nvfp4"), 1676, 2);
  EXPECT_NEAR(peak("rtx-5080", "bf16"), 112.6, 1);
  EXPECT_NEAR(peak("gb10", "nvfp4"), 511, 2);
  EXPECT_NEAR(peak("h100", "bf16"), 989.4, 1);
}

TEST(Device, EveryNumberHasASourceAndFittedOnesARange) {
  for (const Device& device : devices()) {
    std::set<std::string> paths;
    for (const ConstDeviceField& field : device_fields(device)) {
      EXPECT_TRUE(paths.insert(field.path).second) << device.name << " " << field.path;
      if (field.quantity->value == 0 && field.quantity->source.empty()) continue;  // absent
      EXPECT_FALSE(field.quantity->source.empty()) << device.name << " " << field.path;
      EXPECT_EQ(field.quantity->low.has_value(), field.quantity->high.has_value());
      if (field.quantity->confidence == Confidence::kFitted) {
        EXPECT_TRUE(field.quantity->low) << device.name << " " << field.path;
      }
    }
  }
}

// sim/devices/unfitted holds what the fits began with.
TEST(Device, FitsMoveOnlyWhatTheySayAndOnlyInsideItsRange) {
  for (const char* name : {"b200", "rtx-pro-6000-server"}) {
    const Device before =
        load_device(std::string(MXSCOPE_TEST_DATA "/../sim/devices/unfitted/") + name + ".toml");
    const Device& after = find_device(name);
    const auto old_fields = device_fields(before), new_fields = device_fields(after);
    ASSERT_EQ(old_fields.size(), new_fields.size());
    for (std::size_t i = 0; i < old_fields.size(); ++i) {
      const Quantity& was = *old_fields[i].quantity;
      const Quantity& is = *new_fields[i].quantity;
      EXPECT_NE(was.confidence, Confidence::kFitted) << old_fields[i].path;
      if (is.confidence != Confidence::kFitted) {
        EXPECT_EQ(is.value, was.value) << name << ' ' << old_fields[i].path;
        EXPECT_EQ(is.source, was.source) << name << ' ' << old_fields[i].path;
        continue;
      }
      ASSERT_TRUE(was.low && was.high) << name << ' ' << old_fields[i].path;
      EXPECT_GE(is.value, *was.low);
      EXPECT_LE(is.value, *was.high);
      EXPECT_NE(is.source.find("calibrate"), std::string::npos);
      EXPECT_NE(is.source.find(was.source), std::string::npos) << is.source;
    }
  }
}

TEST(Device, WhatIsWrittenIsReadBack) {
  for (const Device& device : devices()) {
    const std::string text = device_toml(device);
    const Device again = read_device(text, "again.toml");
    EXPECT_EQ(device_toml(again), text);
    const auto before = device_fields(device);
    const auto after = device_fields(again);
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_EQ(before[i].quantity->value, after[i].quantity->value) << before[i].path;
    EXPECT_EQ(device.chip.gpc_sms, again.chip.gpc_sms);
    EXPECT_EQ(device.shapes.size(), again.shapes.size());
  }
}

TEST(Device, ContradictionsAreNamed) {
  const std::string good = device_toml(find_device("rtx-5090"));
  ASSERT_EQ(message(good), "");
  EXPECT_THAT(message(replaced(good, "sms = { value = 170", "sms = { value = 172")),
              HasSubstr("chip.gpc_sms adds up to 170 SMs, but chip.sms is 172"));
  EXPECT_THAT(message(replaced(good, "rated_mhz = { value = 2407", "rated_mhz = { value = 2500")),
              HasSubstr("bf16 into fp32: 170 SMs x 512 FLOP/cycle x 2500 MHz = 217.6 TFLOPS, but "
                        "peak_tflops is 209.5"));
  EXPECT_THAT(
      message(replaced(good, "interval_cycles = [[0, 32]]", "interval_cycles = [[0, 16]]")),
      HasSubstr("the fastest of [[shapes]] reaches 1024 FLOP/cycle/SM, but the rate is 512"));
  const std::string efficiency =
      fmt::format("efficiency = {{ value = {}", find_device("rtx-5090").dram.efficiency.value);
  EXPECT_THAT(message(replaced(good, efficiency, "efficiency = { value = 0.99")),
              HasSubstr("value 0.99 is outside its range 0.65 to 0.95"));
}

TEST(Device, BadFilesNameFileLineAndField) {
  const std::string good = device_toml(find_device("h200"));
  EXPECT_THAT(message(replaced(good, "kernel_us", "kernel_ms")),
              HasSubstr("field kernel_us: is missing"));
  EXPECT_THAT(message(replaced(good, "[tma]\n", "[tma]\nspeed = 3\n")), HasSubstr("speed"));
  EXPECT_THAT(message(replaced(good, "confidence = \"cited\"", "confidence = \"sure\"")),
              HasSubstr("field confidence: must be \"measured\""));
  EXPECT_THAT(message(replaced(good, "{ value = 132,", "{ value = -132,")),
              HasSubstr("field sms: value -132 must be positive"));
  EXPECT_THAT(message(replaced(good, "{ value = 132,", "{ value = inf,")),
              HasSubstr("must be a finite number"));
  EXPECT_THAT(message(replaced(good, "\"sm90\"", "\"sm80\"")),
              HasSubstr("my.toml:3: field architecture: must be sm90"));
  EXPECT_THAT(message(replaced(good, "[l2]", "[l3]")), HasSubstr("field l2: is missing"));
  EXPECT_THAT(message("x ="), HasSubstr("my.toml:1"));
  for (const char* name : {"", "a/b", "a,b", "a b"})
    EXPECT_THAT(message(replaced(good, "name = \"h200\"", fmt::format("name = \"{}\"", name))),
                HasSubstr("my.toml:1: field name: must be printable ASCII"));
  for (const char* hidden : {"\\n", "\\u001b[2J", "\\u007f"}) {
    SCOPED_TRACE(hidden);
    EXPECT_THAT(message(replaced(good, "title = \"", fmt::format("title = \"{}", hidden))),
                HasSubstr("my.toml:2: field title: must be one line"));
    EXPECT_THAT(message(replaced(good, "aliases = [\"", fmt::format("aliases = [\"{}", hidden))),
                HasSubstr("field aliases: must be one line"));
    EXPECT_THAT(message(replaced(good, "source = \"", fmt::format("source = \"{}", hidden))),
                HasSubstr("field source: must be one line"));
  }
  EXPECT_THROW(load_device("/nonexistent.toml"), Error);
}

TEST(Device, NamesAreFoundByAliasAndBeginning) {
  EXPECT_EQ(find_device("RTX PRO 6000 Server").name, "rtx-pro-6000-server");
  EXPECT_EQ(find_device("RTX5090").name, "rtx-5090");
  EXPECT_EQ(find_device("B200").name, "b200");
  EXPECT_EQ(find_device("GB10(SM121)").name, "gb10");
  try {
    find_device("rtx pro 6000");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("rtx-pro-6000-server or rtx-pro-6000-workstation"));
  }
  EXPECT_THROW(find_device("b100"), Error);
  EXPECT_THROW(find_device(""), Error);
}

/// The microbenchmark's files, if MXSCOPE_VECTORS names the folder with them.
std::filesystem::path timing_folder() {
  const char* set = std::getenv("MXSCOPE_VECTORS");
  return set == nullptr ? "" : std::filesystem::path(set) / "timing";
}

struct Measured {
  std::string format, a_from;
  int ctas = 1, m = 0, n = 0;
  double cycles = 0;
};

/// Rows of a file whose columns begin with format, A's place, CTAs, M, N, K.
std::vector<Measured> read_measured(const std::filesystem::path& path, std::size_t cycles_column) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::vector<Measured> out;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    out.push_back({.format = cells.at(0),
                   .a_from = cells.at(1),
                   .ctas = std::stoi(cells.at(2)),
                   .m = std::stoi(cells.at(3)),
                   .n = std::stoi(cells.at(4)),
                   .cycles = std::stod(cells.at(cycles_column))});
  }
  return out;
}

const MmaShape& shape_of(const Device& device, const Measured& row) {
  for (const MmaShape& shape : device.shapes)
    if (shape.ctas == row.ctas && shape.m == row.m &&
        shape.a_in_tensor_memory == (row.a_from == "TS"))
      return shape;
  throw Error("no shape for M=" + std::to_string(row.m));
}

// No number here was fitted to these files beyond reading the lines off: the largest errors are
// those of small N with two CTAs, where the operand port's cost is not quite a line.
TEST(Device, B200InstructionsTakeTheMeasuredCycles) {
  const std::filesystem::path folder = timing_folder();
  if (folder.empty()) GTEST_SKIP() << "MXSCOPE_VECTORS is not set";
  const Device& b200 = find_device("b200");
  double total = 0;
  int count = 0;
  for (const Measured& row :
       read_measured(folder / "semianalysis_umma_throughput_tput_results_max.csv", 8)) {
    const MmaShape& shape = shape_of(b200, row);
    const double error = std::abs(shape.interval(row.n) / row.cycles - 1);
    EXPECT_LT(error, row.ctas == 1 ? 0.02 : 0.13)
        << row.format << row.a_from << row.m << " " << row.n;
    total += error;
    ++count;
  }
  EXPECT_EQ(count, 264);
  EXPECT_LT(total / count, 0.02);
  for (const Measured& row :
       read_measured(folder / "semianalysis_umma_latency_lat_results_full.csv", 6)) {
    const double latency = shape_of(b200, row).latency(row.n);
    EXPECT_NEAR(latency, row.cycles, 8) << row.format << row.a_from << row.m << " " << row.n;
  }
}

}  // namespace
}  // namespace mxscope::sim
