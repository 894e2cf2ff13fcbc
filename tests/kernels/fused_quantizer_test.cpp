// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Every back end against the plain path, byte for byte; the plain path against DualTensor.
#include "kernels/fused_quantizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "kernels/dual_tensor.h"
#include "kernels/narrowing.h"
#include "spec/batch.h"
#include "spec/error.h"
#include "spec/recipes.h"
#include "tests/kernels/block_inputs.h"

namespace mxscope::kernels {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<std::uint32_t> shuffled(std::mt19937_64& engine, std::size_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), engine);
  return order;
}

/// Rows of pieces of every kind that block_inputs() has, also between rows of plain normal data.
std::vector<float> rows_of(std::mt19937_64& engine, std::size_t rows, std::size_t channels) {
  std::vector<float> out;
  std::normal_distribution<float> normal;
  for (std::size_t row = 0; row < rows; ++row) {
    if (row % 3 == 1) {
      for (std::size_t i = 0; i < channels; ++i)
        out.push_back(normal(engine) * (i % 61 == 0 ? 40.0F : 1.0F));
      continue;
    }
    while (out.size() < (row + 1) * channels) {
      const auto some =
          block_inputs(engine, std::min<std::size_t>(64, (row + 1) * channels - out.size()));
      out.insert(out.end(), some.begin(), some.end());
    }
  }
  return out;
}

std::vector<std::uint16_t> bf16_words(const std::vector<float>& values) {
  std::vector<std::uint16_t> out;
  for (const float x : values)
    out.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(nearest_bf16(x)) >> 16));
  return out;
}

/// Segments one after the other, with a byte to spare between rows.
struct Outputs {
  Outputs(const FusedQuantizer& fused, std::size_t rows) {
    const std::size_t count = fused.plan().segments.size();
    elements.resize(count);
    scales.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t bytes = fused.element_bytes(i) + 1;
      elements[i].resize(rows * bytes, 0xAA);
      scales[i].resize(rows * (fused.scales(i) + 1), 0xAA);
      segments.push_back({elements[i].data(), bytes, scales[i].data(), fused.scales(i) + 1});
    }
  }

  std::vector<Bytes> elements, scales;
  std::vector<SegmentOutput> segments;
};

void expect_equal(const FusedQuantizer& fused, const FusedInput& input, std::size_t rows,
                  const TensorFactors& tensor, const std::string& what) {
  Outputs want(fused, rows);
  Outputs got(fused, rows);
  const auto refused = fused.quantize_plainly(input, rows, tensor, want.segments);
  ASSERT_EQ(fused.quantize(input, rows, tensor, got.segments), refused) << what;
  for (std::size_t i = 0; i < want.elements.size(); ++i) {
    ASSERT_EQ(got.scales[i], want.scales[i]) << what << ", segment " << i;
    ASSERT_EQ(got.elements[i], want.elements[i]) << what << ", segment " << i;
  }
}

/// Both kinds of rows, under a few tensor maxima; over 2688 times the first, short numbers often
/// lie in the middle of two bfloat16 numbers, or beside it.
void expect_equal(FusedPlan plan, const std::string& backend, std::mt19937_64& engine,
                  std::size_t rows, const std::string& what) {
  const FusedQuantizer fused(std::move(plan), backend);
  const std::size_t channels = fused.channels();
  const std::vector<float> values = rows_of(engine, rows, channels);
  const std::vector<float> up = rows_of(engine, rows, channels);
  const auto words = bf16_words(values);
  const auto up_words = bf16_words(up);
  const BlockRoutine routine(fused.plan().segments.front().recipe);
  for (const float amax : {5.5F, 0x1.2345p60F, 0x1.5p-70F}) {
    const TensorFactors tensor = routine.tensor_factors(amax);
    const std::string all = backend + " " + what + " " + std::to_string(amax);
    ASSERT_NO_FATAL_FAILURE(
        expect_equal(fused, {values.data(), nullptr, up.data(), nullptr}, rows, tensor, all));
    ASSERT_NO_FATAL_FAILURE(expect_equal(fused, {nullptr, words.data(), nullptr, up_words.data()},
                                         rows, tensor, all + " bf16"));
  }
}

