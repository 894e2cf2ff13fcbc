// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Variants of the built-in schemes that differ in what a question is about and in nothing else.
#include "reports/study.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "kernels/dual_routine.h"
#include "kernels/tensor_quantizer.h"
#include "reports/ordered_work.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using kernels::ChannelSplit;
using kernels::LayerPlan;
using kernels::Matrix;
using kernels::Scheme;
using kernels::SplitBy;

/// So that layers of a few hundred channels have all levels; the code's multiples are of 128.
constexpr std::int64_t kMultiple = 32;

LayerPlan plan_of(const Scheme& scheme, const StudyLayer& layer) {
  return kernels::calibrate_layer(scheme, layer.loaded.calibration(), layer.loaded.weights.view());
}

Measures run(const Scheme& scheme, const StudyLayer& layer) {
  const LayerResult r = run_layer(scheme, plan_of(scheme, layer), layer.choice.recipes,
                                  layer.loaded.activations.view(), layer.loaded.weights.view(),
                                  layer.loaded.calibration(), layer.reference, layer.options);
  const double above = static_cast<double>(r.plan.channels - r.plan.levels.front());
  return {{"% of channels\nabove level 1", 100 * above / static_cast<double>(r.plan.channels)},
          {"bits of\nx", r.bits.activations},
          {"\nw", r.bits.weights},
          {"SQNR of\nx", r.activations.sqnr_db()},
          {"\nw ", r.weights.sqnr_db()},
          {"\ny", r.output.sqnr_db()}};
}

/// A built-in scheme, changed.
Variant variant(std::string label, std::string name, std::function<void(Scheme&)> change = {}) {
  return {std::move(label),
          [name = std::move(name), change = std::move(change)](const StudyLayer& layer) {
            Scheme scheme = layer.choice.schemes.find(name);
            if (change) change(scheme);
            return run(scheme, layer);
          }};
}

void small_multiples(Scheme& scheme) {
  scheme.split.multiple = kMultiple;
  scheme.split.clamp = true;
}

void unquantized(std::string& recipe, std::vector<std::string>& with, Scheme& scheme) {
  recipe = "fp32";
  with.clear();
  for (kernels::SchemePart& part : scheme.parts) part.unit.clear();  // none takes both
}

/// Micromix's levels as they are found on the layer, then ARCQuant with as many bits.
Measures arcquant_at_the_bits_of_micromix(const StudyLayer& layer) {
  Scheme micromix = layer.choice.schemes.find("micromix_main_matched");
  small_multiples(micromix);
  const LayerPlan plan = plan_of(micromix, layer);
  const double bits = kernels::average_bits(micromix, plan, 1, 1, layer.choice.recipes).activations;
  Scheme scheme = layer.choice.schemes.find("trtllm_arcquant");
  const double wanted = (bits / 4.5 - 1) * static_cast<double>(plan.channels);
  const auto blocks = static_cast<std::int64_t>(std::floor(std::max(wanted, 0.0) / 16));
  scheme.split = ChannelSplit{.by = SplitBy::kCounts, .counts = {16 * blocks}};
  return run(scheme, layer);
}

/// How many blocks' maxima are above what the block's scale can represent.
Variant clipping(std::string label, std::string recipe_name, spec::Rounding rounding) {
  return {std::move(label), [name = std::move(recipe_name), rounding](const StudyLayer& layer) {
            spec::Recipe recipe = layer.choice.recipes.find(name);
            if (recipe.tensor_scale == spec::TensorScale::kExact)
              recipe.tensor_scale = spec::TensorScale::kDecode;  // so that 6 s S is exact below
            recipe.scale_policy.rounding = rounding;
            const kernels::BlockRoutine routine(recipe);
            const Matrix& x = layer.loaded.activations;
            const kernels::TensorQuantizer quantizer(routine, static_cast<std::size_t>(x.rows),
                                                     static_cast<std::size_t>(x.columns));
            const kernels::MatrixCodes codes = kernels::quantize_matrix(quantizer, x.values);
            std::vector<float> inputs(x.values.size());
            routine.inputs(x.values, codes.state.factors, inputs.data());
            const bool rescaled = recipe.tensor_scale == spec::TensorScale::kDivideBf16;
            const double tensor = rescaled ? 1 : double{codes.state.factors.decode};
            std::uint64_t clipped = 0;
            double share_lost = 0;
            for (std::size_t b = 0; b < codes.codes.scales.size(); ++b) {
              const kernels::Tile block = quantizer.part(codes.codes.tile, b);
              const float* const first = inputs.data() + block.first(quantizer.grid());
              double amax = 0;
              for (std::size_t i = 0; i < block.columns; ++i)
                amax = std::max(amax, std::fabs(double{first[i]}));
              const double top = 6 * double{routine.scale_value(codes.codes.scales[b])} * tensor;
              if (amax <= top) continue;
              ++clipped;
              share_lost = std::max(share_lost, 1 - top / amax);
            }
            return Measures{
                {"blocks clipped,\n%", 100 * static_cast<double>(clipped) /
                                           static_cast<double>(codes.codes.scales.size())},
                {"of a maximum,\n% at most", 100 * share_lost}};
          }};
}

