// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/inner_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "spec/block.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/number.h"
#include "spec/oracle.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

using spec::Rational;
using Vector = std::vector<Rational>;

const Accumulation kExactSum = {.unit = 0};

Rational size_of(const Rational& x) { return x < 0 ? Rational(-x) : x; }

Rational dot(const Vector& x, const Vector& w) {
  Rational sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * w[i];
  return sum;
}

/// Values of 12 bits with exponents spread over `octaves`.
Vector random_vector(std::mt19937_64& random, std::size_t count, int octaves) {
  Vector out;
  for (std::size_t i = 0; i < count; ++i) {
    const long significand = static_cast<long>(random() % 8191) - 4095;
    out.push_back(Rational(significand) *
                  spec::power_of_two(-6 - static_cast<long>(random() % octaves)));
  }
  return out;
}

/// x after a recipe on blocks of its own size, by the spec's exact path.
Vector quantized(const spec::Recipe& recipe, const Vector& x) {
  Vector out;
  const auto block = static_cast<std::size_t>(recipe.block_elements());
  for (std::size_t first = 0; first < x.size(); first += block) {
    std::vector<spec::Number> values;
    for (std::size_t i = first; i < std::min(x.size(), first + block); ++i)
      values.push_back(spec::Number::finite(x[i]));
    for (const spec::Number& q : dequantize_block(recipe, quantize_block(recipe, values)))
      out.push_back(q.value());
  }
  return out;
}

Vector differences(const Vector& a, const Vector& b) {
  Vector out;
  for (std::size_t i = 0; i < a.size(); ++i) out.push_back(a[i] - b[i]);
  return out;
}

/// NVFP4 under one level of scales rounded up: s <= (9/8) M/6 while M/6 is in UE4M3's normal range,
/// no element clips, and none is further than half the widest gap, s, from its code's value.
const ElementModel kNvfp4Up = {.of_maximum = Rational(3, 16), .block = 16};
spec::Recipe nvfp4_up() {
  spec::Recipe r = spec::RecipeTable().find("nvfp4_1level");
  r.scale_policy.rounding = spec::Rounding::kUp;
  return r;
}

/// MXFP8 E4M3 under scales that never clip: s < 2 M/448; half an ulp is 2^-4 of the element, or
/// 2^-10 s among subnormals.
const ElementModel kMxfp8 = {
    .relative = Rational(1, 16), .of_maximum = Rational(1, 1024 * 224), .block = 32};
spec::Recipe mxfp8() { return spec::RecipeTable().find("mxfp8_e4m3_rceil"); }

void expect_within(const Vector& errors, const Vector& bounds) {
  ASSERT_EQ(errors.size(), bounds.size());
  for (std::size_t i = 0; i < errors.size(); ++i) ASSERT_LE(size_of(errors[i]), bounds[i]) << i;
}

/// The products, exact in binary32, summed there one after the other or pair by pair.
float float_sum(const std::vector<float>& terms, bool pairwise) {
  if (!pairwise) {
    float sum = terms.front();
    for (std::size_t i = 1; i < terms.size(); ++i) sum += terms[i];
    return sum;
  }
  if (terms.size() == 1) return terms.front();
  const auto half = static_cast<std::ptrdiff_t>(terms.size() / 2);
  return float_sum({terms.begin(), terms.begin() + half}, true) +
         float_sum({terms.begin() + half, terms.end()}, true);
}

float to_float(const Rational& x) { return static_cast<float>(x.convert_to<double>()); }

Rational float_dot(const Vector& x, const Vector& w, bool pairwise) {
  std::vector<float> terms;
  for (std::size_t i = 0; i < x.size(); ++i) {
    terms.push_back(to_float(x[i]) * to_float(w[i]));
    EXPECT_EQ(Rational(terms.back()), Rational(x[i] * w[i]));
  }
  return Rational(float_sum(terms, pairwise));
}

TEST(InnerProduct, CertainBoundIsAttainedByAlignedErrors) {
  std::mt19937_64 random(11);
  for (int trial = 0; trial < 100; ++trial) {
    Vector x = random_vector(random, 48, 6);
    Vector w = random_vector(random, 48, 6);
    for (Rational& v : x) v = size_of(v);
    for (Rational& v : w) v = size_of(v);
    const Operand a = {x, element_bounds(kNvfp4Up, x)};
    const Operand b = {w, element_bounds(kMxfp8, w)};
    const Rational bound = certain_bound(a, b, kExactSum).total();
    Vector worst_x = x;
    Vector worst_w = w;
    Vector some_x = x;
    Vector some_w = w;
    const auto part = [&] { return Rational(static_cast<long>(random() % 201) - 100, 100); };
    for (std::size_t i = 0; i < x.size(); ++i) {
      worst_x[i] += a.error[i];
      worst_w[i] += b.error[i];
      some_x[i] += a.error[i] * part();
      some_w[i] += b.error[i] * part();
    }
    ASSERT_EQ(dot(worst_x, worst_w) - dot(x, w), bound);
    ASSERT_LE(size_of(dot(some_x, some_w) - dot(x, w)), bound);
  }
}

