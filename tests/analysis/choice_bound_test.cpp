// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/choice_bound.h"

#include <gtest/gtest.h>

#include <random>

#include "spec/error.h"
#include "spec/formats.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

spec::Recipe named(const char* name) { return spec::RecipeTable().find(name); }

TEST(ChoiceBound, IsReachedByABlock) {
  for (const char* name :
       {"nvfp4_4over6_mse448", "nvfp4_4over6_mae256", "nvfp4_4over6_max448", "hif4"})
    EXPECT_TRUE(choice_bound(named(name)).witnessed) << name;
}

TEST(ChoiceBound, OnlyChoosingByTheLargestErrorHelpsTheWorstBlock) {
  const Rational plain = worst_case(named("nvfp4"), ScaleRange::kUnbounded).worst.ratio;
  EXPECT_EQ(choice_bound(named("nvfp4_4over6_mse448")).ratio, plain);
  EXPECT_EQ(choice_bound(named("nvfp4_4over6_mae448")).ratio, plain);
  EXPECT_EQ(choice_bound(named("nvfp4_4over6_max448")).ratio, Rational(9, 68));
}

TEST(ChoiceBound, NoBlockIsWorse) {
  std::mt19937 random(1);
  std::vector<spec::Recipe> recipes;
  for (const char* name :
       {"nvfp4_4over6_mse448", "nvfp4_4over6_mae448", "nvfp4_4over6_max448", "hif4"})
    recipes.push_back(named(name));
  for (const char* name : {"nvfp4_4over6_mse448", "nvfp4_4over6_max448"}) {
    spec::Recipe other = named(name);
    other.divisor = 5;
    recipes.push_back(other);
    other.scale = spec::find_format("e8m0");  // ties by the parity of exponents
    recipes.push_back(other);
  }
  for (const spec::Recipe& recipe : recipes) {
    const Rational bound = choice_bound(recipe).ratio;
    const spec::Recipe exact = on_one_block(recipe, ScaleRange::kUnbounded);
    for (int i = 0; i < 150; ++i) {
      std::vector<Rational> block;
      const int coarse = 1 + static_cast<int>(random() % 40);  // few distinct values meet more ties
      for (int k = 0; k < recipe.block_elements(); ++k)
        block.push_back(Rational(
            static_cast<int>(random() % static_cast<unsigned>(2 * coarse + 1)) - coarse, 4));
      block[0] = Rational(coarse + 1, 4);
      EXPECT_LE(measured_ratio(exact, block), bound)
          << recipe.name << " " << recipe.scale.name << " " << recipe.divisor;
    }
  }
}

TEST(ChoiceBound, SaysWhyNot) {
  EXPECT_THROW(choice_bound(named("nvfp4")), Error);
  EXPECT_THROW(choice_bound(named("te_4over6_mse448")), Error);
}

}  // namespace
}  // namespace mxscope::analysis