/// How much of NVFP4's squared error is in the channels that get residuals.
Variant captured(std::string label, std::function<std::int64_t(const StudyLayer&)> residuals) {
  return {std::move(label), [residuals = std::move(residuals)](const StudyLayer& layer) {
            const Scheme& scheme = layer.choice.schemes.find("nvfp4_ordered");
            const LayerPlan plan = plan_of(scheme, layer);
            const kernels::QuantizedMatrix q = kernels::quantize_activations(
                scheme, plan, layer.choice.recipes, layer.loaded.activations.view());
            const Matrix back = q.values(kernels::part_channels(scheme, plan));
            const std::int64_t s = std::min(residuals(layer), plan.channels);
            kernels::CompensatedSum all;
            kernels::CompensatedSum last;
            for (std::size_t i = 0; i < back.values.size(); ++i) {
              const double e = double{back.values[i]} - double{q.transformed.values[i]};
              const auto channel = static_cast<std::int64_t>(i) % plan.channels;
              all.add(e * e);
              if (channel >= plan.channels - s) last.add(e * e);
            }
            return Measures{{"S", static_cast<double>(s)},
                            {"% of the\nchannels",
                             100 * static_cast<double>(s) / static_cast<double>(plan.channels)},
                            {"% of the\nsquared error", 100 * last.value() / all.value()}};
          }};
}

std::int64_t residuals_of(const char* name, const StudyLayer& layer) {
  return plan_of(layer.choice.schemes.find(name), layer).levels.back();
}

/// ARCQuant's quantize.py and its kernel on the same bfloat16 numbers, x / (amax / 2688).
Measures fake_against_kernel(const StudyLayer& layer) {
  const spec::Recipe& kernel = layer.choice.recipes.find("arcquant_kernel");
  const kernels::BlockRoutine whole(kernel);
  const kernels::BlockRoutine stage(spec::stage_recipe(kernel));
  const kernels::BlockRoutine fake(layer.choice.recipes.find("arcquant_fake_nvfp4"));
  const Matrix& x = layer.loaded.activations;
  const kernels::TensorQuantizer quantizer(whole, static_cast<std::size_t>(x.rows),
                                           static_cast<std::size_t>(x.columns));
  const kernels::Tile all{0, 0, quantizer.grid().rows, quantizer.grid().columns};
  const kernels::TensorState state = quantizer.state(quantizer.maxima(all, x.values));
  std::vector<float> inputs(x.values.size());
  whole.inputs(x.values, state.factors, inputs.data());
  const auto codes = [&](const kernels::BlockRoutine& routine) {
    const kernels::TensorQuantizer q(routine, all.rows, all.columns);
    return kernels::quantize_matrix(q, inputs);
  };
  const kernels::MatrixCodes a = codes(stage);
  const kernels::MatrixCodes b = codes(fake);
  std::uint64_t scales = 0;
  for (std::size_t i = 0; i < a.codes.scales.size(); ++i)
    if (stage.scale_value(a.codes.scales[i]) != fake.scale_value(b.codes.scales[i])) ++scales;
  std::uint64_t elements = 0;
  for (std::size_t i = 0; i < a.codes.elements.size(); ++i)
    if (stage.element_value(a.codes.elements[i]) != fake.element_value(b.codes.elements[i]))
      ++elements;
  const auto percent = [](std::uint64_t part, std::size_t whole_count) {
    return 100 * static_cast<double>(part) / static_cast<double>(whole_count);
  };
  return {{"scales that\ndiffer, %", percent(scales, a.codes.scales.size())},
          {"elements that\ndiffer, %", percent(elements, a.codes.elements.size())}};
}

