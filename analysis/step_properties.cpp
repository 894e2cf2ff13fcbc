// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Properties of step maps, by exact rational arithmetic on the ends of their runs.
#include "analysis/step_properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analysis/run_list.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using spec::Code;
using spec::Number;
using spec::NumberKind;
using spec::Rational;
using spec::Run;

constexpr Code kSign = 0x80000000;
constexpr Code kInfinity = 0x7f800000;

const spec::Format& f32() { return spec::find_format("fp32"); }

Rational magnitude_of(Code input) { return spec::decode(f32(), input & ~kSign).magnitude; }

std::optional<Number> number_of(const spec::Format& format, const spec::Outcome& outcome) {
  if (outcome.refused) return std::nullopt;
  const Number number = spec::decode(format, outcome.code);
  if (number.kind == NumberKind::kNan) return std::nullopt;
  return number;
}

/// a < b for extended reals; -0 = +0.
bool less(const Number& a, const Number& b) {
  const auto rank = [](const Number& n) {
    return n.kind != NumberKind::kInfinity ? 0 : n.negative ? -1 : 1;
  };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  return rank(a) == 0 && a.value() < b.value();
}

/// A run cut down to finite inputs of one sign.
struct Stretch {
  Code first = 0;
  Code last = 0;
  spec::Outcome outcome;
};

std::vector<Stretch> stretches(const std::vector<Run>& runs, Code low, Code high) {
  std::vector<Stretch> all;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const Code first = std::max(runs[k].first, low);
    const Code last = std::min(last_of(runs, k, kF32Inputs), high);
    if (first <= last) all.push_back({first, last, runs[k].outcome});
  }
  return all;
}

std::vector<Stretch> finite_stretches(const spec::Format& format, const std::vector<Run>& runs) {
  std::vector<Stretch> all = stretches(runs, 0, kInfinity - 1);
  if (!format.is_signed) return all;
  const std::vector<Stretch> negative = stretches(runs, kSign, kSign | (kInfinity - 1));
  all.insert(all.end(), negative.begin(), negative.end());
  return all;
}

Finding refuted(std::uint64_t cases, std::string witness) {
  Finding finding;
  finding.holds = false;
  finding.witness = std::move(witness);
  finding.cases = cases;
  return finding;
}

std::string pair_text(Code input, const spec::Outcome& outcome) {
  return fmt::format("{} -> {}", input_text(input, 32), outcome_text(outcome));
}

/// The least magnitude that has an ordinal: zero, or the least value where there is no zero.
Rational least_magnitude(const spec::Format& format) {
  return format.kind == spec::FormatKind::kFixed ? Rational(0) : format.ordinal_value(0);
}

}  // namespace

Finding check_monotone(const spec::Format& format, const std::vector<Run>& runs) {
  std::vector<Stretch> ascending;
  if (format.is_signed) {
    ascending = stretches(runs, kSign, kSign | kInfinity);
    std::reverse(ascending.begin(), ascending.end());
  }
  const std::vector<Stretch> positive = stretches(runs, 0, kInfinity);
  ascending.insert(ascending.end(), positive.begin(), positive.end());
  Finding finding;
  std::optional<Number> before;
  const Stretch* from = nullptr;
  for (const Stretch& s : ascending) {
    const std::optional<Number> here = number_of(format, s.outcome);
    if (!here) continue;
    ++finding.cases;
    if (before && less(*here, *before))
      return refuted(finding.cases, fmt::format("{}, but {}", pair_text(from->first, from->outcome),
                                                pair_text(s.first, s.outcome)));
    before = here;
    from = &s;
  }
  return finding;
}

Finding check_idempotent(const spec::Format& format, const std::vector<Run>& runs) {
  spec::Policy exact;
  exact.rounding = spec::Rounding::kTowardZero;
  Finding finding;
  for (Code code = 0; code <= format.code_mask(); ++code) {
    const spec::CodeClass kind = format.classify(code);
    if (kind == spec::CodeClass::kInfinity || kind == spec::CodeClass::kNan ||
        kind == spec::CodeClass::kUnused)
      continue;
    const Number value = spec::decode(format, code);
    const Code input = spec::cast(value, f32(), exact).code;
    const Number held = spec::decode(f32(), input);
    if (held.kind != NumberKind::kFinite || held.magnitude != value.magnitude) continue;
    ++finding.cases;
    const spec::Outcome outcome = spec::lookup(runs, input);
    if (!(outcome == spec::Outcome{code, false}))
      return refuted(finding.cases,
                     fmt::format("code 0x{:02x}: {}", code, pair_text(input, outcome)));
  }
  return finding;
}

