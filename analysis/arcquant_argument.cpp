// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The published argument: unit roundoffs eps4 = 2^-2 and eps8 = 2^-4; alignment factors alpha, the
// scaled top of the format over the block maximum M; |r| <= alpha1 M eps4; |e| <= alpha1 alpha2 M
// eps8, at most 1.125^2 M eps8; MXFP8 below alpha M eps8 with alpha in [1, 2).
#include <fmt/format.h>

#include <algorithm>

#include "analysis/arcquant_claims.h"
#include "analysis/supremum_claims.h"

namespace mxscope::analysis {
namespace {

const Rational kEps4 = Rational(1, 4);
const Rational kEps8 = Rational(1, 16);
const Rational kMostAlpha = Rational(9, 8);

/// An end of the range of alignment factors, top s / M with `top` the element format's maximum.
struct Alignment {
  Rational alpha;
  Rational block_max;
  bool attained = false;
  bool unbounded = false;  ///< grows beyond everything as M nears zero
};

struct AlignmentRange {
  Alignment least;
  Alignment most;
};

AlignmentRange alignment_of(const WorstCase& result) {
  AlignmentRange out;
  bool first = true;
  const Rational top = result.recipe.element.max_value();
  for (const ScaleCase& c : result.cases) {
    if (c.scale.value == 0) continue;
    const Interval& m = c.scale.at;
    const Alignment low = {top * c.scale.value / *m.upper, *m.upper, m.upper_closed};
    if (first || low.alpha < out.least.alpha) out.least = low;
    if (m.lower == 0) {
      out.most = {0, *m.upper / 2, false, true};
    } else if (const Alignment high = {top * c.scale.value / m.lower, m.lower, m.lower_closed};
               first || (!out.most.unbounded && high.alpha > out.most.alpha)) {
      out.most = high;
    }
    first = false;
  }
  return out;
}

std::string end_text(const Alignment& a) {
  if (a.unbounded) return "unbounded";
  return fmt::format("{} ({})", fraction_text(a.alpha), a.attained ? "attained" : "approached");
}

Claim argument_claim(std::string subject, std::string domain) {
  Claim claim;
  claim.subject = std::move(subject);
  claim.domain = std::move(domain);
  claim.method = "every breakpoint of the error under every scale, in rationals";
  claim.result = Result::kProved;
  return claim;
}

constexpr const char* kUnboundedDomain = "all blocks of real numbers, scales without bounds";

/// Relative error in the normal range against a published unit roundoff.
Claim roundoff_claim(const char* recipe, const Rational& published, const char* text) {
  const WorstCase result = worst_case(recipe_over_reals(recipe), ScaleRange::kUnbounded);
  Claim claim = argument_claim(recipe, kUnboundedDomain);
  claim.cases = result.cases.size();
  claim.bound = fraction_text(result.relative.ratio);
  claim.statement = fmt::format(
      "an element in the normal range errs by at most {} of itself, reached at {} scales",
      claim.bound, fraction_text(result.relative.element));
  claim.witness = block_text({result.relative.element});
  settle(claim, text, result.relative.ratio <= published ? Verdict::kAsStated : Verdict::kRefuted);
  return claim;
}

/// What the range of alignment factors says about a published statement of it.
struct AlignmentFinding {
  std::string bound;
  std::string statement;
  Rational block_max;  ///< of the witness
  Verdict verdict = Verdict::kRefuted;
};

Claim alignment_claim(const char* recipe, ScaleRange scales, const char* published,
                      AlignmentFinding (*judge)(const AlignmentRange&, ScaleRange)) {
  const WorstCase result = worst_case(recipe_over_reals(recipe), scales);
  AlignmentFinding finding = judge(alignment_of(result), scales);
  Claim claim = argument_claim(recipe, scales == ScaleRange::kUnbounded
                                           ? kUnboundedDomain
                                           : "all blocks whose stored scale is not zero");
  claim.cases = result.cases.size();
  claim.bound = std::move(finding.bound);
  claim.statement = std::move(finding.statement);
  claim.witness = block_text({finding.block_max});
  settle(claim, published, finding.verdict);
  return claim;
}

AlignmentFinding least_alignment(const AlignmentRange& range, ScaleRange /*scales*/) {
  const bool clips = range.least.alpha < 1;
  return {fraction_text(range.least.alpha),
          fmt::format(
              "alpha is at least {}: {}", end_text(range.least),
              clips ? "a scale rounded below M / 6 clips the block's maximum" : "no block clips"),
          range.least.block_max, clips ? Verdict::kRefuted : Verdict::kAsStated};
}

AlignmentFinding most_alignment(const AlignmentRange& range, ScaleRange scales) {
  const Alignment& most = range.most;
  if (most.unbounded)
    return {"", "alpha is unbounded: every small block gets the least scale", most.block_max,
            Verdict::kRefuted};
  return {fraction_text(most.alpha),
          fmt::format("alpha is at most {}{}", end_text(most),
                      scales == ScaleRange::kStored ? ", scales as stored" : ""),
          most.block_max, at_most_verdict(most.alpha, kMostAlpha)};
}

AlignmentFinding mx_alignment(const AlignmentRange& range, ScaleRange /*scales*/) {
  const bool clips = range.least.alpha < 1;
  const bool below_two = range.most.alpha < 2 || (range.most.alpha == 2 && !range.most.attained);
  return {fraction_text(range.least.alpha),
          fmt::format("alpha_mx goes from {} to {}", end_text(range.least), end_text(range.most)),
          clips ? range.least.block_max : range.most.block_max,
          !clips && below_two ? Verdict::kAsStated : Verdict::kRefuted};
}

/// The supremum of e / (alpha M) = e / (top s), where alpha >= 1 or not.
Rational error_over_scale(const WorstCase& result) {
  Rational most = 0;
  for (const ScaleCase& c : result.cases) {
    if (c.scale.value == 0) continue;
    for (const ErrorPiece& piece : block_error_curve({c.scale}, result.unit_curve))
      most = std::max(most, Rational(piece.error_at(*piece.at.upper) / c.scale.value));
  }
  return most / result.recipe.element.max_value();
}

Claim first_residual_claim(const char* recipe) {
  const WorstCase result = worst_case(recipe_over_reals(recipe), ScaleRange::kUnbounded);
  const Rational constant = error_over_scale(result);
  Claim claim = argument_claim(recipe, kUnboundedDomain);
  claim.cases = result.cases.size();
  claim.bound = fraction_text(constant);
  claim.statement = fmt::format(
      "the residual is at most {} alpha1 M: half the widest gap of E2M1, or what clipping leaves",
      claim.bound);
  settle(claim, "|r| <= alpha1 M eps4 = 1/4 alpha1 M", at_most_verdict(constant, kEps4));
  return claim;
}

Claim product_claim(const char* recipe) {
  const WorstCase result = worst_case(recipe_over_reals(recipe), ScaleRange::kUnbounded);
  const Rational one = error_over_scale(result);
  const Rational constant = one * one;
  Claim claim = argument_claim(recipe, kUnboundedDomain);
  claim.cases = result.cases.size();
  claim.bound = fraction_text(constant);
  claim.statement =
      fmt::format("|e| <= {0} alpha2 |r| and |r| <= {0} alpha1 M, so |e| <= {1} alpha1 alpha2 M",
                  fraction_text(one), claim.bound);
  settle(claim, "|e| <= alpha1 alpha2 M eps8 = 1/16 alpha1 alpha2 M",
         at_most_verdict(constant, kEps8));
  return claim;
}

Claim total_claim(const char* recipe, ScaleRange scales) {
  const Stage stage = {recipe_over_reals(recipe)};
  const MultiStage dual = multi_stage({stage, stage}, scales);
  const Rational published = kMostAlpha * kMostAlpha * kEps8;
  Claim claim = multi_stage_claim(dual);
  if (scales == ScaleRange::kStored) {
    const std::optional<Rational> fails = last_excess(dual.curve, published);
    if (fails) {
      claim.bound = fraction_text(*fails / dual.first.limit);
      claim.statement = fmt::format(
          "with stored scales the bound holds from block maxima of {} of the tensor's upward and "
          "fails just below",
          claim.bound);
      const Rational below = *fails * (1 - spec::power_of_two(-20));
      const auto piece = std::find_if(dual.curve.begin(), dual.curve.end(),
                                      [&](const ErrorPiece& p) { return p.at.contains(below); });
      const BlockWitness witness = witness_at(dual, *piece, below);
      claim.witness = block_text(witness.block);
      claim.result = witness.ratio > published ? Result::kProved : Result::kRefuted;
    }
    settle(claim, "the dual stage errs by at most 1.266 M eps8 = 0.0791 M",
           fails ? Verdict::kRefuted : Verdict::kAsStated);
    return claim;
  }
  settle(claim, "the dual stage errs by at most 1.266 M eps8 = 0.0791 M",
         at_most_verdict(dual.worst.ratio, published));
  return claim;
}

/// MXFP8's bound as published: |e| <= alpha_mx M eps8.
Claim mx_bound_claim(const char* recipe) {
  const WorstCase result = worst_case(recipe_over_reals(recipe), ScaleRange::kUnbounded);
  const Rational constant = error_over_scale(result);
  Claim claim = worst_case_claim(result);
  claim.statement = fmt::format("{}; against alpha_mx M the constant is {}", claim.statement,
                                fraction_text(constant));
  settle(claim, "MXFP8 errs by at most alpha_mx M eps8 = 1/16 alpha_mx M",
         at_most_verdict(constant, kEps8));
  return claim;
}

}  // namespace

std::vector<Task> arcquant_argument_tasks() {
  std::vector<Task> tasks;
  const auto add = [&](std::string id, std::function<Claim()> make) {
    tasks.push_back(
        claim_task("argument/" + std::move(id), 1,
                   [make = std::move(make)](const std::atomic<bool>&) { return make(); }));
  };
  add("eps4",
      [] { return roundoff_claim("nvfp4_up", kEps4, "E2M1 has unit roundoff eps4 = 2^-2"); });
  add("eps8", [] {
    return roundoff_claim("mxfp8_e4m3_rceil", kEps8, "E4M3 has unit roundoff eps8 = 2^-4");
  });
  for (const char* recipe : {"nvfp4", "nvfp4_up"}) {
    const std::string name = recipe;
    add("alpha-at-least-1/" + name, [=] {
      return alignment_claim(recipe, ScaleRange::kUnbounded,
                             "alpha >= 1: a block scale never falls below the block's maximum",
                             least_alignment);
    });
    const auto most = [=](ScaleRange scales) {
      return [=] { return alignment_claim(recipe, scales, "sup alpha = 1.125", most_alignment); };
    };
    add("alpha-at-most-1.125/" + name, most(ScaleRange::kUnbounded));
    add("alpha-at-most-1.125/" + name + "/stored", most(ScaleRange::kStored));
    add("first-residual/" + name, [=] { return first_residual_claim(recipe); });
    add("product/" + name, [=] { return product_claim(recipe); });
    add("total/" + name, [=] { return total_claim(recipe, ScaleRange::kUnbounded); });
    add("total/" + name + "/stored", [=] { return total_claim(recipe, ScaleRange::kStored); });
  }
  for (const char* recipe :
       {"mxfp8_e4m3", "mxfp8_e4m3_ceil", "mxfp8_e4m3_even", "mxfp8_e4m3_rceil"}) {
    const std::string name = recipe;
    add("alpha-mx/" + name, [=] {
      return alignment_claim(recipe, ScaleRange::kUnbounded, "alpha_mx lies in [1, 2)",
                             mx_alignment);
    });
    add("mx-bound/" + name, [=] { return mx_bound_claim(recipe); });
  }
  return tasks;
}

}  // namespace mxscope::analysis
