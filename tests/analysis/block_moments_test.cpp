// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/block_moments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "analysis/moment_claims.h"
#include "spec/error.h"
#include "spec/number.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

using spec::Rational;

constexpr int kBits = 256;

const spec::Recipe& recipe(std::string_view name) {
  static const spec::RecipeTable table;
  return table.find(name);
}

spec::TensorScales scales_under(const spec::Recipe& r, const Rational& amax) {
  return r.has_tensor_scale() ? spec::tensor_scales(r, spec::Number::finite(amax))
                              : spec::TensorScales{};
}

/// Steps against the exact path of the spec at random maxima and next to every threshold.
TEST(ScaleSteps, AreTheExactPath) {
  std::mt19937_64 random(5);
  for (const char* name : {"mxfp4", "mxfp4_ceil", "mxfp4_rceil", "mxfp4_even", "mxfp8_e4m3_even",
                           "mxint8", "nvfp4_1level", "nvfp4", "nvfp4_up", "nvfp4_down"}) {
    spec::Recipe r = recipe(name);
    r.input = spec::Precision::kExact;
    const spec::TensorScales tensor = scales_under(r, Rational(11, 7));
    const std::vector<ScaleCell> steps = scale_cells(r, tensor);
    EXPECT_EQ(steps.front().low, 0);
    EXPECT_EQ(steps.back().high.infinite, 1);
    const auto expect_step = [&](const Rational& amax) {
      if (amax <= 0) return;
      const auto step = std::find_if(steps.begin(), steps.end(),
                                     [&](const ScaleCell& s) { return at(amax) < s.high; });
      const spec::Number value[] = {spec::Number::finite(amax)};
      const spec::Code code = spec::quantize_block(r, value, tensor).scale;
      if (decode(r.scale, code).kind != spec::NumberKind::kFinite) {
        ASSERT_FALSE(step->is_finite) << name << " " << amax;
        return;
      }
      ASSERT_TRUE(step->is_finite) << name << " " << amax;
      ASSERT_EQ(step->scale, Rational(decode(r.scale, code).magnitude * tensor.decode.magnitude))
          << name << " " << amax;
    };
    for (std::size_t i = 1; i < steps.size(); ++i) {
      ASSERT_EQ(at(steps[i].low), steps[i - 1].high);
      const Rational gap = steps[i].low / 1000000;
      expect_step(steps[i].low - gap);
      expect_step(steps[i].low + gap);
    }
    for (int i = 0; i < 500; ++i)
      expect_step(Rational(static_cast<long>(random() % 1000003), 999983) *
                  spec::power_of_two(static_cast<long>(random() % 40) - 20));
  }
}

/// int2 without -2 under power-of-two scales with amax in (s/2, s]: uniform blocks of one element.
/// A block of one has scale 2^ceil(log2 |x|), so x/s is uniform on (1/2, 1), its result 1, and the
/// error s^2 (1 - u)^2: (1/12) s^2 on average, with s = 2^-k of probability 2^-k-1. In sum
/// (1/12) * (1/2) / (1 - 1/8) = 1/21.
TEST(BlockMoments, OneElementByHand) {
  spec::Recipe r = recipe("mxfp4_rceil");
  r.element = spec::find_format("int4");
  r.element.bits = 2;
  r.element.symmetric = true;
  r.element_policy = adapted(r.element, {});
  r.divisor = 1;
  r.block = {1, 1};
  const ErrorMoments m = block_moments(parse_density("uniform"), r, {}, kBits);
  EXPECT_TRUE(m.mse.contains(Rational(1, 21))) << m.mse.text(40);
  EXPECT_GE(m.mse.proved_digits(), 60);
}

/// For a uniform density and power-of-two scales every octave of the maximum is the one above it,
/// 2^-(n+2) as heavy: a geometric series, its first term a polynomial in M integrated exactly.
TEST(BlockMoments, UniformOctavesAreAGeometricSeries) {
  const int n = 32;
  const spec::Recipe& r = recipe("mxfp4");
  const ErrorMoments m = block_moments(parse_density("uniform"), r, {}, kBits);
  // M in (1/2, 1): the scale is 1/8, thresholds and values of e2m1 in eighths.
  const Rational values[] = {0, Rational(1, 2), 1, Rational(3, 2), 2, 3, 4, 6};
  // integral over (1/2, 1) of n M^(n-1) [e(M) / n + (n-1)/n (1/M) integral_0^M e] dM, piece by
  // piece; with E(M) the inner integral this is the integral of M^(n-1) e + (n-1) M^(n-2) E.
  const auto power = [](const Rational& x, int k) {
    Rational out = 1;
    for (int i = 0; i < k; ++i) out *= x;
    return out;
  };
  Rational first = 0;
  Rational inner = 0;  // E at the low end of the piece
  Rational low = 0;
  for (int i = 0; i < 8; ++i) {
    const Rational q = values[i] / 8;
    Rational high = i == 7 ? Rational(1) : Rational((values[i] + values[i + 1]) / 16);
    const auto antiderivative = [&](const Rational& x) { return Rational(power(x - q, 3) / 3); };
    // (M - q)^2 = M^2 - 2 q M + q^2 and E = inner + M^3/3 - q M^2 + q^2 M - antiderivative part.
    const auto moment = [&](int k, const Rational& a, const Rational& b) {
      return Rational((power(b, k + 1) - power(a, k + 1)) / (k + 1));
    };
    const Rational start = std::max(low, Rational(1, 2));
    if (start < high) {
      const Rational c = inner - antiderivative(low);  // E(M) = c + (M - q)^3 / 3
      first += moment(n + 1, start, high) - 2 * q * moment(n, start, high) +
               q * q * moment(n - 1, start, high);
      first += (n - 1) *
               (c * moment(n - 2, start, high) +
                (moment(n + 1, start, high) - 3 * q * moment(n, start, high) +
                 3 * q * q * moment(n - 1, start, high) - q * q * q * moment(n - 2, start, high)) /
                    3);
    }
    inner += antiderivative(high) - antiderivative(low);
    low = high;
  }
  const Rational exact = first / (1 - spec::power_of_two(-(n + 2)));
  EXPECT_TRUE(m.mse.contains(exact))
      << m.mse.text(30) << " " << spec::to_approximate_text(exact, 30);
  EXPECT_GE(m.mse.proved_digits(), 60);
}

