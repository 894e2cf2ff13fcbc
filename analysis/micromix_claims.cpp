// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/micromix_claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "analysis/supremum_claims.h"

namespace mxscope::analysis {
namespace {

using spec::Recipe;

/// The scale rules: OCP's floor, the paper's equation 3, the kernels' ceil, torchao's even.
constexpr const char* kRules[] = {"", "_bias", "_rceil", "_even"};

WorstCase bound_of(const std::string& recipe) {
  return worst_case(recipe_over_reals(recipe.c_str()), ScaleRange::kUnbounded);
}

std::string percent_text(const Rational& share) {
  return fmt::format("{:.4f} %", 100 * share.convert_to<double>());
}

/// Does every block with maximum at most T max|X| err by at most INT8's bound?
Claim threshold_claim(const MicromixThreshold& t, const std::string& rule) {
  const WorstCase bound = bound_of(t.element + rule);
  const Rational safe = micromix_int8_share() / bound.worst.ratio;
  Claim claim = worst_case_claim(bound);
  claim.bound = fraction_text(safe);
  const Rational times = bound.worst.ratio * t.share / micromix_int8_share();
  claim.statement = fmt::format(
      "up to {} of max|X| no block errs by more than INT8, just above one does; at the threshold "
      "{} the worst error is {:.4f} times INT8's",
      percent_text(safe), percent_text(t.share), times.convert_to<double>());
  settle(claim, fmt::format("{} keeps the error within INT8's", t.text),
         at_most_verdict(t.share, safe));
  return claim;
}

/// gamma = q_max / 2^(n-1), the published approximation of error over scale.
Claim gamma_claim(const char* recipe, const Rational& gamma) {
  const WorstCase bound = bound_of(recipe);
  Rational most = 0;
  for (const ScaleCase& c : bound.cases)
    for (const ErrorPiece& piece : block_error_curve({c.scale}, bound.unit_curve))
      most = std::max(most, Rational(piece.error_at(*piece.at.upper) / c.scale.value));
  Claim claim = worst_case_claim(bound);
  claim.bound = fraction_text(most);
  claim.statement = fmt::format("the largest error is {} scales, and the approximation is {}",
                                claim.bound, fraction_text(gamma));
  settle(claim, "the error is at most gamma scales, gamma = q_max / 2^(n-1)",
         at_most_verdict(most, gamma));
  return claim;
}

/// Equation 8 compares X, not |X|, with the threshold.
Claim signed_claim(const MicromixThreshold& t) {
  Recipe recipe =
      with_unbounded_scales(recipe_over_reals((t.element + std::string("_rceil")).c_str()));
  Claim claim;
  claim.subject = recipe.name;
  claim.domain = "tokens whose largest magnitude is 1";
  claim.method = "a block of negative values, by the exact path";
  const Rational grid = spec::power_of_two(-8);
  Rational worst = 0;
  for (Rational x = grid; x <= 1; x += grid) {
    const std::vector<Rational> block = {-1, -x};
    const Rational error = measured_ratio(recipe, block);
    ++claim.cases;
    if (error <= worst) continue;
    worst = error;
    claim.witness = block_text(block);
  }
  const Rational times = worst / micromix_int8_share();
  claim.bound = fraction_text(times);
  claim.statement = fmt::format(
      "a signed comparison puts every negative channel below the threshold: this one errs by "
      "{:.1f} "
      "times INT8's bound",
      times.convert_to<double>());
  claim.result = times > 1 ? Result::kProved : Result::kRefuted;
  settle(claim, fmt::format("G = {{X <= T}} without magnitudes, {}", t.text), Verdict::kRefuted);
  return claim;
}

/// The rules in the order of their worst errors.
Claim ranking_claim(const std::string& element) {
  std::vector<std::pair<Rational, std::string>> order;
  Claim claim;
  for (const char* rule : {"", "_bias", "_ceil", "_rceil", "_even"}) {
    const WorstCase bound = bound_of(element + rule);
    order.emplace_back(bound.worst.ratio, element + rule);
    claim.cases += bound.cases.size() * bound.unit_curve.size();
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  claim.subject = element;
  claim.domain = "all blocks of two or more real numbers, scales without bounds";
  claim.method = "every breakpoint of the piecewise linear error under every scale, in rationals";
  claim.statement = "by worst error:";
  for (const auto& [ratio, name] : order)
    claim.statement += fmt::format(" {} {},", name, fraction_text(ratio));
  claim.statement.pop_back();
  claim.bound = fraction_text(order.front().first);
  claim.result = Result::kProved;
  return claim;
}

/// p8 = ceil(K p8 / 128) 128 and p6 likewise; p4 is what is left, which may be less than nothing.
/// With u = n p8, v = n p6 and n = K / 128: ceil(u) + ceil(v) < u + v + 2 <= n + 2, so at worst 128
/// channels are missing, and then n p4 = n - u - v < 1.
Claim channel_count_claim() {
  constexpr int kMostBlocks = 256;  // K up to 32768
  constexpr int kParts = 4;         // u and v in quarters: ceil sees no finer
  Claim claim;
  claim.subject = "channel counts";
  claim.domain = "every K, a multiple of 128, and every p4 + p6 + p8 = 1";
  claim.method = fmt::format(
      "ceil(u) + ceil(v) < u + v + 2, and all K up to {} with shares in quarters of 128 channels",
      kMostBlocks * 128);
  int least = 0;
  bool only_small = true;
  for (int n = 1; n <= kMostBlocks; ++n)
    for (int u = 0; u <= kParts * n; ++u)
      for (int v = 0; u + v <= kParts * n; ++v) {
        ++claim.cases;
        const int left = n - (u + kParts - 1) / kParts - (v + kParts - 1) / kParts;
        if (left >= 0) continue;
        only_small = only_small && kParts * n - u - v < kParts;
        if (left < least)
          claim.witness = fmt::format("K = {}, p8 = {}/{}, p6 = {}/{}: p4 gets {} channels",
                                      128 * n, u, kParts * n, v, kParts * n, 128 * left);
        least = std::min(least, left);
      }
  claim.bound = std::to_string(128 * least);
  claim.statement =
      "the channels left for MXFP4 may number -128, only where p4 K is less than 128, and never "
      "fewer";
  claim.result = least == -1 && only_small ? Result::kProved : Result::kRefuted;
  settle(claim, "p4_num = K - p8_num - p6_num counts channels", Verdict::kRefuted);
  return claim;
}

}  // namespace

Rational micromix_int8_share() { return Rational(1, 254); }

Rational micromix_safe_threshold(const Recipe& recipe) {
  return micromix_int8_share() / worst_case(recipe, ScaleRange::kUnbounded).worst.ratio;
}

std::vector<MicromixThreshold> micromix_thresholds() {
  const Rational int8 = micromix_int8_share();
  return {{"mxfp4", "paper", "T(4) = 0.010499 max|X|", int8 * Rational(2 * 8, 6)},
          {"mxfp6_e3m2", "paper", "T(6) = 0.035996 max|X| for E3M2", int8 * Rational(8 * 32, 28)},
          {"mxfp6_e2m3", "paper", "T(6) = 0.03360 max|X| for E2M3", int8 * Rational(2 * 64, 15)},
          {"mxfp4", "main", "threshold 448/6/2^10 max|X| (main branch)", Rational(448, 6 * 1024)},
          {"mxfp6_e3m2", "main", "threshold 448/28/2^6 max|X| (main branch)", Rational(1, 4)}};
}

std::vector<Task> micromix_tasks() {
  std::vector<Task> tasks;
  const auto add = [&](std::string id, std::function<Claim()> make) {
    tasks.push_back(claim_task(
        std::move(id), 1, [make = std::move(make)](const std::atomic<bool>&) { return make(); }));
  };
  for (const MicromixThreshold& t : micromix_thresholds()) {
    for (const char* rule : kRules)
      add(fmt::format("threshold/{}/{}{}", t.where, t.element, rule),
          [t, rule] { return threshold_claim(t, rule); });
    if (std::string_view(t.where) == "paper")  // the main branch takes magnitudes
      add(fmt::format("signed/{}", t.element), [t] { return signed_claim(t); });
  }
  add("gamma/mxfp4", [] { return gamma_claim("mxfp4_bias", Rational(6, 8)); });
  add("gamma/mxfp6_e3m2", [] { return gamma_claim("mxfp6_e3m2_bias", Rational(28, 32)); });
  add("gamma/mxfp6_e2m3", [] { return gamma_claim("mxfp6_e2m3_bias", Rational(15, 64)); });
  for (const char* element : {"mxfp4", "mxfp6_e3m2", "mxfp6_e2m3", "mxfp8_e4m3", "mxfp8_e5m2"})
    add(fmt::format("ranking/{}", element), [element] { return ranking_claim(element); });
  add("channel-counts", [] { return channel_count_claim(); });
  return tasks;
}

}  // namespace mxscope::analysis
