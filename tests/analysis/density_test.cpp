// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/density.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/math/distributions/laplace.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include "spec/error.h"
#include "spec/number.h"

namespace mxscope::analysis {
namespace {

using spec::Rational;
using Real = boost::multiprecision::cpp_bin_float_50;
using testing::HasSubstr;

constexpr int kBits = 200;

/// Integrals from 0 to x, negative where x is.
PartialMoments from_zero(const Density& density, const Point& x, int bits = kBits) {
  MomentTable table(density, bits);
  if (at(0) < x) return table.between(at(0), x);
  const PartialMoments below = table.between(x, at(0));
  return {-below.mass, -below.mean, -below.square};
}

Real to_real(const Enclosure& e) { return Real(e.text(48)); }

/// Partial moments against Boost's density under Gauss-Kronrod quadrature in 50 digits.
template <typename Distribution>
void expect_moments(const std::string& name, const Distribution& distribution) {
  const Density density = parse_density(name);
  for (const char* end : {"1/1000", "3/8", "1", "5/2", "-7/4", "9"}) {
    const Rational x = spec::parse_number(end).value();
    const PartialMoments partial = from_zero(density, at(x));
    const Real to = Real(numerator(x).str()) / Real(denominator(x).str());
    const auto integral = [&](int power) -> Real {
      return boost::math::quadrature::gauss_kronrod<Real, 61>::integrate(
          [&](const Real& t) -> Real { return pow(t, power) * pdf(distribution, t); }, Real(0), to,
          12, Real("1e-40"));
    };
    EXPECT_LT(abs(to_real(partial.mass) - integral(0)), Real("1e-38")) << name << " " << end;
    EXPECT_LT(abs(to_real(partial.mean) - integral(1)), Real("1e-38")) << name << " " << end;
    EXPECT_LT(abs(to_real(partial.square) - integral(2)), Real("1e-38")) << name << " " << end;
    EXPECT_GE(partial.square.proved_digits(), 40) << name << " " << end;
    EXPECT_LT(abs(to_real(density_at(density, x, kBits)) - pdf(distribution, to)), Real("1e-45"));
  }
}

TEST(DensityMedium, PartialMomentsAreThoseOfBoost) {
  expect_moments("normal", boost::math::normal_distribution<Real>(0, 1));
  expect_moments("normal:3/4", boost::math::normal_distribution<Real>(0, Real(3) / 4));
  expect_moments("laplace", boost::math::laplace_distribution<Real>(0, 1));
  expect_moments("laplace:2", boost::math::laplace_distribution<Real>(0, 2));
  expect_moments("t:5", boost::math::students_t_distribution<Real>(5));
  expect_moments("t:7/3", boost::math::students_t_distribution<Real>(Real(7) / 3));
  expect_moments("t:40", boost::math::students_t_distribution<Real>(40));
}

TEST(Density, WholeMomentsAreTheTextbooks) {
  const auto variance = [](const char* name) {
    const Density density = parse_density(name);
    return MomentTable(density, kBits).whole().square;
  };
  EXPECT_TRUE(variance("normal").contains(1));
  EXPECT_TRUE(variance("normal:3").contains(9));
  EXPECT_TRUE(variance("laplace").contains(2));
  EXPECT_TRUE(variance("uniform").contains(Rational(1, 3)));
  EXPECT_TRUE(variance("uniform:6").contains(12));
  EXPECT_TRUE(variance("t:5").contains(Rational(5, 3)));
  EXPECT_TRUE(variance("t:5:2").contains(Rational(20, 3)));
  EXPECT_TRUE(variance("t:201/100").contains(201));
  EXPECT_GE(variance("t:201/100").proved_digits(), 50);
}

TEST(Density, FarTailsOfStudentsTKeepTheirDigits) {
  const Density density = parse_density("t:3");
  const Enclosure tail = tail_moments(density, spec::power_of_two(100), false, kBits).mass;
  // P(T > x) is about 6 sqrt(3) / (3 pi x^3) * (3/2)... the first term of the series at infinity.
  const Enclosure leading =
      sqrt(Enclosure(600, 3)) * Rational(2) / Enclosure::pi(600) * spec::power_of_two(-300);
  const Enclosure ratio = tail / leading;
  EXPECT_GT(ratio.low(), Rational(999999, 1000000));
  EXPECT_LT(ratio.high(), Rational(1000001, 1000000));
  EXPECT_GE(tail.proved_digits(), 50);
}

TEST(Density, StudentsTWithoutVarianceSaysSo) {
  EXPECT_FALSE(parse_density("t:2").has_variance());
  EXPECT_TRUE(parse_density("t:2.001").has_variance());
}

std::string failure(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Density, BadNamesAreExplained) {
  const auto message = [](const char* text) { return failure([&] { parse_density(text); }); };
  EXPECT_THAT(message("gauss"), HasSubstr("normal"));
  EXPECT_THAT(message("t"), HasSubstr("degrees"));
  EXPECT_THAT(message("normal:0"), HasSubstr("positive"));
  EXPECT_THAT(message("normal:inf"), HasSubstr("positive"));
  EXPECT_THAT(message("uniform:1:2"), HasSubstr("too many"));
  EXPECT_THAT(message("t:-1"), HasSubstr("positive"));
  EXPECT_THAT(message("t:1e9"), HasSubstr("normal"));
}

constexpr const char* kTriangle = R"(
[[density]]
name = "triangle"
points = ["-1", "0", "1"]
values = ["0", "5", "0"]
)";

constexpr const char* kParabola = R"(
[[density]]
name = "parabola"
[[density.piece]]
from = "-1"
to = "1"
coefficients = ["1", "0", "-1"]
)";

