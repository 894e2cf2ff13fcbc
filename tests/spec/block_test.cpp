// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The exact path on blocks worked out by hand, one decision at a time.
#include "spec/block.h"

#include <gtest/gtest.h>

#include "spec/error.h"
#include "spec/recipes.h"

namespace mxscope::spec {
namespace {

std::vector<Number> numbers(std::initializer_list<const char*> texts) {
  std::vector<Number> out;
  for (const char* text : texts) out.push_back(parse_number(text));
  return out;
}

const Recipe& recipe(std::string_view name) {
  static const RecipeTable table;
  return table.find(name);
}

BlockCodes quantize(std::string_view name, std::initializer_list<const char*> texts) {
  return quantize_block(recipe(name), numbers(texts));
}

TEST(BlockScale, RulesDifferJustBelowAPowerOfTwo) {
  // amax 7: floor(log2 7) - 2 = 0, so 7 clips to 6; the others take the next scale.
  EXPECT_EQ(quantize("mxfp4", {"7", "1"}), (BlockCodes{127, {7, 2}}));
  EXPECT_EQ(quantize("mxfp4_ceil", {"7", "1"}).scale, 128U);
  EXPECT_EQ(quantize("mxfp4_rceil", {"7", "1"}).scale, 128U);
  EXPECT_EQ(quantize("mxfp4_even", {"7", "1"}).scale, 128U);
  EXPECT_EQ(quantize("mxfp4_bias", {"7", "1"}).scale, 128U);  // 2^1 instead of 2^2: one binade up
  // amax 6 needs no more than 1 under rceil, and 2 under ceil.
  EXPECT_EQ(quantize("mxfp4_rceil", {"6"}).scale, 127U);
  EXPECT_EQ(quantize("mxfp4_ceil", {"6"}).scale, 128U);
}

TEST(BlockScale, NvfpNearestMayClipAndUpNeverDoes) {
  // 6.3 / 6 = 1.05 rounds to 1 and 6.3 clips to 6; upward it is 1.125 and 6.3/1.125 = 5.6 -> 6.
  const auto nearest = quantize("nvfp4_1level", {"6.3", "-1"});
  EXPECT_EQ(nearest, (BlockCodes{0x38, {7, 0xA}}));
  Recipe up = recipe("nvfp4_1level");
  up.scale_policy.rounding = Rounding::kUp;
  EXPECT_EQ(quantize_block(up, numbers({"6.3", "-1"})).scale, 0x39U);
}

TEST(BlockScale, TensorScaleMapsTheLargestBlockToTheTopCode) {
  const Recipe& r = recipe("nvfp4");
  const TensorScales tensor = tensor_scales(r, parse_number("10"));
  EXPECT_EQ(tensor.decode.magnitude, Rational(10, 2688));
  const BlockCodes codes = quantize_block(r, numbers({"10", "-5", "0.001"}), tensor);
  EXPECT_EQ(codes, (BlockCodes{0x7E, {7, 0xD, 0}}));
  EXPECT_EQ(dequantize_block(r, codes, tensor)[0].magnitude, 10);
}

TEST(BlockScale, FourOverSixTakesTheBetterOfTwo) {
  // With scale 1: 6, 4.5 -> 4, errors 0 and 0.5. With 1.5: 4 and 3 are exact.
  Recipe r = recipe("nvfp4_1level");
  r.search = ScaleSearch::kFourOverSix;
  EXPECT_EQ(quantize_block(r, numbers({"6", "4.5"})), (BlockCodes{0x3C, {6, 5}}));
  EXPECT_EQ(quantize_block(r, numbers({"6", "4"})), (BlockCodes{0x38, {7, 6}}));
}

TEST(BlockScale, SweepFindsTheLeastError) {
  // amax/6 = 1.5 gives 4.5 and 9 -> 3 and 6, exact; the sweep cannot do better than zero error.
  const BlockCodes codes = quantize("nvfp4_sweep", {"5", "2.5"});
  const TensorScales tensor;
  const auto decoded = dequantize_block(recipe("nvfp4_sweep"), codes, tensor);
  EXPECT_EQ(decoded[0].magnitude, 5);
  EXPECT_EQ(decoded[1].magnitude, Rational(5, 2));
}

TEST(BlockSpecials, NanInfinityAndZeroFollowTheFields) {
  EXPECT_EQ(quantize("mxfp4", {"nan", "1"}).scale, 0xFFU);
  EXPECT_EQ(quantize("mxfp4", {"inf", "1"}).scale, 0xFFU);
  EXPECT_EQ(quantize("gfloat_mxfp4_f64", {"inf", "1"}), (BlockCodes{0xFE, {7, 0}}));
  EXPECT_TRUE(quantize("gfloat_mxfp4_f64", {"nan", "1"}).refused);
  EXPECT_EQ(quantize("mxfp4", {"0", "-0"}), (BlockCodes{0, {0, 8}}));
  EXPECT_EQ(quantize("micromix_mxfp4", {"0", "-0"}), (BlockCodes{126, {0, 8}}));
  EXPECT_EQ(quantize("universal_mxfp4", {"0", "-0"}), (BlockCodes{125, {0, 0}}));
  EXPECT_EQ(quantize("nvfp4_1level", {"0", "-0"}), (BlockCodes{0, {0, 0}}));
  // The least UE4M3 is 2^-9: below half of it times 6 the whole block is lost.
  EXPECT_EQ(quantize("nvfp4_1level", {"0.005", "-0.005"}), (BlockCodes{0, {0, 0}}));
  EXPECT_EQ(quantize("torchao_nvfp4_1level", {"0.005"}).scale, 0x08U);
}

TEST(BlockSpecials, CutlassDividesAsItsEpilogueDoes) {
  // 7/6 is rounded up to 2: 3.5 is the tie of 3 and 4, and 4 is even.
  EXPECT_EQ(quantize("cutlass_mxfp4", {"7", "-1", "-0"}), (BlockCodes{128, {6, 9, 8}}));
  EXPECT_EQ(quantize("cutlass_mxfp8_e4m3", {"448", "1"}), (BlockCodes{127, {0x7E, 0x38}}));
  // Infinity saturates, and where elements have no NaN they are the largest.
  EXPECT_EQ(quantize("cutlass_mxfp4", {"inf", "1"}), (BlockCodes{0xFE, {7, 0}}));
  EXPECT_EQ(quantize("cutlass_mxfp4", {"nan", "-1"}), (BlockCodes{0xFF, {7, 7}}));
  EXPECT_EQ(quantize("cutlass_mxfp8_e4m3", {"nan", "-1"}), (BlockCodes{0xFF, {0x7F, 0x7F}}));
  EXPECT_EQ(quantize("cutlass_nvfp4", {"inf", "6"}).scale, 0x7EU);
  EXPECT_EQ(quantize("cutlass_nvfp4", {"nan", "-6"}), (BlockCodes{0x7F, {7, 7}}));
  // The scale of tiny blocks is 0, whose reciprocal becomes the largest binary32 number.
  EXPECT_EQ(quantize("cutlass_nvfp4", {"0.005", "-0.005", "0", "-0"}),
            (BlockCodes{0, {7, 15, 0, 8}}));
  EXPECT_EQ(quantize("cutlass_nvfp4", {"0x1p-128", "0x1p-130"}), (BlockCodes{0, {2, 0}}));
}

TEST(BlockSpecials, StochasticRecipesTakeTheirBits) {
  Recipe r = recipe("mxfp4");
  r.element_policy.rounding = Rounding::kStochasticA;
  r.random_bits = 2;
  const auto x = numbers({"4", "1.25", "1.25", "1.25", "1.25"});
  const std::uint32_t bits[] = {0, 0, 1, 2, 3};
  EXPECT_EQ(quantize_block(r, x, {}, bits), (BlockCodes{127, {6, 2, 2, 3, 3}}));
  EXPECT_THROW(quantize_block(r, x), Error);
}

TEST(BlockHif4, ExtraExponentsFollowTheMaximaOfEightAndFour) {
  std::vector<Number> x(64, Number::finite(0));
  x[0] = Number::finite(7);                 // scale 1: eighth 0 and sixteenth 0 get an extra bit
  x[8] = Number::finite(Rational(39, 10));  // below 4: only the sixteenth's bit
  const BlockCodes codes = quantize_block(recipe("hif4"), x);
  EXPECT_EQ(decode(recipe("hif4").scale, codes.scale).magnitude, 1);
  EXPECT_EQ(codes.micro, 1U | 1U << 8 | 1U << 10);
  EXPECT_EQ(dequantize_block(recipe("hif4"), codes)[0].magnitude, 7);
  x.pop_back();
  EXPECT_THROW(quantize_block(recipe("hif4"), x), Error);
}

TEST(BlockResidual, UsesTheRoundedScaleUnlessToldOtherwise) {
  const Recipe& r = recipe("nvfp4_1level");
  const auto x = numbers({"6.3", "1.6"});
  const BlockCodes codes = quantize_block(r, x);
  const auto rounded = block_residual(r, x, codes, {}, {});
  EXPECT_EQ(rounded[0].magnitude, Rational(3, 10));
  const auto unrounded =
      block_residual(r, x, codes, {}, {.precision = Precision::kExact, .unrounded_scale = true});
  EXPECT_EQ(unrounded[0].magnitude, 0);
}

}  // namespace
}  // namespace mxscope::spec
