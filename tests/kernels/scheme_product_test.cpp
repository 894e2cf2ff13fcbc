// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What schemes multiply: augmented products, chains, integers, and all built-in schemes.
#include "kernels/scheme_product.h"

#include <gmock/gmock.h>

#include <cmath>

#include "kernels/exact_product.h"
#include "kernels/gemm_schemes.h"
#include "spec/error.h"
#include "tests/kernels/made_layers.h"

namespace mxscope::kernels {
namespace {

struct Layer {
  Scheme scheme;
  LayerPlan plan;
  QuantizedMatrix x, w;
};

Layer layer_of(const Scheme& scheme, const Matrix& x, const Matrix& w) {
  Layer out{scheme, calibrate_layer(scheme, x.view(), w.view()), {}, {}};
  out.x = quantize_activations(scheme, out.plan, all_recipes(), x.view());
  out.w = quantize_weights(scheme, out.plan, all_recipes(), w.view(), x.view());
  return out;
}

SchemeProduct product_of(const Layer& layer, SchemeExecutor executor = SchemeExecutor::kFast) {
  return {layer.scheme, layer.plan, all_recipes(), layer.x, layer.w, executor};
}

/// Against x w^T in binary64.
double sqnr_db(const std::vector<float>& y, const Matrix& x, const Matrix& w) {
  const std::vector<double> exact =
      ValueProduct(x.view(), w.view()).compute({0, x.rows, 0, w.rows});
  double signal = 0;
  double noise = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    signal += exact[i] * exact[i];
    noise += (y[i] - exact[i]) * (y[i] - exact[i]);
  }
  return 10 * std::log10(signal / noise);
}

double sqnr_of(const char* scheme, const Matrix& x, const Matrix& w) {
  return sqnr_db(product_of(layer_of(all_schemes().find(scheme), x, w)).compute(), x, w);
}

TEST(SchemesMedium, EveryBuiltInOneRunsAndItsExecutorsAgree) {
  Matrix x = made_layer(6, 640, 1);
  for (std::int64_t i = 0; i < x.rows; ++i)
    for (std::size_t j = 0; j < 600; ++j) x.row(i)[j] /= 32;  // few channels are large
  Matrix w = made_layer(40, 640, 2);
  for (float& v : w.values) v *= 0x1p-12F;  // QUIK's results are binary16
  for (const Scheme& scheme : all_schemes().rows()) {
    const Layer layer = layer_of(scheme, x, w);
    const SchemeProduct fast = product_of(layer);
    const std::vector<float> y = fast.compute();
    EXPECT_EQ(y, product_of(layer, SchemeExecutor::kReference).compute()) << scheme.name;
    // Without the units' own roundings there is little difference beside bfloat16's.
    const std::vector<float> values = product_of(layer, SchemeExecutor::kValues).compute();
    float most = 0;
    for (const float v : values) most = std::max(most, std::fabs(v));
    for (std::size_t i = 0; i < y.size(); ++i)
      ASSERT_NEAR(y[i], values[i], most * 0x1p-7) << scheme.name << " " << fast.made_by();
    EXPECT_GT(sqnr_db(y, x, w), 8) << scheme.name;
    EXPECT_NE(fast.made_by(), "");
  }
}

/// The exact sum over a row of the two-term formula: (Q(X) + scatter(Q(R))) Q(W)^T, each value of
/// the stages decoded on its own; tensor scales left out.
spec::Rational two_terms(const Layer& layer, std::int64_t i, std::int64_t j,
                         const spec::Format& e2m1, const spec::Format& ue4m3) {
  const auto channels = part_channels(layer.scheme, layer.plan).front();
  const auto layout = spec::make_augmented_layout(
      static_cast<std::size_t>(channels.count), static_cast<std::size_t>(channels.residuals),
      static_cast<std::size_t>(layer.scheme.parts.front().interleave));
  const auto value = [&](const GemmOperand& m, std::int64_t row, std::size_t block, std::size_t k) {
    const auto at = static_cast<std::size_t>(row * m.k) + block * 16 + k;
    const auto scale = static_cast<std::size_t>(row * m.k / 16) + block;
    return spec::Rational(spec::decode(e2m1, m.codes[at]).value() *
                          spec::decode(ue4m3, m.scales[scale]).value());
  };
  const GemmOperand& x = layer.x.parts.front().operand;
  const GemmOperand& w = layer.w.parts.front().operand;
  spec::Rational sum = 0;
  for (std::size_t b = 0; b < layout.source_blocks(); ++b) {
    const std::size_t at = layout.position({b, false});
    for (std::size_t k = 0; k < 16; ++k) {
      spec::Rational total = value(x, i, at, k);
      if (b >= layout.normal_blocks()) total += value(x, i, layout.position({b, true}), k);
      sum += total * value(w, j, at, k);
    }
  }
  return sum;
}

TEST(Schemes, AugmentedProductIsTheTwoTermFormula) {
  const Matrix x = made_layer(3, 192, 3);
  const Matrix w = made_layer(4, 192, 4);
  for (const char* name : {"arcquant_paper", "arcquant", "arcquant_32", "trtllm_arcquant"}) {
    Scheme scheme = all_schemes().find(name);
    scheme.split = {.by = SplitBy::kCounts, .counts = {64}};
    const Layer layer = layer_of(scheme, x, w);
    const sim::Mma mma = part_unit(scheme.parts.front(), all_recipes());
    const ExactRows a = exact_rows(layer.x.parts.front().operand, mma.a, mma);
    const ExactRows b = exact_rows(layer.w.parts.front().operand, mma.b, mma);
    for (std::int64_t i = 0; i < 3; ++i)
      for (std::int64_t j = 0; j < 4; ++j)
        EXPECT_EQ(exact_dot(a, i, b, j).to_rational(), two_terms(layer, i, j, mma.a, *mma.scale))
            << name;
  }
}

TEST(Schemes, AugmentedProductIsExactWhereTheUnitIs) {
  // Eighths below 6 1/8 need the residuals; all sums fit the unit's window and binary32.
  Matrix x{2, 48, {}};
  Matrix w{3, 48, {}};
  for (int k = 0; k < 96; ++k)
    x.values.push_back(k % 16 == 0 ? 6.0F : static_cast<float>((k * 7) % 48 - 24) * 0.125F);
  for (int k = 0; k < 144; ++k) w.values.push_back(k % 16 == 5 ? 6.0F : static_cast<float>(k % 4));
  Scheme scheme = scheme_of(
      "[[scheme]]\nname = \"one_level\"\nsplit = \"counts\"\ncounts = [16]\noutput = \"fp32\"\n"
      "[[scheme.part]]\nlevels = 2\nactivations = \"nvfp4_1level\"\nresiduals = true\n"
      "unit = \"sm120.mma.mxf4nvf4\"\n");
  const Layer layer = layer_of(scheme, x, w);
  const sim::Mma mma = part_unit(scheme.parts.front(), all_recipes());
  const std::vector<float> y = product_of(layer).compute();
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < 3; ++j)
      EXPECT_EQ(exact_value(y[static_cast<std::size_t>(3 * i + j)]).to_rational(),
                two_terms(layer, i, j, mma.a, *mma.scale));
}

