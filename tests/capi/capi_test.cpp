// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What the C library gives is what the C++ floors give, and bad arguments give statuses and texts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "capi/mxscope.h"
#include "kernels/tensor_quantizer.h"
#include "spec/batch.h"
#include "spec/conversions.h"
#include "spec/formats.h"
#include "spec/oracle.h"
#include "spec/packing.h"
#include "spec/recipes.h"
#include "spec/scale_layout.h"
#include "tests/kernels/block_inputs.h"

extern "C" std::size_t c_size_of_policy(void);

namespace mxscope {
namespace {

using testing::HasSubstr;

mxscope_policy policy_of(const mxscope_format* format, const char* name) {
  mxscope_policy policy{};
  EXPECT_EQ(mxscope_find_policy(format, name, &policy), MXSCOPE_OK) << mxscope_error();
  return policy;
}

/// A word of `bytes` bytes at a place of an array.
std::uint64_t word_at(const std::vector<std::uint8_t>& words, std::size_t i, std::size_t bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, words.data() + i * bytes, bytes);
  return word;
}

TEST(CLibrary, AgreesWithTheCCompiler) {
  EXPECT_EQ(c_size_of_policy(), sizeof(mxscope_policy));
  EXPECT_EQ(mxscope_abi(), std::uint32_t{MXSCOPE_ABI});
  EXPECT_STREQ(mxscope_version(), "0.1.0");
}

TEST(CLibraryMedium, ListsEveryRow) {
  ASSERT_EQ(mxscope_format_count(), spec::builtin_formats().size());
  for (std::size_t i = 0; i < mxscope_format_count(); ++i) {
    mxscope_format_info info{};
    ASSERT_EQ(mxscope_format_describe(mxscope_format_at(i), &info), MXSCOPE_OK);
    EXPECT_EQ(info.name, spec::builtin_formats()[i].name);
    EXPECT_EQ(mxscope_find_format(info.name), mxscope_format_at(i));
  }
  ASSERT_EQ(mxscope_recipe_count(), spec::named_recipes().size());
  for (std::size_t i = 0; i < mxscope_recipe_count(); ++i) {
    mxscope_recipe_info info{};
    ASSERT_EQ(mxscope_recipe_describe(mxscope_recipe_at(i), &info), MXSCOPE_OK);
    EXPECT_EQ(info.name, spec::named_recipes()[i].name);
    EXPECT_EQ(mxscope_find_recipe(info.name), mxscope_recipe_at(i));
  }
  EXPECT_EQ(mxscope_format_at(mxscope_format_count()), nullptr);
  EXPECT_EQ(mxscope_recipe_at(mxscope_recipe_count()), nullptr);
  EXPECT_EQ(mxscope_unit_at(mxscope_unit_count()), nullptr);
  EXPECT_EQ(mxscope_find_format("float8_e4m3fn"), mxscope_find_format("e4m3"));
  EXPECT_NE(mxscope_find_format("p3109_k6p3se"), nullptr);
}

/// Every bfloat16 input, through both of the library's paths: few values and many.
TEST(CLibraryMedium, CastsAsTheCodecDoes) {
  std::vector<float> inputs(0x10000);
  for (std::uint32_t i = 0; i < inputs.size(); ++i) inputs[i] = std::bit_cast<float>(i << 16);
  for (const spec::Conversion& c : spec::named_conversions()) {
    const mxscope_format* format = nullptr;
    mxscope_policy policy{};
    ASSERT_EQ(mxscope_find_conversion(c.name.c_str(), &format, &policy), MXSCOPE_OK);
    const spec::Format& f = spec::find_format(c.format);
    const auto bytes = static_cast<std::size_t>(f.storage_bits / 8);
    const bool log2 = c.policy.rounding == spec::Rounding::kNearestLog2;
    std::vector<std::uint8_t> words(inputs.size() * bytes);
    std::size_t refused = 0;
    ASSERT_EQ(mxscope_cast_f32(format, &policy, nullptr, inputs.data(), inputs.size(), words.data(),
                               &refused),
              MXSCOPE_OK)
        << c.name;
    EXPECT_EQ(refused, inputs.size());
    for (std::size_t i = 0; i < inputs.size(); i += log2 ? 37 : 1) {
      const auto bits = std::bit_cast<std::uint32_t>(inputs[i]);
      const spec::Code code =
          log2 ? spec::cast(spec::decode(spec::find_format("fp32"), bits), f, c.policy).code
               : spec::make_codec(spec::kF32, f, c.policy).encode(bits).code;
      ASSERT_EQ(word_at(words, i, bytes), code << f.storage_shift) << c.name << " " << inputs[i];
    }
    std::vector<std::uint8_t> few(bytes);
    for (std::size_t i = 0; i < inputs.size(); i += 251) {
      ASSERT_EQ(mxscope_cast_f32(format, &policy, nullptr, &inputs[i], 1, few.data(), nullptr),
                MXSCOPE_OK);
      ASSERT_EQ(word_at(few, 0, bytes), word_at(words, i, bytes)) << c.name << " " << inputs[i];
    }
  }
}

TEST(CLibrary, CastsFromEverySource) {
  const mxscope_format* e4m3 = mxscope_find_format("e4m3");
  const mxscope_policy policy = policy_of(e4m3, "nv");
  std::vector<std::uint16_t> halves(0x10000);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  for (const char* name : {"bf16", "fp16"}) {
    const mxscope_format* source = mxscope_find_format(name);
    std::vector<double> values(halves.size());
    ASSERT_EQ(mxscope_decode_f64(source, halves.data(), halves.size(), values.data()), MXSCOPE_OK);
    std::vector<std::uint8_t> direct(halves.size());
    std::vector<std::uint8_t> wide(halves.size());
    ASSERT_EQ(mxscope_cast_words(e4m3, &policy, nullptr, source, halves.data(), halves.size(),
                                 direct.data(), nullptr),
              MXSCOPE_OK);
    ASSERT_EQ(mxscope_cast_f64(e4m3, &policy, nullptr, values.data(), values.size(), wide.data(),
                               nullptr),
              MXSCOPE_OK);
    EXPECT_EQ(direct, wide) << name;
  }
  std::uint8_t word = 0;
  EXPECT_EQ(mxscope_cast_words(e4m3, &policy, nullptr, e4m3, &word, 1, &word, nullptr),
            MXSCOPE_UNSUPPORTED);
  EXPECT_THAT(mxscope_error(), HasSubstr("fp32, fp64, bf16 and fp16"));
}

TEST(CLibrary, StochasticCastsTakeTheirBits) {
  const mxscope_format* e2m1 = mxscope_find_format("e2m1");
  mxscope_policy policy = policy_of(e2m1, "ocp");
  ASSERT_EQ(mxscope_policy_set(&policy, "rounding", "sr-a"), MXSCOPE_OK);
  EXPECT_EQ(policy.rounding, MXSCOPE_STOCHASTIC_A);
  const std::vector<float> inputs(8, 2.75F);
  std::vector<std::uint32_t> bits = {0, 1, 2, 3, 4, 5, 6, 7};
  std::vector<std::uint8_t> words(8);
  mxscope_random random{bits.data(), bits.size(), 3, 0};
  ASSERT_EQ(mxscope_cast_f32(e2m1, &policy, &random, inputs.data(), 8, words.data(), nullptr),
            MXSCOPE_OK)
      << mxscope_error();
  EXPECT_THAT(words, testing::ElementsAre(4, 4, 5, 5, 5, 5, 5, 5));  // 2.75 is 6/8 up from 2
  bits[3] = 8;
  EXPECT_EQ(mxscope_cast_f32(e2m1, &policy, &random, inputs.data(), 8, words.data(), nullptr),
            MXSCOPE_BAD_ARGUMENT);
  random = {bits.data(), 1, 3, 0};
  ASSERT_EQ(mxscope_cast_f32(e2m1, &policy, &random, inputs.data(), 8, words.data(), nullptr),
            MXSCOPE_OK);
  EXPECT_THAT(words, testing::Each(4));
  EXPECT_EQ(mxscope_cast_f32(e2m1, &policy, nullptr, inputs.data(), 8, words.data(), nullptr),
            MXSCOPE_BAD_ARGUMENT);
}

TEST(CLibrary, RefusalsNameTheInput) {
  const mxscope_format* e2m1 = mxscope_find_format("e2m1");
  mxscope_policy policy = policy_of(e2m1, "ocp");
  policy.nan = 5;  // error
  const std::array<float, 3> inputs = {1, NAN, 6};
  std::array<std::uint8_t, 3> words = {9, 9, 9};
  std::size_t refused = 0;
  EXPECT_EQ(mxscope_cast_f32(e2m1, &policy, nullptr, inputs.data(), 3, words.data(), &refused),
            MXSCOPE_REFUSED);
  EXPECT_EQ(refused, 1U);
  EXPECT_THAT(words, testing::ElementsAre(2, 0, 7));
  EXPECT_THAT(mxscope_error(), HasSubstr("input 1, 0x7fc00000"));
}

TEST(CLibrary, DecodesEveryCodeExactly) {
  for (const spec::Format& f : spec::builtin_formats()) {
    if (f.storage_bits > 16) continue;
    const auto bytes = static_cast<std::size_t>(f.storage_bits / 8);
    const std::size_t count = std::size_t{1} << f.bits;
    std::vector<std::uint8_t> words(count * bytes);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t word = static_cast<std::uint64_t>(i) << f.storage_shift;
      std::memcpy(words.data() + i * bytes, &word, bytes);
    }
    std::vector<double> wide(count);
    std::vector<float> narrow(count);
    const mxscope_format* format = mxscope_find_format(f.name.c_str());
    ASSERT_EQ(mxscope_decode_f64(format, words.data(), count, wide.data()), MXSCOPE_OK) << f.name;
    const bool held = mxscope_decode_f32(format, words.data(), count, narrow.data()) == MXSCOPE_OK;
    EXPECT_TRUE(held) << f.name;
    for (std::size_t code = 0; code < count; ++code) {
      const spec::Number number = spec::decode(f, code);
      if (number.kind == spec::NumberKind::kNan) {
        ASSERT_TRUE(std::isnan(wide[code]) && std::isnan(narrow[code])) << f.name << " " << code;
        continue;
      }
      ASSERT_EQ(std::signbit(wide[code]), number.negative) << f.name << " " << code;
      if (number.kind == spec::NumberKind::kInfinity) {
        ASSERT_TRUE(std::isinf(wide[code]));
      } else {
        ASSERT_EQ(spec::Rational(wide[code]), number.value()) << f.name << " " << code;
      }
      ASSERT_EQ(static_cast<double>(narrow[code]), wide[code]);
    }
  }
}