TEST(FusedQuantizerMedium, EqualsThePlainPathForEveryRecipe) {
  std::mt19937_64 engine(1);
  const auto backends = spec::batch_backends();
  std::size_t turn = 0;
  for (const spec::Recipe& r : spec::named_recipes()) {
    if (r.kind != spec::BlockKind::kScaled || r.scale.bits > 8 || r.element.bits > 8 ||
        r.block.rows != 1 || r.block.columns == 0 || r.random_bits != 0 ||
        r.search != spec::ScaleSearch::kNone || !BlockRoutine(r).is_fast())
      continue;
    for (const std::string& backend : {backends.front(), backends[++turn % backends.size()]})
      ASSERT_NO_FATAL_FAILURE(
          expect_equal(plain_plan(r, shuffled(engine, 173)), backend, engine, 2, r.name));
  }
}

TEST(FusedQuantizer, EqualsThePlainPathInLongRows) {
  std::mt19937_64 engine(2);
  const spec::RecipeTable recipes;
  for (const char* name : {"nvfp4", "mxfp4", "mxfp8_e4m3", "mxfp6_e3m2"}) {
    FusedPlan plan = plain_plan(recipes.find(name), shuffled(engine, 5000));
    ASSERT_NO_FATAL_FAILURE(expect_equal(plan, "auto", engine, 2, name));
    plan.order.clear();
    ASSERT_NO_FATAL_FAILURE(expect_equal(plan, "auto", engine, 2, name));
  }
}

TEST(FusedQuantizerMedium, EqualsThePlainPathWithResiduals) {
  std::mt19937_64 engine(3);
  std::vector<spec::DualStage> stages = spec::named_dual_stages();
  stages.push_back({"nvfp4_1level_f32",
                    "",
                    spec::RecipeTable().find("nvfp4_1level"),
                    {spec::Precision::kF32, false},
                    16});
  for (const std::string& backend : spec::batch_backends())
    for (const spec::DualStage& stage : stages)
      for (const std::size_t residual : {0U, 64U, 1088U}) {
        const std::size_t channels = residual + 96;
        ASSERT_NO_FATAL_FAILURE(expect_equal(dual_plan(stage, residual, shuffled(engine, channels)),
                                             backend, engine, residual > 64 ? 2 : 4, stage.name));
      }
}

TEST(FusedQuantizerMedium, EqualsThePlainPathInMixedFormats) {
  std::mt19937_64 engine(4);
  for (const std::string& backend : spec::batch_backends())
    for (const auto& [fp4, fp6, fp8] :
         {std::array<std::size_t, 3>{256, 128, 128}, {2208, 96, 32}, {0, 0, 64}, {32, 0, 0}})
      ASSERT_NO_FATAL_FAILURE(
          expect_equal(micromix_plan(fp4, fp6, fp8, shuffled(engine, fp4 + fp6 + fp8)), backend,
                       engine, 4, "micromix"));
}

TEST(FusedQuantizerMedium, EqualsThePlainPathAfterPrologues) {
  std::mt19937_64 engine(5);
  const spec::Recipe recipe = spec::RecipeTable().find("mxfp8_e4m3");
  for (const std::string& backend : spec::batch_backends())
    for (const Prologue prologue : {Prologue::kRmsNorm, Prologue::kSiluMul})
      for (const bool to_bf16 : {false, true})
        for (const std::size_t channels : {512U, 272U, 48U}) {
          FusedPlan plan = plain_plan(recipe, shuffled(engine, channels));
          plan.rule.prologue = prologue;
          plan.rule.to_bf16 = to_bf16;
          if (channels == 512) plan.rule.sum.per_thread = 32;
          if (channels == 48) plan.rule.sum = {48, 4};
          plan.rule.weight.assign(channels, 1);
          for (std::size_t i = 0; i < channels; ++i)
            plan.rule.weight[i] = 0.5F + static_cast<float>(i % 64) / 64;
          ASSERT_NO_FATAL_FAILURE(
              expect_equal(std::move(plan), backend, engine, 7,
                           std::to_string(static_cast<int>(prologue)) + (to_bf16 ? " bf16" : "")));
        }
}

