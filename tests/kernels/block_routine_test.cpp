// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Hardware arithmetic against the exact path, for every named recipe.
#include "kernels/block_routine.h"

#include <gtest/gtest.h>

#include <set>

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
  r = spec::RecipeTable().find("mxfp4");
  r.scale_used = spec::ScaleUsed::kUnclamped;
  recipes.push_back(r);
  for (const spec::Recipe& recipe : recipes) {
    const BlockRoutine routine(recipe);
    const std::vector<float> tiny(length_of(recipe), 1e-40F);
    ASSERT_NO_FATAL_FAILURE(expect_equal(routine, tiny, 1e-40F, {})) << recipe.name << " of 1e-40";
    std::mt19937_64 engine(3);
    for (int i = 0; i < 10; ++i) {
      const auto values = block_inputs(engine, length_of(recipe));
      ASSERT_NO_FATAL_FAILURE(expect_equal(routine, values, tensor_amax(engine, values), {}))
          << recipe.name << " block " << i;
    }
  }
}

/// Where quotients that are rounded twice go wrong: the binary32 numbers next to boundaries of the
/// element format times the scale that `amax` gives, the maximum first.
std::vector<float> near_boundaries(std::mt19937_64& engine, const spec::Recipe& r, float amax,
                                   float whole) {
  const spec::TensorScales tensor = spec::tensor_scales(r, number(whole));
  const std::vector<Number> maximum = {number(amax)};
  const spec::BlockCodes codes = spec::quantize_block(r, maximum, tensor);
  const Number s = spec::decode(r.scale, codes.scale);
  std::vector<float> out = {amax};
  if (codes.refused || s.kind != spec::NumberKind::kFinite) return out;
  while (out.size() < 24) {
    const auto i =
        static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(r.element.max_ordinal()));
    const spec::Rational boundary =
        (r.element.ordinal_value(i) + r.element.ordinal_value(i + 1)) / 2;
    const Number x = spec::multiply(Number::finite(boundary * s.magnitude), tensor.decode,
                                    spec::Precision::kF32);
    auto value = x.magnitude.convert_to<float>();
    for (auto steps = engine() % 3; steps > 0; --steps) value = std::nextafter(value, 0.0F);
    if (engine() % 2 == 0) value = -value;
    out.push_back(std::fabs(value) <= amax ? value : amax);
  }
  return out;
}

/// One recipe with a field of another, as `mxscope compare` tries them and users write them.
TEST(MixedRecipeMedium, EqualsTheExactPath) {
  std::set<std::vector<std::string>> seen;
  int fast = 0;
  for (const char* name : {"mxfp4", "nvfp4", "te_nvfp4", "arcquant_kernel"})
    for (const spec::Recipe& other : spec::named_recipes())
      for (const spec::RecipeField& field : spec::describe(other)) {
        const spec::Recipe mixed =
            spec::with_field(spec::RecipeTable().find(name), other, field.name);
        std::vector<std::string> values;
        for (const spec::RecipeField& f : spec::describe(mixed)) values.push_back(f.value);
        if (mixed.search == spec::ScaleSearch::kSweep || !seen.insert(values).second) continue;
        try {
          spec::validate(mixed);
        } catch (const Error&) {
          continue;
        }
        const BlockRoutine routine(mixed);
        fast += routine.is_fast() ? 1 : 0;
        std::mt19937_64 engine(5);
        for (int i = 0; i < 6; ++i) {
          std::vector<float> block =
              block_inputs(engine, mixed.kind == spec::BlockKind::kHif4 ? 64 : 24);
          float amax = tensor_amax(engine, block);
          if (i % 2 == 0 && mixed.kind == spec::BlockKind::kScaled) {
            const float own = 1.0F + static_cast<float>(engine() % (1U << 23)) * 0x1p-23F;
            amax = own * (1.0F + static_cast<float>(engine() % (1U << 20)) * 0x1p-16F);
            block = near_boundaries(engine, mixed, own, amax);
          }
          ASSERT_NO_FATAL_FAILURE(expect_equal(routine, block, amax, {}))
              << name << " with " << field.name << " of " << other.name << ", block " << i;
        }
      }
  EXPECT_GT(fast, 100);
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