TEST(CLibrary, DecodesWideFormatsOnlyWhereTheyFit) {
  const std::uint64_t third = std::bit_cast<std::uint64_t>(1.0 / 3);
  float narrow = 0;
  double wide = 0;
  const mxscope_format* fp64 = mxscope_find_format("fp64");
  EXPECT_EQ(mxscope_decode_f32(fp64, &third, 1, &narrow), MXSCOPE_UNSUPPORTED);
  EXPECT_EQ(mxscope_decode_f64(fp64, &third, 1, &wide), MXSCOPE_OK);
  EXPECT_EQ(wide, 1.0 / 3);
  // 14 exponent bits and one of precision: beyond binary64, with a sentence.
  const std::uint16_t word = 1;
  const mxscope_format* huge = mxscope_find_format("p3109_k15p1se");
  ASSERT_NE(huge, nullptr) << mxscope_error();
  EXPECT_EQ(mxscope_decode_f64(huge, &word, 1, &wide), MXSCOPE_UNSUPPORTED);
  EXPECT_THAT(mxscope_error(), HasSubstr("binary64 does not hold every value of p3109_k15p1se"));
  // 2^-127 .. in a wider exponent than binary32's, but within binary64's: by the exact path.
  const mxscope_format* middle = mxscope_find_format("p3109_k11p1se");
  ASSERT_NE(middle, nullptr) << mxscope_error();
  ASSERT_EQ(mxscope_decode_f64(middle, &word, 1, &wide), MXSCOPE_OK) << mxscope_error();
  EXPECT_EQ(spec::Rational(wide), spec::decode(spec::find_format("p3109_k11p1se"), 1).value());
}

