// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Bounds for vectors of which only the length is known, against vectors.
#include "analysis/vector_bound.h"

#include <gtest/gtest.h>

#include <random>

#include "spec/block.h"
#include "spec/error.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

spec::Recipe recipe(const char* name) { return spec::RecipeTable().find(name); }

TEST(VectorBound, SharesAreThoseKnown) {
  // Half the widest gap of E2M1, 4 to 6, under the scale that maps the maximum to 6.
  const ElementShare two_level = element_share(recipe("nvfp4"), false);
  EXPECT_EQ(two_level.once, Rational(1, 6));
  EXPECT_EQ(two_level.range, ScaleRange::kStored);
  const ElementShare one_level = element_share(recipe("mxfp8_e4m3_rceil"), false);
  EXPECT_EQ(one_level.once, Rational(1, 17));  // as mxscope verify bounds has it
  EXPECT_EQ(one_level.range, ScaleRange::kUnbounded);
}

TEST(VectorBound, ASecondStageGains) {
  const ElementShare share = element_share(recipe("nvfp4"), true);
  EXPECT_GT(share.twice, 0);
  EXPECT_LT(share.twice, share.once / 4);
}

/// Quantized by the exact path as one tensor whose largest magnitude is `amax`.
std::vector<Rational> quantized(const spec::Recipe& r, const std::vector<Rational>& x,
                                const Rational& amax) {
  const spec::TensorScales tensor = tensor_scales(r, spec::Number::finite(amax));
  std::vector<Rational> out;
  const auto block = static_cast<std::size_t>(r.block_elements());
  for (std::size_t first = 0; first < x.size(); first += block) {
    std::vector<spec::Number> values;
    for (std::size_t i = first; i < std::min(x.size(), first + block); ++i)
      values.push_back(spec::Number::finite(x[i]));
    for (const spec::Number& q : dequantize_block(r, quantize_block(r, values, tensor), tensor))
      out.push_back(q.value());
  }
  return out;
}

TEST(VectorBound, NoVectorOfSmallNumbersExceedsIt) {
  std::mt19937_64 random(3);
  for (const char* name : {"nvfp4", "mxfp4_rceil", "mxfp8_e4m3"}) {
    spec::Recipe r = recipe(name);
    r.input = spec::Precision::kExact;
    const ElementShare share = element_share(r, false);
    Rational worst = 0;
    for (int trial = 0; trial < 20; ++trial) {
      std::vector<Rational> x;
      const int octaves = trial % 2 == 0 ? 2 : 30;
      for (int i = 0; i < 64; ++i)
        x.push_back(Rational(static_cast<long>(random() % 8191) - 4095) *
                    spec::power_of_two(-12 - static_cast<long>(random() % octaves)));
      x[0] = 1;
      const std::vector<Rational> q = quantized(r, x, 1);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const Rational error = x[i] - q[i];
        worst = std::max(worst, error < 0 ? Rational(-error) : error);
      }
    }
    EXPECT_LE(worst, share.once) << name;
    EXPECT_GT(worst, share.once / 2) << name;  // else the bound says little
  }
}

TEST(VectorBound, OperandsAreOnesAndTheFirstAreAugmented) {
  const ElementShare share = {.once = Rational(1, 6), .twice = Rational(1, 36)};
  const Operand plain = largest_operand(share, 4, 0);
  EXPECT_EQ(plain.terms(), 4U);
  const Operand some = largest_operand(share, 4, 1);
  EXPECT_EQ(some.terms(), 5U);
  const Operand w = largest_operand({.once = Rational(1, 10)}, 4, 0);
  // Each product: |x| dw + |w| dx + dx dw.
  EXPECT_EQ(certain_bound(plain, w, {.unit = 0}).quantization,
            4 * (Rational(1, 10) + Rational(1, 6) + Rational(1, 60)));
  EXPECT_EQ(certain_bound(some, w, {.unit = 0}).quantization,
            3 * (Rational(1, 10) + Rational(1, 6) + Rational(1, 60)) +
                (Rational(1, 10) + Rational(1, 36) + Rational(1, 360)));
  EXPECT_THROW(largest_operand(share, 4, 5), Error);
}

TEST(VectorBound, ProductsAreExactWhereBitsSuffice) {
  // E2M1 under E4M3: 2 + 4 bits each.
  EXPECT_TRUE(products_are_exact(recipe("nvfp4"), recipe("nvfp4"), 12));
  EXPECT_FALSE(products_are_exact(recipe("nvfp4"), recipe("nvfp4"), 11));
  EXPECT_TRUE(products_are_exact(recipe("mxfp8_e4m3"), recipe("mxfp8_e4m3"), 24));
}

}  // namespace
}  // namespace mxscope::analysis
