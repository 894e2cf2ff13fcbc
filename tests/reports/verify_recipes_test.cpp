// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

TEST(VerifyRecipesMedium, QuickClaimsOfEveryKindOfRecipeHold) {
  const Seen seen = run({"verify", "recipes", "--quick", "--recipe", "mxfp4", "nvfp4", "hif4"});
  EXPECT_EQ(seen.code, 0) << seen.out << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("pairs/nvfp4/tensor-0x4528/codes"));
  EXPECT_THAT(seen.out, HasSubstr("pairs/nvfp4/tensor-0x4528/bound"));
  EXPECT_THAT(seen.out, HasSubstr("blocks/hif4/0"));
  EXPECT_THAT(seen.last_line(), HasSubstr("hold, 0 refuted"));
}

TEST(VerifyRecipesSlow, AllPairsOfACommonRecipe) {
  const auto claims = run({"verify", "recipes", "--recipe", "mxfp4", "--only", "pairs", "--json"})
                          .json()
                          .at("claims");
  ASSERT_EQ(claims.size(), 4u);
  EXPECT_EQ(claims[0].at("id"), "pairs/mxfp4/codes");
  EXPECT_EQ(claims[0].at("result"), "exhaustive");
  EXPECT_EQ(claims[0].at("cases"), 1065402240u);
  EXPECT_EQ(claims[2].at("bound"), "21/85");
  // 1/4 over the reals is approached as amax nears 8: the greatest bf16 number below is 255/32.
  EXPECT_EQ(claims[3].at("id"), "pairs/mxfp4/bound");
  EXPECT_EQ(claims[3].at("result"), "exhaustive");
  EXPECT_EQ(claims[3].at("bound"), "1/4");
}

TEST(VerifyRecipesMedium, RecipesOfAFile) {
  const Folder folder;
  const std::string file = folder.write(
      "my.toml", "[[recipe]]\nname = 'mine'\nfrom = 'mxfp4'\n\"element.rounding\" = 'rtz'\n");
  const std::string journal = folder.path("j.jsonl");
  const Seen seen = run({"verify", "recipes", "--recipe", "mine", "--recipes", file, "--quick",
                         "--journal", journal});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("pairs/mine/codes"));
  expect_bad(run({"verify", "merge", journal}), "add that here");
  EXPECT_EQ(run({"verify", "merge", journal, "--recipes", file}).out, seen.out);
}

TEST(VerifyRecipes, BadInput) {
  const Folder folder;
  expect_bad(run({"verify", "recipes", "--recipe", "nvfp5"}), "did you mean nvfp4");
  expect_bad(run({"verify", "recipes", "--recipe", "mxfp4", "--seeds", "0"}), "--seeds");
  expect_bad(run({"verify", "recipes", "--recipe", "mxfp4", "--only", "pair"}), "pairs");
  const std::string file =
      folder.write("my.toml",
                   "[[recipe]]\nname = 'slow'\nfrom = 'mxfp4'\ndivisor = '1/3'\n"
                   "[[recipe]]\nname = 'random'\nfrom = 'mxfp4'\nrandom_bits = 4\n"
                   "\"element.rounding\" = 'sr-a'\n");
  expect_bad(run({"verify", "recipes", "--recipe", "slow", "--recipes", file}), "leave it out");
  expect_bad(run({"verify", "recipes", "--recipe", "random", "--recipes", file}), "stochastic");
}

}  // namespace
}  // namespace mxscope::reports