/// MicroMix's sum against the exact product of the values that it multiplies.
Variant accumulation(std::string label, kernels::GemmOutput between, kernels::GemmOutput output) {
  return {
      std::move(label), [between, output](const StudyLayer& layer) {
        Scheme scheme = layer.choice.schemes.find("micromix_main_matched");
        small_multiples(scheme);
        scheme.between = between;
        scheme.output = output;
        const LayerPlan plan = plan_of(scheme, layer);
        const spec::RecipeTable& recipes = layer.choice.recipes;
        const auto qx = kernels::selected_rows(
            kernels::quantize_activations(scheme, plan, recipes, layer.loaded.activations.view()),
            layer.reference.tokens);
        const auto qw =
            kernels::quantize_weights(scheme, plan, recipes, layer.loaded.weights.view());
        const auto channels = kernels::part_channels(scheme, plan);
        const Matrix x = qx.values(channels);
        const Matrix w = qw.values(channels);
        const std::vector<double> exact =
            kernels::ValueProduct(x.view(), w.view()).compute({0, x.rows, 0, w.rows});
        const std::vector<float> y =
            kernels::SchemeProduct(scheme, plan, recipes, qx, qw, layer.options.executor).compute();
        double squares = 0;
        double errors = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
          squares += exact[i] * exact[i];
          errors += (y[i] - exact[i]) * (y[i] - exact[i]);
        }
        double of_layer = 0;
        for (std::size_t i = 0; i < y.size(); ++i)
          of_layer += std::pow(y[i] - layer.reference.y[i], 2);
        const double signal = std::inner_product(layer.reference.y.begin(), layer.reference.y.end(),
                                                 layer.reference.y.begin(), 0.0);
        return Measures{{"SQNR against\nquantized x, w", 10 * std::log10(squares / errors)},
                        {"\nx, w", 10 * std::log10(signal / of_layer)}};
      }};
}

Question scale_rules() {
  Question out{"scale-rules",
               "MicroMix's scales: equation 3's 2^bias, OCP's floor, the code's "
               "rounding up (rceil), which never clips?",
               {}};
  for (const char* format : {"mxfp4", "mxfp6_e3m2", "mxfp8_e4m3"})
    for (const char* rule : {"_bias", "", "_rceil"}) {
      const std::string recipe = std::string(format) + rule;
      const std::string scheme = std::string(format) == "mxfp4"        ? "mxfp4"
                                 : std::string(format) == "mxfp6_e3m2" ? "mxfp6_e3m2"
                                                                       : "mxfp8";
      out.variants.push_back(
          variant(recipe, scheme, [recipe](Scheme& s) { s.parts.front().activations = recipe; }));
    }
  return out;
}

}  // namespace

