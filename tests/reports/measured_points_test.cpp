// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/measured_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/point_problem.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

constexpr std::string_view kHeader =
    "gpu,M,N,K,a_type,b_type,scale,out_type,library,metric,value,unit,source,confidence\n";

std::string file(std::string_view rows) { return std::string(kHeader) + std::string(rows); }

std::string message(const std::string& text) {
  try {
    read_points(text, "p.csv");
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

PointSet set_of(const std::vector<MeasuredPoint>& points) {
  return simulated_points(points, sim::devices());
}

TEST(MeasuredPoints, TimesAndThroughputsAgree) {
  const auto points = read_points(
      file("B200,1000,1000,1000,bf16,bf16,none,bf16,cuBLAS,time,4,us,here,high\n"
           "B200,1000,1000,1000,bf16,bf16,none,bf16,cuBLAS,throughput,500,TFLOPS,here,high\n"
           "B200,1000,1000,1000,bf16,bf16,none,bf16,cuBLAS,time,0.004,ms,here,high\n"),
      "p.csv");
  ASSERT_EQ(points.size(), 3u);
  for (const MeasuredPoint& point : points) EXPECT_DOUBLE_EQ(point.us, 4);
  EXPECT_EQ(points[2].line, 4u);
}

TEST(MeasuredPoints, QuotedCellsHoldCommasQuotesAndLines) {
  const auto points = read_points(
      file("B200,1,2,3,bf16,bf16,none,bf16,\"a, \"\"b\"\"\",time,4,us,\"two\nlines\",high\r\n"
           "B200,1,2,3,bf16,bf16,none,bf16,c,time,4,us,here,high"),
      "p.csv");
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].library, "a, \"b\"");
  EXPECT_EQ(points[0].source, "two\nlines");
  EXPECT_EQ(points[1].line, 4u);
}

TEST(MeasuredPoints, BadRowsNameLineAndColumn) {
  const auto row = [](std::string_view m, std::string_view value, std::string_view unit) {
    return file("B200," + std::string(m) + ",2,3,bf16,bf16,none,bf16,x,time," + std::string(value) +
                "," + std::string(unit) + ",s,high\n");
  };
  EXPECT_EQ(message(row("1", "4", "us")), "");
  EXPECT_THAT(message(row("0", "4", "us")),
              HasSubstr("p.csv:2: column M: '0' is not a whole number from 1"));
  EXPECT_THAT(message(row("", "4", "us")), HasSubstr("p.csv:2: column M: is empty"));
  EXPECT_THAT(message(row("12x", "4", "us")), HasSubstr("column M: '12x'"));
  EXPECT_THAT(message(row("1", "-4", "us")), HasSubstr("column value: '-4' is not a positive"));
  EXPECT_THAT(message(row("1", "nan", "us")), HasSubstr("column value"));
  EXPECT_THAT(message(row("1", "inf", "us")), HasSubstr("column value"));
  EXPECT_THAT(message(row("1", "4", "TFLOPS")), HasSubstr("column unit: a time is in"));
  EXPECT_THAT(message(file("B200,1,2\n")), HasSubstr("p.csv:2: 3 columns, but the header has 14"));
  EXPECT_THAT(message(file("\"B200,1,2\n")), HasSubstr("p.csv:2: a quote is not closed"));
  EXPECT_THAT(message(file("")), HasSubstr("holds no points"));
  EXPECT_THAT(message(""), HasSubstr("is empty"));
  EXPECT_THAT(message("gpu,M\nB200,1\n"), HasSubstr("column N is missing"));
  EXPECT_THAT(message("gpu,gpu\n"), HasSubstr("'gpu' stands twice"));
}

TEST(PointProblem, BoundsUnknownGpusAndTypesAreLeftOutWithTheReason) {
  const auto points =
      read_points(file("B200,1,2,3,bf16,bf16,none,bf16,x,time,4,us,s,bound\n"
                       "B200-class,1,2,3,bf16,bf16,none,bf16,x,time,4,us,s,high\n"
                       "H100,1,2,3,e2m1,e2m1,nvfp4 1x16 ue4m3,bf16,x,time,4,us,s,high\n"
                       "H100,1,2,3,e2m1,e4m3,none,bf16,x,time,4,us,s,high\n"
                       "RTX PRO 6000,1,2,3,bf16,bf16,none,bf16,x,time,4,us,s,high\n"
                       "H100,1,2,3,bf16,bf16,none,bf16,x,time,4,us,s,high\n"),
                  "p.csv");
  const PointSet set = set_of(points);
  ASSERT_EQ(set.points.size(), 1u);
  EXPECT_EQ(set.points[0].point->line, 7u);
  ASSERT_EQ(set.left_out.size(), 5u);
  EXPECT_THAT(set.left_out[0].reason, HasSubstr("bound"));
  EXPECT_THAT(set.left_out[1].reason, HasSubstr("unknown device 'B200-class'"));
  EXPECT_THAT(set.left_out[2].reason, HasSubstr("h100 has no matrix instruction"));
  EXPECT_THAT(set.left_out[4].reason, HasSubstr("rtx-pro-6000-server or"));
}

