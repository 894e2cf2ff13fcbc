// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope simulate and explain: what a user sees, and bad input.
#include <gmock/gmock.h>
#include <zlib.h>

#include <map>
#include <sstream>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

std::vector<std::string> gemm(std::vector<std::string> more = {}) {
  std::vector<std::string> all = {"simulate", "gemm", "--device", "rtx5090", "-m",
                                  "4096",     "-n",   "4096",     "-k",      "4096"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::string inflated(const std::string& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  std::string text, part(1 << 16, '\0');
  for (int count = 0; (count = gzread(file, part.data(), static_cast<unsigned>(part.size()))) > 0;)
    text.append(part, 0, static_cast<std::size_t>(count));
  gzclose(file);
  return text;
}

TEST(SimulateCommand, SaysHowLongAndWhy) {
  const Seen seen = run(gemm({"--candidates", "--program"}));
  EXPECT_EQ(seen.code, 0) << seen.err;
  for (const char* text :
       {"NVIDIA GeForce RTX 5090", "TFLOPS", "roofline", "bound by", "waves", "tensor busy", "DRAM",
        "assumed, not measured:", "% slower", "wait full", "multiply"})
    EXPECT_THAT(seen.out, HasSubstr(text));
  std::istringstream lines(seen.out);
  for (std::string line; std::getline(lines, line) && line.find("kernel  ") == std::string::npos;)
    EXPECT_LE(line.size(), 100u) << line;
  // Of B200's many tiles, some need not be simulated.
  const Seen many = run({"simulate", "gemm", "--device", "b200", "--type", "nvfp4", "-m", "4096",
                         "-n", "4096", "-k", "4096", "--candidates"});
  EXPECT_THAT(many.out, HasSubstr("cannot be faster"));
  EXPECT_THAT(many.out, HasSubstr("fastest; all compared at"));
}

TEST(SimulateCommand, JsonHasTheSameNumbersTwice) {
  nlohmann::json one = run(gemm({"--json"})).json(), two = run(gemm({"--json"})).json();
  EXPECT_GE(one.at("us"), one.at("roofline_us"));
  double cycles = 0;
  for (const auto& [cause, count] : one.at("cycles").items()) cycles += count.get<double>();
  const double us = cycles / one.at("clock_mhz").get<double>();
  EXPECT_NEAR(us, one.at("kernel_us").get<double>(), 1e-6 * us);
  EXPECT_EQ(one, two);
}

TEST(SimulateCommand, TraceHasSpansThatDoNotOverlapInTheirLanes) {
  const Folder folder;
  const std::string path = folder.path("t.json.gz");
  ASSERT_EQ(run(gemm({"--trace", path})).code, 0);
  const auto trace = nlohmann::json::parse(inflated(path));
  std::map<std::pair<int, int>, double> ends;
  int spans = 0, names = 0;
  for (const auto& event : trace.at("traceEvents")) {
    names += event.at("ph") == "M" ? 1 : 0;
    if (event.at("ph") != "X") continue;
    ++spans;
    double& end = ends[{event.at("pid"), event.at("tid")}];
    const double begin = event.at("ts");
    EXPECT_GE(begin, end - 1e-4);
    end = begin + event.at("dur").get<double>();
  }
  EXPECT_GT(spans, 100);
  EXPECT_GT(names, 3);
  EXPECT_THAT(trace.dump(), HasSubstr("wait full"));
}

TEST(SimulateCommand, ADeviceMayBeAFile) {
  const Folder folder;
  const std::string out = run(gemm({"--json"})).json().at("device");
  EXPECT_EQ(out, "rtx-5090");
  expect_bad(run({"simulate", "gemm", "--device", folder.path("no.toml"), "-m", "1", "-n", "1",
                  "-k", "64"}),
             "no.toml");
}

TEST(SimulateCommand, BadInputIsOneSentence) {
  const auto with = [](std::vector<std::string> more) { return run(gemm(std::move(more))); };
  expect_bad(with({"--config", "sm120-pingpong:256x128x128"}), "registers");
  expect_bad(with({"--config", "sm120-pingpong:128x128x128,cluster=2x1"}), "has no clusters");
  expect_bad(with({"--config", "sm120-pingpong:128x128x128,stages=40"}), "shared memory");
  expect_bad(with({"--config", "sm100-1sm:128x512x128"}), "rtx-5090 is sm120");
  expect_bad(with({"--config", "nonsense"}), "':'");
  expect_bad(with({"--type", "fp5"}), "operand type");
  expect_bad(with({"--off", "gravity"}), "mechanism");
  expect_bad(run({"simulate", "gemm", "--device", "rtx5090", "--type", "nvfp4", "-m", "1048576",
                  "-n", "1048576", "-k", "1048576"}),
             "A, B and D have 3298.5 GB, and rtx-5090 has 34.4 GB of memory");
  expect_bad(with({"--trace", "/no/such/folder/t.json"}), "/no/such/folder");
  expect_bad(run({"simulate", "gemm", "--device", "tpu", "-m", "1", "-n", "1", "-k", "64"}), "tpu");
  expect_bad(run({"simulate", "gemm", "--device", "b200", "-m", "0", "-n", "1", "-k", "64"}), "-m");
  expect_bad(run({"simulate", "gemm", "--device", "b200", "--type", "bf16", "-m", "9", "-n", "1",
                  "-k", "63"}),
             "multiple of 16 bytes");
  expect_bad(run({"simulate", "gemm", "--device", "b200", "--type", "bf16", "-m", "128", "-n",
                  "512", "-k", "512", "--config", "sm100-1sm:128x384x64"}),
             "not in the instruction set");
}

TEST(SimulateCommand, SweepIsTheSameOnAnyNumberOfThreads) {
  const Folder folder;
  std::string shapes = "m,n,k,type\n# comment\n";
  for (int i = 1; i <= 40; ++i)
    shapes += std::to_string(16 * i) + "," + std::to_string(512 * (i % 7 + 1)) + ",1024," +
              (i % 2 == 0 ? "bf16" : "nvfp4") + "\n";
  const std::string file = folder.write("shapes.csv", shapes);
  const auto sweep = [&](const char* threads) {
    return run({"simulate", "sweep", "--shapes", file, "--device", "b200", "rtx5090", "--threads",
                threads});
  };
  const Seen one = sweep("1"), two = sweep("2");
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(one.out, two.out);
  EXPECT_EQ(std::count(one.out.begin(), one.out.end(), '\n'), 1 + 80);
  const std::string csv = folder.path("out.csv");
  EXPECT_EQ(
      run({"simulate", "sweep", "--shapes", file, "--device", "b200", "rtx5090", "--csv", csv})
          .code,
      0);
  EXPECT_EQ(contents(csv), one.out);
}

TEST(SimulateCommand, SweepNamesTheLineItCannotRun) {
  const Folder folder;
  const std::string bad = folder.write("bad.csv", "128,128,128\n128,x,128\n");
  expect_bad(run({"simulate", "sweep", "--shapes", bad, "--device", "b200"}), "bad.csv:2");
  const std::string shape = folder.write("shape.csv", "128,128,128\n");
  expect_bad(run({"simulate", "sweep", "--shapes", shape, "--device", "b200", "--csv", shape}),
             "is read, too");
  EXPECT_EQ(contents(shape), "128,128,128\n");
  const std::string empty = folder.write("empty.csv", "m,n,k\n");
  expect_bad(run({"simulate", "sweep", "--shapes", empty, "--device", "b200"}), "no shapes");
}

TEST(SimulateCommand, SweepGoesOnAfterAShapeThatCannotRun) {
  const Folder folder;
  const std::string shapes =
      folder.write("shapes.csv", "128,128,127,bf16\n128,128,128,bf16\n128,128,128,nvfp4\n");
  const std::vector<std::string> sweep = {"simulate", "sweep", "--shapes", shapes,
                                          "--device", "h200",  "b200"};
  const Seen seen = run(sweep);
  EXPECT_EQ(seen.code, 1);
  EXPECT_THAT(seen.err, HasSubstr("3 of 6 rows have no time"));
  EXPECT_THAT(seen.out, HasSubstr("h200,128,128,127,bf16,bf16,,"));
  EXPECT_THAT(seen.out, HasSubstr("take no nvfp4"));
  std::istringstream lines(seen.out);
  std::vector<std::size_t> cells;
  for (std::string line; std::getline(lines, line);) {
    bool quoted = false;
    std::size_t count = 1;
    for (const char c : line) {
      quoted ^= c == '"';
      count += c == ',' && !quoted ? 1 : 0;
    }
    cells.push_back(count);
  }
  EXPECT_THAT(cells, testing::ElementsAre(19, 19, 19, 19, 19, 19, 19));
  std::vector<std::string> with_json = sweep;
  with_json.push_back("--json");
  const Seen json = run(with_json);
  EXPECT_EQ(json.code, 1);
  const auto rows = json.json().at("rows");
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_THAT(rows[0].at("reason").get<std::string>(), HasSubstr("multiple of 16 bytes"));
  EXPECT_GT(rows[2].at("us"), 0);
  EXPECT_THAT(rows[4].at("reason").get<std::string>(), HasSubstr("take no nvfp4"));
}

TEST(SimulateCommand, StreamsAreBoundByMemory) {
  const Seen seen = run({"simulate", "stream", "silu-mul-quantize", "--device", "b200", "--rows",
                         "65536", "--columns", "8192", "--cold", "--json"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_GE(seen.json().at("us"), seen.json().at("roofline_us"));
  const std::vector<std::string> small = {"simulate", "stream", "quantize",  "--device", "b200",
                                          "--rows",   "1024",   "--columns", "4096",     "--json"};
  std::vector<std::string> cold = small;
  cold.emplace_back("--cold");
  EXPECT_GT(run(cold).json().at("us"), run(small).json().at("us"));
  expect_bad(
      run({"simulate", "stream", "dream", "--device", "b200", "--rows", "1", "--columns", "32"}),
      "dream");
}

TEST(ExplainCommand, SaysWhereTheTimeWent) {
  const std::vector<std::string> arguments = {"explain",
                                              "--device",
                                              "b200",
                                              "--type",
                                              "bf16",
                                              "-m",
                                              "4096",
                                              "-n",
                                              "4096",
                                              "-k",
                                              "4096",
                                              "--config",
                                              "sm100-1sm:128x64x64",
                                              "--config",
                                              "sm100-2sm:256x256x64,cluster=2x1"};
  const Seen seen = run(arguments);
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("the second is"));
  EXPECT_THAT(seen.out, HasSubstr("faster"));
  std::vector<std::string> with_json = arguments;
  with_json.push_back("--json");
  const nlohmann::json json = run(with_json).json();
  double more = 0;
  for (const auto& [cause, us] : json.at("more_us").items()) more += us.get<double>();
  const auto& sides = json.at("sides");
  EXPECT_NEAR(more, sides[1].at("us").get<double>() - sides[0].at("us").get<double>(), 1e-6);
  expect_bad(run({"explain", "--device", "b200", "-m", "1", "-n", "1", "-k", "64"}), "twice");
}

}  // namespace
}  // namespace mxscope::reports