/// Blocks and matrices of every named recipe.
TEST(CLibraryMedium, QuantizesAsTheKernelsDo) {
  std::mt19937_64 engine(7);
  for (const spec::Recipe& r : spec::named_recipes()) {
    const mxscope_recipe* recipe = mxscope_find_recipe(r.name.c_str());
    ASSERT_NE(recipe, nullptr) << mxscope_error();
    const kernels::BlockRoutine routine(r);
    const bool hif4 = r.kind == spec::BlockKind::kHif4;
    const std::size_t count = hif4 ? 64 : r.block_elements() == 0 ? 50 : 1UL * r.block_elements();
    const int blocks = routine.is_fast() && r.search == spec::ScaleSearch::kNone ? 24 : 2;
    for (int i = 0; i < blocks; ++i) {
      const std::vector<float> values = kernels::block_inputs(engine, count);
      const float amax = kernels::tensor_amax(engine, values);
      std::vector<std::uint32_t> random(r.random_bits > 0 ? count : 0);
      for (std::uint32_t& bits : random)
        bits = static_cast<std::uint32_t>(engine()) >> (32 - r.random_bits);
      mxscope_tensor_scale tensor{};
      ASSERT_EQ(mxscope_tensor_scale_of(recipe, amax, &tensor), MXSCOPE_OK);
      const kernels::TensorFactors factors =
          r.has_tensor_scale() ? routine.tensor_factors(amax) : kernels::TensorFactors{};
      std::vector<std::uint8_t> expected(count);
      const kernels::BlockOutput block = routine.quantize(values, factors, expected.data(), random);
      std::vector<std::uint8_t> elements(count);
      std::uint32_t scale = 0;
      std::uint32_t micro = 0;
      const int status =
          mxscope_quantize_block(recipe, &tensor, random.empty() ? nullptr : random.data(),
                                 values.data(), count, elements.data(), &scale, &micro);
      ASSERT_EQ(status, block.refused ? MXSCOPE_REFUSED : MXSCOPE_OK) << r.name;
      if (block.refused) continue;
      ASSERT_EQ(elements, expected) << r.name;
      ASSERT_EQ(scale, block.scale) << r.name;
      ASSERT_EQ(micro, block.micro) << r.name;
      std::vector<float> back(count);
      std::vector<float> decoded(count);
      routine.dequantize(block, expected.data(), count, factors, decoded.data());
      ASSERT_EQ(mxscope_dequantize_block(recipe, &tensor, elements.data(), scale, micro, count,
                                         back.data()),
                MXSCOPE_OK)
          << mxscope_error();
      ASSERT_EQ(std::memcmp(back.data(), decoded.data(), count * sizeof(float)), 0) << r.name;
    }
  }
}

