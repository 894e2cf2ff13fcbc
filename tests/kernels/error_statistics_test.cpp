// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Statistics on blocks whose errors are known, and sums that do not depend on the split.
#include "kernels/error_statistics.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "kernels/code_difference.h"
#include "spec/recipes.h"

namespace mxscope::kernels {
namespace {

const spec::Recipe& named(std::string_view name) {
  static const spec::RecipeTable table;
  return table.find(name);
}

ErrorStatistics statistics(const spec::Recipe& recipe, std::size_t rows, std::size_t columns,
                           const std::vector<float>& values,
                           std::size_t tile_elements = TensorQuantizer::kTileElements) {
  const BlockRoutine routine(recipe);
  const TensorQuantizer quantizer(routine, rows, columns, {}, tile_elements);
  const auto part = [&](const Tile& tile) {
    return std::span(values).subspan(tile.first(quantizer.grid()), tile.elements());
  };
  Maxima maxima;
  for (const Tile& tile : quantizer.tiles())
    quantizer.merge(maxima, tile, quantizer.maxima(tile, part(tile)));
  const TensorState state = quantizer.state(maxima);
  ErrorStatistics all;
  for (const Tile& tile : quantizer.tiles()) {
    const TileCodes codes = quantizer.quantize(tile, part(tile), state);
    std::vector<float> decoded(tile.elements());
    quantizer.dequantize(codes, state, decoded);
    merge(all, tile_statistics(quantizer, state, part(tile), codes, decoded));
  }
  finish(all, quantizer);
  return all;
}

TEST(CompensatedSum, KeepsWhatBinary64Loses) {
  CompensatedSum sum;
  sum.add(1e17);
  for (int i = 0; i < 1000; ++i) sum.add(1);
  sum.add(-1e17);
  EXPECT_EQ(sum.value(), 1000);
}

TEST(ErrorStatistics, OfABlockByHand) {
  // OCP's floor rule: amax 7 has scale 1, so 7 becomes 6; 2.4 becomes 2; 0.1 becomes 0.
  std::vector<float> values(32, 1.0F);
  values[3] = 7;
  values[4] = 2.4F;
  values[5] = 0.1F;
  const ErrorStatistics s = statistics(named("mxfp4"), 1, 32, values);
  const double small = 0.1F;
  const double middle = 2.4F;
  const double noise = 1 + small * small + (middle - 2) * (middle - 2);
  EXPECT_EQ(s.elements, 32u);
  EXPECT_EQ(s.blocks, 1u);
  EXPECT_EQ(s.clipped, 1u);
  EXPECT_EQ(s.underflowed, 1u);
  EXPECT_DOUBLE_EQ(s.squared_errors.value(), noise);
  EXPECT_DOUBLE_EQ(s.mse(), noise / 32);
  EXPECT_DOUBLE_EQ(s.largest_error_over_amax(), 1.0 / 7);
  EXPECT_DOUBLE_EQ(s.sqnr_db(),
                   10 * std::log10((29 + 49 + middle * middle + small * small) / noise));
  EXPECT_EQ(s.codes.size(), 4u);  // 0, 1, 2, 6
  EXPECT_EQ(s.scales.size(), 1u);
  EXPECT_DOUBLE_EQ(s.bits_per_element(), 4.25);
  EXPECT_EQ(s.worst.row, 0u);
  EXPECT_DOUBLE_EQ(s.worst.squared_error, noise);
}

TEST(ErrorStatistics, EntropyOfEqualSharesIsTheirLogarithm) {
  EXPECT_DOUBLE_EQ(entropy_bits({{0, 5}, {3, 5}, {7, 5}, {9, 5}}), 2);
  EXPECT_EQ(entropy_bits({{4, 100}}), 0);
}

TEST(ErrorStatistics, NonFiniteElementsAreCountedAndLeftOut) {
  std::vector<float> values(64, 1.0F);
  values[40] = std::numeric_limits<float>::quiet_NaN();
  values[41] = std::numeric_limits<float>::infinity();
  const ErrorStatistics s = statistics(named("mxfp8_e4m3"), 2, 32, values);
  EXPECT_EQ(s.not_finite, 2u);
  EXPECT_EQ(s.lost, 30u);  // the scale of a block with a NaN is a NaN
  EXPECT_EQ(s.measured(), 32u);
  EXPECT_EQ(s.squared_errors.value(), 0);
  EXPECT_EQ(s.squares.value(), 32);
}

TEST(ErrorStatistics, NothingMeasuredHasNoError) {
  std::vector<float> values(32, 1.0F);
  values[0] = std::numeric_limits<float>::infinity();
  const ErrorStatistics s = statistics(named("mxfp8_e4m3"), 1, 32, values);
  EXPECT_EQ(s.measured(), 0u);
  EXPECT_TRUE(std::isnan(s.mse()));
  EXPECT_TRUE(std::isnan(s.sqnr_db()));
}

TEST(ErrorStatistics, ExactTensorsAndZeros) {
  const ErrorStatistics exact = statistics(named("nvfp4_1level"), 2, 16, std::vector(32, 6.0F));
  EXPECT_TRUE(std::isinf(exact.sqnr_db()));
  EXPECT_DOUBLE_EQ(exact.cosine(), 1);
  const ErrorStatistics zeros = statistics(named("nvfp4"), 2, 16, std::vector(32, 0.0F));
  EXPECT_EQ(zeros.cosine(), 1);
  EXPECT_EQ(zeros.mse(), 0);
  EXPECT_EQ(zeros.largest_error_over_amax(), 0);
}

TEST(ErrorStatistics, CountsAndWorstBlockDoNotDependOnTiles) {
  for (const char* name : {"mxfp4", "nvfp4", "nvfp4_2d", "fp8_tensor", "hif4", "int8_token"}) {
    const spec::Recipe& recipe = named(name);
    const LabelledMatrix matrix = adversarial_matrices(named("mxfp4"), 1)[4];
    const ErrorStatistics whole = statistics(recipe, matrix.rows, matrix.columns, matrix.values);
    const ErrorStatistics parts =
        statistics(recipe, matrix.rows, matrix.columns, matrix.values, 64);
    EXPECT_EQ(whole.blocks, parts.blocks) << name;
    EXPECT_EQ(whole.clipped, parts.clipped) << name;
    EXPECT_EQ(whole.underflowed, parts.underflowed) << name;
    EXPECT_EQ(whole.codes, parts.codes) << name;
    EXPECT_EQ(whole.scales, parts.scales) << name;
    EXPECT_EQ(whole.worst.row, parts.worst.row) << name;
    EXPECT_EQ(whole.worst.column, parts.worst.column) << name;
    EXPECT_NEAR(whole.mse() / parts.mse(), 1, 1e-13) << name;
  }
}

TEST(CodeDifference, CountsAndExplains) {
  const BlockRoutine a(named("mxfp4"));
  const BlockRoutine b(named("mxfp4_rceil"));
  std::vector<float> values(64, 1.0F);
  values[40] = 7;  // 2^0 under the floor rule, 2^1 rounded up
  const TensorQuantizer qa(a, 2, 32);
  const auto codes = [&](const BlockRoutine& routine) {
    return quantize_matrix({routine, 2, 32}, values).codes;
  };
  const CodeDifference d =
      tile_difference(qa, values, codes(a), codes(b), std::vector{codes(b), codes(a)});
  EXPECT_EQ(d.blocks, 2u);
  EXPECT_EQ(d.scales_differ, 1u);
  EXPECT_EQ(d.elements_differ, 32u);
  ASSERT_TRUE(d.first);
  EXPECT_TRUE(d.first->is_scale);
  EXPECT_EQ(d.first->row, 1u);
  EXPECT_EQ(d.first->column, 8u);
  EXPECT_EQ(d.variants[0].remaining, 0u);
  EXPECT_EQ(d.variants[0].scales + d.variants[0].elements, 33u);
  EXPECT_EQ(d.variants[1].remaining, 33u);
  EXPECT_FALSE(d.variants[1].first);
  EXPECT_EQ(differing_fields(a.recipe(), b.recipe()),
            (std::vector<std::string>{"divisor", "scale.rounding"}));
}

TEST(AdversarialMatrices, AreDeterministicFiniteAndDiffer) {
  const auto once = adversarial_matrices(named("nvfp4"), 3);
  const auto again = adversarial_matrices(named("nvfp4"), 3);
  ASSERT_GE(once.size(), 20u);
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].values, again[i].values);
    for (const float x : once[i].values) ASSERT_TRUE(std::isfinite(x)) << once[i].label;
  }
}

}  // namespace
}  // namespace mxscope::kernels
