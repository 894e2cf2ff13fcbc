// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/bound_claims.h"

#include <fmt/format.h>

#include "analysis/certificate.h"
#include "analysis/choice_bound.h"
#include "analysis/dual_stage.h"
#include "analysis/lattice_bound.h"
#include "analysis/supremum_claims.h"
#include "analysis/wide_scale_bound.h"
#include "spec/error.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

using spec::Recipe;

std::string claim_id(std::string_view kind, const Recipe& r, ScaleRange range) {
  return fmt::format("{}/{}/{}/{}/{}", kind, r.name, to_string(r.scale_policy.rounding),
                     to_string(r.element_policy.rounding),
                     range == ScaleRange::kStored ? "stored" : "unbounded");
}

Claim empty_claim(const std::string& id, const Recipe& recipe, ScaleRange range) {
  Claim claim;
  claim.id = id;
  claim.subject = recipe.name;
  claim.domain = range == ScaleRange::kStored ? "all real blocks, scales as stored"
                                              : "all real blocks, scales without bound";
  claim.method = "every scale and every rounding cell, in rational arithmetic";
  return claim;
}

/// A block too small for the least scale, if the recipe makes it 2^40 times as large.
Claim no_bound_claim(Claim claim, const Recipe& recipe, const Error& reason) {
  const Rational tiny = recipe.scale.min_positive() * spec::power_of_two(-64);
  for (const Rational& x : {tiny, Rational(-tiny)})
    if (measured_ratio(on_one_block(recipe, ScaleRange::kStored), {x}) > spec::power_of_two(40)) {
      claim.statement = reason.what();
      claim.bound = "none";
      claim.witness = block_text({x});
      claim.result = Result::kProved;
      return claim;
    }
  throw reason;
}

/// Whether the block found does what a supremum promises: it is met, or approached to 2^-30.
bool is_witness(const Rational& reached, const Rational& supremum) {
  return reached <= supremum && supremum - reached < spec::power_of_two(-30);
}

Claim bound_claim(const std::string& id, const Recipe& recipe, ScaleRange range,
                  const CertificateSink& sink) {
  Claim claim = empty_claim(id, recipe, range);
  WorstCase found;
  try {
    found = worst_case(recipe, range);
  } catch (const Error& reason) {
    return no_bound_claim(std::move(claim), recipe, reason);
  }
  const std::vector<Rational> block = witness_block(found.worst);
  claim.statement = fmt::format(
      "no error of {} is more than {} of the block's largest magnitude, and {}", recipe.name,
      found.worst.ratio.str(), found.worst.attained ? "a block attains it" : "blocks approach it");
  claim.bound = found.worst.ratio.str();
  claim.witness = block_text(block);
  claim.cases = found.cases.size();
  if (is_witness(measured_ratio(on_one_block(recipe, range), block), found.worst.ratio))
    claim.result = Result::kProved;
  if (sink) sink(id, certificate(found).dump(1) + "\n");
  return claim;
}

Claim stage_claim(const std::string& id, const Recipe& recipe, ScaleRange range,
                  const CertificateSink& sink) {
  Claim claim = empty_claim(id, recipe, range);
  const MultiStage found = multi_stage({{recipe}, {recipe}}, range);
  claim.statement = fmt::format(
      "{} and {} of what it leaves over err by at most {} of the block's largest magnitude",
      recipe.name, recipe.name, found.worst.ratio.str());
  claim.bound = found.worst.ratio.str();
  claim.witness = block_text(found.witness.block);
  claim.cases = found.curve.size();
  if (is_witness(found.witness.ratio, found.worst.ratio)) claim.result = Result::kProved;
  if (sink) {
    std::vector<Rational> bounds;
    for (const char* peer : {"mxfp8_e4m3", "mxfp8_e4m3_rceil"})
      bounds.push_back(
          worst_case(spec::RecipeTable().find(peer), ScaleRange::kUnbounded).worst.ratio);
    sink(id, certificate(found, bounds).dump(1) + "\n");
  }
  return claim;
}

std::string pair_text(const LatticeWorst& pair) {
  return block_text({pair.block_max, pair.element});
}

Claim software_claim(const Recipe& recipe, const std::atomic<bool>& stop) {
  const Rational tensor_amax = 2688;
  const LatticeBound found = lattice_bound(recipe, tensor_amax, stop);
  if (stop) return {};
  Claim claim;
  claim.subject = recipe.name;
  claim.domain = fmt::format(
      "all blocks of {} numbers whose scale is normal and neither the least nor the greatest{}",
      recipe.input == spec::Precision::kBf16 ? "bfloat16" : "binary32",
      recipe.has_tensor_scale() ? ", in a tensor with largest magnitude 2688" : "");
  claim.method = "ends of all steps of the scale and of the elements, by the exact path";
  claim.statement = fmt::format(
      "no error of {} is more than {} of the block's largest magnitude, and a block attains it",
      recipe.name, spec::to_approximate_text(found.inner.ratio, 8));
  claim.bound = found.inner.ratio.str();
  claim.witness = pair_text(found.inner);
  claim.cases = found.element_steps;
  if (lattice_ratio(recipe, tensor_amax, found.inner) == found.inner.ratio)
    claim.result = Result::kProved;
  return claim;
}