TEST(CLibraryMedium, QuantizesMatricesAsTheKernelsDo) {
  std::mt19937_64 engine(8);
  std::normal_distribution<float> normal;
  for (const spec::Recipe& r : spec::named_recipes()) {
    const kernels::BlockRoutine routine(r);
    if (!routine.is_fast() || r.search != spec::ScaleSearch::kNone) continue;
    const mxscope_recipe* recipe = mxscope_find_recipe(r.name.c_str());
    const std::size_t rows = 5;
    const std::size_t columns = 200;
    std::vector<float> values(rows * columns);
    for (float& x : values) x = normal(engine);
    mxscope_grid grid{};
    ASSERT_EQ(mxscope_block_grid(recipe, rows, columns, &grid), MXSCOPE_OK);
    const std::size_t blocks = grid.row_blocks * grid.column_blocks;
    const kernels::TensorQuantizer quantizer(routine, rows, columns, {.seed = 3, .stream = 0});
    ASSERT_EQ(blocks, quantizer.grid().blocks());
    const kernels::MatrixCodes expected = kernels::quantize_matrix(quantizer, values);
    std::vector<std::uint8_t> elements(values.size());
    std::vector<std::uint32_t> scales(blocks);
    std::vector<std::uint32_t> micro(blocks);
    mxscope_tensor_scale used{};
    ASSERT_EQ(mxscope_quantize(recipe, nullptr, 3, values.data(), rows, columns, elements.data(),
                               scales.data(), micro.data(), &used),
              MXSCOPE_OK)
        << r.name << mxscope_error();
    EXPECT_EQ(elements, expected.codes.elements) << r.name;
    EXPECT_EQ(scales, expected.codes.scales) << r.name;
    EXPECT_EQ(used.decode, expected.state.factors.decode) << r.name;
    std::vector<float> decoded(values.size());
    quantizer.dequantize(expected.codes, expected.state, decoded);
    std::vector<float> back(values.size());
    ASSERT_EQ(mxscope_dequantize(recipe, &used, elements.data(), scales.data(), micro.data(), rows,
                                 columns, back.data()),
              MXSCOPE_OK);
    EXPECT_EQ(back, decoded) << r.name;
    // A tensor scale that is given is the one that is used.
    mxscope_tensor_scale given{};
    ASSERT_EQ(mxscope_tensor_scale_of(recipe, 1000, &given), MXSCOPE_OK);
    ASSERT_EQ(mxscope_quantize(recipe, &given, 3, values.data(), rows, columns, elements.data(),
                               scales.data(), micro.data(), &used),
              MXSCOPE_OK);
    EXPECT_EQ(used.encode, given.encode);
    EXPECT_EQ(elements == expected.codes.elements && scales == expected.codes.scales,
              !r.has_tensor_scale())
        << r.name;
  }
}

