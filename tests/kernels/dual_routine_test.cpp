// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Both stages in hardware arithmetic against the exact path, code for code.
#include "kernels/dual_routine.h"

#include <gtest/gtest.h>

#include "spec/error.h"
#include "spec/formats.h"
#include "spec/recipes.h"
#include "tests/kernels/block_inputs.h"

namespace mxscope::kernels {
namespace {

using spec::Number;

Number number(float x) {
  return spec::decode(spec::find_format("fp32"), std::bit_cast<std::uint32_t>(x));
}

void expect_equal(const DualRoutine& routine, const std::vector<float>& values, float amax) {
  const spec::DualStage& stage = routine.stage();
  std::vector<Number> numbers;
  for (const float x : values) numbers.push_back(number(x));
  const spec::TensorScales scales = spec::tensor_scales(stage.recipe, number(amax));
  const TensorFactors factors = routine.tensor_factors(amax);
  const spec::DualCodes want = spec::quantize_dual_block(stage, numbers, scales);
  std::vector<std::uint8_t> primary(values.size());
  std::vector<std::uint8_t> residual(values.size());
  const DualOutput got = routine.quantize(values, factors, primary.data(), residual.data());
  ASSERT_EQ(got.primary.scale, want.primary.scale);
  ASSERT_EQ(primary, want.primary.elements);
  ASSERT_EQ(got.residual.scale, want.residual.scale);
  ASSERT_EQ(residual, want.residual.elements);
  std::vector<float> back(values.size());
  routine.dequantize(got, primary.data(), residual.data(), values.size(), factors, back.data());
  const auto exact = spec::dequantize_dual_block(stage, want, scales);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Number expected = spec::round_to(exact[i], spec::Precision::kF32);
    ASSERT_EQ(number(back[i]).kind, expected.kind) << i;
    ASSERT_EQ(number(back[i]).magnitude, expected.magnitude) << i;
  }
}

std::vector<spec::DualStage> stages() {
  std::vector<spec::DualStage> all = spec::named_dual_stages();
  const spec::RecipeTable recipes;
  for (const char* name : {"torchao_nvfp4", "nvfp4_1level", "mxfp8_e4m3"})
    for (const bool unrounded : {false, true})
      all.push_back({std::string(name) + (unrounded ? "_unrounded" : ""),
                     "",
                     recipes.find(name),
                     {spec::Precision::kF32, unrounded},
                     16});
  return all;
}

class DualStages : public testing::TestWithParam<spec::DualStage> {};

TEST_P(DualStages, EqualsTheExactPath) {
  const DualRoutine routine(GetParam());
  std::mt19937_64 engine(11);
  for (int i = 0; i < 200; ++i) {
    const auto values = block_inputs(engine, 16);
    ASSERT_NO_FATAL_FAILURE(expect_equal(routine, values, tensor_amax(engine, values)))
        << "block " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, DualStages, testing::ValuesIn(stages()),
                         [](const auto& param) { return param.param.name; });

TEST(DualStage, TheSecondStageMakesErrorsSmaller) {
  const DualRoutine routine(spec::find_dual_stage("arcquant_16"));
  const TensorFactors factors = routine.tensor_factors(2688);
  const std::vector<float> values = {100, 97, -51.5, 3.25, 0, 12, -77, 64};
  std::vector<std::uint8_t> primary(8);
  std::vector<std::uint8_t> residual(8);
  const DualOutput codes = routine.quantize(values, factors, primary.data(), residual.data());
  std::vector<float> back(8);
  routine.dequantize(codes, primary.data(), residual.data(), 8, factors, back.data());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(back[i], values[i], 100.0 / 24) << i;
}

TEST(DualStage, UnroundedScalesMakeThemLarger) {
  // amax / 6 = 1.09375 lies between the scales 1 and 1.125, and the residual is taken from another
  // scale than the one that is stored.
  const std::vector<float> values = {6.5625F, 4.375F, 6.5F, -2};
  const auto error = [&](const char* name) {
    const DualRoutine routine(spec::find_dual_stage(name));
    const TensorFactors factors = routine.tensor_factors(2688);
    std::vector<std::uint8_t> primary(4);
    std::vector<std::uint8_t> residual(4);
    const DualOutput codes = routine.quantize(values, factors, primary.data(), residual.data());
    std::vector<float> back(4);
    routine.dequantize(codes, primary.data(), residual.data(), 4, factors, back.data());
    double sum = 0;
    for (std::size_t i = 0; i < 4; ++i) sum += std::fabs(back[i] - values[i]);
    return sum;
  };
  EXPECT_GT(error("arcquant_32"), error("arcquant_16"));
}

TEST(DualStage, BadInput) {
  spec::DualStage stage = spec::find_dual_stage("arcquant_16");
  stage.rule.precision = spec::Precision::kExact;
  EXPECT_THROW(DualRoutine{stage}, Error);
  stage = {"two", "", spec::RecipeTable().find("nvfp4"), {spec::Precision::kF32, false}, 16};
  EXPECT_THROW(DualRoutine{stage}, Error);
  EXPECT_THROW(spec::find_dual_stage("arcquant"), Error);
}

}  // namespace
}  // namespace mxscope::kernels