TEST(InnerProduct, CertainBoundHoldsForRecipesSummedInBinary32) {
  std::mt19937_64 random(12);
  for (int trial = 0; trial < 40; ++trial) {
    const Vector x = random_vector(random, 256, 1 + trial % 8);
    const Vector w = random_vector(random, 256, 1 + trial % 5);
    for (const auto& [recipe, model] : {std::pair{nvfp4_up(), kNvfp4Up}, {mxfp8(), kMxfp8}}) {
      const Vector qx = quantized(recipe, x);
      const Vector qw = quantized(recipe, w);
      const Operand a = {x, element_bounds(model, x)};
      const Operand b = {w, element_bounds(model, w)};
      expect_within(differences(qx, x), a.error);
      expect_within(differences(qw, w), b.error);
      const Rational bound = certain_bound(a, b, {}).total();
      for (const bool pairwise : {false, true})
        ASSERT_LE(size_of(float_dot(qx, qw, pairwise) - dot(x, w)), bound);
    }
  }
}

/// The part for the sum alone, on a sum that loses a term at each step: 1 and then K - 1 times
/// 2^-24, ties that go to even, down to 1.
TEST(InnerProduct, AccumulationIsBoundedWhereEveryAdditionIsWrong) {
  for (const std::size_t terms : {2, 10, 1000}) {
    Vector x(terms, spec::power_of_two(-24));
    x[0] = 1;
    const Vector w(terms, 1);
    const Operand a = {x, Vector(terms, 0)};
    const Operand b = {w, Vector(terms, 0)};
    const CertainBound bound = certain_bound(a, b, {});
    const Rational error = size_of(float_dot(x, w, false) - dot(x, w));
    EXPECT_EQ(error, Rational(terms - 1) * spec::power_of_two(-24));
    EXPECT_EQ(bound.quantization, 0);
    EXPECT_LE(error, bound.total());
    EXPECT_GT(error * Rational(1001, 1000), bound.total());
  }
}

/// Stages of the residual under scales of their own: the second is within 3/16 of the residual's
/// largest, so 9/256 of the block's.
TEST(InnerProduct, AugmentedChannelsHoldAndBeatMxfp8NearTheMaximum) {
  std::mt19937_64 random(13);
  const spec::Recipe recipe = nvfp4_up();
  for (int trial = 0; trial < 30; ++trial) {
    const std::size_t channels = 128;
    const std::size_t outliers = 16 * static_cast<std::size_t>(trial % 9);
    Vector x = random_vector(random, channels, 2);
    // The residual of a residual's scale must stay normal: M/6, and (3/16) M/6, above 2^-6.
    for (Rational& v : x) v *= 16;
    const Vector w = random_vector(random, channels, 2);
    const Vector qw = quantized(recipe, w);
    const Vector first = quantized(recipe, x);
    const Vector second = quantized(recipe, differences(x, first));

    Operand a = {x,
                 element_bounds(kNvfp4Up, x),
                 {},
                 std::vector<bool>(channels, false),
                 element_bounds(kNvfp4Up, x)};
    Vector terms_x = first;
    Vector terms_w = qw;
    for (std::size_t i = channels - outliers; i < channels; ++i) {
      a.augmented[i] = true;
      a.error[i] = a.first_error[i] * Rational(3, 16);
      ASSERT_LE(size_of(x[i] - first[i] - second[i]), a.error[i]);
      terms_x.push_back(second[i]);
      terms_w.push_back(qw[i]);
    }
    const Operand b = {w, element_bounds(kNvfp4Up, w)};
    EXPECT_EQ(a.terms(), channels + outliers);
    const CertainBound bound = certain_bound(a, b, {});
    ASSERT_LE(size_of(float_dot(terms_x, terms_w, false) - dot(x, w)), bound.total());

    // Fully augmented and with every element at its block's maximum: 9/256 against 1/16.
    const Vector flat(32, Rational(7));
    const Operand exact = {flat, Vector(32, 0)};
    Operand dual = {flat,
                    Vector(32, Rational(7) * 9 / 256),
                    {},
                    std::vector<bool>(32, true),
                    element_bounds(kNvfp4Up, flat)};
    const Operand wide = {flat, element_bounds(kMxfp8, flat)};
    EXPECT_LT(certain_bound(dual, exact, {}).quantization,
              certain_bound(wide, exact, {}).quantization);
    // Where elements are far below it, MXFP8's error is relative to them and smaller.
    Vector steep(32, Rational(1, 8));
    steep[0] = 7;
    dual.values = steep;
    const Operand steep_wide = {steep, element_bounds(kMxfp8, steep)};
    EXPECT_GT(certain_bound(dual, exact, {}).quantization,
              certain_bound(steep_wide, exact, {}).quantization);
  }
}

