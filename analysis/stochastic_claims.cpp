// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims about stochastic rounding, whose random bits are an argument: every value of them.
#include <fmt/format.h>

#include <optional>

#include "analysis/chosen_inputs.h"
#include "analysis/codec_plan.h"
#include "analysis/sweep.h"
#include "spec/batch.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using spec::Rounding;

constexpr int kMostBits = 8;

/// PTX's addition of R to the discarded bits is specified by its carry, P3109's StochasticA by a
/// comparison; the codec adds in both. So the carry form is checked against the oracle's A.
Rounding oracle_form(Rounding form) {
  return form == Rounding::kStochasticCarry ? Rounding::kStochasticA : form;
}

struct Form {
  spec::Format format;
  Rounding rounding;
  std::string backend;
  bool own_kernels = false;

  spec::Policy policy(Rounding mode) const {
    spec::Policy policy;
    policy.rounding = mode;
    return spec::adapted(format, policy);
  }
  std::string name() const { return fmt::format("{}/{}", format.name, to_string(rounding)); }
  std::string id() const { return fmt::format("stochastic/{}/{}", name(), backend); }
};

/// Every n and R from one source; stops at the first disagreement.
Claim check_source(const Form& form, const spec::SourceRow& source, int most_bits,
                   const std::atomic<bool>& stop) {
  const bool all = source.source.bits() == 16;
  const spec::Format& from = spec::find_format(source.format);
  const std::vector<std::uint64_t> everything =
      all ? all_inputs(source.source) : std::vector<std::uint64_t>{};
  Claim claim;
  claim.id = fmt::format("{}/{}", form.id(), source.format);
  claim.subject = form.name();
  claim.domain = fmt::format("{} patterns, every value of n random bits, n = 1..{}",
                             all ? fmt::format("all 65536 {}", source.format) : "all 2^32 binary32",
                             most_bits);
  claim.result = all ? Result::kExhaustive : Result::kProved;
  std::string backend;
  for (int n = 1; n <= most_bits; ++n) {
    const spec::BatchCast cast(source.source, form.format, form.policy(form.rounding), n,
                               form.backend);
    backend = cast.backend();
    for (std::uint32_t r = 0; r < (1U << n) && claim.witness.empty(); ++r) {
      if (stop) return claim;
      const auto runs =
          spec::step_map(from, form.format, form.policy(oracle_form(form.rounding)), {r, n});
      const SweepResult result = try_inputs(
          cast, runs, form.format, all ? everything : stretch_ends(runs, source.source), r);
      claim.cases += result.cases;
      if (!result.disagreement) continue;
      claim.result = Result::kRefuted;
      claim.witness = fmt::format("n = {}, R = {}, {}", n, r,
                                  witness_text(*result.disagreement, source.source.bits()));
    }
  }
  claim.statement = fmt::format("The batch codec ({}) equals the oracle for {} from {}", backend,
                                form.name(), source.format);
  claim.method =
      all ? "every input with every value of the random bits through the codec, every code "
            "compared "
            "with the oracle's step map for those bits"
          : "thresholds: for every value of the random bits the oracle is constant between two of "
            "its thresholds; both ends of every stretch between thresholds and powers of two "
            "through the codec; assumes that the codec is monotone in the mantissa, sign and "
            "exponent being constant";
  if (oracle_form(form.rounding) != form.rounding) claim.method += "; the oracle's form is sr-a";
  return claim;
}

std::vector<Claim> check_form(const Form& form, int most_bits, const std::atomic<bool>& stop) {
  std::vector<Claim> claims;
  for (const spec::SourceRow& source : {spec::kBf16Row, spec::kF16Row, spec::kF32Row}) {
    const spec::BatchCast cast(source.source, form.format, form.policy(form.rounding), 1,
                               form.backend);
    if (!form.own_kernels || cast.backend() == form.backend)
      claims.push_back(check_source(form, source, most_bits, stop));
  }
  if (stop) return {};
  if (form.rounding != Rounding::kStochasticCarry || claims.size() < 3) return claims;
  Claim same;
  same.id = form.id() + "/equals-sr-a";
  same.subject = form.name();
  same.statement = fmt::format(
      "Adding R and taking the carry (PTX cvt.rs) is P3109's StochasticA for {}", form.format.name);
  same.domain = claims.back().domain + ", and bf16 and fp16";
  same.method =
      "the codec in the carry form against the oracle in form sr-a: see the claims by source";
  same.result = Result::kProved;
  for (const Claim& claim : claims) {
    same.cases += claim.cases;
    if (claim.holds() || !same.holds()) continue;
    same.result = Result::kRefuted;
    same.witness = claim.witness;
  }
  claims.push_back(std::move(same));
  return claims;
}

}  // namespace

std::vector<Task> stochastic_tasks(const CodecRequest& request) {
  const std::string backend = resolved_backend(request.backend);
  const int most_bits = request.quick ? 3 : kMostBits;
  std::vector<Task> tasks;
  for (const spec::Format& format : request.formats) {
    for (const Rounding rounding : spec::kStochasticRoundings) {
      const Form form{format, rounding, backend, request.own_kernels};
      const std::optional<std::size_t> claims =
          request.own_kernels
              ? std::nullopt
              : std::optional<std::size_t>(rounding == Rounding::kStochasticCarry ? 4 : 3);
      tasks.push_back({form.id(), 2.0,
                       [form, most_bits](const std::atomic<bool>& stop) {
                         return check_form(form, most_bits, stop);
                       },
                       claims});
    }
  }
  return tasks;
}

}  // namespace mxscope::analysis
