// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Pair sweeps find every wrong code and the largest error; the exact path itself is the quantizer.
#include "analysis/pair_sweep.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>

#include "analysis/pair_bound.h"
#include "analysis/recipe_claims.h"
#include "analysis/worst_case.h"
#include "spec/block.h"
#include "spec/formats.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

using spec::Number;
using spec::Rational;
using spec::Recipe;

constexpr std::atomic<bool> kGoOn = false;

Number bf16(std::uint32_t pattern) { return spec::decode(spec::find_format("bf16"), pattern); }

Recipe named(std::string_view name) { return spec::RecipeTable().find(name); }

/// The exact path, with the codes it is told to get wrong.
struct Exact {
  Recipe recipe;
  std::optional<Bf16Pair> wrong_element = {};
  std::optional<std::uint16_t> wrong_scale = {};  ///< the block maximum
  std::size_t length = 16;

  BlockQuantizer quantizer() const {
    return {.path = "exact",
            .length = length,
            .quantize = [this](std::span<const float> values, float tensor_amax,
                               std::span<std::uint8_t> elements, std::span<std::uint64_t> scales) {
              for (std::size_t b = 0; b < scales.size(); ++b)
                block(values.subspan(length * b, length), tensor_amax,
                      elements.subspan(length * b, length), scales[b]);
            }};
  }

  void block(std::span<const float> values, float tensor_amax, std::span<std::uint8_t> elements,
             std::uint64_t& scale) const {
    const auto pattern = [](float x) {
      return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16);
    };
    std::vector<Number> numbers;
    for (const float x : values) numbers.push_back(bf16(pattern(x)));
    const auto codes = spec::quantize_block(
        recipe, numbers, spec::tensor_scales(recipe, bf16(pattern(tensor_amax))));
    scale = codes.refused ? BlockQuantizer::kRefused : codes.scale;
    if (wrong_scale == pattern(values[0])) ++scale;
    std::copy(codes.elements.begin(), codes.elements.end(), elements.begin());
    for (std::size_t i = 1; i < values.size(); ++i)
      if (wrong_element == Bf16Pair{pattern(values[0]), pattern(values[i])}) elements[i] ^= 1;
  }
};

/// Some maxima of every size; each with all its elements.
constexpr PairDomain kSome = {.stride = 6007};
/// Small maxima, subnormal and next to it, where neighbours share scales.
constexpr PairDomain kSmall = {.tensor_amax = 0x0130, .stride = 19};

PairSweep sweep(const Exact& exact, const PairDomain& domain) {
  return sweep_pairs(exact.recipe, exact.quantizer(), domain, kGoOn);
}

/// The largest error by trying every pair, of any scale or of unclamped ones.
ErrorRatio brute_worst(const Recipe& recipe, const PairDomain& domain, bool unclamped = false) {
  ErrorRatio worst;
  const auto tensor = spec::tensor_scales(recipe, bf16(domain.tensor_amax));
  for (std::uint32_t amax = static_cast<std::uint32_t>(domain.stride); amax <= domain.tensor_amax;
       amax += static_cast<std::uint32_t>(domain.stride)) {
    std::vector<Number> numbers = {bf16(amax)};
    for (std::uint32_t m = 0; m <= amax; ++m) {
      numbers.push_back(bf16(m));
      numbers.push_back(bf16(m | 0x8000));
    }
    const spec::BlockCodes codes = spec::quantize_block(recipe, numbers, tensor);
    if (unclamped && !is_unclamped_scale(recipe, codes.scale)) continue;
    const auto decoded = spec::dequantize_block(recipe, codes, tensor);
    for (std::size_t i = 1; i < numbers.size(); ++i) {
      const Rational ratio = abs(numbers[i].value() - decoded[i].value()) / numbers[0].magnitude;
      if (ratio > worst.value) worst.value = ratio;
    }
  }
  return worst;
}

TEST(PairSweep, ExactCodesHoldAndTheLargestErrorIsThatOfAllPairs) {
  for (const char* name : {"mxfp4", "nvfp4", "nvfp4_1level", "fp8_tensor", "arcquant_kernel",
                           "microxcaling_fp4_e2m1_even_flush", "universal_mxfp4"}) {
    const Recipe recipe = named(name);
    const PairSweep found = sweep({recipe}, kSmall);
    EXPECT_FALSE(found.disagreement) << name;
    EXPECT_EQ(found.cases, 2u * (17 + 19 * 16 * 17 / 2)) << name;
    EXPECT_EQ(found.worst.value, brute_worst(recipe, kSmall).value) << name;
  }
}

TEST(PairSweepMedium, ExactCodesHoldOnMaximaOfEverySize) {
  for (const char* name : {"mxfp4", "nvfp4", "microxcaling_fp8_e5m2_floor"}) {
    const Recipe recipe = named(name);
    const PairSweep found = sweep({recipe}, kSome);
    EXPECT_FALSE(found.disagreement) << name;
    EXPECT_EQ(found.worst.value, brute_worst(recipe, kSome).value) << name;
    if (recipe.element_method == spec::ElementMethod::kCast) {
      EXPECT_LT(found.exact_cases, found.cases / 20) << name;
    }
  }
}

