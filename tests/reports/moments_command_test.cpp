// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope moments: expected errors of recipes and formats on densities.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

TEST(MomentsCommand, RecipesOnDensities) {
  const Seen seen = run({"moments", "--density", "normal,t:2", "--recipe", "mxfp4,nvfp4",
                         "--tensor-amax", "5", "--digits", "12"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("0.0132187622536"));
  EXPECT_THAT(seen.out, HasSubstr("18.788092"));
  EXPECT_THAT(seen.out, HasSubstr("infinite"));
  EXPECT_THAT(seen.out, HasSubstr("no second moment"));
  EXPECT_THAT(seen.out, testing::Not(HasSubstr("one element in 2^20")));
}

TEST(MomentsCommand, TheChoiceOfTensorAmaxIsStated) {
  const Seen seen = run({"moments", "--recipe", "nvfp4", "--digits", "8"});
  EXPECT_THAT(seen.out, HasSubstr("4.9"));
  EXPECT_THAT(seen.out, HasSubstr("one element in 2^20"));
}

TEST(MomentsCommand, JsonBracketsEveryNumber) {
  const auto json = run({"moments", "--recipe", "nvfp4", "--json"}).json();
  const auto& row = json.at("moments").at(0);
  EXPECT_EQ(row.at("elements"), 16);
  EXPECT_EQ(row.at("tensor_amax"), "49/10");
  EXPECT_EQ(row.at("tensor_amax_is_assumed"), true);
  EXPECT_GE(row.at("mse").at("proved_digits"), 20);
  const auto number = [&](const char* end) {
    return std::stod(row.at("mse").at(end).get<std::string>());
  };
  EXPECT_LE(number("low"), number("value"));
  EXPECT_LE(number("value"), number("high"));
  EXPECT_GT(number("low"), 0.009);
  EXPECT_LT(number("high"), 0.0091);
}

TEST(MomentsCommand, OptimalScaleOfAFormat) {
  const Seen seen = run({"moments", "--format", "e2m1", "--digits", "30"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("0.487079178562282592763343126485"));
  EXPECT_THAT(seen.out, HasSubstr("local minimum"));
  EXPECT_THAT(seen.out, HasSubstr("not proved"));
}

TEST(MomentsCommand, StochasticRoundingShowsItsBias) {
  const Seen seen = run({"moments", "--format", "e2m1", "--scale", "1/2", "--round", "sr-b",
                         "--random-bits", "4", "--digits", "10"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("bias share"));
}

TEST(MomentsCommand, DensitiesFromAFile) {
  const Folder folder;
  const std::string file = folder.write("d.toml",
                                        "[[density]]\nname = \"triangle\"\n"
                                        "points = [\"-1\", \"0\", \"1\"]\n"
                                        "values = [\"0\", \"1\", \"0\"]\n");
  const Seen seen = run({"moments", "--densities", file, "--recipe", "mxfp4"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("triangle"));
  // A uniform density as a file is the built-in one.
  const std::string flat = folder.write(
      "f.toml",
      "[[density]]\nname = \"flat\"\npoints = [\"-1\", \"1\"]\nvalues = [\"7\", \"7\"]\n");
  const auto mse = [](const Seen& s) { return s.json().at("moments").at(0).at("mse").at("value"); };
  EXPECT_EQ(mse(run({"moments", "--densities", flat, "--recipe", "mxfp4", "--json"})),
            mse(run({"moments", "--density", "uniform", "--recipe", "mxfp4", "--json"})));
}

TEST(MomentsCommand, BadInputIsOneLine) {
  expect_bad(run({"moments", "--density", "gauss"}), "--density gauss");
  expect_bad(run({"moments", "--recipe", "mxfp5"}), "mxfp5");
  expect_bad(run({"moments", "--recipe", "te_nvfp4"}), "scale_order");
  expect_bad(run({"moments", "--recipe", "mxfp4", "--format", "e2m1"}), "give one of them");
  expect_bad(run({"moments", "--format", "fp16"}), "12 bits");
  expect_bad(run({"moments", "--format", "e2m1", "--scale", "-1"}), "--scale -1");
  expect_bad(run({"moments", "--format", "e2m1", "--scale", "1x"}), "1x");
  expect_bad(run({"moments", "--digits", "0"}), "--digits");
  expect_bad(run({"moments", "--tensor-amax", "0", "--recipe", "nvfp4"}), "--tensor-amax 0");
  expect_bad(run({"moments", "--densities", "/none.toml"}), "/none.toml");
  expect_bad(run({"moments", "--format", "e2m1", "--round", "sr-a"}), "random bits");
  expect_bad(run({"moments", "--recipe", "mxfp4", "--scale", "1"}), "--format");
  expect_bad(run({"moments", "--round", "rtz"}), "--format");
}

}  // namespace
}  // namespace mxscope::reports
