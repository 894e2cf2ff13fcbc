// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/wide_scale_bound.h"

#include <gtest/gtest.h>

#include <random>

#include "analysis/worst_case.h"
#include "spec/error.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

spec::Recipe named(const char* name) { return spec::RecipeTable().find(name); }

TEST(WideScaleBound, IsHalfASpacingOfTheLargestBinade) {
  EXPECT_EQ(wide_scale_bound(named("fp8_token")).least, Rational(16, 448));
  EXPECT_EQ(wide_scale_bound(named("fp8_1x128")).least, Rational(1, 28));
  EXPECT_EQ(wide_scale_bound(named("int8_token")).least, Rational(1, 254));
  EXPECT_EQ(wide_scale_bound(named("int4_g128")).least, Rational(1, 14));
}

TEST(WideScaleBound, NoBlockIsWorseAndTheWitnessIsNear) {
  std::mt19937 random(2);
  for (const char* name : {"fp8_token", "int8_token", "int4_g128"}) {
    const WideScaleBound bound = wide_scale_bound(named(name));
    const spec::Recipe exact = on_one_block(named(name), ScaleRange::kUnbounded);
    EXPECT_LT(bound.most / bound.least, 1 + spec::power_of_two(-16)) << name;
    EXPECT_GT(measured_ratio(exact, bound.witness), bound.least - spec::power_of_two(-30)) << name;
    for (int i = 0; i < 300; ++i) {
      std::vector<Rational> block;
      for (int k = 0; k < 24; ++k)
        block.push_back(Rational(static_cast<int>(random() % 2001) - 1000, 1 + i));
      block.push_back(Rational(1000 + static_cast<int>(random() % 8), 1 + i));
      EXPECT_LE(measured_ratio(exact, block), bound.most) << name;
    }
  }
}

TEST(WideScaleBound, SaysWhyNot) {
  EXPECT_EQ(not_wide_scaled(named("fp8_tensor")), "");
  EXPECT_THROW(wide_scale_bound(named("nvfp4")), Error);
  EXPECT_THROW(wide_scale_bound(named("hif4")), Error);
}

}  // namespace
}  // namespace mxscope::analysis