std::vector<Question> study_questions() {
  using kernels::GemmOutput;
  const auto correct_residual = [](Scheme& s) {
    s.parts.front().residual_rule.unrounded_scale = false;
  };
  const auto thresholds = [](const char* label, const char* name) {
    return variant(label, name, [](Scheme& s) {
      small_multiples(s);
      const char* const recipes[] = {"micromix_mxfp4", "micromix_mxfp6_e3m2",
                                     "micromix_mxfp8_e4m3"};
      for (std::size_t i = 0; i < 3; ++i) s.parts[i].activations = recipes[i];
    });
  };
  return {
      {"residuals",
       "How much of ARCQuant's gain is the order of the channels alone?",
       {variant("nvfp4, channels as they are", "nvfp4_ordered",
                [](Scheme& s) { s.order = kernels::ChannelOrder::kNone; }),
        variant("channels ordered", "nvfp4_ordered"), variant("and residuals", "trtllm_arcquant")}},
      {"residual-count",
       "How many residuals do the paper's rule and the code's give, and what part of the error is "
       "in those channels?",
       {captured("the paper's S",
                 [](const StudyLayer& l) { return residuals_of("arcquant_paper", l); }),
        captured("the code's S", [](const StudyLayer& l) { return residuals_of("arcquant", l); }),
        captured("S = 64", [](const StudyLayer&) { return std::int64_t{64}; }),
        captured("S = 128", [](const StudyLayer&) { return std::int64_t{128}; })}},
      {"residual-gain",
       "What do both give?",
       {variant("the paper's S", "trtllm_arcquant",
                [](Scheme& s) {
                  s.split = ChannelSplit{.by = SplitBy::kChannels,
                                         .thresholds = {spec::Rational(1, 8)},
                                         .multiple = 64};
                }),
        variant("the code's S", "trtllm_arcquant"),
        variant("the code's S, in 128s", "trtllm_arcquant",
                [](Scheme& s) { s.split.multiple = 128; }),
        variant("all channels", "trtllm_arcquant",
                [](Scheme& s) {
                  s.split = ChannelSplit{.by = SplitBy::kCounts, .counts = {1 << 24}};
                })}},
      {"weight-error",
       "How far does the weights' error, which residuals do not touch, limit the output?",
       {variant("both quantized", "trtllm_arcquant"),
        variant("weights exact", "trtllm_arcquant",
                [](Scheme& s) {
                  unquantized(s.parts.front().weights, s.parts.front().weights_with, s);
                }),
        variant("activations exact", "nvfp4_ordered",
                [](Scheme& s) {
                  s.parts.front().weights = s.parts.front().activations;
                  unquantized(s.parts.front().activations, s.parts.front().activations_with, s);
                })}},
      {"residual-bug",
       "What does the 32-channel kernels' residual, taken from a scale not yet rounded, cost?",
       {variant("as it should be", "arcquant_32", correct_residual),
        variant("as coded", "arcquant_32")}},
      {"signed-maximum",
       "What does the weights' tensor scale by the largest number, not magnitude, cost?",
       {variant("largest magnitude", "arcquant", [](Scheme& s) { s.signed_weight_max = false; }),
        variant("as coded", "arcquant")}},
      {"clipping",
       "How often does a block's maximum clip under scales rounded to nearest?",
       {clipping("nvfp4", "nvfp4", spec::Rounding::kNearestEven),
        clipping("arcquant_kernel", "arcquant_kernel", spec::Rounding::kNearestEven),
        clipping("nvfp4, scales up", "nvfp4", spec::Rounding::kUp)}},
      {"fake-quantization",
       "How many codes of ARCQuant's Python are not its kernel's, on the same bfloat16 numbers?",
       {{"quantize.py against reorder.cu", fake_against_kernel}}},
      {"thresholds",
       "MicroMix's thresholds as published and as coded, channels in multiples of 32: how many "
       "bits?",
       {thresholds("paper", "micromix_paper"), thresholds("ICLR branch", "micromix_iclr"),
        thresholds("main branch", "micromix_main_matched")}},
      scale_rules(),
      {"weights",
       "MicroMix's main branch has all weights in MXFP4: what does that cost?",
       {variant("matched weights", "micromix_main_matched", small_multiples),
        variant("all MXFP4", "micromix_main", small_multiples)}},
      {"accumulation",
       "MicroMix's three products added through bfloat16, or in binary32?",
       {accumulation("through bf16", GemmOutput::kBf16, GemmOutput::kBf16),
        accumulation("in fp32, then to bf16", GemmOutput::kFp32, GemmOutput::kBf16),
        accumulation("in fp32", GemmOutput::kFp32, GemmOutput::kFp32)}},
      {"equal-bits",
       "ARCQuant and MicroMix at the same bits of activations?",
       {variant("nvfp4", "nvfp4"),
        variant("micromix, matched", "micromix_main_matched", small_multiples),
        variant("micromix, MXFP4 weights", "micromix_main", small_multiples),
        {"arcquant, as many bits", arcquant_at_the_bits_of_micromix},
        variant("both: micromix_arcquant", "micromix_arcquant", small_multiples)}},
  };
}

}  // namespace mxscope::reports