TEST(Schemes, RepeatedWeightsAreThoseQuantizedAgain) {
  const Matrix w = made_layer(5, 192, 5);
  for (const std::size_t granularity : {16U, 32U})
    for (const char* name :
         {"nvfp4", "arcquant_kernel", "trtllm_arcquant", "nvfp4_4over6_mse256"}) {
      const auto layout = spec::make_augmented_layout(192, 64, granularity);
      Matrix twice{5, 256, {}};
      for (std::int64_t i = 0; i < 5; ++i)
        for (std::size_t b = 0; b < layout.blocks(); ++b) {
          const auto block = w.view().row(i).subspan(layout.block(b).source * 16, 16);
          twice.values.insert(twice.values.end(), block.begin(), block.end());
        }
      const BlockRoutine routine(all_recipes().find(name));
      const sim::Mma mma =
          sim::bind_unit(sim::find_unit("sm120.mma.mxf4nvf4"), "e2m1", "e2m1", "ue4m3", 16);
      const GemmOperand repeated =
          repeated_outliers(quantized_operand(w.values, 5, 192, routine, mma), layout);
      const GemmOperand again = quantized_operand(twice.values, 5, 256, routine, mma);
      EXPECT_EQ(repeated.codes, again.codes);
      EXPECT_EQ(repeated.scales, again.scales);
      EXPECT_EQ(repeated.tensor_scale, again.tensor_scale);
    }
}

