// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope recipes: the table, one recipe, a user's own.
#include <gmock/gmock.h>

#include "spec/dual_stage.h"
#include "spec/recipes.h"
#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

TEST(RecipesCommand, ListsEveryRecipe) {
  const Seen seen = run({"recipes"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  for (const spec::Recipe& recipe : spec::named_recipes()) {
    EXPECT_THAT(seen.out, HasSubstr("\n" + recipe.name + " "));
    EXPECT_THAT(seen.out, HasSubstr("\n" + recipe.source + "\n"));
  }
  EXPECT_EQ(run({"recipes", "--json"}).json().at("recipes").size(), spec::named_recipes().size());
}

TEST(RecipesCommand, ShowsEveryFieldOfOne) {
  const Seen seen = run({"recipes", "te_nvfp4"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  const spec::RecipeTable table;
  const spec::Recipe& recipe = table.find("te_nvfp4");
  for (const spec::RecipeField& field : spec::describe(recipe)) {
    EXPECT_THAT(seen.out, HasSubstr("\n" + field.name + " "));
    EXPECT_THAT(seen.out, HasSubstr(" " + field.value + "\n"));
  }
  const auto json = run({"recipes", "te_nvfp4", "--json"}).json().at("recipes").at(0);
  EXPECT_EQ(json.at("fields").at("scale_order"), "folded-reciprocal");
  EXPECT_EQ(json.at("source"), recipe.source);
}

TEST(RecipesCommand, ShowsDualStages) {
  const Seen all = run({"recipes"});
  for (const spec::DualStage& stage : spec::named_dual_stages())
    EXPECT_THAT(all.out, HasSubstr("\n" + stage.name + " "));
  EXPECT_EQ(run({"recipes", "--json"}).json().at("dual_stages").size(),
            spec::named_dual_stages().size());
  const Seen one = run({"recipes", "arcquant_32"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, testing::StartsWith("arcquant_kernel\n"));
  EXPECT_THAT(one.out, HasSubstr("bf16, from the unrounded scale        32"));
  const auto json = run({"recipes", "arcquant_32", "--json"}).json();
  EXPECT_EQ(json.at("dual_stages").at(0).at("recipe"), "arcquant_kernel");
  EXPECT_EQ(json.at("dual_stages").at(0).at("granularity"), 32);
  EXPECT_EQ(json.at("recipes").at(0).at("fields").at("tensor_scale"), "divide-bf16");
  // A recipe names the dual stages made of it; this one shares its name with its own.
  EXPECT_EQ(run({"recipes", "trtllm_arcquant", "--json"}).json().at("dual_stages").size(), 1U);
  EXPECT_EQ(run({"recipes", "mxfp4", "--json"}).json().at("dual_stages").size(), 0U);
  expect_bad(run({"recipes", "arcquant_61"}), "arcquant_16");
}

TEST(RecipesCommand, KnowsAUsersRecipesAndFormats) {
  const Folder folder;
  const std::string mine =
      folder.write("my.toml", "[[recipe]]\nname = \"mine\"\nfrom = \"mxfp4\"\nblock_columns = 8\n");
  const Seen seen = run({"recipes", "mine", "--recipes", mine});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("block 1x8"));
  expect_bad(run({"recipes", "mine"}), "unknown recipe 'mine'");
  expect_bad(run({"recipes", "mxpf4"}), "did you mean mxfp4");
  expect_bad(run({"recipes", "--recipes", folder.write("bad.toml", "[[recipe]]\nnam = 1\n")}),
             "bad.toml");
  expect_bad(run({"recipes", "--recipes", folder.path("none.toml")}), "none.toml");
}

}  // namespace
}  // namespace mxscope::reports
