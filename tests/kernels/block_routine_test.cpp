// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Hardware arithmetic against the exact path, for every named recipe.
#include "kernels/block_routine.h"

#include <gtest/gtest.h>

#include "spec/error.h"
#include "spec/recipes.h"
#include "tests/kernels/block_inputs.h"

namespace mxscope::kernels {
namespace {

using spec::Number;

Number number(float x) {
  return spec::decode(spec::find_format("fp32"), std::bit_cast<std::uint32_t>(x));
}

void expect_equal(const BlockRoutine& routine, const std::vector<float>& values, float amax,
                  const std::vector<std::uint32_t>& random) {
  const spec::Recipe& r = routine.recipe();
  std::vector<Number> numbers;
  for (const float x : values) numbers.push_back(number(x));
  const spec::TensorScales scales = spec::tensor_scales(r, number(amax));
  const TensorFactors factors = routine.tensor_factors(amax);
  const spec::BlockCodes want = spec::quantize_block(r, numbers, scales, random);
  std::vector<std::uint8_t> elements(values.size());
  const BlockOutput got = routine.quantize(values, factors, elements.data(), random);
  ASSERT_EQ(got.refused, want.refused);
  ASSERT_EQ(got.scale, want.scale) << "amax of the tensor " << amax;
  ASSERT_EQ(got.micro, want.micro);
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(elements[i], want.elements[i])
        << "element " << i << " = " << values[i] << ", tensor amax " << amax;
  if (want.refused) return;
  const auto decoded = spec::dequantize_block(r, want, scales);
  std::vector<float> values_back(values.size());
  routine.dequantize(got, elements.data(), values.size(), factors, values_back.data());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Number expected = spec::round_to(decoded[i], spec::Precision::kF32);
    const Number actual = number(values_back[i]);
    ASSERT_EQ(actual.kind, expected.kind) << i;
    ASSERT_EQ(actual.magnitude, expected.magnitude) << i;
  }
}

std::size_t length_of(const spec::Recipe& r) {
  const int elements = r.block_elements();
  return elements == 0 ? 48 : static_cast<std::size_t>(std::min(elements, 128));
}

class NamedRecipe : public testing::TestWithParam<spec::Recipe> {
 protected:
  void check(int blocks) {
    const BlockRoutine routine(GetParam());
    EXPECT_TRUE(routine.is_fast());
    std::mt19937_64 engine(7);
    for (int i = 0; i < blocks; ++i) {
      const auto values = block_inputs(engine, length_of(GetParam()));
      ASSERT_NO_FATAL_FAILURE(expect_equal(routine, values, tensor_amax(engine, values), {}))
          << "block " << i;
    }
  }
};
using NamedRecipeMedium = NamedRecipe;

int affordable(const spec::Recipe& r, int blocks) {
  return r.search == spec::ScaleSearch::kSweep ? 1 : blocks;
}

TEST_P(NamedRecipe, EqualsTheExactPath) { check(affordable(GetParam(), 12)); }
TEST_P(NamedRecipeMedium, EqualsTheExactPath) { check(affordable(GetParam(), 100)); }

const auto kName = [](const testing::TestParamInfo<spec::Recipe>& param) {
  return param.param.name;
};
INSTANTIATE_TEST_SUITE_P(All, NamedRecipe, testing::ValuesIn(spec::named_recipes()), kName);
INSTANTIATE_TEST_SUITE_P(All, NamedRecipeMedium, testing::ValuesIn(spec::named_recipes()), kName);

TEST(StochasticRecipe, EqualsTheExactPath) {
  for (const char* name : {"mxfp4", "nvfp4", "mxfp8_e4m3", "te_nvfp4"})
    for (const auto mode : spec::kStochasticRoundings)
      for (const int bits : {1, 8, 16}) {
        spec::Recipe r = spec::RecipeTable().find(name);
        r.element_policy.rounding = mode;
        r.random_bits = bits;
        const BlockRoutine routine(r);
        std::mt19937_64 engine(9);
        for (int i = 0; i < 4; ++i) {
          const auto values = block_inputs(engine, length_of(r));
          std::vector<std::uint32_t> random(values.size());
          for (auto& value : random)
            value = static_cast<std::uint32_t>(engine() & ((1U << bits) - 1));
          ASSERT_NO_FATAL_FAILURE(
              expect_equal(routine, values, tensor_amax(engine, values), random))
              << name << " " << spec::to_string(mode) << " " << bits;
        }
      }
}

TEST(UnusualRecipe, IsEqualWhetherFastOrNot) {
  std::vector<spec::Recipe> recipes;
  spec::Recipe r = spec::RecipeTable().find("mxfp4");
  r.divisor = spec::Rational(1, 3);
  recipes.push_back(r);
  r = spec::RecipeTable().find("nvfp4");
  r.scale = spec::find_format("ue5m3");
  r.block = {1, 32};
  recipes.push_back(r);
  r = spec::RecipeTable().find("hif4");
  r.element_order = spec::ElementOrder::kDivide;
  recipes.push_back(r);
  r = spec::RecipeTable().find("microxcaling_fp8_e4m3_even_bf16in");
  r.amax_shape = spec::AmaxShape::kLog2F32;
  recipes.push_back(r);
  r = spec::RecipeTable().find("mxfp8_e5m2");
  r.element_policy.rounding = spec::Rounding::kToOdd;
  r.scale_policy.rounding = spec::Rounding::kNearestEven;
  recipes.push_back(r);
  for (const spec::Recipe& recipe : recipes) {
    const BlockRoutine routine(recipe);
    std::mt19937_64 engine(3);
    for (int i = 0; i < 10; ++i) {
      const auto values = block_inputs(engine, length_of(recipe));
      ASSERT_NO_FATAL_FAILURE(expect_equal(routine, values, tensor_amax(engine, values), {}))
          << recipe.name << " block " << i;
    }
  }
}

TEST(BlockRoutine, RefusesBlocksAndBitsOfTheWrongLength) {
  const BlockRoutine hif4(spec::RecipeTable().find("hif4"));
  std::vector<float> values(63, 1.0F);
  std::vector<std::uint8_t> elements(64);
  EXPECT_THROW(hif4.quantize(values, {}, elements.data()), Error);
  const BlockRoutine mxfp4(spec::RecipeTable().find("mxfp4"));
  const std::vector<std::uint32_t> random(63);
  EXPECT_THROW(mxfp4.quantize(values, {}, elements.data(), random), Error);
}

}  // namespace
}  // namespace mxscope::kernels
