// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope inner: the bounds a person asks for, their order, and bad questions.
#include <gmock/gmock.h>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

double total(const nlohmann::json& row) {
  return std::stod(row.at("certain").at("total").at("text").get<std::string>());
}

TEST(InnerCommand, ComparesRecipes) {
  const Seen seen = run({"inner", "--recipe", "nvfp4,mxfp8_e4m3", "--length", "4096"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("\nnvfp4 "));
  EXPECT_THAT(seen.out, HasSubstr("\nmxfp8_e4m3 "));
  EXPECT_THAT(seen.out, HasSubstr("|x . w| is at most 4096"));
  // An element of NVFP4 errs by a sixth of the maximum at most: 4096 (1/6 + 1/6 + 1/36) = 1479.1...
  EXPECT_THAT(seen.out, HasSubstr(" 0.1667 "));
  EXPECT_THAT(seen.out, HasSubstr(" 1480 "));
}

TEST(InnerCommand, BoundsAreExactInJson) {
  const auto rows =
      run({"inner", "--recipe", "nvfp4", "--length", "4096", "--accumulator-bits", "0", "--json"})
          .json()
          .at("bounds");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at("element_error").at("once"), "1/6");
  EXPECT_EQ(rows[0].at("element_error").at("scales"), "stored");
  EXPECT_EQ(rows[0].at("certain").at("quantization").at("exact"), "13312/9");
  EXPECT_EQ(rows[0].at("certain").at("accumulation").at("exact"), "0");
  // lambda sqrt(K) (1/6 + 1/6 + 1/36) = 8 * 64 * 13/36 = 184.88...
  EXPECT_EQ(rows[0].at("likely").at("total").at("text"), "184.9");
}

TEST(InnerCommand, ResidualsGainAsChannelsAreAugmented) {
  double before = 0;
  for (const char* channels : {"4096", "1024", "16"}) {
    const auto rows =
        run({"inner", "--recipe", "nvfp4", "--augmented", channels, "--json"}).json().at("bounds");
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].at("augmented"), 0);
    EXPECT_EQ(std::to_string(rows[1].at("augmented").get<int>()), channels);
    EXPECT_LT(total(rows[1]), total(rows[0]));
    EXPECT_GT(total(rows[1]), before);
    before = total(rows[1]);
  }
}

TEST(InnerCommand, WeightsAndAccumulatorsMatter) {
  const auto bound = [](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"inner", "--recipe", "mxfp8_e4m3_rceil", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return total(run(arguments).json().at("bounds").at(0));
  };
  EXPECT_LT(bound({}), bound({"--weights", "mxfp4_rceil"}));
  EXPECT_LT(bound({}), bound({"--accumulator-bits", "14"}));
  EXPECT_LT(bound({"--accumulator-bits", "0"}), bound({}));
}

TEST(InnerCommand, BadQuestions) {
  expect_bad(run({"inner", "--recipe", "nvpf4"}), "nvfp4");
  expect_bad(run({"inner", "--recipe", "te_nvfp4"}), "te_nvfp4");
  expect_bad(run({"inner", "--length", "0"}), "--length");
  expect_bad(run({"inner", "--length", "16", "--augmented", "17"}), "--augmented 17");
  expect_bad(run({"inner", "--lambda", "-1"}), "--lambda -1: must be a positive number");
  expect_bad(run({"inner", "--accumulator-bits", "10"}), "--accumulator-bits 10: too few");
}

}  // namespace
}  // namespace mxscope::reports
