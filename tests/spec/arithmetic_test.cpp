// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Exact-then-rounded operations agree with this machine's IEEE 754 hardware, bit for bit.
#include "spec/arithmetic.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::spec {
namespace {

Number number(float x) { return decode(find_format("fp32"), std::bit_cast<std::uint32_t>(x)); }

void expect_same(const Number& actual, float hardware) {
  const Number expected = number(hardware);
  ASSERT_EQ(actual.kind, expected.kind);
  if (actual.kind == NumberKind::kNan) return;
  ASSERT_EQ(actual.negative, expected.negative);
  ASSERT_EQ(actual.magnitude, expected.magnitude);
}

TEST(Arithmetic, EqualsBinary32Hardware) {
  std::mt19937 engine(1);
  std::vector<float> values = {0.0F,      -0.0F,   1.0F,      -1.0F,           INFINITY,
                               -INFINITY, NAN,     0x1p-149F, 0x1.fffffep127F, 0x1p-126F,
                               3.0F,      0x1p-75F};
  for (int i = 0; i < 60; ++i) values.push_back(std::bit_cast<float>(std::uint32_t(engine())));
  for (const float a : values)
    for (const float b : values) {
      ASSERT_NO_FATAL_FAILURE(expect_same(multiply(number(a), number(b), Precision::kF32), a * b));
      ASSERT_NO_FATAL_FAILURE(expect_same(divide(number(a), number(b), Precision::kF32), a / b));
      ASSERT_NO_FATAL_FAILURE(expect_same(add(number(a), number(b), Precision::kF32), a + b));
      ASSERT_NO_FATAL_FAILURE(expect_same(subtract(number(a), number(b), Precision::kF32), a - b));
      ASSERT_EQ(less(number(a), number(b)), a < b);
    }
}

TEST(Arithmetic, NarrowPrecisionsTieToEven) {
  const Number tie = Number::finite(Rational(257, 256));  // 1 + 2^-8: half a bfloat16 unit above 1
  EXPECT_EQ(round_to(tie, Precision::kBf16).magnitude, 1);
  EXPECT_EQ(round_to(tie, Precision::kF16).magnitude, Rational(257, 256));
  EXPECT_EQ(round_to(Number::finite(Rational(65520)), Precision::kF16).kind, NumberKind::kInfinity);
  EXPECT_EQ(round_to(Number::finite(Rational(65519)), Precision::kF16).magnitude, 65504);
  EXPECT_EQ(round_to(tie, Precision::kExact).magnitude, Rational(257, 256));
}

TEST(Arithmetic, ANanOperandIsKeptAndAnInvalidOperationIsNegative) {
  const Number payload = number(std::bit_cast<float>(0x7F800001U));
  EXPECT_EQ(multiply(payload, number(1), Precision::kF32).payload, 0x400001U);
  EXPECT_FALSE(multiply(payload, number(1), Precision::kF32).negative);
  EXPECT_TRUE(divide(number(0), number(0), Precision::kF32).negative);
}

TEST(Arithmetic, LogarithmsRoundUpJustBelowAPowerOfTwo) {
  const auto below = [](int k, int units) {
    return Rational(power_of_two(k) - units * power_of_two(k - 24));
  };
  // log2(8 - 2^-21) is nearer to 3 than to binary32's next number below 3, two units below are not.
  EXPECT_EQ(floor_log2(below(3, 1)), 2);
  EXPECT_EQ(floor_rounded_log2(below(3, 1), Precision::kF32), 3);
  EXPECT_EQ(floor_rounded_log2(below(3, 2), Precision::kF32), 2);
  EXPECT_EQ(floor_rounded_log2(below(40, 22), Precision::kF32), 40);
  EXPECT_EQ(floor_rounded_log2(below(40, 23), Precision::kF32), 39);
  // 7.97 and 63.5, on bfloat16 tensors.
  EXPECT_EQ(
      floor_rounded_log2(number(std::bit_cast<float>(0x40FF0000U)).magnitude, Precision::kBf16), 3);
  EXPECT_EQ(floor_rounded_log2(number(63.5F).magnitude, Precision::kBf16), 6);
  EXPECT_EQ(ceil_rounded_log2(Rational(8) + power_of_two(-21), Precision::kF32), 3);
  EXPECT_EQ(ceil_rounded_log2(Rational(9), Precision::kF32), 4);
  EXPECT_THROW(floor_rounded_log2(Rational(1, 3), Precision::kF32), Error);
}

}  // namespace
}  // namespace mxscope::spec
