// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What the dual stage really does, over all real blocks and in its kernels.
#include "analysis/arcquant_claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/bf16_stages.h"
#include "analysis/supremum_claims.h"
#include "spec/dual_stage.h"

namespace mxscope::analysis {
namespace {

using spec::Recipe;

/// The roundings of MXFP8's scale, OCP's floor first.
constexpr const char* kMxfp8[] = {"mxfp8_e4m3",       "mxfp8_e4m3_ceil", "mxfp8_e4m3_even",
                                  "mxfp8_e4m3_rceil", "mxfp8_e5m2",      "mxfp8_e5m2_ceil",
                                  "mxfp8_e5m2_even",  "mxfp8_e5m2_rceil"};

Claim unbounded_claim(const DualVariant& variant) {
  Claim claim = multi_stage_claim(multi_stage(variant.stages, ScaleRange::kUnbounded));
  claim.subject = variant.name;
  claim.statement += "; " + variant.text;
  return claim;
}

Claim element_rounding_claim(const char* recipe, spec::Rounding rounding) {
  Recipe r = recipe_over_reals(recipe);
  r.element_policy.rounding = rounding;
  if (spec::is_stochastic(rounding)) r.random_bits = 8;
  return multi_stage_claim(multi_stage({{r}, {r}}, ScaleRange::kUnbounded));
}

/// Published: comparable to MXFP8 and tighter.
Claim tighter_claim(const char* mx) {
  const Stage stage = {recipe_over_reals("nvfp4")};
  const MultiStage dual = multi_stage({stage, stage}, ScaleRange::kUnbounded);
  const WorstCase other = worst_case(recipe_over_reals(mx), ScaleRange::kUnbounded);
  Claim claim = multi_stage_claim(dual);
  claim.subject = mx;
  claim.statement = fmt::format(
      "the worst block of the dual stage errs by {} of its maximum, "
      "that of {} by {}: {:.2f} times as much",
      fraction_text(dual.worst.ratio), mx, fraction_text(other.worst.ratio),
      Rational(other.worst.ratio / dual.worst.ratio).convert_to<double>());
  settle(claim, "the dual stage's bound is comparable to and tighter than MXFP8's",
         dual.worst.ratio < other.worst.ratio ? Verdict::kAsStated : Verdict::kRefuted);
  return claim;
}

/// Where in a tensor's range the dual stage is no worse than MXFP8's worst case.
Claim range_claim(const DualVariant& variant, const char* mx) {
  const MultiStage dual = multi_stage(variant.stages, ScaleRange::kStored);
  const Rational bound = worst_case(recipe_over_reals(mx), ScaleRange::kUnbounded).worst.ratio;
  Claim claim = multi_stage_claim(dual);
  claim.subject = variant.name;
  const std::optional<Rational> last = last_excess(dual.curve, bound);
  if (!last) {
    claim.statement = fmt::format("never worse than {} of {}", fraction_text(bound), mx);
    settle(claim, "dual-stage NVFP4 is no worse than MXFP8", Verdict::kAsStated);
    return claim;
  }
  const Rational share = *last / dual.first.limit;
  claim.bound = fraction_text(share);
  claim.statement = fmt::format(
      "no worse than the {} of {} on every block with at least {} = 2^{:.2f} of the tensor's "
      "maximum, and worse on blocks just below",
      fraction_text(bound), mx, claim.bound, std::log2(share.convert_to<double>()));
  const Rational below = *last * (1 - spec::power_of_two(-20));
  const auto piece = std::find_if(dual.curve.begin(), dual.curve.end(),
                                  [&](const ErrorPiece& p) { return p.at.contains(below); });
  const BlockWitness witness = witness_at(dual, *piece, below);
  claim.witness = block_text(witness.block);
  claim.result = witness.ratio > bound ? Result::kProved : Result::kRefuted;
  settle(claim, "dual-stage NVFP4 is no worse than MXFP8", Verdict::kRefuted);
  return claim;
}

/// A bound is about the worst block; on a given block either can be better. Looks among blocks of
/// two small integers, which E4M3 and E5M2 often hold exactly.
Claim every_block_claim(const char* mx) {
  Claim claim;
  claim.subject = mx;
  claim.domain = "blocks of real numbers, scales without bounds";
  claim.method = "search among blocks of two integers up to 14, by the exact path";
  settle(claim, "dual-stage NVFP4 is no worse than MXFP8, read as: on every block",
         Verdict::kRefuted);
  const Stage stage = {with_unbounded_scales(recipe_over_reals("nvfp4"))};
  const Recipe other = with_unbounded_scales(recipe_over_reals(mx));
  constexpr int kMost = 14;
  Rational most = 0;
  for (int m = 2; m <= kMost; ++m)
    for (int x = 1; x <= m; ++x) {
      ++claim.cases;
      const std::vector<Rational> block = {m, x};
      if (measured_ratio(other, block) != 0) continue;
      const Rational ours = measured_ratio({stage, stage}, block);
      if (ours <= most) continue;
      most = ours;
      claim.statement = fmt::format(
          "{} holds this block exactly and the dual stage errs by {} of "
          "its maximum",
          mx, fraction_text(ours));
      claim.bound = fraction_text(ours);
      claim.witness = block_text(block);
      claim.result = Result::kProved;
    }
  if (most == 0) claim.statement = "no such block found";
  return claim;
}

Claim vanishing_claim(const DualVariant& variant) {
  const MultiStage dual = multi_stage(variant.stages, ScaleRange::kStored);
  Claim claim = multi_stage_claim(dual);
  claim.subject = variant.name;
  const std::optional<Rational> point = vanishing_point(dual);
  claim.bound = fraction_text(point.value_or(0));
  claim.witness = "";
  claim.statement =
      point ? fmt::format(
                  "the second stage gives nothing, every residual becoming zero, for block "
                  "maxima below {} = 2^{:.2f} of the tensor's",
                  claim.bound, std::log2(point->convert_to<double>()))
            : "the second stage always has a scale that is not zero";
  claim.result = Result::kProved;
  return claim;
}

/// Whether x - q s is exact in binary32 (and any binary format that holds x and q s): Sterbenz's
/// lemma, q s / 2 <= x <= 2 q s, for every cell but that of zero, where the residual is x.
Claim exact_residual_claim(const char* recipe) {
  const WorstCase result = worst_case(recipe_over_reals(recipe), ScaleRange::kUnbounded);
  Claim claim = worst_case_claim(result);
  claim.statement =
      "x - q s is exact in binary32 for binary32 x and stored scales: every cell of E2M1 lies "
      "between half and twice its value (Sterbenz), so a residual kept in binary32 changes nothing";
  claim.bound = claim.witness = "";
  claim.method = "both ends of every cell";
  claim.cases = 0;
  claim.result = Result::kProved;
  for (const Steps& steps : result.elements.positive)
    for (const Step& step : steps) {
      ++claim.cases;
      if (step.value == 0 || (2 * step.at.lower >= step.value && *step.at.upper <= 2 * step.value))
        continue;
      claim.result = Result::kRefuted;
      claim.witness = block_text({step.at.lower, *step.at.upper});
    }
  return claim;
}

Claim kernel_claim(const spec::DualStage& stage, const std::atomic<bool>& stop) {
  Bf16Kernel kernel{.recipe = spec::stage_recipe(stage.recipe), .residual = stage.rule};
  kernel.recipe.input = spec::Precision::kBf16;
  const std::vector<Bf16Maximum> maxima = bf16_maxima(kernel, stop);
  if (stop) return {};
  // From 2^-12 of the tensor's maximum on, no clamp of a scale interferes.
  const Rational from = kernel.limit * spec::power_of_two(-12);
  const Bf16Worst worst = bf16_worst(maxima, from.convert_to<double>());
  const Rational bound =
      worst_case(recipe_over_reals("mxfp8_e4m3_rceil"), ScaleRange::kUnbounded).worst.ratio;
  const double last = bf16_last_excess(maxima, bound);
  Claim claim;
  claim.subject = stage.name;
  claim.domain =
      "all blocks of three or more bfloat16 numbers up to 2688, after scaling by the tensor's "
      "maximum";
  claim.method = "for every bfloat16 maximum every pair of elements that can matter";
  claim.cases = maxima.size();
  claim.bound = fraction_text(worst.ratio);
  const std::vector<double> block = {worst.at.block_max, worst.at.residual_from, worst.at.element};
  claim.witness = block_text({Rational(block[0]), Rational(block[1]), Rational(block[2])});
  claim.statement = fmt::format(
      "{}: errs by at most {} = {:.4f} of the block's maximum from 2^-12 of the tensor's on; "
      "MXFP8's worst case {} is exceeded up to 2^{:.2f} of the tensor's maximum",
      stage.source, claim.bound, worst.ratio.convert_to<double>(), fraction_text(bound),
      std::log2(last / kernel.limit.convert_to<double>()));
  claim.result =
      bf16_measured_ratio(kernel, block) == worst.ratio ? Result::kExhaustive : Result::kRefuted;
  settle(claim, "the dual stage's bound is comparable to and tighter than MXFP8's",
         worst.ratio < bound ? Verdict::kAsStated : Verdict::kRefuted);
  return claim;
}

}  // namespace

std::vector<DualVariant> arcquant_variants() {
  const auto twice = [](const Recipe& r) { return std::vector<Stage>{{r}, {r}}; };
  std::vector<DualVariant> out;
  for (const auto& [recipe, rule] :
       {std::pair{"nvfp4", "to nearest"}, {"nvfp4_up", "up"}, {"nvfp4_down", "down"}})
    out.push_back({recipe,
                   fmt::format("block scales rounded {}, one tensor scale for both stages", rule),
                   twice(recipe_over_reals(recipe))});
  Recipe clamped = recipe_over_reals("nvfp4");
  clamped.name = "nvfp4_clamped";
  clamped.scale_floor = spec::power_of_two(-9);
  out.push_back(
      {clamped.name, "block scales raised to 2^-9 at least, as the kernels do", twice(clamped)});
  const Recipe nearest = recipe_over_reals("nvfp4");
  // The largest residual is that of the tensor's largest block at most: 1/6 of its maximum.
  out.push_back({"nvfp4_two_tensor_scales",
                 "a tensor scale of its own for residuals, 1/6 of the first",
                 {{nearest}, {nearest, Rational(1, 6)}}});
  return out;
}

std::vector<Task> arcquant_bound_tasks() {
  std::vector<Task> tasks;
  const auto add = [&](std::string id, std::function<Claim()> make) {
    tasks.push_back(claim_task(
        std::move(id), 1, [make = std::move(make)](const std::atomic<bool>&) { return make(); }));
  };
  for (const char* recipe : {"nvfp4", "nvfp4_up", "nvfp4_down"})
    add(fmt::format("single/{}", recipe), [=] {
      return worst_case_claim(worst_case(recipe_over_reals(recipe), ScaleRange::kUnbounded));
    });
  for (const DualVariant& v : arcquant_variants()) {
    add("dual/" + v.name, [v] { return unbounded_claim(v); });
    add("vanishes/" + v.name, [v] { return vanishing_claim(v); });
    for (const char* mx : kMxfp8)
      add(fmt::format("range/{}/{}", v.name, mx), [v, mx] { return range_claim(v, mx); });
  }
  for (const spec::Rounding mode :
       {spec::Rounding::kNearestAway, spec::Rounding::kTowardZero, spec::Rounding::kUp,
        spec::Rounding::kDown, spec::Rounding::kStochasticA})
    add(fmt::format("dual/nvfp4/{}", to_string(mode)),
        [=] { return element_rounding_claim("nvfp4", mode); });
  for (const char* mx : kMxfp8) {
    add(fmt::format("tighter/{}", mx), [=] { return tighter_claim(mx); });
    add(fmt::format("every-block/{}", mx), [=] { return every_block_claim(mx); });
  }
  add("residual/binary32", [] { return exact_residual_claim("nvfp4"); });
  add("stages/three-nvfp4", [] {
    const Stage stage = {recipe_over_reals("nvfp4")};
    return multi_stage_claim(multi_stage({stage, stage, stage}, ScaleRange::kUnbounded));
  });
  for (const auto& [first, second] : {std::pair{"mxfp4_rceil", "mxfp4_rceil"},
                                      {"mxfp6_e3m2_rceil", "mxfp4_rceil"},
                                      {"mxfp6_e2m3_rceil", "mxfp4_rceil"},
                                      {"nvfp4", "mxfp4_rceil"},
                                      {"nvfp4", "mxfp8_e4m3_rceil"}})
    add(fmt::format("stages/{}+{}", first, second), [first = first, second = second] {
      return multi_stage_claim(multi_stage(
          {{recipe_over_reals(first)}, {recipe_over_reals(second)}}, ScaleRange::kUnbounded));
    });
  return tasks;
}

std::vector<Task> arcquant_kernel_tasks() {
  std::vector<Task> tasks;
  for (const spec::DualStage& stage : spec::named_dual_stages())
    tasks.push_back(
        claim_task(fmt::format("kernel/{}", stage.name), 20,
                   [&stage](const std::atomic<bool>& stop) { return kernel_claim(stage, stop); }));
  return tasks;
}

std::vector<Task> arcquant_tasks() {
  std::vector<Task> tasks = arcquant_argument_tasks();
  for (auto more : {arcquant_bound_tasks(), arcquant_kernel_tasks()})
    std::move(more.begin(), more.end(), std::back_inserter(tasks));
  return tasks;
}

}  // namespace mxscope::analysis
