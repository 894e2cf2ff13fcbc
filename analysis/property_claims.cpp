// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What every conversion should have, read off the oracle's step map in exact arithmetic: each run
// is an interval of reals with one result, so its two ends speak for all inputs between them.
#include <fmt/format.h>

#include "analysis/codec_plan.h"
#include "analysis/run_list.h"
#include "analysis/step_properties.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using spec::Rounding;

bool is_symmetric_mode(Rounding rounding) {
  return rounding == Rounding::kNearestEven || rounding == Rounding::kNearestAway ||
         rounding == Rounding::kTowardZero || rounding == Rounding::kToOdd;
}

/// Two's complement with one more negative number cannot be symmetric.
bool is_symmetric_format(const spec::Format& format) {
  return format.is_signed && (format.kind == spec::FormatKind::kFloat || format.symmetric);
}

Claim claim_of(const CodecPlan& plan, std::string_view property, std::string statement,
               const Finding& finding) {
  Claim claim;
  claim.id = fmt::format("property/{}/{}", plan.name(), property);
  claim.subject = plan.name();
  claim.statement = std::move(statement);
  claim.domain = "all 2^32 binary32 patterns";
  claim.method = "exact arithmetic on the ends of every run of the oracle's step map";
  claim.result = finding.holds ? Result::kProved : Result::kRefuted;
  claim.witness = finding.witness;
  claim.bound = finding.bound;
  claim.cases = finding.cases;
  return claim;
}

/// "1/2", or "1 - 2^-140" where the fraction itself would fill the line.
std::string short_text(const spec::Rational& bound) {
  const spec::Rational rest = 1 - bound;
  if (rest > 0 && boost::multiprecision::numerator(rest) == 1 && spec::is_dyadic(rest)) {
    const auto bits = boost::multiprecision::msb(boost::multiprecision::denominator(rest));
    if (bits > 10) return fmt::format("1 - 2^-{}", bits);
  }
  return bound.str();
}

bool is_sign_symmetric(const CodecPlan& plan) {
  return is_symmetric_format(plan.format) && is_symmetric_mode(plan.policy.rounding);
}

bool mirrors_down(const CodecPlan& plan) {
  return is_symmetric_format(plan.format) && plan.policy.rounding == Rounding::kUp;
}

bool saturates(const CodecPlan& plan) { return plan.policy.overflow == spec::Overflow::kSaturate; }

std::size_t claims_of(const CodecPlan& plan) {
  return 3U + (is_sign_symmetric(plan) ? 1 : 0) + (mirrors_down(plan) ? 1 : 0) +
         (saturates(plan) ? 1 : 0);
}

std::vector<Claim> check_plan(const CodecPlan& plan) {
  const auto runs = spec::step_map(spec::find_format("fp32"), plan.format, plan.policy);
  const std::string name = plan.name();
  std::vector<Claim> claims;
  claims.push_back(claim_of(plan, "monotone",
                            fmt::format("{} never decreases when its input increases", name),
                            check_monotone(plan.format, runs)));
  claims.push_back(claim_of(plan, "idempotent",
                            fmt::format("{} keeps every value of the format", name),
                            check_idempotent(plan.format, runs)));
  claims.push_back(claim_of(
      plan, "faithful",
      fmt::format("{} gives one of the two neighbours of its input, or the input itself", name),
      check_faithful(plan.format, runs)));
  if (is_sign_symmetric(plan))
    claims.push_back(claim_of(plan, "sign-symmetric",
                              fmt::format("{} gives opposite results for opposite inputs", name),
                              check_mirrored(plan.format, runs, runs)));
  if (mirrors_down(plan)) {
    spec::Policy down = plan.policy;
    down.rounding = Rounding::kDown;
    const auto runs_down = spec::step_map(spec::find_format("fp32"), plan.format, down);
    claims.push_back(claim_of(plan, "mirrors-down", fmt::format("{} is rdn mirrored at zero", name),
                              check_mirrored(plan.format, runs, runs_down)));
  }
  if (!saturates(plan)) return claims;
  const Finding worst = find_worst_error(plan.format, runs);
  const bool nearest = plan.policy.rounding == Rounding::kNearestEven ||
                       plan.policy.rounding == Rounding::kNearestAway;
  claims.push_back(claim_of(plan, "error",
                            fmt::format("{} errs by at most {} ulp of the target inside its range",
                                        name, short_text(spec::Rational(worst.bound))),
                            worst));
  if (nearest && spec::Rational(worst.bound) > spec::Rational(1, 2))
    claims.back().result = Result::kRefuted;
  return claims;
}

}  // namespace

std::vector<Task> property_tasks(const CodecRequest& request) {
  std::vector<Task> tasks;
  for (const CodecPlan& plan : plans_of(request)) {
    if (plan.policy.overflow == spec::Overflow::kError) continue;
    tasks.push_back({fmt::format("property/{}", plan.name()), 0.02,
                     [plan](const std::atomic<bool>&) { return check_plan(plan); },
                     claims_of(plan)});
  }
  return tasks;
}

}  // namespace mxscope::analysis