/// The layout of dual segments, and their codes, are DualTensor's.
TEST(FusedQuantizer, DualSegmentsLieAsInTheAugmentedLayout) {
  std::mt19937_64 engine(6);
  const std::size_t rows = 3;
  for (const spec::DualStage& stage : spec::named_dual_stages()) {
    const auto order = shuffled(engine, 160);
    const DualRoutine routine(stage);
    const DualTensor tensor(routine, spec::make_augmented_layout(160, 64, stage.granularity),
                            order);
    const std::vector<float> values = rows_of(engine, rows, 160);
    const TensorFactors factors = routine.tensor_factors(9);
    const TileCodes want = tensor.quantize({0, 0, rows, 160}, values, factors);
    FusedPlan plan = dual_plan(stage, 64, order);
    for (FusedSegment& segment : plan.segments) segment.packing = spec::Packing::kByte;
    const FusedQuantizer fused(std::move(plan));
    Bytes elements(rows * 224);
    Bytes scales(rows * 14);
    const SegmentOutput outputs[] = {{elements.data(), 224, scales.data(), 14},
                                     {elements.data() + 96, 224, scales.data() + 6, 14}};
    EXPECT_FALSE(fused.quantize_plainly({values.data()}, rows, factors, outputs));
    EXPECT_EQ(elements, want.elements) << stage.name;
    EXPECT_TRUE(std::equal(scales.begin(), scales.end(), want.scales.begin(), want.scales.end()));
  }
}

TEST(FusedQuantizer, PeoplesKernelsAreFast) {
  if (spec::batch_backends().front() == "portable") GTEST_SKIP() << "no SIMD on this processor";
  std::mt19937_64 engine(7);
  EXPECT_TRUE(FusedQuantizer(micromix_plan(64, 64, 64, shuffled(engine, 192))).is_fast());
  for (const spec::DualStage& stage : spec::named_dual_stages())
    EXPECT_TRUE(FusedQuantizer(dual_plan(stage, 64, shuffled(engine, 128))).is_fast())
        << stage.name;
}

TEST(FusedQuantizer, RefusesPlansThatCannotBe) {
  const spec::RecipeTable recipes;
  const auto unordered = [&](const char* recipe, std::size_t channels) {
    FusedPlan plan;
    plan.segments.push_back({channels, recipes.find(recipe)});
    return plan;
  };
  const auto with_order = [&](std::vector<std::uint32_t> order) {
    FusedPlan plan = unordered("mxfp4", 2);
    plan.order = std::move(order);
    return plan;
  };
  EXPECT_NO_THROW(FusedQuantizer(with_order({1, 0})));
  EXPECT_THROW(FusedQuantizer(with_order({1, 1})), Error);
  EXPECT_THROW(FusedQuantizer(with_order({0, 2})), Error);
  EXPECT_THROW(FusedQuantizer(with_order({0})), Error);
  EXPECT_THROW(FusedQuantizer(with_order({}), "AVX9"), Error);
  for (const char* name : {"hif4", "nvfp4_2d", "fp8_token"})
    EXPECT_THROW(FusedQuantizer(unordered(name, 64)), Error) << name;
  FusedPlan plan = unordered("mxfp4", 64);
  plan.rule.prologue = Prologue::kRmsNorm;
  EXPECT_THROW(FusedQuantizer{plan}, Error);
  plan.rule.weight.resize(64);
  EXPECT_NO_THROW(FusedQuantizer{plan});
  plan.rule.sum.per_thread = 48;
  EXPECT_THROW(FusedQuantizer{plan}, Error);
  EXPECT_THROW(dual_plan(spec::find_dual_stage("arcquant_16"), 32, {0, 1}), Error);
}

}  // namespace
}  // namespace mxscope::kernels
