// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/published.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "sim/model_time.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

using testing::HasSubstr;

const PublishedRow& row(std::string_view id) {
  for (const PublishedRow& one : published_rows())
    if (one.id == id) return one;
  throw Error("no such row");
}

TEST(PublishedMedium, EveryRowSaysWhereItIsFromAndCanBePredicted) {
  std::set<std::string> ids;
  for (const PublishedRow& one : published_rows()) {
    EXPECT_TRUE(ids.insert(one.id).second) << one.id;
    for (const std::string& text : {one.paper, one.place, one.unit, one.note})
      EXPECT_FALSE(text.empty()) << one.id;
    EXPECT_TRUE(one.trust == "full text" || one.trust == "digest") << one.id;
    const Prediction prediction = predict(one);
    EXPECT_GT(prediction.ours, 0) << one.id;
    if (prediction.limit > 0) {
      EXPECT_LE(prediction.ours, prediction.limit) << one.id;
    }
  }
  EXPECT_GE(ids.size(), 70u);
}

TEST(Published, ErrorsAreFromTheNearerEnd) {
  PublishedRow one;
  one.low = 2;
  one.high = 4;
  EXPECT_DOUBLE_EQ(relative_error(one, 1), -0.5);
  EXPECT_EQ(relative_error(one, 3), 0);
  EXPECT_DOUBLE_EQ(relative_error(one, 5), 0.25);
}

// One row of tiles is one row of tiles, whatever part of it exists: published and simulated times
// of CUTLASS's 128-row tile do not depend on M.
TEST(Published, SmallProductsTakeAsLongAsATileOf128Rows) {
  for (const char* type : {"w4a4", "w6a6", "w8a8"}) {
    const auto us = [&](int m) {
      const PublishedRow& one = row(std::string("mm-t7-") + type + "-cutlass-" + std::to_string(m));
      return std::pair(2.0 * m * 4096 * 4096 / one.low, 2.0 * m * 4096 * 4096 / predict(one).ours);
    };
    const auto [published, ours] = us(128);
    for (const int m : {1, 8, 64}) {
      EXPECT_NEAR(us(m).first / published, 1, 0.04) << type << m;
      EXPECT_NEAR(us(m).second / ours, 1, 0.04) << type << m;
    }
  }
}

// 128 steps of eight sequences read 128 times 14.1 GB of FP16 weights: 1.01 s at RTX 5090's 1792
// GB/s. The table's whole requests take 8 (1024 + 128) / 10756 = 0.857 s.
TEST(Published, AThroughputIsBeyondTheMemorysRate) {
  const PublishedRow& fp16 = row("arc-t4-fp16-1024");
  const double weights =
      28 * 2.0 * (2 * 3584 * 3584 + 2 * 3584 * 512 + 3 * 3584.0 * 18944) + 2.0 * 152064 * 3584;
  const Prediction prediction = predict(fp16);
  EXPECT_NEAR(prediction.limit, 8 * (1024 + 128) / (128 * weights / 1792e9), 1e-6);
  EXPECT_TRUE(prediction.refutes(fp16));
  EXPECT_FALSE(predict(row("arc-t4-arcquant_trt-1024")).refutes(row("arc-t4-arcquant_trt-1024")));
}

TEST(Published, WeightsOfNamedBits) {
  // 5.51 bits and 8 / 32 of scale, but for counts rounded up to multiples of 128.
  const double linear = 6979321856.0;
  EXPECT_NEAR(predict(row("mm-t9-llama-3.1-8b")).ours, linear * 5.76 / 8 / 1e9, 0.05);
}

TEST(Published, BadFilesAreRefused) {
  const std::string heading =
      "id,paper,place,kind,device,model,scheme,against,type,kernel,m,n,k,batch,seq,generate,low,"
      "high,unit,trust,note\n";
  const auto error = [&](const std::string& text) -> std::string {
    try {
      read_published(text, "mine.csv");
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(error("id,what\n"), HasSubstr("mine.csv:1: the columns must be id,paper"));
  EXPECT_THAT(error(heading + "a,b\n"), HasSubstr("mine.csv:2: 2 cells of 21"));
  EXPECT_THAT(error(heading + "a,b,c,speed,,,,,,,,,,,,,1,,,,\n"), HasSubstr("no kind 'speed'"));
  EXPECT_THAT(error(heading + "a,b,c,overhead,,,,,,,,,,,,,x,,,,\n"), HasSubstr("'x'"));
  EXPECT_THAT(error(heading + "a,b,c,overhead,,,,,,,,,,,,,2,1,,,\n"), HasSubstr("low must be"));
}

}  // namespace
}  // namespace mxscope::sim
