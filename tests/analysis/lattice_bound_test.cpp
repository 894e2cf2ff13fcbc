// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/lattice_bound.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "analysis/worst_case.h"
#include "spec/error.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

spec::Recipe named(const char* name) { return spec::RecipeTable().find(name); }

LatticeBound bound_of(const spec::Recipe& recipe) {
  const std::atomic<bool> stop = false;
  return lattice_bound(recipe, 2688, stop);
}

Rational exactly(float x) { return Rational(static_cast<double>(x)); }

TEST(LatticeBoundMedium, NoPairIsWorseAndTheWitnessIsAsBad) {
  std::mt19937 random(1);
  for (const char* name : {"torchao_mxfp4_floor", "torchao_nvfp4", "te_nvfp4", "micromix_mxfp4",
                           "gfloat_mxfp4_f32", "micromix_mxfp6_e3m2", "universal_nvfp4"}) {
    const spec::Recipe recipe = named(name);
    const LatticeBound bound = bound_of(recipe);
    EXPECT_EQ(lattice_ratio(recipe, 2688, bound.inner), bound.inner.ratio) << name;
    EXPECT_EQ(lattice_ratio(recipe, 2688, bound.all), bound.all.ratio) << name;
    const std::uint32_t mask = recipe.input == spec::Precision::kBf16 ? 0xffff0000 : 0xffffffff;
    for (int i = 0; i < 1000; ++i) {
      const auto pick = [&](float scale) {
        const float x = std::ldexp(static_cast<float>(random() % (1 << 24)), -24) * scale;
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & mask);
      };
      const float m = pick(std::ldexp(1.0F, static_cast<int>(random() % 20) - 10));
      if (m == 0) continue;
      float x = pick(m);
      if (random() % 2 == 0) x = -x;
      const LatticeWorst pair = {0, exactly(m), exactly(x)};
      EXPECT_LE(lattice_ratio(recipe, 2688, pair), bound.all.ratio) << name << " " << m << " " << x;
    }
  }
}

TEST(LatticeBoundMedium, ExactRecipesComeWithinAnUlpOfTheirRealBound) {
  for (const char* name : {"mxfp4", "mxfp4_rceil", "mxfp6_e2m3_rceil", "mxfp8_e5m2"}) {
    const Rational real = worst_case(named(name), ScaleRange::kUnbounded).worst.ratio;
    const Rational found = bound_of(named(name)).inner.ratio;
    EXPECT_LE(found, real) << name;
    EXPECT_LT(real - found, spec::power_of_two(-23)) << name;
  }
}

TEST(LatticeBoundMedium, EveryBf16PairOfABinade) {
  // MicroMix rounds to bfloat16 first: 128 maxima of a binade with all elements are few enough.
  const spec::Recipe recipe = named("micromix_mxfp4");
  const LatticeBound bound = bound_of(recipe);
  Rational worst = 0;
  for (std::uint32_t m = 0x3f80; m < 0x4000; ++m)
    for (std::uint32_t x = 0x3e80; x <= m; ++x) {
      const auto value = [](std::uint32_t code) {
        return exactly(std::bit_cast<float>(code << 16));
      };
      worst = std::max(worst, lattice_ratio(recipe, 2688, {0, value(m), value(x)}));
    }
  EXPECT_EQ(worst, bound.inner.ratio);  // scales are powers of two, so one binade is as another
}

TEST(LatticeBound, SaysWhyNot) {
  EXPECT_THROW(bound_of(named("microxcaling_fp4_e2m1_even")), Error);
  EXPECT_THROW(bound_of(named("te_4over6_mse448")), Error);
}

}  // namespace
}  // namespace mxscope::analysis
