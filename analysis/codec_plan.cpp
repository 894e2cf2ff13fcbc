// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Which conversions a request for codec claims spans.
#include "analysis/codec_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/batch.h"
#include "spec/conversions.h"
#include "spec/names.h"

namespace mxscope::analysis {
namespace {

using spec::DirectedOverflow;
using spec::Overflow;
using spec::Policy;
using spec::Rounding;
using spec::TieP1;

/// The value of a policy field as text.
std::string_view field_text(const Policy& policy, std::string_view name) {
  for (const spec::PolicyField& field : spec::describe(policy))
    if (field.name == name) return field.value;
  return "";
}

std::vector<Policy> tie_variants(const spec::Format& format, const Policy& policy) {
  const bool even_means_nothing =
      format.kind == spec::FormatKind::kFloat && format.mantissa_bits == 0;
  if (!even_means_nothing || policy.rounding != Rounding::kNearestEven) return {policy};
  std::vector<Policy> variants;
  for (const TieP1 tie : {TieP1::kEvenCode, TieP1::kUp, TieP1::kTowardZero}) {
    variants.push_back(policy);
    variants.back().tie_p1 = tie;
  }
  return variants;
}

bool is_directed(Rounding rounding) {
  return rounding == Rounding::kTowardZero || rounding == Rounding::kUp ||
         rounding == Rounding::kDown;
}

}  // namespace

std::string CodecPlan::name() const {
  if (!conversion.empty()) return conversion;
  std::string name = fmt::format("{}/{}", format.name, to_string(policy.rounding));
  if (policy.tie_p1 != TieP1::kEvenCode) name += fmt::format("-{}", field_text(policy, "tie_p1"));
  name += fmt::format("/{}", field_text(policy, "overflow"));
  if (policy.directed_overflow == DirectedOverflow::kAlways) name += "-always";
  return name;
}

std::vector<CodecPlan> plans_of(const spec::Format& format, const std::vector<Rounding>& roundings,
                                OverflowSpan span) {
  if (format.bits > 8)
    throw Error(fmt::format("{} has {} bits; codec claims are about formats of at most 8",
                            format.name, format.bits));
  std::vector<CodecPlan> plans;
  for (const Rounding rounding : roundings) {
    for (const Overflow rule :
         {Overflow::kSaturate, Overflow::kInfinity, Overflow::kNan, Overflow::kError}) {
      Policy policy;
      policy.rounding = rounding;
      policy.overflow = rule;
      policy.infinity = rule;
      policy = spec::adapted(format, policy);
      if (policy.overflow != rule || !spec::conflict(format, policy).empty()) continue;
      for (const Policy& variant : tie_variants(format, policy)) {
        plans.push_back({format, variant, ""});
        if (span != OverflowSpan::kDirected || !is_directed(rounding) ||
            rule == Overflow::kSaturate)
          continue;
        plans.push_back({format, variant, ""});
        plans.back().policy.directed_overflow = DirectedOverflow::kAlways;
      }
    }
  }
  return plans;
}

std::vector<CodecPlan> plans_of(const CodecRequest& request, OverflowSpan span) {
  std::vector<CodecPlan> all;
  for (const spec::Format& format : request.formats) {
    std::vector<CodecPlan> plans = plans_of(format, request.roundings, span);
    if (request.quick && plans.size() > 1) plans.resize(1);
    all.insert(all.end(), plans.begin(), plans.end());
  }
  return all;
}

std::vector<CodecPlan> named_plans_of(const CodecRequest& request) {
  std::vector<CodecPlan> plans;
  for (const spec::Conversion& named : spec::named_conversions()) {
    if (named.policy.rounding == Rounding::kNearestLog2 || named.random.count > 0) continue;
    for (const spec::Format& format : request.formats)
      if (format.name == named.format) plans.push_back({format, named.policy, named.name});
  }
  return plans;
}

std::string resolved_backend(const std::string& backend) {
  return backend == "auto" ? spec::batch_backends().front() : backend;
}

}  // namespace mxscope::analysis
