// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims that the batch codec equals the oracle on all 2^32 binary32 inputs.
#include <fmt/format.h>

#include <optional>

#include "analysis/chosen_inputs.h"
#include "analysis/codec_plan.h"
#include "analysis/run_list.h"
#include "analysis/sweep.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

Claim begin_claim(const CodecPlan& plan, const std::string& id, const spec::BatchCast& cast,
                  const std::vector<spec::Run>& runs) {
  Claim claim;
  claim.id = id;
  claim.subject = plan.name();
  claim.statement = fmt::format("The batch codec ({}) equals the oracle for {} from binary32",
                                cast.backend(), plan.name());
  claim.domain = "all 2^32 binary32 patterns";
  claim.digest = digest_of(runs);
  return claim;
}

void refute(Claim& claim, const Disagreement& found) {
  claim.result = Result::kRefuted;
  claim.witness = witness_text(found, 32);
}

/// The claim by cells, or nothing where no cell width fits.
bool settle_by_cells(Claim& claim, const CodecPlan& plan, const spec::BatchCast& cast,
                     const std::vector<spec::Run>& runs) {
  const CellProof proof = prove_by_cells(cast, runs, plan.format);
  if (proof.cell_bits < 0) return false;
  claim.method = fmt::format(
      "rounding cells: every run of the oracle's step map is checked to be a union of cells (sign, "
      "exponent, {} mantissa bits, sticky bit); both ends of all {} cells through the codec; "
      "assumes that the codec is monotone within a cell, where sign and exponent are constant",
      proof.cell_bits, proof.cells);
  claim.cases = proof.cases;
  claim.result = Result::kProved;
  if (proof.disagreement) refute(claim, *proof.disagreement);
  return true;
}

/// For maps finer than any rounding cell: those of formats far from binary32's range, such as a
/// user's with a bias of 150, whose values are binary32 subnormals.
void settle_by_thresholds(Claim& claim, const CodecPlan& plan, const spec::BatchCast& cast,
                          const std::vector<spec::Run>& runs) {
  const SweepResult tried = try_inputs(cast, runs, plan.format, stretch_ends(runs, spec::kF32));
  claim.method =
      "thresholds: the oracle is constant between two of its thresholds; both ends of every "
      "stretch between thresholds and powers of two through the codec; assumes that the codec is "
      "monotone in the mantissa, sign and exponent being constant";
  claim.cases = tried.cases;
  claim.result = Result::kProved;
  if (tried.disagreement) refute(claim, *tried.disagreement);
}

/// False if the sweep was stopped before it could tell.
bool settle_by_sweep(Claim& claim, const CodecPlan& plan, const spec::BatchCast& cast,
                     const std::vector<spec::Run>& runs, const std::atomic<bool>& stop) {
  const SweepResult swept = sweep(cast, runs, plan.format.storage_shift, 0, kF32Inputs, stop);
  claim.method =
      "sweep: every input through the codec, every code compared with the oracle's step map";
  claim.cases = swept.cases;
  claim.result = Result::kExhaustive;
  if (swept.disagreement) refute(claim, *swept.disagreement);
  return swept.disagreement || swept.cases == kF32Inputs;
}

bool can_refuse(const std::vector<spec::Run>& runs) {
  for (const spec::Run& run : runs)
    if (run.outcome.refused) return true;
  return false;
}

/// A batch reports one refusal, not each, so conversions that refuse are not swept.
std::vector<Claim> check_everywhere(const CodecPlan& plan, const std::string& id,
                                    const CodecRequest& request, const std::atomic<bool>& stop) {
  const spec::BatchCast cast(spec::kF32, plan.format, plan.policy, 0, request.backend);
  if (request.own_kernels && cast.backend() != request.backend) return {};
  const auto runs = spec::step_map(spec::find_format("fp32"), plan.format, plan.policy);
  Claim claim = begin_claim(plan, id, cast, runs);
  if (!can_refuse(runs) && cast.word_bytes() == 1) {
    if (!settle_by_sweep(claim, plan, cast, runs, stop)) return {};
  } else if (!settle_by_cells(claim, plan, cast, runs)) {
    settle_by_thresholds(claim, plan, cast, runs);
  }
  return {claim};
}

std::vector<Claim> check_cells(const CodecPlan& plan, const std::string& id,
                               const CodecRequest& request) {
  const spec::BatchCast cast(spec::kF32, plan.format, plan.policy, 0, request.backend);
  if (request.own_kernels && cast.backend() != request.backend) return {};
  const auto runs = spec::step_map(spec::find_format("fp32"), plan.format, plan.policy);
  Claim claim = begin_claim(plan, id, cast, runs);
  if (!settle_by_cells(claim, plan, cast, runs)) settle_by_thresholds(claim, plan, cast, runs);
  return {claim};
}

/// What the tasks keep of a request, and the back end by its name.
CodecRequest settings_of(const CodecRequest& request) {
  CodecRequest settings;
  settings.backend = resolved_backend(request.backend);
  settings.own_kernels = request.own_kernels;
  return settings;
}

/// Every task has one claim, unless some may be left out.
std::optional<std::size_t> claims_of(const CodecRequest& settings) {
  return settings.own_kernels ? std::nullopt : std::optional<std::size_t>(1);
}

}  // namespace

std::vector<Task> exhaustive_codec_tasks(const CodecRequest& request) {
  const CodecRequest settings = settings_of(request);
  std::vector<Task> tasks;
  for (const CodecPlan& plan : plans_of(request)) {
    const bool refuses = plan.policy.overflow == spec::Overflow::kError;
    const std::string id = fmt::format("codec/{}/fp32/{}", plan.name(), settings.backend);
    tasks.push_back({id, refuses ? 0.05 : 1.0,
                     [plan, id, settings](const std::atomic<bool>& stop) {
                       return check_everywhere(plan, id, settings, stop);
                     },
                     claims_of(settings)});
  }
  return tasks;
}

std::vector<Task> cell_tasks(const CodecRequest& request) {
  const CodecRequest settings = settings_of(request);
  std::vector<Task> tasks;
  std::vector<CodecPlan> plans = plans_of(request, OverflowSpan::kDirected);
  if (!request.quick) {
    const std::vector<CodecPlan> named = named_plans_of(request);
    plans.insert(plans.end(), named.begin(), named.end());
  }
  for (const CodecPlan& plan : plans) {
    const std::string id = fmt::format("cells/{}/fp32/{}", plan.name(), settings.backend);
    tasks.push_back(
        {id, 0.05,
         [plan, id, settings](const std::atomic<bool>&) { return check_cells(plan, id, settings); },
         claims_of(settings)});
  }
  return tasks;
}

}  // namespace mxscope::analysis