TEST(Schemes, MicroMixIsItsChainOfProducts) {
  const Matrix x = made_layer(70, 384, 6);
  const Matrix w = made_layer(66, 384, 7);
  Scheme scheme = all_schemes().find("micromix_main_matched");
  scheme.split = {.by = SplitBy::kCounts, .counts = {128, 128}};
  const Layer layer = layer_of(scheme, x, w);
  std::vector<GemmPart> parts;
  for (std::size_t i = 0; i < 3; ++i)
    parts.push_back({part_unit(scheme.parts[i], all_recipes()), layer.x.parts[i].operand,
                     layer.w.parts[i].operand});
  EXPECT_EQ(product_of(layer).compute(), chained_gemms(parts, GemmOutput::kBf16));
  scheme.between = GemmOutput::kFp32;
  EXPECT_NE(product_of({scheme, layer.plan, layer.x, layer.w}).compute(),
            chained_gemms(parts, GemmOutput::kBf16));
}

TEST(Schemes, IntegersAreSummedExactlyAndScaledOnce) {
  const Matrix x = made_layer(3, 96, 8);
  const Matrix w = made_layer(2, 96, 9);
  Scheme scheme = all_schemes().find("int8_token");
  scheme.output = GemmOutput::kFp32;
  const Layer layer = layer_of(scheme, x, w);
  const std::vector<float> y = product_of(layer).compute();
  for (std::int64_t i = 0; i < 3; ++i)
    for (std::int64_t j = 0; j < 2; ++j) {
      std::int32_t sum = 0;
      const GemmOperand& a = layer.x.parts.front().operand;
      const GemmOperand& b = layer.w.parts.front().operand;
      for (std::int64_t k = 0; k < 96; ++k)
        sum += static_cast<std::int8_t>(a.codes[static_cast<std::size_t>(i * 96 + k)]) *
               static_cast<std::int8_t>(b.codes[static_cast<std::size_t>(j * 96 + k)]);
      const float factor =
          a.factors[static_cast<std::size_t>(i)] * b.factors[static_cast<std::size_t>(j)];
      EXPECT_EQ(y[static_cast<std::size_t>(2 * i + j)], factor * static_cast<float>(sum));
    }
}

TEST(Schemes, MethodsGainWhatTheyAreFor) {
  Matrix x = made_layer(48, 256, 10);
  for (std::int64_t i = 0; i < x.rows; ++i) {
    x.row(i)[77] *= 40;
    for (std::size_t j = 0; j + 1 < 256; j += 2) x.row(i)[j + 1] = x.row(i)[j] / 2;  // correlated
  }
  for (float& v : x.values) v *= 0x1p-12F;  // SVDQuant's factors meet them in binary16
  const Matrix w = made_layer(40, 256, 11);
  EXPECT_GT(sqnr_of("arcquant_paper", x, w), sqnr_of("nvfp4_ordered", x, w));
  EXPECT_GT(sqnr_of("gptq_nvfp4", x, w), sqnr_of("nvfp4", x, w));
  EXPECT_GT(sqnr_of("svdquant_nvfp4", x, w), sqnr_of("smoothquant_nvfp4", x, w));
  EXPECT_GT(sqnr_of("smoothquant_int8", x, w), sqnr_of("int8_token", x, w));
  EXPECT_GT(sqnr_of("mxfp8", x, w), sqnr_of("mxfp4", x, w));
}

TEST(Schemes, TheBugOfTheResidualsOf32ChannelsCostsActivations) {
  const Matrix x = made_layer(32, 256, 12);
  const auto error = [&](bool unrounded) {
    Scheme scheme = all_schemes().find("arcquant_32");
    scheme.split = {.by = SplitBy::kCounts, .counts = {256}};
    scheme.parts.front().residual_rule.unrounded_scale = unrounded;
    const LayerPlan plan = calibrate_layer(scheme, x.view(), {});
    const QuantizedMatrix q = quantize_activations(scheme, plan, all_recipes(), x.view());
    const Matrix back = q.values(part_channels(scheme, plan));
    double sum = 0;
    for (std::size_t i = 0; i < back.values.size(); ++i)
      sum += std::pow(double{back.values[i]} - double{q.transformed.values[i]}, 2);
    return sum;
  };
  EXPECT_GT(error(true), 4 * error(false));
}

}  // namespace
}  // namespace mxscope::kernels
