// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A matrix with residual channels: every code in its place, by the exact path, and back.
#include "kernels/dual_tensor.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "kernels/error_statistics.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "tests/kernels/block_inputs.h"

namespace mxscope::kernels {
namespace {

spec::Number number(float x) {
  return spec::decode(spec::find_format("fp32"), std::bit_cast<std::uint32_t>(x));
}

/// Rows of 64 channels, each of its own magnitude.
std::vector<float> matrix(std::size_t rows) {
  std::mt19937_64 engine(5);
  std::normal_distribution<float> normal;
  std::vector<float> out;
  for (std::size_t i = 0; i < rows * 64; ++i)
    out.push_back(std::ldexp(normal(engine), static_cast<int>(i % 64 * 37 % 64) / 8 - 4));
  return out;
}

TEST(ChannelOrder, LargestMagnitudesAreLast) {
  std::vector<float> maxima(4);
  raise_channel_maxima(std::vector<float>{1, -8, 0.5, 3, -2, 4, 0.25, -3}, maxima);
  EXPECT_EQ(maxima, (std::vector<float>{2, 8, 0.5, 3}));
  EXPECT_EQ(channel_order(maxima), (std::vector<std::uint32_t>{2, 0, 3, 1}));
  EXPECT_EQ(channel_order(maxima, std::vector<std::uint32_t>{3, 2}),
            (std::vector<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(channel_order(std::vector<float>{1, 1, 1}), (std::vector<std::uint32_t>{0, 1, 2}));
  raise_channel_maxima(std::vector<float>{std::numeric_limits<float>::quiet_NaN(), 9, 9, 9},
                       maxima);
  EXPECT_EQ(channel_order(maxima).back(), 0U);
}

TEST(ChannelOrder, BadChannels) {
  const std::vector<float> maxima(4);
  EXPECT_THROW(channel_order(maxima, std::vector<std::uint32_t>{4}), Error);
  EXPECT_THROW(channel_order(maxima, std::vector<std::uint32_t>{1, 1}), Error);
}

class DualTensors : public testing::TestWithParam<spec::DualStage> {};

TEST_P(DualTensors, CodesAreTheExactPathsInTheLayoutsPlaces) {
  const spec::DualStage& stage = GetParam();
  const DualRoutine routine(stage);
  const std::vector<float> values = matrix(3);
  std::vector<float> maxima(64);
  raise_channel_maxima(values, maxima);
  const std::vector<std::uint32_t> order = channel_order(maxima);
  const auto layout = spec::make_augmented_layout(64, 32, stage.granularity);
  const DualTensor tensor(routine, layout, order);
  const float amax = maxima[order.back()];
  const TensorFactors factors = routine.tensor_factors(amax);
  const spec::TensorScales scales = spec::tensor_scales(stage.recipe, number(amax));
  const TileCodes codes = tensor.quantize({0, 0, 3, 64}, values, factors);
  ASSERT_EQ(codes.elements.size(), 3 * 96U);
  ASSERT_EQ(codes.scales.size(), 3 * 6U);
  std::vector<float> back(values.size());
  tensor.dequantize(codes, factors, Stages::kBoth, back);
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t b = 0; b < 4; ++b) {
      std::vector<spec::Number> block;
      for (std::size_t i = 0; i < 16; ++i)
        block.push_back(number(values[row * 64 + order[b * 16 + i]]));
      const spec::DualCodes want = spec::quantize_dual_block(stage, block, scales);
      auto exact = spec::dequantize_block(stage.recipe, want.primary, scales);
      if (b >= 2) exact = spec::dequantize_dual_block(stage, want, scales);
      for (std::size_t place = 0; place < 6; ++place) {
        const spec::AugmentedBlock there = layout.block(place);
        if (there.source != b) continue;
        const spec::BlockCodes& stored = there.is_residual ? want.residual : want.primary;
        EXPECT_EQ(codes.scales[row * 6 + place], stored.scale);
        for (std::size_t i = 0; i < 16; ++i)
          EXPECT_EQ(codes.elements[row * 96 + place * 16 + i], stored.elements[i]);
      }
      for (std::size_t i = 0; i < 16; ++i)
        EXPECT_EQ(number(back[row * 64 + order[b * 16 + i]]).magnitude,
                  spec::round_to(exact[i], spec::Precision::kF32).magnitude);
    }
}

TEST_P(DualTensors, TheResidualGainsOnItsChannelsAlone) {
  const DualRoutine routine(GetParam());
  const std::vector<float> values = matrix(8);
  std::vector<float> maxima(64);
  raise_channel_maxima(values, maxima);
  const DualTensor tensor(routine, spec::make_augmented_layout(64, 32, GetParam().granularity),
                          channel_order(maxima));
  const TensorFactors factors = routine.tensor_factors(maxima[tensor.order().back()]);
  const TileCodes codes = tensor.quantize({0, 0, 8, 64}, values, factors);
  std::vector<float> first(values.size());
  std::vector<float> both(values.size());
  tensor.dequantize(codes, factors, Stages::kFirst, first);
  tensor.dequantize(codes, factors, Stages::kBoth, both);
  for (std::size_t row = 0; row < 8; ++row)
    for (std::size_t j = 0; j < 32; ++j)
      EXPECT_EQ(first[row * 64 + tensor.order()[j]], both[row * 64 + tensor.order()[j]]);
  EXPECT_GT(value_statistics(values, both).sqnr_db(), value_statistics(values, first).sqnr_db());
}

INSTANTIATE_TEST_SUITE_P(All, DualTensors, testing::ValuesIn(spec::named_dual_stages()),
                         [](const auto& param) { return param.param.name; });

TEST(DualTensor, OrderMustBeAPermutation) {
  const DualRoutine routine(spec::find_dual_stage("arcquant_16"));
  const auto layout = spec::make_augmented_layout(16, 16, 16);
  std::vector<std::uint32_t> order(16, 3);
  EXPECT_THROW(DualTensor(routine, layout, order), Error);
  for (std::uint32_t i = 0; i < 16; ++i) order[i] = i;
  EXPECT_NO_THROW(DualTensor(routine, layout, order));
  order[0] = 16;
  EXPECT_THROW(DualTensor(routine, layout, order), Error);
  order.pop_back();
  EXPECT_THROW(DualTensor(routine, layout, order), Error);
}

}  // namespace
}  // namespace mxscope::kernels
