// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims about the other sources: every bfloat16 and binary16 input, and binary64 by thresholds.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/chosen_inputs.h"
#include "analysis/codec_plan.h"
#include "analysis/run_list.h"
#include "analysis/sweep.h"
#include "spec/batch.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

CodecRequest request_for(const CodecRequest& request, const spec::Format& format) {
  CodecRequest one = request;
  one.formats = {format};
  return one;
}

Claim begin_claim(const spec::Format& format, const spec::SourceRow& source, const std::string& id,
                  std::string_view backend) {
  Claim claim;
  claim.id = id;
  claim.subject = format.name;
  claim.statement = fmt::format(
      "The batch codec ({}) equals the oracle for {} from {} in every mode and "
      "overflow policy that it has a kernel for",
      backend, format.name, source.format);
  return claim;
}

/// One claim for each back end with a kernel for some plan; the portable one has all.
std::vector<Claim> check_all_inputs(const CodecRequest& request, const spec::Format& format,
                                    const spec::SourceRow& source, const std::atomic<bool>& stop) {
  const spec::Format& from = spec::find_format(source.format);
  const std::vector<CodecPlan> plans = plans_of(request_for(request, format));
  std::vector<Claim> claims;
  std::vector<std::vector<spec::Run>> maps;
  for (const CodecPlan& plan : plans)
    maps.push_back(spec::step_map(from, plan.format, plan.policy));
  for (const std::string& backend : spec::batch_backends()) {
    Claim claim =
        begin_claim(format, source,
                    fmt::format("codec/{}/{}/{}", format.name, source.format, backend), backend);
    claim.domain = fmt::format("all 65536 {} patterns", source.format);
    claim.result = Result::kExhaustive;
    std::size_t covered = 0;
    for (std::size_t k = 0; k < plans.size() && claim.witness.empty() && !stop; ++k) {
      const spec::BatchCast cast(source.source, format, plans[k].policy, 0, backend);
      if (cast.backend() != backend) continue;
      ++covered;
      const SweepResult result = try_inputs(cast, maps[k], format, all_inputs(source.source));
      claim.cases += result.cases;
      if (!result.disagreement) continue;
      claim.result = Result::kRefuted;
      claim.witness = fmt::format("{} {}", plans[k].name(),
                                  witness_text(*result.disagreement, source.source.bits()));
    }
    claim.method = fmt::format(
        "every input through the codec in each of {} plans (mode and overflow policy), every code "
        "compared with the oracle's step map",
        covered);
    if (covered > 0) claims.push_back(std::move(claim));
  }
  if (stop) return {};
  return claims;
}

std::vector<Claim> check_thresholds(const CodecRequest& request, const spec::Format& format,
                                    const std::string& id, const std::atomic<bool>& stop) {
  const spec::Format& from = spec::find_format(spec::kF64Row.format);
  Claim claim = begin_claim(format, spec::kF64Row, id, "portable");
  claim.domain = "all 2^64 binary64 patterns";
  claim.result = Result::kProved;
  const std::vector<CodecPlan> plans = plans_of(request_for(request, format));
  for (const CodecPlan& plan : plans) {
    if (stop) return {};
    const auto runs = spec::step_map(from, format, plan.policy);
    const spec::BatchCast cast(spec::kF64, format, plan.policy, 0, "portable");
    const SweepResult result = try_inputs(cast, runs, format, stretch_ends(runs, spec::kF64));
    claim.cases += result.cases;
    if (!result.disagreement) continue;
    claim.result = Result::kRefuted;
    claim.witness =
        fmt::format("{} {}", plan.name(), witness_text(*result.disagreement, spec::kF64.bits()));
    break;
  }
  claim.method = fmt::format(
      "thresholds, in each of {} plans: the oracle is constant between two of its thresholds; both "
      "ends of every stretch between thresholds and powers of two through the codec; assumes that "
      "the codec is monotone in the mantissa, sign and exponent being constant",
      plans.size());
  return {claim};
}

}  // namespace

std::vector<Task> narrow_source_tasks(const CodecRequest& request) {
  std::vector<Task> tasks;
  for (const spec::Format& format : request.formats) {
    for (const spec::SourceRow& source : {spec::kBf16Row, spec::kF16Row}) {
      const std::string id = fmt::format("codec/{}/{}", format.name, source.format);
      tasks.push_back({id, 0.1, [request, format, source](const std::atomic<bool>& stop) {
                         return check_all_inputs(request, format, source, stop);
                       }});
    }
    const std::string id = fmt::format("codec/{}/{}", format.name, spec::kF64Row.format);
    tasks.push_back({id, 0.1,
                     [request, format, id](const std::atomic<bool>& stop) {
                       return check_thresholds(request, format, id, stop);
                     },
                     1});
  }
  return tasks;
}

}  // namespace mxscope::analysis
