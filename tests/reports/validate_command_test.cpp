// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope validate and calibrate, on a few dozen published measurements.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kPoints = MXSCOPE_TEST_DATA "/vectors/measured_gemms.csv";

nlohmann::json validated(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"validate", "--points", kPoints, "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Seen seen = run(arguments);
  EXPECT_EQ(seen.code, 0) << seen.err;
  return nlohmann::json::parse(seen.out);
}

// The mainloop of one SM at a fixed clock: no DRAM bandwidth, no waves, no launch, and nothing
// fitted: by the file from before any fit. SemiAnalysisAI/microbench-blackwell@9a068d8.
TEST(ValidateCommand, OneSmMainloopsAreWithinThreePercent) {
  const auto json = validated({"--device", MXSCOPE_TEST_DATA "/../sim/devices/unfitted/b200.toml"});
  double sum = 0;
  int count = 0;
  for (const auto& point : json["points"]) {
    if (point["device"] != "b200, 1 SM @1300MHz") continue;
    const double error =
        std::abs(point["predicted_us"].get<double>() / point["measured_us"].get<double>() - 1);
    EXPECT_LT(error, 0.12) << point;
    sum += error;
    ++count;
  }
  EXPECT_GE(count, 15);
  EXPECT_LT(sum / count, 0.03);
}

TEST(ValidateCommand, NothingIsBelowTheRooflineAndTheRooflineIsFarOff) {
  const auto json = validated({});
  EXPECT_GE(json["points"].size(), 45u);
  for (const auto& point : json["points"])
    EXPECT_GE(point["predicted_us"].get<double>(), 0.999 * point["roofline_us"].get<double>())
        << point;
  const double model = json["all"]["mape"];
  EXPECT_LT(model, 0.2);
  const auto roofline = validated({"--model", "roofline"});
  EXPECT_GT(roofline["all"]["mape"].get<double>(), 1.5 * model);
}

TEST(ValidateCommand, TablesFigureAndHalves) {
  const Folder folder;
  const std::string figure = folder.path("scatter.csv");
  const Seen seen = run({"validate", "--points", kPoints, "--figure", figure, "--worst", "3"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_THAT(seen.out, HasSubstr("MAPE"));
  EXPECT_THAT(seen.out, HasSubstr("worst:"));
  EXPECT_THAT(contents(figure), HasSubstr("measured_us,predicted_us"));
  const std::size_t first = validated({"--half", "calibrate"})["points"].size();
  const std::size_t second = validated({"--half", "holdout"})["points"].size();
  EXPECT_EQ(first + second, validated({})["points"].size());
  EXPECT_GT(first, 0u);
  EXPECT_GT(second, 0u);
}

TEST(ValidateCommand, BadInputIsOneSentence) {
  const Folder folder;
  const std::string bad = folder.write(
      "bad.csv",
      "gpu,M,N,K,a_type,b_type,scale,out_type,library,metric,value,unit,source,confidence\n"
      "B200,64,64,0,bf16,bf16,none,bf16,x,time,4,us,s,high\n");
  const Seen seen = run({"validate", "--points", bad});
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("bad.csv:2: column K: '0'"));
  EXPECT_EQ(run({"validate", "--points", "/nonexistent.csv"}).code, 2);
  EXPECT_EQ(run({"validate", "--points", kPoints, "--model", "magic"}).code, 2);
  EXPECT_EQ(run({"validate", "--points", kPoints, "--figure", "x.gif"}).code, 2);
  const std::string mine = folder.write("mine.csv", contents(kPoints));
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"validate", "--points", mine, "--figure", mine},
        std::vector<std::string>{"calibrate", "--points", mine, "--device", "b200", "-o", mine}}) {
    const Seen same = run(arguments);
    EXPECT_EQ(same.code, 2);
    EXPECT_THAT(same.err, HasSubstr("is read, too; give another file to write"));
    EXPECT_EQ(contents(mine), contents(kPoints));
  }
  const std::string bound = folder.write(
      "bound.csv",
      "gpu,M,N,K,a_type,b_type,scale,out_type,library,metric,value,unit,source,confidence\n"
      "B200,64,64,64,bf16,bf16,none,bf16,x,time,4,us,s,bound\n");
  const Seen refused = run({"validate", "--points", bound});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("a bound is no measurement"));
}

TEST(CalibrateCommand, WritesADeviceThatValidateTakes) {
  const Folder folder;
  const std::string out = folder.path("fitted.toml");
  const std::vector<std::string> arguments = {
      "calibrate",   "--points", kPoints,
      "--device",    "b200",     "--model",
      "closed-form", "--fields", "launch.kernel_us,clock.sustained_mhz",
      "-o",          out};
  const Seen seen = run(arguments);
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("never seen, by the fit:"));
  EXPECT_THAT(contents(out), HasSubstr("confidence = \"fitted\""));
  EXPECT_THAT(contents(out), HasSubstr("measured_gemms.csv (sha256 "));
  EXPECT_EQ(run(arguments).out, seen.out);
  EXPECT_EQ(validated({"--device", out, "--only", "b200"})["run"]["inputs"].size(), 2u);
}

TEST(CalibrateCommand, WarnsOfMoreNumbersThanPoints) {
  const std::vector<std::string> few = {"calibrate", "--points", kPoints,   "--device",
                                        "b200",      "--model",  "roofline"};
  EXPECT_THAT(run(few).out, HasSubstr("fewer points to fit on"));
  std::vector<std::string> one = few;
  one.insert(one.end(), {"--fields", "launch.kernel_us"});
  EXPECT_THAT(run(one).out, Not(HasSubstr("fewer points to fit on")));
}

TEST(CalibrateCommand, FieldsWithoutARangeAreBadInput) {
  const Seen seen = run({"calibrate", "--points", kPoints, "--device", "b200", "--model",
                         "closed-form", "--fields", "chip.sms"});
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("chip.sms of b200 has no range"));
}

}  // namespace
}  // namespace mxscope::reports