TEST(BlockMoments, ScalesByPowersOfTwoScaleTheError) {
  const ErrorMoments one = block_moments(parse_density("normal"), recipe("mxfp4"), {}, kBits);
  const ErrorMoments four = block_moments(parse_density("normal:4"), recipe("mxfp4"), {}, kBits);
  EXPECT_GE(four.mse.proved_digits(), 55);
  EXPECT_TRUE((one.mse * Rational(16)).overlaps(four.mse));
}

/// With finely spaced scales that never clip, a larger block has a larger scale and loses more.
TEST(BlockMoments, SmallerBlocksLoseLess) {
  spec::Recipe r = recipe("nvfp4_up");
  const spec::TensorScales tensor = scales_under(r, 12);
  std::optional<Enclosure> last;
  for (const int n : {1, 2, 8, 16, 32, 128}) {
    r.block = {1, n};
    const Enclosure mse = block_moments(parse_density("normal"), r, tensor, 128).mse;
    if (last) {
      EXPECT_TRUE((mse - *last).is_positive()) << n;
    }
    last = mse;
  }
}

TEST(BlockMoments, AsymmetricDensitiesAreMirrored) {
  const char* toml = R"(
[[density]]
name = "right"
points = ["-1", "3"]
values = ["0", "1"]
[[density]]
name = "left"
points = ["-3", "1"]
values = ["1", "0"]
)";
  const std::vector<Density> both = load_densities(toml, "d.toml");
  const Enclosure right = block_moments(both[0], recipe("mxfp4"), {}, kBits).mse;
  EXPECT_TRUE(right.overlaps(block_moments(both[1], recipe("mxfp4"), {}, kBits).mse));
  EXPECT_GE(right.proved_digits(), 50);
}

TEST(BlockMoments, MaximaWithoutAFiniteScaleAreNamed) {
  // torchao's EVEN rounds a maximum up to 2^128, and binary32 has no such number.
  const MomentQuantizer even = block_quantizer(recipe("mxfp4_even"), {});
  ASSERT_TRUE(even.undefined_above);
  EXPECT_EQ(*even.undefined_above, spec::power_of_two(128) * Rational(7, 8));
  EXPECT_GE(block_moments(parse_density("normal"), even, kBits).mse.proved_digits(), 55);
  EXPECT_FALSE(block_quantizer(recipe("mxfp4"), {}).undefined_above);
}

TEST(BlockMoments, TypicalTensorAmaxFollowsTheDensitysScale) {
  const auto typical = [](const char* name) { return typical_tensor_amax(parse_density(name)); };
  EXPECT_EQ(typical("normal"), Rational(49, 10));  // erfc(4.9 / sqrt 2) is 0.96e-6, about 2^-20
  EXPECT_EQ(typical("uniform"), 1);
  EXPECT_EQ(typical("uniform:1e-30"), spec::parse_number("1e-30").value());
  EXPECT_EQ(typical("laplace:1000"), 13900);
}

TEST(BlockMoments, RefusesInexactRecipesByField) {
  const auto problem = [](const char* name) { return moments_problem(recipe(name)); };
  EXPECT_THAT(problem("te_nvfp4"), testing::HasSubstr("scale_order"));
  EXPECT_THAT(problem("hif4"), testing::HasSubstr("HiF4"));
  EXPECT_THAT(problem("nvfp4_sweep"), testing::HasSubstr("search"));
  EXPECT_THAT(problem("fp8_1x128"), testing::HasSubstr("fp32"));
  EXPECT_THAT(problem("fp8_token"), testing::HasSubstr("no fixed size"));
  EXPECT_EQ(problem("nvfp4"), "");
  EXPECT_THROW(scale_cells(recipe("te_nvfp4"), {}), Error);
}

TEST(BlockMomentsMedium, TwentyDigitsAgreeWithQuadratureOfTheOrderStatistic) {
  for (const char* name : {"normal", "uniform", "t:5"})
    for (const char* quantizer : {"mxfp4", "nvfp4"}) {
      const Claim claim = block_moments_claim(parse_density(name), recipe(quantizer));
      EXPECT_EQ(claim.result, Result::kProved) << claim.id << ": " << claim.witness;
    }
  const Rational shift = Rational(1) / Rational(pow(spec::Integer(10), 20U));
  EXPECT_EQ(block_moments_claim(parse_density("normal"), recipe("mxfp4"), shift).result,
            Result::kRefuted);
}

}  // namespace
}  // namespace mxscope::analysis
