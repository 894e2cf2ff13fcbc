// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// GPTQ and low rank against what theory says of them.
#include <gmock/gmock.h>

#include <cmath>

#include "kernels/gptq.h"
#include "kernels/low_rank.h"
#include "spec/error.h"
#include "tests/kernels/made_layers.h"

namespace mxscope::kernels {
namespace {

MatrixCodes nearest(const TensorQuantizer& quantizer, const Matrix& w) {
  return quantize_matrix(quantizer, w.values);
}

TEST(Gptq, WithoutCorrelationsItIsTheRecipe) {
  // X^T X is a multiple of the identity: no error has anywhere to go.
  Matrix x{64, 64, std::vector<float>(64 * 64)};
  for (std::int64_t i = 0; i < 64; ++i) x.row(i)[static_cast<std::size_t>(i)] = 3;
  const Matrix w = made_layer(6, 64, 1);
  for (const char* name : {"nvfp4_1level", "mxfp4_rceil", "mxfp8_e4m3_ceil"}) {
    const BlockRoutine routine(all_recipes().find(name));
    const TensorQuantizer quantizer(routine, 6, 64);
    const MatrixCodes plain = nearest(quantizer, w);
    const MatrixCodes carried = gptq_codes(w.view(), routine, plain.state, x.view());
    EXPECT_EQ(carried.codes.elements, plain.codes.elements) << name;
    EXPECT_EQ(carried.codes.scales, plain.codes.scales) << name;
  }
}

TEST(Gptq, EqualChannelsShareTheError) {
  // All three channels always have the same input, so only the sum of a row's weights counts.
  Matrix x{8, 3, {}};
  for (int i = 1; i <= 8; ++i) x.values.insert(x.values.end(), 3, static_cast<float>(i));
  spec::Recipe recipe = all_recipes().find("int8_token");
  recipe.divisor = 1;  // the row's largest weight is 1, so these become integers
  const BlockRoutine routine(recipe);
  const TensorQuantizer quantizer(routine, 1, 3);
  const Matrix w{1, 3, {0.3F, 0.3F, 1}};
  const MatrixCodes plain = nearest(quantizer, w);
  EXPECT_THAT(plain.codes.elements, testing::ElementsAre(0, 0, 1));
  // 0.3, half of it on to the next, and what those two lost to the last one: 1.6 is nearer to 2.
  EXPECT_THAT(gptq_codes(w.view(), routine, plain.state, x.view()).codes.elements,
              testing::ElementsAre(0, 0, 2));
}

TEST(Gptq, TheOutputErrorIsLess) {
  Matrix x = made_layer(64, 64, 2);
  for (std::int64_t i = 0; i < 64; ++i)
    for (std::size_t j = 1; j < 64; ++j) x.row(i)[j] = x.row(i)[j] / 16 + x.row(i)[j - 1];
  const Matrix w = made_layer(16, 64, 3);
  const BlockRoutine routine(all_recipes().find("nvfp4"));
  const TensorQuantizer quantizer(routine, 16, 64);
  const auto output_error = [&](const MatrixCodes& codes) {
    std::vector<float> q(w.values.size());
    quantizer.dequantize(codes.codes, codes.state, q);
    double sum = 0;
    for (std::int64_t i = 0; i < 64; ++i)
      for (std::int64_t j = 0; j < 16; ++j) {
        double d = 0;
        for (std::size_t k = 0; k < 64; ++k)
          d += double{x.row(i)[k]} * (double{q[static_cast<std::size_t>(j) * 64 + k]} -
                                      double{w.values[static_cast<std::size_t>(j) * 64 + k]});
        sum += d * d;
      }
    return sum;
  };
  const MatrixCodes plain = nearest(quantizer, w);
  EXPECT_LT(output_error(gptq_codes(w.view(), routine, plain.state, x.view())),
            output_error(plain) / 2);
}

TEST(Gptq, BlocksOverRowsAreRefused) {
  const BlockRoutine routine(all_recipes().find("nvfp4_2d"));
  const Matrix w = made_layer(16, 16, 4);
  EXPECT_THROW(gptq_codes(w.view(), routine, {}, w.view()), Error);
}

TEST(LowRank, WhatHasTheRankIsFound) {
  // u v^T + s t^T with few bits: both factors and the rest come out to binary16's precision.
  Matrix w{20, 30, {}};
  for (int i = 0; i < 20; ++i)
    for (int j = 0; j < 30; ++j)
      w.values.push_back(static_cast<float>((i % 5 - 2) * (j % 7 - 3)) +
                         0.25F * static_cast<float>((i % 3 - 1) * (j % 2)));
  const LowRank two = low_rank(w.view(), 2);
  EXPECT_EQ(two.up.rows, 20);
  EXPECT_EQ(two.down.columns, 30);
  const Matrix rest = without_low_rank(w.view(), two);
  for (const float x : rest.values) EXPECT_NEAR(x, 0, 0.02);
  const Matrix more = without_low_rank(w.view(), low_rank(w.view(), 1));
  float most = 0;
  for (const float x : more.values) most = std::max(most, std::fabs(x));
  EXPECT_GT(most, 0.1F);  // rank one is not enough
  EXPECT_THROW(low_rank(w.view(), 21), Error);
}

}  // namespace
}  // namespace mxscope::kernels