Claim choice_claim(const Recipe& recipe) {
  const ChoiceBound found = choice_bound(recipe);
  Claim claim = empty_claim("", recipe, ScaleRange::kUnbounded);
  claim.method = "every scale and every rounding cell of each choice, in rational arithmetic";
  claim.statement = fmt::format(
      "no error of {} is more than {} of the block's largest magnitude, and {}", recipe.name,
      found.ratio.str(), found.witnessed ? "blocks come as near as one likes" : "may be less");
  claim.bound = found.ratio.str();
  claim.witness = block_text(found.witness.block);
  claim.cases = 1;
  if (found.witness.ratio <= found.ratio) claim.result = Result::kProved;
  return claim;
}

Claim wide_claim(const Recipe& recipe) {
  const WideScaleBound found = wide_scale_bound(recipe);
  Claim claim = empty_claim("", recipe, ScaleRange::kUnbounded);
  claim.method = "every rounding cell, in rational arithmetic; scales by their relative error";
  claim.statement = fmt::format(
      "no error of {} is more than {} of the block's largest magnitude, and blocks come near {}",
      recipe.name, spec::to_approximate_text(found.most, 9), found.least.str());
  claim.bound = found.most.str();
  claim.witness = block_text(found.witness);
  claim.cases = found.cases;
  const Rational reached =
      measured_ratio(on_one_block(recipe, ScaleRange::kUnbounded), found.witness);
  if (is_witness(reached, found.least) && found.least <= found.most) claim.result = Result::kProved;
  return claim;
}

template <typename MakeClaim>
std::vector<Task> tasks_for(std::string_view kind, const std::vector<Recipe>& recipes,
                            const CertificateSink& sink, const MakeClaim& make) {
  std::vector<Task> tasks;
  for (const Recipe& recipe : recipes)
    for (const ScaleRange range : {ScaleRange::kUnbounded, ScaleRange::kStored}) {
      Task task;
      task.id = claim_id(kind, recipe, range);
      task.cost = static_cast<double>(recipe.scale.max_ordinal());
      task.claims = 1;
      task.run = [=, id = task.id](const std::atomic<bool>& /*stop*/) {
        return std::vector<Claim>{make(id, recipe, range, sink)};
      };
      tasks.push_back(std::move(task));
    }
  return tasks;
}

}  // namespace

std::vector<Task> bound_tasks(const std::vector<Recipe>& recipes, CertificateSink sink) {
  return tasks_for("bounds", recipes, sink, bound_claim);
}

std::vector<Task> stage_tasks(const std::vector<Recipe>& recipes, CertificateSink sink) {
  return tasks_for("stages", recipes, sink, stage_claim);
}

std::vector<Task> software_tasks(const std::vector<Recipe>& recipes) {
  std::vector<Task> tasks;
  for (const Recipe& recipe : recipes)
    tasks.push_back(claim_task(
        "software/" + recipe.name, static_cast<double>(recipe.element.max_ordinal()),
        [recipe](const std::atomic<bool>& stop) { return software_claim(recipe, stop); }));
  return tasks;
}

std::vector<Task> choice_tasks(const std::vector<Recipe>& recipes) {
  std::vector<Task> tasks;
  for (const Recipe& recipe : recipes)
    tasks.push_back(claim_task("choices/" + recipe.name, 20, [recipe](const std::atomic<bool>&) {
      return choice_claim(recipe);
    }));
  return tasks;
}

std::vector<Task> wide_tasks(const std::vector<Recipe>& recipes) {
  std::vector<Task> tasks;
  for (const Recipe& recipe : recipes)
    tasks.push_back(claim_task("wide/" + recipe.name, 10,
                               [recipe](const std::atomic<bool>&) { return wide_claim(recipe); }));
  return tasks;
}

std::vector<Recipe> with_all_roundings(const Recipe& recipe) {
  using spec::Rounding;
  std::vector<Recipe> out;
  for (const Rounding scale :
       {Rounding::kNearestEven, Rounding::kNearestAway, Rounding::kTowardZero, Rounding::kUp})
    for (const Rounding element : spec::kDeterministicRoundings) {
      out.push_back(recipe);
      out.back().scale_policy.rounding = scale;
      out.back().element_policy.rounding = element;
      out.back().random_bits = 0;
    }
  return out;
}

}  // namespace mxscope::analysis