TEST(PairSweep, KnownWorstCases) {
  // OCP's floor rule gives 2 - 2^-7 times a power of two the scale that clips it at 3/2.
  const PairSweep mxfp4 = sweep({named("mxfp4")}, {.tensor_amax = 0x01FF, .stride = 73});
  EXPECT_EQ(mxfp4.inner.value, Rational(63, 255));
  EXPECT_EQ(mxfp4.inner.pair.text(), "amax 0x01ff, element 0x01ff");
}

TEST(PairSweep, OneWrongCodeAnywhereIsFound) {
  // 0x0123 shares its scale with other maxima, 0x0130 is the greatest of its scale; the elements
  // lie inside a run of equal codes and at its end.
  for (const char* name : {"mxfp4", "nvfp4_1level", "microxcaling_fp4_e2m1_even"})
    for (const int amax : {0x0085, 0x010A, 0x0130})
      for (const int element : {0x0000, 0x8001, 0x0080, 0x80A1, 0x010A, 0x8130}) {
        if ((element & 0x7FFF) > amax) continue;
        const Bf16Pair pair{static_cast<std::uint16_t>(amax), static_cast<std::uint16_t>(element)};
        const PairSweep found = sweep({.recipe = named(name), .wrong_element = pair}, kSmall);
        // Inside a run of a class's greatest maximum one wrong code makes two ends of runs.
        ASSERT_TRUE(found.disagreement) << name << " " << pair.text();
        EXPECT_EQ(found.disagreement->pair, pair) << name;
        EXPECT_EQ(found.disagreement->fast, found.disagreement->exact ^ 1);
        EXPECT_FALSE(found.disagreement->is_scale);
      }
}

TEST(PairSweep, AWrongScaleIsFound) {
  const PairSweep found = sweep({.recipe = named("nvfp4"), .wrong_scale = 0x010A}, kSmall);
  ASSERT_TRUE(found.disagreement);
  EXPECT_TRUE(found.disagreement->is_scale);
  EXPECT_EQ(found.disagreement->pair.amax, 0x010A);
  EXPECT_EQ(found.disagreement->fast, found.disagreement->exact + 1);
}

TEST(PairSweep, RecipesThatDoNotReduce) {
  for (const char* name : {"mxfp4_sweep", "nvfp4_4over6_mse448", "hif4", "arcquant_fake_nvfp4"})
    EXPECT_FALSE(reduces_to_pairs(named(name))) << name;
  for (const char* name : {"nvfp4_2d", "fp8_128x128", "arcquant_fake_mxfp4", "trtllm_arcquant"})
    EXPECT_TRUE(reduces_to_pairs(named(name))) << name;
  Recipe stochastic = named("mxfp4");
  stochastic.element_policy.rounding = spec::kStochasticRoundings[0];
  stochastic.random_bits = 4;
  EXPECT_FALSE(reduces_to_pairs(stochastic));
}

TEST(PairBound, IsReachedOnTheGridAndApproachedByIt) {
  const PairDomain all = {.tensor_amax = 0x00D0, .stride = 1};
  for (const char* name : {"mxfp4", "mxfp4_even", "nvfp4", "nvfp4_up"}) {
    const auto bound = pair_bound(named(name), all);
    ASSERT_TRUE(bound) << name;
    EXPECT_EQ(bound->over_grid, brute_worst(named(name), all, true).value) << name;
    EXPECT_LE(bound->over_grid, bound->over_reals) << name;
  }
}

TEST(PairBound, IsTheWorstCaseWhereScalesArePowersOfTwo) {
  for (const char* name : {"mxfp4", "mxfp4_rceil", "mxfp8_e4m3_even", "mxint8"}) {
    const auto bound = pair_bound(named(name), {});
    ASSERT_TRUE(bound) << name;
    EXPECT_EQ(bound->over_reals, bound->unbounded) << name;
    EXPECT_GT(bound->over_grid, bound->over_reals * Rational(15, 16)) << name;
  }
  // E4M3's subnormal scales are less precise.
  const auto nvfp4 = pair_bound(named("nvfp4"), {.tensor_amax = 0x4528});
  ASSERT_TRUE(nvfp4);
  EXPECT_EQ(nvfp4->unbounded, Rational(3, 17));
  EXPECT_GT(nvfp4->over_reals, nvfp4->unbounded);
  EXPECT_FALSE(pair_bound(named("te_nvfp4"), {}));
}

TEST(PairSweep, StopsWhenTold) {
  const std::atomic<bool> stop = true;
  const Exact exact{named("mxfp4")};
  EXPECT_FALSE(sweep_pairs(exact.recipe, exact.quantizer(), kSmall, stop).finished);
  EXPECT_FALSE(sweep_special_pairs(exact.recipe, exact.quantizer(), stop).finished);
}

TEST(PairSweepMedium, SpecialPairs) {
  Exact exact{.recipe = named("gfloat_mxfp4_f32"), .length = 2};
  EXPECT_FALSE(sweep_special_pairs(exact.recipe, exact.quantizer(), kGoOn).disagreement);
  exact.recipe = named("universal_nvfp4");
  exact.wrong_element = Bf16Pair{0x7FC0, 0xFF80};
  const PairSweep found = sweep_special_pairs(exact.recipe, exact.quantizer(), kGoOn);
  ASSERT_TRUE(found.disagreement);
  EXPECT_EQ(found.disagreement->pair, *exact.wrong_element);
}

}  // namespace
}  // namespace mxscope::analysis
