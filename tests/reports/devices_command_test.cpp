// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope devices: the table, one device, and a file of one's own.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "sim/device.h"
#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

TEST(DevicesCommand, TableHasEveryDevice) {
  const Seen seen = run({"devices"});
  EXPECT_EQ(seen.code, 0);
  for (const sim::Device& device : sim::devices()) EXPECT_THAT(seen.out, HasSubstr(device.name));
}

TEST(DevicesCommand, OneDeviceShowsValueConfidenceAndSource) {
  const Seen seen = run({"devices", "RTX5090"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_THAT(seen.out, HasSubstr("NVIDIA GeForce RTX 5090 (sm120)"));
  EXPECT_THAT(seen.out, HasSubstr("l2.bytes"));
  EXPECT_THAT(seen.out, HasSubstr("100663296"));
  EXPECT_THAT(seen.out, HasSubstr("measured  96 MiB, cudaDeviceProp"));
}

TEST(DevicesCommand, JsonHasEveryNumber) {
  const Seen seen = run({"devices", "b200", "--json"});
  const auto json = nlohmann::json::parse(seen.out);
  const auto& numbers = json["devices"][0]["numbers"];
  EXPECT_EQ(numbers["chip.sms"]["value"], 148);
  EXPECT_EQ(numbers["rates.nvfp4.fp32.flop_per_cycle_sm"]["value"], 32768);
  EXPECT_EQ(numbers["dram.efficiency"]["range"][1], 0.95);
}

TEST(DevicesCommand, WhatTomlWritesIsRead) {
  const Seen toml = run({"devices", "gb10", "--toml"});
  const Folder folder;
  const std::string path = folder.write("mine.toml", toml.out);
  EXPECT_EQ(run({"devices", "--device", path, "--toml"}).out, toml.out);
}

TEST(DevicesCommand, ContradictionsAreBadInput) {
  std::string text = run({"devices", "gb10", "--toml"}).out;
  const std::size_t at = text.find("value = 48");
  ASSERT_NE(at, std::string::npos);
  const Folder folder;
  const std::string path = folder.write("mine.toml", text.replace(at, 10, "value = 50"));
  const Seen seen = run({"devices", "--device", path});
  EXPECT_EQ(seen.code, 2);
  EXPECT_EQ(seen.out, "");
  EXPECT_THAT(seen.err, HasSubstr("gpc_sms adds up to 48 SMs, but chip.sms is 50"));
}

TEST(DevicesCommand, UnknownNamesAreBadInput) {
  const Seen seen = run({"devices", "rtx-5095"});
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("rtx-5090"));
  EXPECT_EQ(run({"devices", "rtx pro 6000"}).code, 2);
  EXPECT_EQ(run({"devices", "--device", "/nonexistent.toml"}).code, 2);
  EXPECT_EQ(run({"devices", "--toml"}).code, 2);
}

}  // namespace
}  // namespace mxscope::reports
