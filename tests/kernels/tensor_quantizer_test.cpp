// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tiles of matrices against the exact path of their blocks, and Philox against its known answers.
#include "kernels/tensor_quantizer.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>

#include "spec/arithmetic.h"
#include "spec/formats.h"
#include "spec/recipes.h"

namespace mxscope::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Random123 1.14, tests/kat_vectors: philox4x32 10.
static_assert(spec::philox4x32({0, 0, 0, 0}, {0, 0}) ==
              spec::PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(spec::philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                               {0xffffffff, 0xffffffff}) ==
              spec::PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(spec::philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                               {0xa4093822, 0x299f31d0}) ==
              spec::PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

spec::Number number_of(float x) {
  return spec::decode(spec::find_format("fp32"), std::bit_cast<std::uint32_t>(x));
}

const spec::Recipe& named(std::string_view name) {
  static const spec::RecipeTable table;
  return table.find(name);
}

spec::Recipe stochastic() {
  spec::Recipe recipe = named("mxfp8_e4m3");
  recipe.name = "mxfp8_e4m3_stochastic";
  spec::set_field(recipe, "element.rounding", "sr-a");
  spec::set_field(recipe, "random_bits", "12");
  return recipe;
}

std::vector<float> random_matrix(std::size_t count, std::uint64_t seed) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) {
    const spec::PhiloxCounter words = spec::RandomStream{seed, 0}.words(i);
    const double sign = (words[0] & 1) != 0 ? -1 : 1;
    values.push_back(static_cast<float>(
        std::ldexp(sign * (words[1] * 0x1p-32 + 0.1), static_cast<int>(words[2] % 12) - 6)));
  }
  return values;
}

struct Case {
  std::string recipe;
  std::size_t rows = 0;
  std::size_t columns = 0;
};

spec::Recipe recipe_of(const Case& c) {
  return c.recipe == "stochastic" ? stochastic() : named(c.recipe);
}

class TensorQuantizerOf : public testing::TestWithParam<Case> {};

/// Each block by spec::quantize_block, its elements gathered here and not by the code under test.
TEST_P(TensorQuantizerOf, EqualsTheExactPathOfEachBlock) {
  const spec::Recipe recipe = recipe_of(GetParam());
  const auto [name, rows, columns] = GetParam();
  const spec::RandomStream random{7, 3};
  const std::vector<float> values = random_matrix(rows * columns, 5);
  const BlockRoutine routine(recipe);
  const TensorQuantizer quantizer(routine, rows, columns, random);
  const MatrixCodes codes = quantize_matrix(quantizer, values);
  ASSERT_FALSE(codes.codes.refused);

  std::vector<spec::Number> all;
  for (const float x : values) all.push_back(spec::round_to(number_of(x), recipe.input));
  const spec::TensorScales scales = recipe.has_tensor_scale()
                                        ? spec::tensor_scales(recipe, spec::block_amax(recipe, all))
                                        : spec::TensorScales{};
  const std::size_t height = recipe.block.rows == 0 ? rows : recipe.block.rows;
  const std::size_t width = recipe.block.columns == 0 ? columns : recipe.block.columns;
  std::size_t block = 0;
  for (std::size_t top = 0; top < rows; top += height)
    for (std::size_t left = 0; left < columns; left += width, ++block) {
      std::vector<spec::Number> inputs;
      std::vector<std::uint32_t> bits;
      std::vector<std::uint8_t> elements;
      for (std::size_t r = top; r < std::min(top + height, rows); ++r)
        for (std::size_t c = left; c < std::min(left + width, columns); ++c) {
          const std::size_t i = r * columns + c;
          inputs.push_back(number_of(values[i]));
          elements.push_back(codes.codes.elements[i]);
          if (recipe.random_bits > 0)
            bits.push_back(random.words(i / 4)[i % 4] >> (32 - recipe.random_bits));
        }
      const std::size_t count = inputs.size();
      if (recipe.kind == spec::BlockKind::kHif4) inputs.resize(64, spec::Number::finite(0));
      spec::BlockCodes exact = spec::quantize_block(recipe, inputs, scales, bits);
      exact.elements.resize(count);
      EXPECT_EQ(exact.scale, codes.codes.scales[block]) << "block at " << top << ", " << left;
      EXPECT_EQ(exact.elements, elements) << "block at " << top << ", " << left;
      if (recipe.kind == spec::BlockKind::kHif4) {
        EXPECT_EQ(exact.micro, codes.codes.micro[block]);
      }
    }
  EXPECT_EQ(block, codes.codes.scales.size());
}

