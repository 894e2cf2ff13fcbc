// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Exponentials against MPFR, and the order of sums.
#include "kernels/fused_rows.h"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "spec/error.h"

namespace mxscope::kernels {
namespace {

/// |got - e^x| in units of the last place of a binary32 number as large, no less than the least.
double error_in_units(float x, float got) {
  mpfr_t exact;
  mpfr_init2(exact, 80);
  mpfr_set_flt(exact, x, MPFR_RNDN);
  mpfr_exp(exact, exact, MPFR_RNDN);
  const double size = mpfr_get_d(exact, MPFR_RNDN);
  mpfr_sub_d(exact, exact, static_cast<double>(got), MPFR_RNDN);
  const double error = std::fabs(mpfr_get_d(exact, MPFR_RNDN));
  mpfr_clear(exact);
  return error / std::ldexp(1.0, std::max(std::ilogb(size), -126) - 23);
}

/// Every `step`-th pattern of x between -104 and 88.
double largest_error(std::uint32_t step) {
  double largest = 0;
  const auto up_to = [&](float last) {
    const std::uint32_t sign = std::bit_cast<std::uint32_t>(last) & 0x80000000;
    for (std::uint32_t bits = 0x30000000; bits <= (std::bit_cast<std::uint32_t>(last) & 0x7FFFFFFF);
         bits += step) {
      const float x = std::bit_cast<float>(bits | sign);
      largest = std::max(largest, error_in_units(x, exponential(x)));
    }
  };
  up_to(88.0F);
  up_to(-103.0F);
  return largest;
}

TEST(Exponential, IsWithinItsBoundOfMpfrs) {
  const double largest = largest_error(10007);
  RecordProperty("largest", std::to_string(largest));
  EXPECT_LT(largest, 1.1);
}

TEST(ExponentialMedium, IsWithinItsBoundOfMpfrsOnAMillionNumbers) {
  const double largest = largest_error(211);
  RecordProperty("largest", std::to_string(largest));
  EXPECT_LT(largest, 1.1);
}

TEST(Exponential, Ends) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(exponential(0.0F), 1.0F);
  EXPECT_EQ(exponential(-0.0F), 1.0F);
  EXPECT_EQ(exponential(infinity), infinity);
  EXPECT_EQ(exponential(89.0F), infinity);
  EXPECT_EQ(exponential(-infinity), 0.0F);
  EXPECT_EQ(exponential(-104.0F), 0.0F);
  EXPECT_GT(exponential(-103.0F), 0.0F);
  EXPECT_TRUE(std::isnan(exponential(std::numeric_limits<float>::quiet_NaN())));
}

TEST(Silu, Values) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(silu(0.0F), 0.0F);
  EXPECT_EQ(silu(infinity), infinity);
  EXPECT_TRUE(std::isnan(silu(-infinity)));  // -infinity over 1 + e^infinity, as in the kernels
  EXPECT_EQ(silu(100.0F), 100.0F);
  EXPECT_TRUE(std::signbit(silu(-200.0F)));
  EXPECT_NEAR(silu(1.0F), 0.731058578F, 1e-7);
}

/// Sums whose result tells the order: a large number takes in small ones only together.
TEST(SumOfSquares, FollowsTheThreads) {
  std::vector<float> row(64, 0x1p-12F);  // squares 2^-24
  row[0] = 1;
  // Four threads of 16: thread 0 has 1 and 15 squares that vanish beside it one by one, and the
  // others' 16 squares are 2^-20 each.
  EXPECT_EQ(sum_of_squares(row, {16, 8}), 1 + 3 * 0x1p-20F);
  // One thread: all vanish.
  EXPECT_EQ(sum_of_squares(row, {64, 64}), 1.0F);
  // As many threads as elements: a tree, in which thread 1's side of each addition comes last.
  float tree = 1;
  for (const float side : {0x1p-24F, 0x1p-24F, 0x1p-24F, 0x1p-24F, 0x1p-24F, 0x1p-24F})
    tree += side;
  EXPECT_GE(sum_of_squares(row, {1, 1}), tree);
  EXPECT_EQ(sum_of_squares({}, {}), 0.0F);
}

TEST(SumOfSquares, ThreadsOfAnyNumber) {
  // Three threads: 2 is added to 0, then 1.
  std::vector<float> row = {1, 0x1p-12F, 0x1p-12F};
  EXPECT_EQ(sum_of_squares(row, {1, 1}), 1.0F);
  row = {0x1p-12F, 1, 0x1p-12F};
  EXPECT_EQ(sum_of_squares(row, {1, 1}), 1 + 0x1p-23F);
  EXPECT_THROW(sum_of_squares(row, {2, 1}), Error);
  EXPECT_THROW(sum_of_squares(row, {3, 2}), Error);
}

TEST(RowRule, RmsNormRoundsToBfloat16Once) {
  RowRule rule{.prologue = Prologue::kRmsNorm, .weight = {1, 1, 3, -1}, .epsilon = 0};
  rule.sum = {4, 4};
  std::vector<float> out(4);
  apply_row_rule(rule, std::vector<float>{2, 2, 2, 2}, {}, out);
  EXPECT_EQ(out, (std::vector<float>{1, 1, 3, -1}));
  rule.to_bf16 = true;
  rule.weight[0] = 1 + 0x1p-8F;  // in the middle of two: to even
  rule.weight[1] = 1 + 0x1p-8F + 0x1p-20F;
  apply_row_rule(rule, std::vector<float>{2, 2, 2, 2}, {}, out);
  EXPECT_EQ(out[0], 1.0F);
  EXPECT_EQ(out[1], 1 + 0x1p-7F);
  out.resize(8);
  EXPECT_THROW(apply_row_rule(rule, std::vector<float>(8), {}, out), Error);
}

}  // namespace
}  // namespace mxscope::kernels
