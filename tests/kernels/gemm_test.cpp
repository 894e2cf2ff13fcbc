// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The order of a GEMM's roundings, each against the same steps written out by hand.
#include "kernels/gemm.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <random>

#include "kernels/exact_product.h"
#include "kernels/gemm_schemes.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/number.h"
#include "spec/oracle.h"
#include "spec/recipes.h"

namespace mxscope::kernels {
namespace {

using sim::Mma;
using spec::Rational;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<float> made(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-31F);
  return values;
}

const spec::Recipe& recipe(const char* name) {
  static const spec::RecipeTable table;
  return table.find(name);
}

Mma unit(const char* name, const char* a = "", const char* scale = "", int block = 0) {
  return sim::bind_unit(sim::find_unit(name), a, "", scale, block);
}

GemmOperand cast(const std::vector<float>& values, std::int64_t rows, const Mma& mma) {
  return cast_operand(values, rows, static_cast<std::int64_t>(values.size()) / rows, mma.a, mma);
}

/// Columns [first, last) of a matrix of `rows`.
std::vector<float> part(const std::vector<float>& values, std::size_t rows, std::size_t first,
                        std::size_t last) {
  std::vector<float> out;
  const std::size_t k = values.size() / rows;
  for (std::size_t row = 0; row < rows; ++row)
    out.insert(out.end(), values.begin() + static_cast<std::ptrdiff_t>(row * k + first),
               values.begin() + static_cast<std::ptrdiff_t>(row * k + last));
  return out;
}

std::vector<float> product(const Mma& mma, const std::vector<float>& a, const std::vector<float>& b,
                           std::int64_t m, std::int64_t n, sim::KOrder order = {},
                           Epilogue epilogue = {}) {
  return Gemm(mma, cast(a, m, mma), cast(b, n, mma), order, std::move(epilogue)).compute();
}

TEST(Gemm, OneChainIsTheExecutorsOwn) {
  const Mma mma = unit("sm80.mma.bf16");
  const auto a = made(70 * 40, 1);  // more than one tile of outputs, K padded to 48
  const auto b = made(130 * 40, 2);
  const GemmOperand x = cast(a, 70, mma);
  const GemmOperand y = cast(b, 130, mma);
  std::vector<std::uint64_t> words(70 * 130);
  sim::reference_mma(mma, x.matrix(), y.matrix(), words);
  const std::vector<float> d = product(mma, a, b, 70, 130);
  for (std::size_t i = 0; i < words.size(); ++i)
    ASSERT_EQ(std::bit_cast<std::uint32_t>(d[i]), words[i]) << i;
}

TEST(Gemm, BothExecutorsGiveTheSame) {
  for (const char* name : {"sm80.mma.bf16", "sm80.mma.f16.f16acc", "sm90.wgmma.fp8",
                           "sm100.mma.fp8", "sm120.mma.mxf8f6f4", "sm120.mma.mxf4nvf4"}) {
    const Mma mma = unit(name);
    const auto a = made(20 * 200, 17);
    const auto b = made(70 * 200, 18);
    const std::string by = usual_recipe(mma, mma.a);
    const auto operand = [&](const std::vector<float>& values, std::int64_t rows) {
      return by.empty()
                 ? cast(values, rows, mma)
                 : quantized_operand(values, rows, 200, BlockRoutine(recipe(by.c_str())), mma);
    };
    const GemmOperand x = operand(a, 20);
    const GemmOperand y = operand(b, 70);
    for (const sim::KOrder order : {sim::KOrder{}, {.split_k = 2}, {.promote_every = 1}})
      EXPECT_EQ(Gemm(mma, x, y, order, {}).compute(),
                Gemm(mma, x, y, order, {}, GemmExecutor::kReference).compute())
          << name;
  }
}

TEST(Gemm, PartsOfKAreAddedInOrder) {
  const Mma mma = unit("sm80.mma.f16");
  const auto a = made(3 * 80, 3);
  const auto b = made(2 * 80, 4);
  // Five instructions in three parts: two, two and one.
  std::vector<float> expected = product(mma, part(a, 3, 0, 32), part(b, 2, 0, 32), 3, 2);
  for (const auto& [first, last] : {std::pair<std::size_t, std::size_t>{32, 64}, {64, 80}}) {
    const auto next = product(mma, part(a, 3, first, last), part(b, 2, first, last), 3, 2);
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += next[i];
  }
  EXPECT_EQ(product(mma, a, b, 3, 2, {.split_k = 3}), expected);
  EXPECT_NE(product(mma, a, b, 3, 2), expected);
}

TEST(Gemm, PromotionStartsTheAccumulatorAnew) {
  const Mma mma = unit("sm90.wgmma.fp8");
  const auto a = made(4 * 320, 5);
  const auto b = made(3 * 320, 6);
  std::vector<float> expected(12);
  for (std::size_t k = 0; k < 320; k += 128) {
    const std::size_t last = std::min<std::size_t>(k + 128, 320);
    const auto next = product(mma, part(a, 4, k, last), part(b, 3, k, last), 4, 3);
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += next[i];
  }
  EXPECT_EQ(product(mma, a, b, 4, 3, {.promote_every = 4}), expected);
  EXPECT_NE(product(mma, a, b, 4, 3), expected);
}

// DeepSeek-V3's FP8: scales of 1x128 and 128x128 multiply each promoted accumulator.
TEST(Gemm, BlockFactorsApplyWhereChainsEnd) {
  const Mma mma = unit("sm90.wgmma.fp8", "e4m3");
  const auto a = made(4 * 256, 7);
  auto b = made(130 * 256, 8);
  for (std::size_t i = 0; i < b.size(); i += 3) b[i] *= 100;
  const GemmOperand x = quantized_operand(a, 4, 256, BlockRoutine(recipe("fp8_1x128")), mma);
  const GemmOperand y = quantized_operand(b, 130, 256, BlockRoutine(recipe("fp8_128x128")), mma);
  ASSERT_EQ(x.factors.size(), 8u);
  ASSERT_EQ(y.factors.size(), 260u);
  EXPECT_EQ(y.factors[0], y.factors[127 * 2]);
  EXPECT_NE(y.factors[0], y.factors[128 * 2]);
  ASSERT_EQ(usual_promotion(mma, x, y), 4);
  const auto d = Gemm(mma, x, y, {.promote_every = 4}, {}).compute();
  std::vector<float> expected(d.size());
  for (std::size_t block = 0; block < 2; ++block) {
    GemmOperand xs = x;
    GemmOperand ys = y;
    for (GemmOperand* operand : {&xs, &ys}) {
      operand->factors.clear();
      operand->factor_block = 0;
      operand->k = 128;
      std::vector<std::uint8_t> codes;
      for (std::int64_t row = 0; row < operand->rows; ++row)
        codes.insert(
            codes.end(),
            operand->codes.begin() + row * 256 + static_cast<std::ptrdiff_t>(block) * 128,
            operand->codes.begin() + row * 256 + static_cast<std::ptrdiff_t>(block) * 128 + 128);
      operand->codes = codes;
    }
    const auto next = Gemm(mma, xs, ys, {}, {}).compute();
    for (std::size_t i = 0; i < d.size(); ++i) {
      const float factor = x.factors[i / 130 * 2 + block] * y.factors[i % 130 * 2 + block];
      expected[i] = std::fma(factor, next[i], expected[i]);
    }
  }
  EXPECT_EQ(d, expected);
  const auto problem = [&](sim::KOrder order) -> std::string {
    try {
      Gemm(mma, x, y, order, {});
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(problem({}), HasSubstr("promote every 4"));
  EXPECT_THAT(problem({.promote_every = 3}), HasSubstr("elements 96 to 191"));
}

TEST(Gemm, EpilogueRoundsInItsStatedOrder) {
  const Mma mma = unit("sm80.mma.f16");
  const std::vector<float> one(16, 1);  // the sum is 16
  const auto d = [&](Epilogue epilogue) {
    return product(mma, one, one, 1, 1, {}, std::move(epilogue)).front();
  };
  EXPECT_EQ(d({}), 16);
  EXPECT_EQ(d({.alpha = 0.1F}), 0.1F * 16);
  // fl(0.1 * 16 + bias) rounds once: the product alone would lose its last bits.
  EXPECT_EQ(d({.alpha = 0.1F, .bias = {-0.1F * 16}}),
            static_cast<float>(static_cast<double>(0.1F) * 16 - static_cast<double>(0.1F * 16)));
  EXPECT_EQ(d({.alpha = 0x1.000002p0F, .bias = {-16}}), 0x1p-19F);
  EXPECT_EQ(d({.beta = 3, .addend = {0x1p-20F}}), 16 + 3 * 0x1p-20F);
  // 257/256 of 16: a tie in bfloat16 below the even neighbour; 16 + 1/128 one in binary16.
  EXPECT_EQ(d({.alpha = 1 + 0x1p-8F, .output = GemmOutput::kBf16}), 16);
  EXPECT_EQ(d({.alpha = 1 + 0x1.8p-7F, .output = GemmOutput::kBf16}), 16.25F);
  EXPECT_EQ(d({.alpha = 1 + 0x1p-11F, .output = GemmOutput::kFp16}), 16);
  EXPECT_EQ(d({.alpha = 4096, .output = GemmOutput::kFp16}),
            std::numeric_limits<float>::infinity());
  EXPECT_EQ(std::bit_cast<std::uint32_t>(d({.beta = 1, .addend = {NAN}})), 0x7FFFFFFFu);
  // C is not read where beta is 0.
  EXPECT_EQ(d({.beta = 0, .addend = {NAN}}), 16);
}

TEST(Gemm, TensorScalesMultiplyIntoAlpha) {
  const Mma mma = unit("sm120.mxf4nvf4", "e2m1", "ue4m3", 16);
  const auto a = made(2 * 64, 9);
  const auto b = made(3 * 64, 10);
  const BlockRoutine routine(recipe("nvfp4"));
  GemmOperand x = quantized_operand(a, 2, 64, routine, mma);
  GemmOperand y = quantized_operand(b, 3, 64, routine, mma);
  const Gemm gemm(mma, x, y, {}, {.alpha = 0.7F});
  EXPECT_EQ(gemm.whole_alpha(), 0.7F * x.tensor_scale * y.tensor_scale);
  EXPECT_NE(x.tensor_scale, 1);
  const float alpha = gemm.whole_alpha();
  x.tensor_scale = y.tensor_scale = 1;
  auto expected = Gemm(mma, x, y, {}, {}).compute();
  for (float& value : expected) value *= alpha;
  EXPECT_EQ(gemm.compute(), expected);
}

TEST(Gemm, WhatDoesNotFitIsNamed) {
  const Mma mma = unit("sm80.mma.bf16");
  const auto problem = [&](const Mma& with, GemmOperand a, GemmOperand b, sim::KOrder order,
                           Epilogue epilogue) -> std::string {
    try {
      Gemm(with, std::move(a), std::move(b), order, std::move(epilogue));
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const auto operand = [&](std::int64_t rows, std::int64_t k) {
    return cast(std::vector<float>(static_cast<std::size_t>(rows * k)), rows, mma);
  };
  EXPECT_EQ(problem(mma, operand(2, 32), operand(3, 32), {}, {}), "");
  EXPECT_THAT(problem(mma, operand(2, 32), operand(3, 33), {}, {}),
              HasSubstr("32 columns and B 33"));
  EXPECT_THAT(problem(mma, operand(2, 32), operand(3, 32), {.split_k = 3}, {}),
              HasSubstr("write 1 to 2"));
  EXPECT_THAT(problem(mma, operand(2, 32), operand(3, 32), {}, {.beta = 1}), HasSubstr("C has 0"));
  EXPECT_THAT(problem(mma, operand(2, 32), operand(3, 32), {}, {.bias = {1}}), HasSubstr("bias"));
  GemmOperand short_codes = operand(2, 32);
  short_codes.codes.pop_back();
  EXPECT_THAT(problem(mma, short_codes, operand(3, 32), {}, {}), HasSubstr("A has 127 bytes"));
  const Mma scaled = unit("sm120.mxf4");
  GemmOperand no_scales{.rows = 1, .k = 64, .codes = std::vector<std::uint8_t>(64)};
  EXPECT_THAT(problem(scaled, no_scales, no_scales, {}, {}), HasSubstr("A has 0 block scales"));
  EXPECT_THAT(problem(unit("sm90.mma.f64"), operand(1, 1), operand(1, 1), {}, {}),
              HasSubstr("accumulates in fp64"));
}

TEST(GemmOperands, RecipesWhoseScalesDoNotFitAreRefused) {
  const std::vector<float> values(64, 1);
  const auto problem = [&](const char* name, const Mma& mma) -> std::string {
    try {
      quantized_operand(values, 1, 64, BlockRoutine(recipe(name)), mma);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(problem("mxfp4", unit("sm120.mxf4")), "");
  EXPECT_THAT(problem("nvfp4", unit("sm120.mxf4")), HasSubstr("scales in ue4m3"));
  EXPECT_THAT(problem("mxfp8_e4m3", unit("sm89.mma.fp8")), HasSubstr("takes none"));
  EXPECT_THAT(problem("hif4", unit("sm120.mxf4")), HasSubstr("several levels"));
}

/// The product by rationals of decoded codes.
Rational by_rationals(const GemmOperand& a, std::int64_t i, const GemmOperand& b, std::int64_t j,
                      const Mma& mma) {
  Rational sum = 0;
  const auto value = [&](const GemmOperand& operand, const spec::Format& format, std::int64_t row,
                         std::int64_t k) {
    Rational x =
        spec::decode(format, operand.codes[static_cast<std::size_t>(row * operand.k + k)]).value();
    if (mma.scale)
      x *= spec::decode(*mma.scale, operand.scales[static_cast<std::size_t>(
                                        row * mma.scales_per_row(operand.k) + k / mma.block)])
               .value();
    return x;
  };
  for (std::int64_t k = 0; k < a.k; ++k) sum += value(a, mma.a, i, k) * value(b, mma.b, j, k);
  return sum;
}

TEST(ExactProduct, EqualsRationalSums) {
  for (const auto& [name, mma] : {std::pair("nvfp4", unit("sm120.mxf4nvf4", "e2m1", "ue4m3", 16)),
                                  std::pair("mxfp8_e5m2", unit("sm120.mxf8f6f4", "e5m2")),
                                  std::pair("mxfp6_e2m3", unit("sm120.mxf8f6f4", "e2m3"))}) {
    auto a = made(2 * 96, 11);
    auto b = made(2 * 96, 12);
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = std::ldexp(a[i], static_cast<int>(i % 200) - 100);
      b[i] = std::ldexp(b[i], 100 - static_cast<int>(i % 190));
    }
    const GemmOperand x = quantized_operand(a, 2, 96, BlockRoutine(recipe(name)), mma);
    const GemmOperand y = quantized_operand(b, 2, 96, BlockRoutine(recipe(name)), mma);
    const ExactRows ex = exact_rows(x, mma.a, mma);
    const ExactRows ey = exact_rows(y, mma.b, mma);
    for (std::int64_t i = 0; i < 2; ++i)
      for (std::int64_t j = 0; j < 2; ++j)
        EXPECT_EQ(exact_dot(ex, i, ey, j).to_rational(), by_rationals(x, i, y, j, mma)) << name;
  }
}

TEST(ExactProduct, LosesNothingAcrossTheWholeRangeOfBinary32) {
  const std::vector<float> a = {0x1.fffffep127F, 0x1p-149F, -0x1.fffffep127F, 0x1.8p0F};
  const std::vector<float> b = {0x1.fffffep127F, 0x1p-149F, 0x1.fffffep127F, -0x1p-149F};
  const Rational expected = spec::power_of_two(-298) - Rational(3, 2) * spec::power_of_two(-149);
  EXPECT_EQ(exact_dot(exact_rows(a, 1, 4), 0, exact_rows(b, 1, 4), 0).to_rational(), expected);
  EXPECT_FALSE(exact_rows(std::vector<float>{1, NAN}, 1, 2).finite[0]);
}

TEST(GemmSchemes, AChainRoundsBetweenItsParts) {
  const Mma mma = unit("sm80.mma.bf16");
  const auto a = made(2 * 48, 13);
  const auto b = made(3 * 48, 14);
  std::vector<GemmPart> parts;
  std::vector<float> expected;
  for (std::size_t k = 0; k < 48; k += 16) {
    const auto x = part(a, 2, k, k + 16);
    const auto y = part(b, 3, k, k + 16);
    parts.push_back({mma, cast(x, 2, mma), cast(y, 3, mma)});
    auto sum = product(mma, x, y, 2, 3);
    for (std::size_t i = 0; i < sum.size(); ++i)
      sum[i] = rounded_output(expected.empty() ? sum[i] : expected[i] + sum[i], GemmOutput::kBf16);
    expected = sum;
  }
  EXPECT_EQ(chained_gemms(parts, GemmOutput::kBf16), expected);
  EXPECT_NE(product(mma, a, b, 2, 3, {}, {.output = GemmOutput::kBf16}), expected);
}

// ARCQuant: over K + S channels the product is that of both stages' sum, in exact arithmetic.
TEST(GemmSchemes, AugmentedOperandsMultiplyBothStages) {
  const Mma mma = unit("sm120.mxf4nvf4", "e2m1", "ue4m3", 16);
  const DualRoutine dual(spec::find_dual_stage("arcquant_16"));
  auto x = made(3 * 64, 15);
  for (std::size_t i = 0; i < x.size(); i += 5) x[i] *= 30;
  const auto w = made(2 * 64, 16);
  std::vector<float> maxima(64);
  raise_channel_maxima(x, maxima);
  const DualTensor tensor(dual, spec::make_augmented_layout(64, 16, 16), channel_order(maxima));
  const GemmOperand a = augmented_activations(x, 3, dual, tensor, mma);
  const GemmOperand b = augmented_weights(w, 2, BlockRoutine(dual.stage().recipe), tensor, mma);
  ASSERT_EQ(a.k, 80);
  ASSERT_EQ(b.k, 80);
  const auto errors = [&](const GemmOperand& operand, std::int64_t k) {
    const ExactRows ea = exact_rows(operand, mma.a, mma);
    const ExactRows eb = exact_rows(b, mma.b, mma);
    double worst = 0;
    for (std::int64_t i = 0; i < 3; ++i)
      for (std::int64_t j = 0; j < 2; ++j) {
        const double q = exact_dot(ea, i, eb, j).to_rational().convert_to<double>() *
                         static_cast<double>(operand.tensor_scale) *
                         static_cast<double>(b.tensor_scale);
        // The same weights, dequantized, times the activations as they were.
        double exact = 0;
        for (std::int64_t position = 0; position < k / 16; ++position) {
          const auto block = tensor.layout().block(static_cast<std::size_t>(position));
          if (block.is_residual) continue;
          for (std::int64_t at = 0; at < 16; ++at) {
            const ExactValue& v = eb.values[static_cast<std::size_t>(j * 80 + position * 16 + at)];
            exact += static_cast<double>(
                         x[static_cast<std::size_t>(i) * 64 +
                           tensor.order()[block.source * 16 + static_cast<std::size_t>(at)]]) *
                     std::ldexp(static_cast<double>(v.significand), v.exponent) *
                     static_cast<double>(b.tensor_scale);
          }
        }
        worst = std::max(worst, std::fabs(q - exact));
      }
    return worst;
  };
  GemmOperand first_stage = a;  // without what the residuals add
  for (std::int64_t row = 0; row < 3; ++row)
    for (std::size_t position = 0; position < 5; ++position)
      if (tensor.layout().block(position).is_residual)
        std::fill_n(
            first_stage.codes.begin() + row * 80 + static_cast<std::ptrdiff_t>(position) * 16, 16,
            std::uint8_t{0});
  EXPECT_LT(errors(a, 80), errors(first_stage, 80) / 2);
}

}  // namespace
}  // namespace mxscope::kernels