/// Small tiles, cut blocks among them, give the codes of the whole.
TEST_P(TensorQuantizerOf, DoesNotDependOnTiles) {
  const spec::Recipe recipe = recipe_of(GetParam());
  const auto [name, rows, columns] = GetParam();
  const std::vector<float> values = random_matrix(rows * columns, 6);
  const BlockRoutine routine(recipe);
  const MatrixCodes whole = quantize_matrix({routine, rows, columns}, values);
  std::vector<float> decoded(values.size());
  TensorQuantizer(routine, rows, columns).dequantize(whole.codes, whole.state, decoded);
  for (const std::size_t tile_elements : {1, 40, 256}) {
    const TensorQuantizer quantizer(routine, rows, columns, {}, tile_elements);
    const auto part = [&](const Tile& tile) {
      return std::span(values).subspan(tile.first(quantizer.grid()), tile.elements());
    };
    Maxima maxima;
    for (const Tile& tile : quantizer.tiles())
      quantizer.merge(maxima, tile, quantizer.maxima(tile, part(tile)));
    const TensorState state = quantizer.state(maxima);
    std::size_t next = 0;
    for (const Tile& tile : quantizer.tiles()) {
      ASSERT_EQ(tile.first(quantizer.grid()), next);
      EXPECT_EQ(next % 4, 0u);
      const TileCodes codes = quantizer.quantize(tile, part(tile), state);
      EXPECT_TRUE(std::equal(codes.elements.begin(), codes.elements.end(),
                             whole.codes.elements.begin() + static_cast<std::ptrdiff_t>(next)));
      const auto first = static_cast<std::ptrdiff_t>(quantizer.first_block(tile));
      EXPECT_TRUE(
          std::equal(codes.scales.begin(), codes.scales.end(), whole.codes.scales.begin() + first));
      std::vector<float> back(tile.elements());
      quantizer.dequantize(codes, state, back);
      EXPECT_TRUE(std::equal(back.begin(), back.end(),
                             decoded.begin() + static_cast<std::ptrdiff_t>(next)));
      next += tile.elements();
    }
    EXPECT_EQ(next, values.size());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, TensorQuantizerOf,
    testing::Values(Case{"mxfp4", 5, 70}, Case{"mxfp8_e5m2_rceil", 3, 64}, Case{"mxint8", 4, 33},
                    Case{"nvfp4", 6, 40}, Case{"nvfp4_1level", 1, 100}, Case{"nvfp4_2d", 35, 40},
                    Case{"te_nvfp4", 7, 48}, Case{"te_nvfp4_2d", 16, 17},
                    Case{"te_4over6_mse448", 3, 40}, Case{"torchao_nvfp4", 4, 31},
                    Case{"arcquant_kernel", 5, 64}, Case{"hif4", 3, 150}, Case{"fp8_tensor", 9, 44},
                    Case{"fp8_token", 4, 60}, Case{"int8_token", 3, 1001},
                    Case{"fp8_128x128", 140, 132}, Case{"stochastic", 4, 70}),
    [](const auto& one) { return one.param.recipe; });

TEST(TensorQuantizer, StochasticCodesDependOnSeedAndStream) {
  const BlockRoutine routine(stochastic());
  const std::vector<float> values = random_matrix(640, 1);
  const auto codes = [&](spec::RandomStream random) {
    return quantize_matrix({routine, 10, 64, random}, values).codes.elements;
  };
  EXPECT_EQ(codes({1, 2}), codes({1, 2}));
  EXPECT_NE(codes({1, 2}), codes({2, 2}));
  EXPECT_NE(codes({1, 2}), codes({1, 3}));
}

TEST(TensorQuantizer, NamesTheRefusedElement) {
  spec::Recipe recipe = named("mxfp4");
  recipe.amax_nan = spec::AmaxNan::kError;
  const BlockRoutine routine(recipe);
  std::vector<float> values(4 * 64, 1.0F);
  values[2 * 64 + 37] = kNan;
  values[3 * 64] = kNan;
  const auto refused = quantize_matrix({routine, 4, 64}, values).codes.refused;
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->row, 2u);
  EXPECT_EQ(refused->column, 37u);
}

TEST(TensorQuantizer, MaximaFollowTheRuleForNan) {
  const std::vector<float> values = {1, -3, kNan, 2};
  for (const spec::AmaxNan rule : {spec::AmaxNan::kPropagate, spec::AmaxNan::kIgnore}) {
    spec::Recipe recipe = named("nvfp4");
    recipe.amax_nan = rule;
    const BlockRoutine routine(recipe);
    const TensorQuantizer quantizer(routine, 1, 4);
    const float amax = quantizer.maxima(quantizer.tiles().front(), values).tensor;
    if (rule == spec::AmaxNan::kIgnore)
      EXPECT_EQ(amax, 3);
    else
      EXPECT_TRUE(std::isnan(amax));
  }
}

TEST(TensorQuantizer, EmptyMatricesHaveNoTiles) {
  const BlockRoutine routine(named("fp8_tensor"));
  EXPECT_TRUE(TensorQuantizer(routine, 0, 5).tiles().empty());
  EXPECT_TRUE(TensorQuantizer(routine, 5, 0).tiles().empty());
}

}  // namespace
}  // namespace mxscope::kernels
