// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Double rounding: binary32 to a middle format to the target against one step, by composing step
// maps. What to-odd in the first step cures is Boldo and Melquiond, "Emulation of FMA and correctly
// rounded sums: proved algorithms using rounding to odd", IEEE TC 57(4), 2008.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analysis/codec_plan.h"
#include "analysis/run_list.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using spec::Code;
using spec::Outcome;
using spec::Overflow;
using spec::Rounding;
using spec::Run;

constexpr std::array<std::string_view, 5> kMiddles = {"bf16", "fp16", "tf32", "e5m2", "e4m3"};

spec::Policy saturating(const spec::Format& format, Rounding rounding) {
  spec::Policy policy;
  policy.rounding = rounding;
  return spec::adapted(format, policy);
}

/// As conversions to the middle formats work: overflow to infinity where there is one. To odd, the
/// largest finite value, which is odd, stands for everything beyond it.
spec::Policy middle_policy(const spec::Format& middle, Rounding rounding) {
  spec::Policy policy;
  policy.rounding = rounding;
  const Overflow beyond = middle.infinities ? Overflow::kInfinity : Overflow::kSaturate;
  policy.overflow = rounding == Rounding::kToOdd ? Overflow::kSaturate : beyond;
  policy.infinity = beyond;
  return spec::adapted(middle, policy);
}

/// Whether to-odd into `middle` must cure the second rounding: two more bits of precision at every
/// place of the target, subnormals included, and no less range.
bool odd_must_cure(const spec::Format& middle, const spec::Format& target) {
  const spec::Rational finest_target = target.ordinal_value(1) - target.ordinal_value(0);
  const spec::Rational finest_middle = middle.ordinal_value(1);
  const int target_precision =
      target.kind == spec::FormatKind::kFixed ? target.bits - 1 : target.precision();
  return middle.precision() >= target_precision + 2 && finest_middle * 4 <= finest_target &&
         middle.max_value() >= target.max_value() + finest_target;
}

struct FirstStep {
  const spec::Format& middle;
  Rounding first;
  std::vector<Run> runs;  ///< binary32 to middle

  /// The outcome of the second step for each input.
  std::vector<Run> then(const std::vector<Run>& second) const {
    std::vector<Run> composed;
    for (const Run& run : runs) {
      const Outcome outcome = spec::lookup(second, run.outcome.code);
      if (composed.empty() || !(composed.back().outcome == outcome))
        composed.push_back({run.first, outcome});
    }
    return composed;
  }
};

Claim compare_with_one_step(const FirstStep& step, Rounding last, const spec::Format& target) {
  const spec::Policy policy = saturating(target, last);
  const auto one = spec::step_map(spec::find_format("fp32"), target, policy);
  const auto two = step.then(spec::step_map(step.middle, target, policy));
  Claim claim;
  std::string witness;
  std::uint64_t differing = 0;
  for_each_common_run(two, one, kF32Inputs, [&](Code first, Code end, Outcome a, Outcome b) {
    if (a == b) return;
    differing += end - first + 1;
    if (!witness.empty()) return;
    const Outcome middle = spec::lookup(step.runs, first);
    witness = fmt::format("{}: {} {}, then {}; one step {}", input_text(first, 32),
                          step.middle.name, outcome_text(middle), outcome_text(a), outcome_text(b));
  });
  const bool odd = step.first == Rounding::kToOdd;
  const std::string modes =
      odd ? fmt::format("odd-then-{}", to_string(last)) : std::string(to_string(last));
  claim.id = fmt::format("two-step/{}/{}/{}", step.middle.name, target.name, modes);
  claim.subject = fmt::format("fp32 -> {} -> {}", step.middle.name, target.name);
  claim.domain = "all 2^32 binary32 patterns";
  claim.method =
      "exact composition of the oracle's step maps, every interval of equal outcomes counted";
  claim.cases = kF32Inputs;
  claim.witness = witness;
  claim.digest = digest_of(two);
  claim.result = Result::kProved;  // intervals were counted, inputs were not tried
  if (odd && odd_must_cure(step.middle, target)) {
    claim.statement = fmt::format("fp32 -> {} (odd) -> {} ({}, saturate) equals one step",
                                  step.middle.name, target.name, to_string(last));
    if (differing > 0) claim.result = Result::kRefuted;
  } else {
    claim.statement =
        fmt::format("fp32 -> {} -> {} ({}, saturate) differs from one step on {} of 2^32 inputs",
                    step.middle.name, target.name, modes, differing);
  }
  return claim;
}

/// The step map into the middle is the costly part, so one task has all targets.
std::vector<Claim> check_middle(const std::string& middle_name, Rounding first,
                                const std::vector<Rounding>& lasts,
                                const std::vector<spec::Format>& targets,
                                const std::atomic<bool>& stop) {
  const spec::Format& middle = spec::find_format(middle_name);
  const FirstStep step{
      middle, first,
      spec::step_map(spec::find_format("fp32"), middle, middle_policy(middle, first))};
  std::vector<Claim> claims;
  for (const spec::Format& target : targets) {
    if (stop) return {};
    if (target.name == middle.name) continue;
    for (const Rounding last : lasts) claims.push_back(compare_with_one_step(step, last, target));
  }
  return claims;
}

}  // namespace

std::vector<Task> two_step_tasks(const CodecRequest& request) {
  std::vector<Rounding> nearest;
  for (const Rounding rounding : {Rounding::kNearestEven, Rounding::kNearestAway}) {
    const auto& wanted = request.roundings;
    if (std::find(wanted.begin(), wanted.end(), rounding) != wanted.end())
      nearest.push_back(rounding);
  }
  std::vector<Task> tasks;
  const auto add = [&](std::string_view middle, Rounding first, std::vector<Rounding> lasts) {
    const bool wide = spec::find_format(middle).bits > 8;
    const auto targets = static_cast<std::size_t>(
        std::count_if(request.formats.begin(), request.formats.end(),
                      [&](const spec::Format& target) { return target.name != middle; }));
    const std::size_t claims = targets * lasts.size();
    tasks.push_back({fmt::format("two-step/{}/{}", middle, to_string(first)), wide ? 2.0 : 0.1,
                     [name = std::string(middle), first, last_modes = std::move(lasts),
                      formats = request.formats](const std::atomic<bool>& stop) {
                       return check_middle(name, first, last_modes, formats, stop);
                     },
                     claims});
  };
  for (const std::string_view middle : kMiddles) {
    for (const Rounding rounding : nearest) {
      add(middle, rounding, {rounding});
      if (request.quick) break;
    }
    if (!nearest.empty() && !request.quick) add(middle, Rounding::kToOdd, nearest);
  }
  return tasks;
}

}  // namespace mxscope::analysis
