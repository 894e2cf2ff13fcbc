// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/supremum_claims.h"

#include <fmt/format.h>

#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

std::string domain_text(ScaleRange range) {
  return range == ScaleRange::kUnbounded
             ? "all blocks of two or more real numbers, scales without bounds"
             : "all blocks of two or more real numbers, scales as stored";
}

}  // namespace

spec::Recipe recipe_over_reals(const char* name) {
  static const spec::RecipeTable table;
  spec::Recipe recipe = table.find(name);
  recipe.input = spec::Precision::kExact;
  return recipe;
}

std::string fraction_text(const Rational& value) { return value.str(); }

std::string block_text(const std::vector<Rational>& block) {
  std::string out;
  for (std::size_t i = 0; i < block.size();) {
    std::size_t same = i;
    while (same < block.size() && block[same] == block[i]) ++same;
    const std::string text = spec::to_hex_text(block[i]);
    constexpr std::size_t kWrittenOut = 3;
    const std::size_t times = same - i;
    for (std::size_t k = 0; k < (times > kWrittenOut ? 1 : times); ++k)
      out += (out.empty() ? "" : ", ") + text;
    if (times > kWrittenOut) out += fmt::format(" {} times", times);
    i = same;
  }
  return "[" + out + "]";
}

Task claim_task(std::string id, double cost, std::function<Claim(const std::atomic<bool>&)> fill) {
  Task task;
  task.id = id;
  task.cost = cost;
  task.claims = 1;
  task.run = [id = std::move(id), fill = std::move(fill)](const std::atomic<bool>& stop) {
    Claim claim = fill(stop);
    claim.id = id;
    return std::vector{std::move(claim)};
  };
  return task;
}

Verdict at_most_verdict(const Rational& a, const Rational& b) {
  if (a == b) return Verdict::kAsStated;
  return a < b ? Verdict::kOtherConstant : Verdict::kRefuted;
}

void settle(Claim& claim, std::string published, Verdict verdict) {
  claim.published = std::move(published);
  claim.verdict = verdict;
}

Claim worst_case_claim(const WorstCase& result) {
  Claim claim;
  claim.subject = result.recipe.name;
  claim.domain = domain_text(result.range);
  claim.method = "every breakpoint of the piecewise linear error under every scale, in rationals";
  claim.statement = fmt::format(
      "the largest error of a block is at most {} of its largest magnitude, which is {}",
      fraction_text(result.worst.ratio), result.worst.attained ? "attained" : "approached");
  claim.bound = fraction_text(result.worst.ratio);
  claim.cases = result.cases.size() * result.unit_curve.size();
  const std::vector<Rational> block = witness_block(result.worst);
  claim.witness = block_text(block);
  const Rational gap =
      result.worst.ratio - measured_ratio(on_one_block(result.recipe, result.range), block);
  const bool met = result.worst.attained ? gap == 0 : gap > 0 && gap < spec::power_of_two(-30);
  claim.result = met ? Result::kProved : Result::kRefuted;
  return claim;
}

Claim multi_stage_claim(const MultiStage& result) {
  Claim claim;
  for (const Stage& stage : result.stages)
    claim.subject += (claim.subject.empty() ? "" : "+") + stage.recipe.name;
  claim.domain = domain_text(result.range);
  claim.method = "error curves of the stages composed piece by piece, in rationals";
  const char* const reach = !result.witnessed       ? "which is not known to be reached"
                            : result.worst.attained ? "which is attained"
                                                    : "which is approached";
  claim.statement = fmt::format("{} stages leave at most {} of the block's largest magnitude, {}",
                                result.stages.size(), fraction_text(result.worst.ratio), reach);
  claim.bound = fraction_text(result.worst.ratio);
  claim.cases = result.curve.size();
  if (!result.witness.block.empty()) claim.witness = block_text(result.witness.block);
  claim.result = result.witness.ratio <= result.worst.ratio ? Result::kProved : Result::kRefuted;
  return claim;
}

}  // namespace mxscope::analysis