TEST(Density, TabulatedAndPolynomialDensitiesAreExact) {
  const Density triangle = load_densities(kTriangle, "d.toml").front();
  EXPECT_EQ(whole_mass(triangle), 1);
  const PartialMoments half = from_zero(triangle, plus_infinity());
  EXPECT_TRUE(half.mass.contains(Rational(1, 2)));
  EXPECT_TRUE(half.mean.contains(Rational(1, 6)));
  EXPECT_TRUE(half.square.contains(Rational(1, 12)));
  EXPECT_TRUE(density_at(triangle, Rational(1, 4), kBits).contains(Rational(3, 4)));

  const Density parabola = load_densities(kParabola, "d.toml").front();
  EXPECT_TRUE(from_zero(parabola, at(Rational(1, 2))).mass.contains(Rational(11, 32)));
}

TEST(Density, BadFilesNameTheLineAndTheField) {
  const auto message = [](std::string text) {
    return failure([&] { load_densities(text, "d.toml"); });
  };
  EXPECT_THAT(message("[[density]]\nname = \"a\"\npoints = [\"0\", \"1\"]\nvalues = [\"1\"]\n"),
              HasSubstr("d.toml:3: field points"));
  EXPECT_THAT(
      message("[[density]]\nname = \"a\"\npoints = [\"0\", \"0\"]\nvalues = [\"1\", \"1\"]\n"),
      HasSubstr("ascend"));
  EXPECT_THAT(
      message("[[density]]\nname = \"a\"\npoints = [\"0\", \"1\"]\nvalues = [\"1\", \"-1\"]\n"),
      HasSubstr("negative between 0 and 1"));
  EXPECT_THAT(
      message("[[density]]\nname = \"a\"\npoints = [\"0\", \"1\"]\nvalues = [\"0\", \"0\"]\n"),
      HasSubstr("zero everywhere"));
  EXPECT_THAT(message("[[density]]\nname = \"a\"\n"), HasSubstr("[[density.piece]]"));
  EXPECT_THAT(message("[[density]]\nname = \"a\"\npiece = [1]\n"), HasSubstr("tables"));
  EXPECT_THAT(message(std::string(kTriangle) + kTriangle), HasSubstr("taken"));
  // --density would show the file's numbers under a name that everybody knows as another's.
  for (const char* name : {"normal", "t:5", "laplace:2"})
    EXPECT_THAT(message("[[density]]\nname = \"" + std::string(name) +
                        "\"\npoints = [\"0\", \"1\"]\nvalues = [\"1\", \"1\"]\n"),
                HasSubstr("is built in"));
  EXPECT_THAT(message("[[density]]\nname = \"a,b\"\n"), HasSubstr("d.toml:2: field name"));
  EXPECT_THAT(message(std::string(kParabola) + "too = 1\n"), HasSubstr("too"));
  // Negative in the middle only: 4 x^2 - 4 x + 0.99 between its roots near 1/2.
  EXPECT_THAT(message("[[density]]\nname = \"a\"\n[[density.piece]]\nfrom = \"0\"\nto = \"1\"\n"
                      "coefficients = [\"0.99\", \"-4\", \"4\"]\n"),
              HasSubstr("negative"));
  // A double root inside is not.
  EXPECT_EQ(message("[[density]]\nname = \"a\"\n[[density.piece]]\nfrom = \"0\"\nto = \"1\"\n"
                    "coefficients = [\"1\", \"-4\", \"4\"]\n"),
            "");
}

}  // namespace
}  // namespace mxscope::analysis
