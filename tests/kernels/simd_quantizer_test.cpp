// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Every back end against BlockRoutine, block by block.
#include "kernels/simd_quantizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/batch.h"
#include "spec/error.h"
#include "spec/recipes.h"
#include "tests/kernels/block_inputs.h"

namespace mxscope::kernels {
namespace {

void expect_equal(const SimdQuantizer& simd, const std::vector<float>& values,
                  const TensorFactors& tensor) {
  const BlockRoutine& routine = simd.routine();
  const auto length = static_cast<std::size_t>(routine.recipe().block.columns);
  const std::size_t blocks = values.size() / length;
  std::vector<std::uint8_t> codes(values.size());
  std::vector<std::uint8_t> scales(blocks);
  const auto refused = simd.quantize(values.data(), blocks, tensor, spec::Packing::kByte,
                                     codes.data(), scales.data());
  std::optional<std::size_t> first_refused;
  std::vector<std::uint8_t> want(length);
  for (std::size_t b = 0; b < blocks; ++b) {
    const BlockOutput out =
        routine.quantize(std::span(values).subspan(b * length, length), tensor, want.data());
    if (out.refused && !first_refused) first_refused = b;
    ASSERT_EQ(scales[b], out.scale) << "block " << b;
    for (std::size_t i = 0; i < length; ++i)
      ASSERT_EQ(codes[b * length + i], want[i])
          << "block " << b << " element " << i << " = " << values[b * length + i];
  }
  ASSERT_EQ(refused, first_refused);
  const spec::Packing packing = spec::packing_for(routine.recipe().element.bits);
  std::vector<std::uint8_t> packed(blocks * spec::packed_bytes(packing, length));
  simd.quantize(values.data(), blocks, tensor, packing, packed.data(), scales.data());
  std::vector<std::uint8_t> unpacked(codes.size());
  spec::unpack(packing, packed, unpacked);
  ASSERT_EQ(unpacked, codes);
}

void expect_equal(const SimdQuantizer& simd, std::mt19937_64& engine, std::size_t blocks) {
  const auto length = static_cast<std::size_t>(simd.routine().recipe().block.columns);
  std::vector<float> values;
  for (std::size_t b = 0; b < blocks; b += 8) {
    const auto some = block_inputs(engine, 8 * length);
    values.insert(values.end(), some.begin(), some.end());
  }
  values.resize(blocks * length);
  std::vector<float> finite;
  for (const float x : values)
    if (std::isfinite(x)) finite.push_back(x);
  expect_equal(simd, values, simd.routine().tensor_factors(tensor_amax(engine, finite)));
}

TEST(SimdQuantizerMedium, EqualsBlockRoutineOnEveryBackEnd) {
  int held = 0;
  for (const std::string& backend : spec::batch_backends())
    for (const spec::Recipe& r : spec::named_recipes()) {
      const auto simd = SimdQuantizer::make(r, backend);
      if (!simd) continue;
      ++held;
      std::mt19937_64 engine(5);
      for (const std::size_t blocks : {1U, 7U, 8U, 131U})
        ASSERT_NO_FATAL_FAILURE(expect_equal(*simd, engine, blocks)) << backend << " " << r.name;
    }
  if (spec::batch_backends().front() != "portable") {
    EXPECT_GT(held, 60);
  }
}

TEST(SimdQuantizer, HoldsTheRecipesThatPeopleRun) {
  if (spec::batch_backends().front() == "portable") GTEST_SKIP() << "no SIMD on this processor";
  for (const char* name : {"mxfp4", "mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e3m2", "nvfp4", "te_nvfp4",
                           "nvfp4_1level", "torchao_nvfp4", "torchao_mxfp8_e4m3_rceil"})
    EXPECT_TRUE(SimdQuantizer::make(spec::RecipeTable().find(name))) << name;
  for (const char* name : {"hif4", "nvfp4_2d", "nvfp4_sweep", "fp8_token"})
    EXPECT_FALSE(SimdQuantizer::make(spec::RecipeTable().find(name))) << name;
}

/// Multiples of a power of two, of which many lie on rounding boundaries or a unit beside one, at
/// every magnitude.
TEST(SimdQuantizerMedium, EqualsBlockRoutineOnBoundaries) {
  std::mt19937_64 engine(9);
  for (const spec::Recipe& r : spec::named_recipes()) {
    const auto simd = SimdQuantizer::make(r);
    if (!simd) continue;
    const auto length = static_cast<std::size_t>(r.block.columns);
    std::vector<float> values;
    float largest = 0;
    for (int exponent = -146; exponent <= 119; ++exponent)
      for (std::size_t i = 0; i < length; ++i) {
        const auto random = static_cast<std::uint32_t>(engine());
        const float x = std::ldexp(static_cast<float>(random % 385), exponent);
        const std::uint32_t bits = std::bit_cast<std::uint32_t>(x) + (random >> 12) % 8 / 6;
        values.push_back(std::bit_cast<float>(bits | (random & 0x80000000)));
        largest = std::max(largest, std::fabs(values.back()));
      }
    for (const float amax : {largest, 0x1.5p127F, 0x1.8p100F, 2688.0F, 0x1.5p-60F})
      ASSERT_NO_FATAL_FAILURE(expect_equal(*simd, values, simd->routine().tensor_factors(amax)))
          << r.name << " " << amax;
  }
}

/// The floats nearest to boundaries that a tensor scale puts between floats.
TEST(SimdQuantizer, EqualsBlockRoutineBesideBoundariesOfTensorScales) {
  if (spec::batch_backends().front() == "portable") GTEST_SKIP() << "no SIMD on this processor";
  std::mt19937_64 engine(13);
  for (const char* name : {"nvfp4", "te_nvfp4"}) {
    const auto simd = SimdQuantizer::make(spec::RecipeTable().find(name));
    ASSERT_TRUE(simd);
    const double target = simd->routine().recipe().tensor_target.convert_to<double>();
    for (const float amax : {0x1.2345p10F, 0x1.FEDCBAp-3F, 0x1.4F28C6p1F}) {
      std::vector<float> values;
      for (int block = 0; block < 2000; ++block) {
        const std::uint32_t code = 1 + static_cast<std::uint32_t>(engine() % 126);
        const double unit = simd->routine().scale_value(code) * (amax / target);
        values.push_back(static_cast<float>(6.1 * unit));
        for (int i = 1; i < 16; ++i)
          values.push_back(static_cast<float>(static_cast<double>(engine() % 25) / 4 * unit));
      }
      ASSERT_NO_FATAL_FAILURE(expect_equal(*simd, values, simd->routine().tensor_factors(amax)))
          << name << " " << amax;
    }
  }
}

TEST(SimdQuantizer, RefusesAnUnknownBackEnd) {
  EXPECT_THROW(SimdQuantizer::make(spec::RecipeTable().find("mxfp4"), "MMX"), Error);
}

}  // namespace
}  // namespace mxscope::kernels