TEST(CLibrary, LaysOutAsTheSpecDoes) {
  std::mt19937_64 engine(9);
  for (const int bits : {4, 6, 8}) {
    std::vector<std::uint8_t> codes(37);
    for (std::uint8_t& code : codes) code = static_cast<std::uint8_t>(engine() % (1U << bits));
    std::vector<std::uint8_t> bytes(mxscope_packed_bytes(bits, codes.size()));
    std::vector<std::uint8_t> expected(bytes.size());
    spec::pack(spec::packing_for(bits), codes, expected);
    ASSERT_EQ(mxscope_pack(bits, codes.data(), codes.size(), bytes.data()), MXSCOPE_OK);
    EXPECT_EQ(bytes, expected);
    std::vector<std::uint8_t> back(codes.size());
    ASSERT_EQ(mxscope_unpack(bits, bytes.data(), back.size(), back.data()), MXSCOPE_OK);
    EXPECT_EQ(back, codes);
  }
  const spec::ScaleLayout layout{spec::ScaleLayoutKind::k128x4, 130, 7};
  std::vector<std::uint8_t> linear(layout.scales());
  for (std::uint8_t& code : linear) code = static_cast<std::uint8_t>(engine());
  std::vector<std::uint8_t> expected(layout.bytes());
  spec::swizzle(layout, linear, expected);
  std::vector<std::uint8_t> swizzled(mxscope_swizzled_bytes(130, 7));
  ASSERT_EQ(mxscope_swizzle_scales(130, 7, linear.data(), swizzled.data()), MXSCOPE_OK);
  EXPECT_EQ(swizzled, expected);
  std::vector<std::uint8_t> back(linear.size());
  ASSERT_EQ(mxscope_unswizzle_scales(130, 7, swizzled.data(), back.data()), MXSCOPE_OK);
  EXPECT_EQ(back, linear);
}

