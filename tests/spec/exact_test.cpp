// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Exact numbers keep their value through every text form.
#include "spec/exact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/number.h"

namespace mxscope::spec {
namespace {

Rational ratio(std::int64_t numerator, std::int64_t denominator) {
  return Rational(Integer(numerator), Integer(denominator));
}

TEST(PowerOfTwo, IsExactFarBeyondADouble) {
  EXPECT_EQ(power_of_two(0), 1);
  EXPECT_EQ(power_of_two(10), 1024);
  EXPECT_EQ(power_of_two(-3), ratio(1, 8));
  EXPECT_EQ(power_of_two(5000) * power_of_two(-5000), 1);
  EXPECT_EQ(power_of_two(-5000) * power_of_two(4999), ratio(1, 2));
}

TEST(Dyadic, IsNormalisedToAnOddSignificand) {
  const Dyadic d(Integer(-48), 3);
  EXPECT_EQ(d.significand, -3);
  EXPECT_EQ(d.exponent, 7);
  EXPECT_EQ(d.to_rational(), -384);
  const Dyadic zero(Integer(0), 99);
  EXPECT_EQ(zero.significand, 0);
  EXPECT_EQ(zero.exponent, 0);
}

TEST(Dyadic, TellsDyadicRationals) {
  EXPECT_TRUE(is_dyadic(0));
  EXPECT_TRUE(is_dyadic(-7));
  EXPECT_TRUE(is_dyadic(ratio(5, 1024)));
  EXPECT_FALSE(is_dyadic(ratio(1, 3)));
  EXPECT_FALSE(is_dyadic(ratio(1, 10)));
}

TEST(ToText, WritesShortDyadicsAsTerminatingDecimals) {
  EXPECT_EQ(to_text(Rational(0)), "0");
  EXPECT_EQ(to_text(ratio(5, 32)), "0.15625");
  EXPECT_EQ(to_text(Rational(-448)), "-448");
  EXPECT_EQ(to_text(ratio(-1, 512)), "-0.001953125");
  EXPECT_EQ(to_text(Rational(100)), "100");
  EXPECT_EQ(to_text(ratio(201, 2)), "100.5");
}

TEST(ToText, WritesOtherRationalsAsFractions) {
  EXPECT_EQ(to_text(ratio(1, 3)), "1/3");
  EXPECT_EQ(to_text(ratio(-22, 7)), "-22/7");
}

TEST(ToText, WritesLongDyadicsAsScaledPowers) {
  EXPECT_EQ(to_text(power_of_two(-1074)), "1*2^-1074");
  EXPECT_EQ(to_text(3 * power_of_two(2000)), "3*2^2000");
  EXPECT_EQ(to_text(-5 * power_of_two(-149)), "-5*2^-149");
}

TEST(ToText, DecimalsAppearUpToTheLimitAndNotBeyond) {
  // 2^-n has n decimals, a leading zero, and so n + 1 digits.
  EXPECT_EQ(to_text(ratio(1, 4), 3), "0.25");
  EXPECT_EQ(to_text(ratio(1, 8), 3), "1/8");
}

class RoundTrip : public testing::TestWithParam<Rational> {};

TEST_P(RoundTrip, TextReadsBackAsTheSameRational) {
  const Rational value = GetParam();
  EXPECT_EQ(parse_number(to_text(value)).value(), value) << to_text(value);
  EXPECT_EQ(parse_number(to_hex_text(value)).value(), value) << to_hex_text(value);
  for (const int digits : {1, 5, 17, 200})
    EXPECT_EQ(parse_number(to_text(value, digits)).value(), value) << to_text(value, digits);
}

std::vector<Rational> interesting_rationals() {
  std::vector<Rational> values = {0, 1, -1, ratio(1, 3), ratio(-10, 7), ratio(1, 10)};
  for (const int exponent : {-1074, -150, -149, -126, -10, -1, 1, 4, 23, 127, 1023, 5000})
    for (const int significand : {1, 3, -5, 255, 16777215})
      values.push_back(significand * power_of_two(exponent));
  return values;
}

INSTANTIATE_TEST_SUITE_P(Values, RoundTrip, testing::ValuesIn(interesting_rationals()));

TEST(ToHexText, IsC99) {
  EXPECT_EQ(to_hex_text(Rational(0)), "0x0p+0");
  EXPECT_EQ(to_hex_text(Rational(1)), "0x1p+0");
  EXPECT_EQ(to_hex_text(Rational(12)), "0x1.8p+3");
  EXPECT_EQ(to_hex_text(ratio(-1, 512)), "-0x1p-9");
  EXPECT_EQ(to_hex_text(Rational(1) + power_of_two(-23)), "0x1.000002p+0");
  EXPECT_EQ(to_hex_text(ratio(1, 3)), "1/3");
}

TEST(ToApproximateText, RoundsTheExactValue) {
  EXPECT_EQ(to_approximate_text(Rational(0)), "0");
  EXPECT_EQ(to_approximate_text(ratio(1, 3)), "0.333333");
  EXPECT_EQ(to_approximate_text(ratio(-2, 3), 3), "-0.667");
  EXPECT_EQ(to_approximate_text(Rational(57344)), "57344");
  EXPECT_EQ(to_approximate_text(power_of_two(-1074), 3), "4.94e-324");
  EXPECT_EQ(to_approximate_text(power_of_two(127)), "1.70141e+38");
}

TEST(ToApproximateText, CarriesIntoANewDigit) {
  EXPECT_EQ(to_approximate_text(ratio(9999999, 1), 6), "1e+07");
  EXPECT_EQ(to_approximate_text(ratio(9995, 10000), 3), "1");
  EXPECT_EQ(to_approximate_text(ratio(9994, 10000), 3), "0.999");
}

TEST(ToApproximateText, IsExactAtPowersOfTen) {
  for (int e = 0; e < 60; ++e) {
    Rational power = 1;
    for (int i = 0; i < e; ++i) power *= 10;
    EXPECT_EQ(parse_number(to_approximate_text(power)).value(), power) << e;
    EXPECT_EQ(parse_number(to_approximate_text(1 / power)).value(), 1 / power) << e;
  }
}

}  // namespace
}  // namespace mxscope::spec
