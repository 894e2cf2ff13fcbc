// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Hadamard matrices are orthogonal, and rotating by them keeps products.
#include "kernels/hadamard.h"

#include <gmock/gmock.h>

#include <cmath>

namespace mxscope::kernels {
namespace {

Matrix made(std::int64_t rows, std::int64_t columns, std::uint32_t seed) {
  Matrix out{rows, columns, {}};
  std::uint32_t state = seed;
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    state = state * 1664525U + 1013904223U;
    out.values.push_back(static_cast<float>(static_cast<int>(state >> 24) - 128));
  }
  return out;
}

double dot(const Matrix& a, std::int64_t i, const Matrix& b, std::int64_t j) {
  double sum = 0;
  for (std::int64_t k = 0; k < a.columns; ++k)
    sum += static_cast<double>(a.view().row(i)[static_cast<std::size_t>(k)]) *
           static_cast<double>(b.view().row(j)[static_cast<std::size_t>(k)]);
  return sum;
}

TEST(Hadamard, RowsAreOrthogonalInEveryOrderThatIsThere) {
  std::vector<std::int64_t> orders;
  for (std::int64_t n = 1; n <= 128; ++n) {
    const std::vector<std::int8_t> h = hadamard_matrix(n);
    if (h.empty()) continue;
    orders.push_back(n);
    ASSERT_EQ(h.size(), static_cast<std::size_t>(n * n));
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = 0; j <= i; ++j) {
        std::int64_t sum = 0;
        for (std::int64_t k = 0; k < n; ++k)
          sum += h[static_cast<std::size_t>(i * n + k)] * h[static_cast<std::size_t>(j * n + k)];
        ASSERT_EQ(sum, i == j ? n : 0) << n << ": " << i << ", " << j;
      }
  }
  // All multiples of four but those whose constructions need prime powers or are neither Paley's.
  EXPECT_THAT(orders,
              testing::IsSupersetOf({1, 2, 4, 8, 12, 20, 24, 28, 36, 44, 48, 60, 108, 128}));
  EXPECT_THAT(orders, testing::Not(testing::Contains(92)));  // known only since 1962, by others
}

TEST(Hadamard, ChannelCountsOfRealLayersAreRotatedWhole) {
  for (const auto& [channels, order] : {std::pair<std::int64_t, std::int64_t>{384, 12},
                                        {1536, 12},
                                        {4096, 1},
                                        {5120, 20},
                                        {13824, 108},
                                        {14336, 28},
                                        {18944, 148},
                                        {27648, 108},
                                        {28672, 28}}) {
    const HadamardRotation rotation(channels, 0, false, 0);
    EXPECT_EQ(rotation.block(), channels);
    EXPECT_EQ(rotation.order(), order);
  }
  // 11008 = 43 * 256: neither construction has a factor, so blocks of 256.
  EXPECT_EQ(HadamardRotation(11008, 0, false, 0).block(), 256);
}

TEST(Hadamard, ProductsStay) {
  for (const std::int64_t channels : {64, 96, 384, 100})
    for (const std::int64_t block : {0, 16}) {
      Matrix x = made(3, channels, 1);
      Matrix w = made(2, channels, 2);
      const Matrix x0 = x;
      const Matrix w0 = w;
      const HadamardRotation rotation(channels, block, true, 7);
      rotation.apply(x);
      rotation.apply(w);
      EXPECT_NE(x.values, x0.values);
      for (std::int64_t i = 0; i < 3; ++i)
        for (std::int64_t j = 0; j < 2; ++j) {
          const double size = std::sqrt(dot(x0, i, x0, i) * dot(w0, j, w0, j));
          // Each of at most log2 K + 12 additions and two products rounds once.
          EXPECT_NEAR(dot(x, i, w, j), dot(x0, i, w0, j), size * 0x1p-18) << channels;
        }
    }
}

TEST(Hadamard, PowersOfFourAreExactOnIntegers) {
  Matrix x = made(1, 256, 3);
  const Matrix x0 = x;
  const HadamardRotation rotation(256, 0, false, 0);
  rotation.apply(x);
  rotation.apply(x);  // symmetric, so its own inverse; 1/16 and sums of integers are exact
  EXPECT_EQ(x.values, x0.values);
}

TEST(Hadamard, SignsComeFromTheSeed) {
  Matrix a = made(1, 32, 4);
  Matrix b = a;
  Matrix c = a;
  HadamardRotation(32, 0, true, 1).apply(a);
  HadamardRotation(32, 0, true, 1).apply(b);
  HadamardRotation(32, 0, true, 2).apply(c);
  EXPECT_EQ(a.values, b.values);
  EXPECT_NE(a.values, c.values);
}

TEST(Hadamard, WhatIsLeftAfterWholeBlocksStays) {
  Matrix x = made(1, 40, 5);
  const Matrix x0 = x;
  HadamardRotation(40, 16, false, 0).apply(x);
  EXPECT_NE(x.values[0], x0.values[0]);
  EXPECT_EQ(std::vector<float>(x.values.begin() + 32, x.values.end()),
            std::vector<float>(x0.values.begin() + 32, x0.values.end()));
}

}  // namespace
}  // namespace mxscope::kernels