TEST(PointProblem, RowsSayWhatToSimulate) {
  const auto points = read_points(
      file("B200-1SM@1.3GHz,128,192,131072,bf16,bf16,none,bf16,CUTLASS 1-CTA tile 128x192x64 "
           "stages=4,time,4,us,s,high\n"
           "RTX5090@400W,1,2,3,e4m3,e4m3,mx 1x32 ue8m0,bf16,x,time,4,us,s,high\n"
           "B200,1,2,3,e2m1,e2m1,nvfp4 1x16 ue4m3 +act-quant in time,bf16,FlashInfer CuTeDSL,"
           "time,4,us,s,high\n"),
      "p.csv");
  const PointSet set = set_of(points);
  ASSERT_EQ(set.points.size(), 3u);
  const SimulatedPoint& one_sm = set.points[0];
  EXPECT_TRUE(one_sm.variant.one_sm);
  EXPECT_EQ(one_sm.problem.clock_mhz, 1300);
  ASSERT_TRUE(one_sm.config);
  EXPECT_EQ(one_sm.config->tile_n, 192);
  EXPECT_EQ(one_sm.config->stages, 4);
  EXPECT_EQ(variant_device(sim::find_device("b200"), one_sm.variant).chip.sms, 1);
  const SimulatedPoint& capped = set.points[1];
  EXPECT_EQ(capped.problem.type, "mxfp8");
  EXPECT_LT(variant_device(sim::find_device("rtx-5090"), capped.variant).clock.sustained_mhz,
            sim::find_device("rtx-5090").clock.sustained_mhz);
  EXPECT_TRUE(set.points[2].problem.quantize_activations);
  EXPECT_EQ(set.points[2].problem.type, "nvfp4");
  EXPECT_EQ(set.points[2].library, "CuTeDSL +quant");
}

TEST(PointProblem, CampaignsSayHowColdCachesWereAndWhichKernelRan) {
  const std::string from = "ai-dynamo/aiconfigurator@1 systems/data/x/gemm/";
  const auto row = [&](const char* gpu, int m, const char* type, const char* scale,
                       const char* library, const std::string& source) {
    return std::string(gpu) + ',' + std::to_string(m) + ",512,512," + type + ',' + type + ',' +
           scale + ",bf16," + library + ",time,4,us," + source + ",high\n";
  };
  const std::string pro = "RTX PRO 6000 Server";
  const auto points = read_points(
      file(row("B200", 1, "bf16", "none", "cuBLAS", from + "trtllm/1") +
           row("B200", 1, "bf16", "none", "cuBLAS", from + "vllm/1") +
           row("B200", 1, "e4m3", "block128 ue8m0", "DeepGEMM", from + "vllm/1") +
           row("B200", 1, "bf16", "none", "cuBLAS", "someone") +
           row("B200", 1, "e2m1", "nvfp4", "FlashInfer CuTeDSL nvfp4", from + "sglang/1") +
           row(pro.c_str(), 512, "e4m3", "fp8", "vLLM CUTLASS fp8", from + "vllm/1") +
           row(pro.c_str(), 256, "e4m3", "fp8", "vLLM CUTLASS fp8", from + "vllm/1")),
      "p.csv");
  const PointSet set = set_of(points);
  ASSERT_EQ(set.points.size(), 7u);
  std::vector<int> copies;
  std::vector<bool> known;
  for (const SimulatedPoint& point : set.points) {
    copies.push_back(point.problem.weight_copies);
    known.push_back(point.config.has_value());
  }
  EXPECT_EQ(copies, (std::vector<int>{5, 6, 1, 1, 6, 6, 6}));
  EXPECT_EQ(known, (std::vector<bool>{false, false, false, false, true, true, false}));
}

TEST(PointProblem, OneGemmIsOnOneSideWhoeverMeasuredIt) {
  std::string rows;
  for (int m = 1; m <= 400; ++m)
    for (const char* who : {"cuBLAS,time,4,us,a", "CUTLASS,time,5,us,b"})
      rows += "B200," + std::to_string(m) + ",64,64,bf16,bf16,none,bf16," + who + ",high\n";
  const auto points = read_points(file(rows), "p.csv");
  const PointSet set = set_of(points);
  ASSERT_EQ(set.points.size(), 800u);
  int second = 0;
  for (std::size_t i = 0; i < set.points.size(); i += 2) {
    EXPECT_EQ(half_of(set.points[i]), half_of(set.points[i + 1]));
    second += half_of(set.points[i]);
  }
  EXPECT_GT(second, 150);
  EXPECT_LT(second, 250);
}

}  // namespace
}  // namespace mxscope::reports
