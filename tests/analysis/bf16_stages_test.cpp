// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/bf16_stages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include "spec/error.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

Bf16Kernel kernel(bool unrounded_scale, int stages) {
  Bf16Kernel k;
  k.recipe = spec::RecipeTable().find("arcquant_kernel");
  k.recipe.tensor_scale = spec::TensorScale::kNone;
  k.residual.unrounded_scale = unrounded_scale;
  k.stages = stages;
  return k;
}

std::vector<Bf16Maximum> maxima(const Bf16Kernel& k) {
  const std::atomic<bool> stop = false;
  return bf16_maxima(k, stop);
}

double truncated(double x) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(static_cast<float>(x)) & 0xffff0000);
}

double random_bf16(std::mt19937& random, double most) {
  for (;;) {
    const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(random()) << 16);
    if (std::abs(x) <= most) return x;
  }
}

TEST(Bf16StagesMedium, NoBlockIsWorseAndTheWorstIsReached) {
  std::mt19937 random(1);
  for (const bool unrounded : {false, true}) {
    const Bf16Kernel k = kernel(unrounded, 2);
    const std::vector<Bf16Maximum> all = maxima(k);
    ASSERT_EQ(all.size(), 0x4528);  // every positive bfloat16 up to 2688
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i - 1].block_max, all[i].block_max);
    for (const double given : {2688.0, 9.4375, 1.1796875, 0.25, 0.0390625, 0.001})
      for (int i = 0; i < 60; ++i) {
        const double largest = truncated(given);
        std::vector<double> block = {largest};
        for (int e = 0; e < 7; ++e) {
          const double x = random_bf16(random, largest);
          // Half of them near the maximum, where the errors are.
          block.push_back(random() % 2 == 0
                              ? x
                              : truncated(std::copysign(
                                    largest * (1 - static_cast<double>(random() % 64) / 128), x)));
        }
        const auto at = std::lower_bound(
            all.begin(), all.end(), largest,
            [](const Bf16Maximum& a, double value) { return a.block_max < value; });
        EXPECT_LE(bf16_measured_ratio(k, block) * Rational(largest), Rational(at->error));
      }
    for (std::size_t i = 0; i < all.size(); i += 97) {
      const Bf16Maximum& m = all[i];
      EXPECT_EQ(bf16_measured_ratio(k, {m.block_max, m.residual_from, m.element}),
                Rational(m.error) / Rational(m.block_max))
          << m.block_max;
    }
  }
}

TEST(Bf16StagesMedium, ArcquantKernels) {
  const Bf16Worst rounded = bf16_worst(maxima(kernel(false, 2)), 1);
  EXPECT_EQ(rounded.ratio, Rational(9, 302));  // of at most 3/100 over the reals
  const std::vector<Bf16Maximum> unrounded = maxima(kernel(true, 2));
  EXPECT_EQ(bf16_worst(unrounded, 1).ratio, Rational(3, 34));  // worse than MXFP8's 1/17
  EXPECT_GT(bf16_last_excess(unrounded, Rational(1, 17)), 2500);
}

TEST(Bf16Stages, Refuses) {
  Bf16Kernel k = kernel(false, 2);
  const std::atomic<bool> stop = false;
  k.residual.precision = spec::Precision::kF32;
  EXPECT_THROW(bf16_maxima(k, stop), Error);
  k = kernel(false, 2);
  k.recipe = spec::RecipeTable().find("arcquant_kernel");
  EXPECT_THROW(bf16_maxima(k, stop), Error);
}

}  // namespace
}  // namespace mxscope::analysis