/// Stochastic rounding to E2M1 with 8 bits, 64 elements, scale 1: how often the bound is exceeded.
TEST(InnerProductMedium, LikelyBoundFailsAsRarelyAsItSays) {
  std::mt19937_64 random(14);
  const spec::Format& f = spec::find_format("e2m1");
  const spec::Policy policy = adapted(f, {.rounding = spec::Rounding::kStochasticA});
  constexpr std::size_t kLength = 64;
  constexpr int kTrials = 2000;
  Operand x;
  Operand w;
  for (std::size_t i = 0; i < kLength; ++i) {
    x.values.push_back(Rational(static_cast<long>(random() % 6001) - 3000, 1000));
    w.values.push_back(Rational(static_cast<long>(random() % 4001) - 2000, 1000));
    const Rational gap = size_of(x.values[i]) < 2 ? Rational(1, 2) : Rational(1);
    x.error.push_back(gap);
    x.bias.push_back(gap / 256);
    w.error.push_back(0);
  }
  for (const int lambda : {1, 2, 3}) {
    const LikelyBound bound = likely_bound(x, w, kExactSum, lambda);
    int failures = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      Vector q;
      for (const Rational& v : x.values)
        q.push_back(decode(f, cast(spec::Number::finite(v), f, policy,
                                   {static_cast<std::uint32_t>(random() % 256), 8})
                                  .code)
                        .value());
      if (size_of(dot(q, w.values) - dot(x.values, w.values)) > bound.total()) ++failures;
    }
    // Hoeffding again: the frequency passes the probability by 0.06 once in 10^6 runs.
    EXPECT_LE(failures, kTrials * (bound.failure.convert_to<double>() + 0.06)) << lambda;
    if (lambda == 1) {
      EXPECT_GT(failures, 0) << "the bound says something about this case";
    }
  }
}

TEST(InnerProduct, LikelyBoundGrowsAsTheRootOfTheLength) {
  const auto bounds = [](std::size_t length) {
    const Operand x = {Vector(length, 1), Vector(length, Rational(1, 16))};
    const Operand w = {Vector(length, 1), Vector(length, 0)};
    return std::pair(certain_bound(x, w, {}), likely_bound(x, w, {}, 6));
  };
  const auto [certain, likely] = bounds(4096);
  EXPECT_EQ(certain.quantization, 256);
  EXPECT_GE(likely.quantization, 24);
  EXPECT_LT(likely.quantization, Rational(24000001, 1000000));
  EXPECT_LT(likely.accumulation, certain.accumulation / 10);
  // 2 (1 + K) exp(-18), and never less.
  const double failure = likely.failure.convert_to<double>();
  EXPECT_NEAR(failure, 2 * 4097 * std::exp(-18.0), 1e-9);
}

TEST(InnerProduct, BiasAddsUp) {
  const Operand x = {Vector(10, 1), Vector(10, Rational(1, 4)), Vector(10, Rational(1, 64))};
  const Operand w = {Vector(10, 3), Vector(10, 0)};
  Operand unbiased = x;
  unbiased.bias.clear();
  EXPECT_EQ(likely_bound(x, w, kExactSum, 2).quantization -
                likely_bound(unbiased, w, kExactSum, 2).quantization,
            Rational(30, 64));
}

TEST(InnerProduct, GemmAddsProbabilities) {
  const Operand x = {Vector(8, 1), Vector(8, Rational(1, 8))};
  const Operand w = {Vector(8, 2), Vector(8, Rational(1, 16))};
  const std::vector<Operand> rows(3, x);
  const std::vector<Operand> columns(5, w);
  const GemmBound bound = gemm_bound(rows, columns, {}, 5);
  ASSERT_EQ(bound.certain.size(), 15u);
  EXPECT_EQ(bound.certain[7].total(), certain_bound(x, w, {}).total());
  EXPECT_EQ(bound.failure, likely_bound(x, w, {}, 5).failure * 15);
}

TEST(InnerProduct, RefusesWhatHasNoBound) {
  EXPECT_EQ(gamma_factor(2, Rational(1, 4)), 1);
  EXPECT_THROW(gamma_factor(4, Rational(1, 4)), Error);
  const Operand two = {{1, 1}, {0, 0}};
  const Operand three = {{1, 1, 1}, {0, 0, 0}};
  EXPECT_THROW(certain_bound(two, three, {}), Error);
  EXPECT_THROW(certain_bound({{1, 1}, {0}}, two, {}), Error);
  EXPECT_THROW(certain_bound({}, {}, {}), Error);
  EXPECT_THROW(certain_bound(two, {{1, 1}, {0, 0}, {}, {true, false}, {0, 0}}, {}), Error);
  EXPECT_THROW(likely_bound(two, two, {}, 0), Error);
  EXPECT_THROW(element_bounds({.block = 0}, two.values), Error);
}

}  // namespace
}  // namespace mxscope::analysis