TEST(CLibrary, BadArgumentsAreNamed) {
  const mxscope_format* e4m3 = mxscope_find_format("e4m3");
  const mxscope_recipe* mxfp4 = mxscope_find_recipe("mxfp4");
  mxscope_policy policy = policy_of(e4m3, nullptr);
  float value = 1;
  std::uint8_t code = 0;
  std::uint32_t scale = 0;
  EXPECT_EQ(mxscope_find_format(nullptr), nullptr);
  EXPECT_STREQ(mxscope_error(), "name is null");
  EXPECT_EQ(mxscope_find_format("e4m4"), nullptr);
  EXPECT_THAT(mxscope_error(), HasSubstr("e4m3"));
  EXPECT_EQ(mxscope_find_recipe("mxfp5"), nullptr);
  EXPECT_THAT(mxscope_error(), HasSubstr("mxfp4"));
  EXPECT_EQ(mxscope_find_policy(e4m3, "nvidia", &policy), MXSCOPE_BAD_NAME);
  EXPECT_EQ(mxscope_find_policy(nullptr, "nv", &policy), MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(mxscope_policy_set(&policy, "rounding", "sideways"), MXSCOPE_BAD_NAME);
  EXPECT_EQ(mxscope_policy_set(&policy, nullptr, "rne"), MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(mxscope_cast_f32(nullptr, &policy, nullptr, &value, 1, &code, nullptr),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_STREQ(mxscope_error(), "format is null");
  EXPECT_EQ(mxscope_cast_f32(e4m3, nullptr, nullptr, &value, 1, &code, nullptr),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(mxscope_cast_f32(e4m3, &policy, nullptr, nullptr, 1, &code, nullptr),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(mxscope_cast_f32(e4m3, &policy, nullptr, &value, 1, nullptr, nullptr),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(mxscope_cast_f32(e4m3, &policy, nullptr, nullptr, 0, nullptr, nullptr), MXSCOPE_OK);
  mxscope_policy broken = policy;
  broken.negative = 99;
  EXPECT_EQ(mxscope_cast_f32(e4m3, &broken, nullptr, &value, 1, &code, nullptr),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_STREQ(mxscope_error(), "policy field negative is 99; it is 0 to 7");
  broken = policy;
  broken.reserved[2] = 1;
  EXPECT_EQ(mxscope_cast_f32(e4m3, &broken, nullptr, &value, 1, &code, nullptr),
            MXSCOPE_BAD_ARGUMENT);
  broken = policy;
  broken.overflow = MXSCOPE_TO_INFINITY;
  EXPECT_EQ(mxscope_cast_f32(e4m3, &broken, nullptr, &value, 1, &code, nullptr),
            MXSCOPE_UNSUPPORTED);
  EXPECT_THAT(mxscope_error(), HasSubstr("e4m3 has no infinity"));
  EXPECT_EQ(mxscope_quantize_block(nullptr, nullptr, nullptr, &value, 1, &code, &scale, nullptr),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(mxscope_quantize_block(mxfp4, nullptr, nullptr, &value, 1, &code, nullptr, nullptr),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(mxscope_quantize_block(mxfp4, nullptr, &scale, &value, 1, &code, &scale, nullptr),
            MXSCOPE_UNSUPPORTED);
  code = 16;
  EXPECT_EQ(mxscope_dequantize_block(mxfp4, nullptr, &code, 127, 0, 1, &value),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_STREQ(mxscope_error(), "element 0 is 0x10, which is no code of e2m1");
  code = 1;
  EXPECT_EQ(mxscope_dequantize_block(mxfp4, nullptr, &code, 256, 0, 1, &value),
            MXSCOPE_BAD_ARGUMENT);
  const mxscope_recipe* hif4 = mxscope_find_recipe("hif4");
  ASSERT_NE(hif4, nullptr);
  EXPECT_EQ(mxscope_quantize_block(hif4, nullptr, nullptr, &value, 1, &code, &scale, &scale),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_THAT(mxscope_error(), HasSubstr("has 64 elements"));
  EXPECT_EQ(
      mxscope_quantize(mxfp4, nullptr, 0, &value, SIZE_MAX, 2, &code, &scale, nullptr, nullptr),
      MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(mxscope_packed_bytes(5, 8), 0U);
  EXPECT_EQ(mxscope_swizzled_bytes(SIZE_MAX, SIZE_MAX), 0U);
  code = 16;
  EXPECT_EQ(mxscope_pack(4, &code, 1, &code), MXSCOPE_BAD_ARGUMENT);
}

TEST(CLibraryMedium, ThreadsShareEverything) {
  // Each thread asks for every recipe first, so that their making is contended too.
  std::vector<std::thread> threads;
  std::vector<std::vector<std::uint8_t>> results(4);
  for (std::size_t t = 0; t < results.size(); ++t)
    threads.emplace_back([&, t] {
      std::mt19937_64 engine(5);
      for (std::size_t i = 0; i < mxscope_recipe_count(); ++i) {
        mxscope_recipe_info info{};
        mxscope_recipe_describe(mxscope_recipe_at(i), &info);
        if (info.random_bits > 0 || info.block_rows != 1 || info.block_columns != 16) continue;
        const std::vector<float> values = kernels::block_inputs(engine, 16);
        std::vector<std::uint8_t> elements(16);
        std::uint32_t scale = 0;
        mxscope_quantize_block(mxscope_recipe_at(i), nullptr, nullptr, values.data(), 16,
                               elements.data(), &scale, nullptr);
        results[t].insert(results[t].end(), elements.begin(), elements.end());
        results[t].push_back(static_cast<std::uint8_t>(scale));
      }
      for (int i = 0; i < 200; ++i) {
        const std::string name = "nobody" + std::to_string(t);
        mxscope_find_format(name.c_str());
        EXPECT_THAT(mxscope_error(), HasSubstr(name));  // of this thread, not of another
        EXPECT_NE(mxscope_find_format("p3109_k7p3se"), nullptr);
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, results[0]);
  EXPECT_GT(results[0].size(), 16U);
}

}  // namespace
}  // namespace mxscope
