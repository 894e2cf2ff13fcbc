// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/enclosure.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

namespace mxscope::analysis {
namespace {

using spec::Rational;

Rational random_rational(std::mt19937_64& random) {
  const auto part = [&] { return static_cast<long>(random() % 2001) - 1000; };
  const long denominator = part();
  return Rational(part()) / Rational(denominator == 0 ? 1 : denominator);
}

/// An enclosure with both ends off the grid of its precision, of either sign or around zero.
Enclosure random_enclosure(std::mt19937_64& random, Rational& inside) {
  const Rational a = random_rational(random);
  const Rational b = random_rational(random);
  inside = a + (b - a) * Rational(static_cast<long>(random() % 101), 100);
  return hull(Enclosure(24, a), Enclosure(24, b));
}

TEST(Enclosure, ArithmeticContainsTheExactResult) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    Rational x;
    Rational y;
    const Enclosure a = random_enclosure(random, x);
    const Enclosure b = random_enclosure(random, y);
    ASSERT_TRUE((a + b).contains(x + y));
    ASSERT_TRUE((a - b).contains(x - y));
    ASSERT_TRUE((a * b).contains(x * y)) << x << " " << y;
    ASSERT_TRUE((-a).contains(-x));
    ASSERT_TRUE(square(a).contains(x * x));
    ASSERT_GE(square(a).low(), 0);
    ASSERT_TRUE(power(a, 3).contains(x * x * x));
    if (b.is_positive() || b.is_negative()) {
      ASSERT_TRUE((a / b).contains(x / y));
    } else {
      ASSERT_THROW(a / b, std::domain_error);
    }
  }
}

TEST(Enclosure, OperationsOnItselfAreSafe) {
  Enclosure a = hull(Enclosure(53, -1), Enclosure(53, 2));
  const Enclosure& same = a;
  a -= same;
  EXPECT_TRUE(a.contains(-3));
  EXPECT_TRUE(a.contains(3));
  Enclosure b = hull(Enclosure(53, 2), Enclosure(53, 3));
  const Enclosure& itself = b;
  b *= itself;
  EXPECT_TRUE(b.contains(4));
  EXPECT_TRUE(b.contains(9));
}

TEST(Enclosure, WidthIsOneUnitForAnExactOperand) {
  const Enclosure third(100, Rational(1, 3));
  EXPECT_TRUE(third.contains(Rational(1, 3)));
  EXPECT_GT(third.high(), third.low());
  EXPECT_LE(third.high() - third.low(), spec::power_of_two(-101));
}

/// At 300 bits the enclosure lies within that at 60, which cannot be if one is off.
TEST(Enclosure, FunctionsAtMoreBitsStayWithinThoseAtFewer) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 500; ++i) {
    const Rational x = abs(random_rational(random)) / 100 + Rational(1, 1000);
    const auto nested = [&](auto function) {
      const Enclosure fine = function(Enclosure(300, x));
      const Enclosure coarse = function(Enclosure(60, x));
      return coarse.low() <= fine.low() && fine.high() <= coarse.high();
    };
    ASSERT_TRUE(nested([](const Enclosure& e) { return exp(e); }));
    ASSERT_TRUE(nested([](const Enclosure& e) { return log(e); }));
    ASSERT_TRUE(nested([](const Enclosure& e) { return sqrt(e); }));
    ASSERT_TRUE(nested([](const Enclosure& e) { return erfc(e); }));
    ASSERT_TRUE(nested([](const Enclosure& e) { return gamma(e); }));
  }
}

TEST(Enclosure, KnowsFactorialsAndHalves) {
  EXPECT_TRUE(gamma(Enclosure(200, 6)).contains(120));
  EXPECT_TRUE(gamma(Enclosure(200, 1)).contains(1));
  const Enclosure pi = square(gamma(Enclosure(200, Rational(1, 2))));
  EXPECT_TRUE(pi.overlaps(Enclosure::pi(200)));
  EXPECT_GE(pi.proved_digits(), 55);
}

TEST(Enclosure, TextHasTheProvedDigitsOnly) {
  const Enclosure pi = Enclosure::pi(100);
  EXPECT_EQ(pi.text(20), "3.1415926535897932385");
  EXPECT_GE(pi.proved_digits(), 29);
  EXPECT_LE(pi.proved_digits(), 31);
  EXPECT_EQ(pi.proved_digits(12), 12);
  const Enclosure wide =
      hull(Enclosure(100, Rational(314, 100)), Enclosure(100, Rational(315, 100)));
  EXPECT_EQ(wide.proved_digits(), 1);
  EXPECT_EQ(hull(Enclosure(50, -1), Enclosure(50, 1)).proved_digits(), 0);
  EXPECT_EQ(Enclosure(50, Rational(1, 4)).text(3), "0.250");
}

}  // namespace
}  // namespace mxscope::analysis