Finding check_faithful(const spec::Format& format, const std::vector<Run>& runs) {
  Finding finding;
  const Rational least = least_magnitude(format);
  for (const Stretch& s : finite_stretches(format, runs)) {
    const bool negative = (s.first & kSign) != 0;
    const Rational low = magnitude_of(s.first);
    const Rational high = magnitude_of(s.last);
    const std::int64_t top = format.max_ordinal(negative);
    const std::optional<Number> number = number_of(format, s.outcome);
    ++finding.cases;
    bool faithful = false;
    if (!number || number->kind == NumberKind::kInfinity) {
      // Only where no value of the format is on one side of the input.
      faithful = low > format.ordinal_value(top) || high < least;
      if (number && number->negative != negative) faithful = false;
    } else if (number->magnitude != 0 && number->negative != negative) {
      faithful = false;
    } else {
      const std::int64_t ordinal = format.ordinal(s.outcome.code);
      const bool above_lower = ordinal == 0 || low > format.ordinal_value(ordinal - 1);
      const bool below_upper = ordinal == top || high < format.ordinal_value(ordinal + 1);
      faithful = above_lower && below_upper;
    }
    if (!faithful)
      return refuted(finding.cases, fmt::format("{}..{} -> {}", input_text(s.first, 32),
                                                input_text(s.last, 32), outcome_text(s.outcome)));
  }
  return finding;
}

Finding check_mirrored(const spec::Format& format, const std::vector<Run>& a,
                       const std::vector<Run>& b) {
  Finding finding;
  const auto opposite = [&](const spec::Outcome& x, const spec::Outcome& y) {
    if (x.refused || y.refused) return x.refused == y.refused;
    const Number u = spec::decode(format, x.code);
    const Number v = spec::decode(format, y.code);
    if (u.kind != v.kind) return false;
    if (u.kind == NumberKind::kNan) return true;
    if (u.magnitude != v.magnitude) return false;
    const bool signless =
        u.is_zero() && (!format.negative_zero || format.kind == spec::FormatKind::kFixed);
    return signless || u.negative != v.negative;
  };
  // The negative half of `a`, moved onto the positive half of `b`.
  std::vector<Run> moved;
  for (const Stretch& s : stretches(a, kSign, kSign | kInfinity))
    moved.push_back({s.first & ~kSign, s.outcome});
  std::vector<Run> positive;
  for (const Stretch& s : stretches(b, 0, kInfinity)) positive.push_back({s.first, s.outcome});
  for_each_common_run(moved, positive, kInfinity + 1,
                      [&](Code first, Code, const spec::Outcome& x, const spec::Outcome& y) {
                        ++finding.cases;
                        if (!finding.holds || opposite(x, y)) return;
                        finding.holds = false;
                        finding.witness = fmt::format("{}, but {}", pair_text(first | kSign, x),
                                                      pair_text(first, y));
                      });
  return finding;
}

Finding find_worst_error(const spec::Format& format, const std::vector<Run>& runs) {
  Finding finding;
  Rational worst = 0;
  const Rational least = least_magnitude(format);
  for (const Stretch& s : finite_stretches(format, runs)) {
    const bool negative = (s.first & kSign) != 0;
    const std::optional<Number> number = number_of(format, s.outcome);
    if (!number || number->kind == NumberKind::kInfinity) continue;
    const std::int64_t ordinal = format.ordinal(s.outcome.code);
    const std::int64_t top = format.max_ordinal(negative);
    const Rational value = format.ordinal_value(ordinal);
    const Rational most = format.ordinal_value(top);
    const auto consider = [&](Code input) {
      const Rational x = magnitude_of(input);
      if (x < least || x > most || x == value) return;
      const Rational gap = x > value ? Rational(format.ordinal_value(ordinal + 1) - value)
                                     : Rational(value - format.ordinal_value(ordinal - 1));
      const Rational error = (x > value ? Rational(x - value) : Rational(value - x)) / gap;
      ++finding.cases;
      if (error <= worst) return;
      worst = error;
      finding.witness = pair_text(input, s.outcome);
    };
    consider(s.first);
    // The run may end beyond the largest value: what counts ends there.
    Code last = s.last;
    if (magnitude_of(last) > most) {
      spec::Policy exact;
      exact.rounding = spec::Rounding::kTowardZero;
      last = spec::cast(Number::finite(most), f32(), exact).code | (s.first & kSign);
    }
    if (last >= s.first) consider(last);
  }
  finding.bound = worst.str();
  return finding;
}

}  // namespace mxscope::analysis
