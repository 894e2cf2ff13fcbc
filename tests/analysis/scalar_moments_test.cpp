// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/scalar_moments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "analysis/moment_claims.h"
#include "analysis/moment_quadrature.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/number.h"
#include "spec/oracle.h"

namespace mxscope::analysis {
namespace {

using spec::Rational;
using spec::Rounding;

constexpr int kBits = 256;

std::vector<Cell> cells_of(const char* format, Rounding rounding, int random_bits = 0) {
  const spec::Format& f = spec::find_format(format);
  return quantizer_cells(f, adapted(f, {.rounding = rounding}), random_bits);
}

/// E Q and E Q^2 of the oracle over all random values, at points between and on no threshold.
TEST(QuantizerCells, AreTheOracle) {
  std::mt19937_64 random(3);
  for (const char* name : {"e2m1", "e2m3", "e4m3", "e5m2", "mxint8", "int4", "e4m3fnuz"}) {
    const spec::Format& f = spec::find_format(name);
    std::vector<std::pair<Rounding, int>> modes;
    for (const Rounding r : spec::kDeterministicRoundings) modes.emplace_back(r, 0);
    if (f.bits <= 6)
      for (const Rounding r : spec::kStochasticRoundings) modes.emplace_back(r, 3);
    for (const auto& [rounding, bits] : modes) {
      const spec::Policy policy = adapted(f, {.rounding = rounding});
      const std::vector<Cell> cells = quantizer_cells(f, policy, bits);
      ASSERT_EQ(cells.front().low.infinite, -1);
      ASSERT_EQ(cells.back().high.infinite, 1);
      for (int i = 0; i < 300; ++i) {
        const Rational x = Rational(static_cast<long>(random() % 2000003) - 1000001, 999983) *
                           f.max_value() * spec::power_of_two(-static_cast<long>(random() % 12));
        const auto cell =
            std::find_if(cells.begin(), cells.end(), [&](const Cell& c) { return at(x) < c.high; });
        Rational mean = 0;
        Rational square = 0;
        for (std::uint32_t r = 0; r < 1U << bits; ++r) {
          const Rational q =
              decode(f, cast(spec::Number::finite(x), f, policy, {r, bits}).code).value();
          mean += q / (1 << bits);
          square += q * q / (1 << bits);
        }
        ASSERT_EQ(cell->mean, mean) << name << " " << to_string(rounding) << " " << x;
        ASSERT_EQ(cell->square, square) << name << " " << to_string(rounding) << " " << x;
      }
    }
  }
}

/// By hand: int2 without -2 has cells at -1/2 and 1/2; on [-1, 1] the error is x^2 to 1/2 and
/// (1 - x)^2 beyond, so its mean is 2 * (1/2)^3 / 3 = 1/12.
TEST(ScalarMoments, UniformDensityIsExact) {
  const Density uniform = parse_density("uniform");
  const ErrorMoments m =
      scalar_moments(uniform, cells_of("e2m1", Rounding::kNearestEven), 2, kBits);
  // Scale 2 leaves the values 0 and 1: the next threshold is at 3/4 * 2.
  EXPECT_TRUE(m.mse.contains(Rational(1, 12))) << m.mse.text(30);
  EXPECT_TRUE(m.signal.contains(Rational(1, 3)));
  EXPECT_TRUE(
      m.sqnr_db().overlaps(log(Enclosure(kBits, 4)) * Rational(10) / log(Enclosure(kBits, 10))));
}

/// Source: J. Max, Quantizing for Minimum Distortion, IRE Trans. Inf. Theory 1960, table II: three
/// equally spaced outputs for a normal density, spacing 1.2240, mean squared error 0.1902.
TEST(ScalarMoments, OptimalScaleOfThreeLevelsIsMaxs) {
  spec::Format ternary = spec::find_format("int4");
  ternary.bits = 2;
  ternary.symmetric = true;
  const OptimalScale optimum =
      optimal_scale(parse_density("normal"), quantizer_cells(ternary, adapted(ternary, {})), 30);
  EXPECT_EQ(Enclosure(60, optimum.low).text(5), "1.2240");
  EXPECT_EQ(optimum.moments.mse.text(4), "0.1902");
  EXPECT_LE(optimum.high - optimum.low, optimum.low / Rational("1000000000000000000000000000000"));
}

TEST(ScalarMoments, ScaleEquivariance) {
  const auto cells = cells_of("e2m1", Rounding::kNearestEven);
  const ErrorMoments one = scalar_moments(parse_density("t:5"), cells, Rational(3, 4), kBits);
  const ErrorMoments ten = scalar_moments(parse_density("t:5:10"), cells, Rational(15, 2), kBits);
  EXPECT_TRUE((one.mse * Rational(100)).overlaps(ten.mse));
}

/// Rounding toward zero moves each result inward, up on one side of zero only: equal errors by
/// symmetry, and worse than nearest.
TEST(ScalarMoments, DirectedRoundings) {
  const Density normal = parse_density("normal");
  const Rational scale(1, 2);
  const auto mse = [&](Rounding r) {
    return scalar_moments(normal, cells_of("e2m1", r), scale, kBits).mse;
  };
  const Enclosure up = mse(Rounding::kUp);
  EXPECT_TRUE(up.overlaps(mse(Rounding::kDown)));
  EXPECT_TRUE((up - mse(Rounding::kNearestEven)).is_positive());
  EXPECT_TRUE(mse(Rounding::kNearestAway).overlaps(mse(Rounding::kNearestEven)));
  EXPECT_TRUE((mse(Rounding::kTowardZero) - mse(Rounding::kNearestEven)).is_positive());
}

/// With n random bits the bias falls as 4^-n, and the variance tends to that of ideal stochastic
/// rounding: E (x - a)(b - x) between neighbours a and b. On [-1, 1] at scale 1/6 e2m1 never clips.
TEST(ScalarMoments, StochasticRoundingSplitsIntoVarianceAndBias) {
  const Density uniform = parse_density("uniform");
  Rational ideal =
      0;  // sum of gap^3 / 6 over the gaps of [0, 1], times the density 1/2, both sides
  const Rational values[] = {0, Rational(1, 2), 1, Rational(3, 2), 2, 3, 4, 6};
  for (int i = 0; i < 7; ++i) {
    const Rational gap = (values[i + 1] - values[i]) / 6;
    ideal += gap * gap * gap / 6;
  }
  Rational last = 1;
  for (const int bits : {2, 4, 6, 8}) {
    const ErrorMoments m = scalar_moments(uniform, cells_of("e2m1", Rounding::kStochasticB, bits),
                                          Rational(1, 6), kBits);
    EXPECT_TRUE(m.mse.overlaps(m.variance + m.bias));
    EXPECT_TRUE(m.bias.is_positive());
    EXPECT_LT(m.bias.high(), last / 15);
    last = m.bias.high();
    EXPECT_LT(abs(Rational(m.mse.low() - ideal)), spec::power_of_two(-2 * bits - 4));
  }
  const ErrorMoments nearest =
      scalar_moments(uniform, cells_of("e2m1", Rounding::kNearestEven), Rational(1, 6), kBits);
  EXPECT_TRUE(nearest.variance.contains(0));
  EXPECT_LT(nearest.mse.high(), ideal);
}

TEST(ScalarMoments, OverflowToNanHasNoError) {
  const spec::Format& f = spec::find_format("e4m3");
  const auto cells = quantizer_cells(f, {.overflow = spec::Overflow::kNan});
  EXPECT_THROW(scalar_moments(parse_density("normal"), cells, 1, kBits), Error);
  EXPECT_NO_THROW(scalar_moments(parse_density("uniform"), cells, 1, kBits));
}

TEST(ScalarMoments, TheDerivativeIsThatOfTheError) {
  const Rational h = spec::power_of_two(-60);
  const Rational s(5, 11);
  for (const Rounding rounding :
       {Rounding::kNearestEven, Rounding::kTowardZero, Rounding::kUp, Rounding::kToOdd}) {
    const auto cells = cells_of("e2m1", rounding);
    for (const char* name : {"normal", "laplace", "t:4"}) {
      const Density density = parse_density(name);
      MomentTable table(density, kBits);
      const Enclosure slope = error_slope(table, cells, s);
      const Enclosure difference = (scalar_moments(density, cells, s + h, kBits).mse -
                                    scalar_moments(density, cells, s - h, kBits).mse) /
                                   Rational(2 * h);
      EXPECT_LT(abs(Rational(slope.low() - difference.low())), spec::power_of_two(-50))
          << name << " " << to_string(rounding);
    }
  }
}

TEST(ScalarMoments, RefusesWhatItCannotDo) {
  const auto message = [](const char* format, Rounding rounding, int bits) -> std::string {
    try {
      cells_of(format, rounding, bits);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(message("fp16", Rounding::kNearestEven, 0), testing::HasSubstr("at most 12 bits"));
  EXPECT_THAT(message("e2m1", Rounding::kNearestEven, 3), testing::HasSubstr("random bits"));
  EXPECT_THAT(message("e2m1", Rounding::kStochasticA, 0), testing::HasSubstr("random bits"));
  EXPECT_THAT(message("e2m1", Rounding::kStochasticA, 9), testing::HasSubstr("1 to 8"));
}

TEST(ScalarMomentsMedium, FiftyDigitsAgreeWithQuadrature) {
  for (const char* name : {"normal", "laplace", "uniform", "t:5"})
    for (const char* format : {"e2m1", "int4"}) {
      const spec::Format& f = spec::find_format(format);
      const Claim claim = scalar_moments_claim(parse_density(name), f, Rational(3) / f.max_value());
      EXPECT_EQ(claim.result, Result::kProved) << claim.id << ": " << claim.witness;
    }
  const Rational shift = Rational(1) / Rational(pow(spec::Integer(10), 50U));
  EXPECT_EQ(
      scalar_moments_claim(parse_density("normal"), spec::find_format("e2m1"), 1, shift).result,
      Result::kRefuted);
}

TEST(OptimalScale, ItsClaimHolds) {
  for (const char* name : {"normal", "uniform", "t:5"}) {
    const Claim claim = optimal_scale_claim(parse_density(name), spec::find_format("e2m1"));
    EXPECT_EQ(claim.result, Result::kProved) << claim.id;
  }
}

}  // namespace
}  // namespace mxscope::analysis
