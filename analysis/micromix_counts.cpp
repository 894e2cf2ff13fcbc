// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Comparisons of x d with n max in binary64, which holds both products exactly.
#include "analysis/micromix_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "analysis/micromix_claims.h"
#include "analysis/supremum_claims.h"
#include "spec/error.h"

namespace mxscope::analysis {
namespace {

constexpr std::int64_t kGroup = 128;  // channels of a GEMM's tile

/// A share n/d of two exact binary64 numbers: with the 24 bits of a binary32 number, at most 53.
struct Share {
  double numerator = 0;
  double denominator = 1;
};

Share share_of(const Rational& x) {
  const auto n = numerator(x);
  const auto d = denominator(x);
  if (n < 0 || n >= (1 << 29) || d >= (1 << 29))
    throw Error(fmt::format("threshold {}: its terms must be below 2^29", fraction_text(x)));
  return {n.convert_to<double>(), d.convert_to<double>()};
}

/// ceil(channels * part / whole / 128) * 128.
std::int64_t whole_groups(std::size_t channels, std::uint64_t part, std::uint64_t whole) {
  if (part == 0) return 0;
  const spec::Integer wanted = spec::Integer(channels) * part;
  const spec::Integer group = spec::Integer(whole) * kGroup;
  return kGroup * ((wanted + group - 1) / group).convert_to<std::int64_t>();
}

}  // namespace

std::vector<MicromixRule> micromix_rules() {
  const auto share = [](std::string_view element, std::string_view where) {
    for (const MicromixThreshold& t : micromix_thresholds())
      if (t.element == element && t.where == where) return t.share;
    throw Error(fmt::format("MicroMix has no threshold {} of {}", where, element));
  };
  const Rational t4 = share("mxfp4", "paper");
  const Rational t6 = share("mxfp6_e3m2", "paper");
  std::vector<MicromixRule> rules = {
      {"iclr", "search_p4_p6_proportions, numbers against the largest number (branch ICLR)", t4, t6,
       true, true, false},
      {"main", "search_p4_p6_proportions, magnitudes, lambda 1 (branch main)",
       share("mxfp4", "main"), share("mxfp6_e3m2", "main"), false, false, false}};
  for (const char* mxfp6 : {"mxfp6_e3m2", "mxfp6_e2m3"}) {
    const bool e3m2 = std::string_view(mxfp6) == "mxfp6_e3m2";
    const std::string suffix = e3m2 ? "" : "-e2m3";
    const std::string format = e3m2 ? "MXFP6 E3M2" : "MXFP6 E2M3";
    rules.push_back(
        {"paper" + suffix, "equation 7, magnitudes, " + format, t4, share(mxfp6, "paper")});
    rules.push_back({"paper-signed" + suffix,
                     "equation 8, numbers against the largest magnitude, " + format, t4,
                     share(mxfp6, "paper"), false, true});
    for (const char* rule : {"rceil", "even", "bias", "floor"}) {
      const std::string scales = std::string_view(rule) == "floor" ? "" : std::string("_") + rule;
      const auto safe = [&](const char* element) {
        return micromix_safe_threshold(recipe_over_reals((element + scales).c_str()));
      };
      rules.push_back({std::string("safe-") + rule + suffix,
                       fmt::format("error within INT8's under scale rule {}, {}", rule, format),
                       safe("mxfp4"), safe(mxfp6)});
    }
  }
  return rules;
}

Rational MicromixCounts::bits() const {
  return elements == 0 ? Rational(0)
                       : Rational(spec::Integer(4) * mxfp4 + spec::Integer(6) * mxfp6 +
                                      spec::Integer(8) * mxfp8(),
                                  elements);
}

MicromixCounts& MicromixCounts::operator+=(const MicromixCounts& more) {
  elements += more.elements;
  mxfp4 += more.mxfp4;
  mxfp6 += more.mxfp6;
  return *this;
}

MicromixCounts count_micromix(const MicromixRule& rule, std::span<const float> rows,
                              std::size_t channels) {
  const Share t4 = share_of(rule.mxfp4);
  const Share t6 = share_of(rule.mxfp6);
  MicromixCounts out{.elements = rows.size()};
  for (std::size_t first = 0; first < rows.size(); first += channels) {
    const auto row = rows.subspan(first, channels);
    double largest = rule.signed_max ? row.front() : 0;
    for (std::size_t k = 0; k < row.size(); ++k) {
      if (!std::isfinite(row[k]))
        throw Error(fmt::format("row {}, column {}: {} has no place among magnitudes",
                                first / channels, k, row[k]));
      largest = std::max<double>(largest, rule.signed_max ? row[k] : std::fabs(row[k]));
    }
    const auto below = [&](double x, const Share& t) {
      const double left = x * t.denominator;
      const double right = largest * t.numerator;
      return rule.inclusive ? left <= right : left < right;
    };
    for (const float value : row) {
      const double x = rule.signed_value ? value : std::fabs(value);
      if (below(x, t4))
        ++out.mxfp4;
      else if (below(x, t6))
        ++out.mxfp6;
    }
  }
  return out;
}

Rational MicromixChannels::bits() const {
  const std::int64_t all = mxfp4 + mxfp6 + mxfp8;
  return all == 0 ? Rational(0) : Rational(4 * mxfp4 + 6 * mxfp6 + 8 * mxfp8, all);
}

MicromixChannels micromix_channels(const MicromixCounts& counts, std::size_t channels) {
  MicromixChannels out;
  out.mxfp8 = whole_groups(channels, counts.mxfp8(), counts.elements);
  out.mxfp6 = whole_groups(channels, counts.mxfp6, counts.elements);
  out.mxfp4 = static_cast<std::int64_t>(channels) - out.mxfp6 - out.mxfp8;
  return out;
}

Claim micromix_count_claim(const MicromixRule& rule, const MicromixCounts& counts,
                           std::size_t channels) {
  const MicromixChannels k = micromix_channels(counts, channels);
  const auto percent = [&](std::uint64_t part) {
    return counts.elements == 0
               ? 0.0
               : 100 * static_cast<double>(part) / static_cast<double>(counts.elements);
  };
  Claim claim;
  claim.subject = rule.name;
  claim.domain = fmt::format("{} tokens of {} channels",
                             channels == 0 ? 0 : counts.elements / channels, channels);
  claim.method = fmt::format("every element, in exact arithmetic: {}; thresholds {} and {}",
                             rule.source, fraction_text(rule.mxfp4), fraction_text(rule.mxfp6));
  claim.statement = fmt::format(
      "elements {:6.2f} % MXFP4 {:6.2f} % MXFP6 {:6.2f} % MXFP8, {:.3f} bits; channels {:5} {:5} "
      "{:5}, {}",
      percent(counts.mxfp4), percent(counts.mxfp6), percent(counts.mxfp8()),
      counts.bits().convert_to<double>(), k.mxfp4, k.mxfp6, k.mxfp8,
      k.mxfp4 < 0 ? "more than there are"
                  : fmt::format("{:.3f} bits", k.bits().convert_to<double>()));
  claim.bound = fraction_text(counts.bits());
  claim.cases = counts.elements;
  claim.result = Result::kMeasured;
  return claim;
}

}  // namespace mxscope::analysis
