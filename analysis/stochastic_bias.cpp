// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/stochastic_bias.h"

#include <fmt/format.h>

#include <stdexcept>

#include "analysis/supremum_claims.h"
#include "spec/formats.h"
#include "spec/oracle.h"

namespace mxscope::analysis {
namespace {

using spec::Rounding;

std::uint32_t floor_of(const Rational& x) {
  return static_cast<std::uint32_t>(spec::Integer(numerator(x) / denominator(x)));
}

/// To nearest; ties to even, or to odd.
std::uint32_t nearest(const Rational& x, bool ties_to_odd) {
  const std::uint32_t down = floor_of(x);
  const Rational rest = x - down;
  if (rest == Rational(1, 2)) return down + (down % 2 == (ties_to_odd ? 0U : 1U) ? 1 : 0);
  return rest > Rational(1, 2) ? down + 1 : down;
}

/// Between the E2M1 values 2 and 3 (code of the lower one even) and 3 and 4 (odd).
bool oracle_goes_up(Rounding form, const Rational& delta, spec::RandomBits random, int lower) {
  static const spec::Format& format = spec::find_format("e2m1");
  spec::Policy policy;
  policy.rounding = form;
  const spec::Outcome outcome = spec::cast(spec::Number::finite(lower + delta), format,
                                           spec::adapted(format, policy), random);
  return spec::decode(format, outcome.code).value() > lower;
}

/// The oracle's random values that go up are `ups` in number, more being up than fewer.
bool oracle_agrees(Rounding form, const Rational& delta, int bits, std::uint32_t ups) {
  const std::uint32_t all = std::uint32_t{1} << bits;
  for (const int lower : {2, 3}) {
    if (ups > 0 && !oracle_goes_up(form, delta, {all - ups, bits}, lower)) return false;
    if (ups < all && oracle_goes_up(form, delta, {all - ups - 1, bits}, lower)) return false;
  }
  return true;
}

/// Raises the supremum by the value at, or in the limit toward, a delta.
void raise(DeltaSupremum& supremum, const Rational& value, const Rational& at, bool attained) {
  if (value < supremum.value || (value == supremum.value && (supremum.attained || !attained)))
    return;
  supremum = {value, at, attained};
}

/// Every delta where P(up) may change, and one between each two.
template <class Visit>
void for_each_delta(int bits, const Visit& visit) {
  const Rational half_cell = spec::power_of_two(-(bits + 2));
  for (int k = 0; k < 4 << bits; ++k) visit(Rational(k * half_cell), k % 2 == 0);
}

std::vector<Claim> bias_claims(const std::string& id, Rounding form, int bits,
                               const std::atomic<bool>& stop) {
  const StochasticMoments found = stochastic_moments(form, bits);
  Claim claim;
  claim.subject = std::string(to_string(form));
  claim.domain = fmt::format(
      "every real between two neighbouring values, n = {}, all 2^n random values alike", bits);
  claim.method =
      "every random value at every multiple of 2^-(n+1) of the gap and between each two; the "
      "oracle's least random value that goes up at each";
  claim.cases = found.points << bits;
  claim.result = Result::kProved;
  for_each_delta(bits, [&](const Rational& delta, bool) {
    if (stop || !claim.witness.empty()) return;
    if (oracle_agrees(form, delta, bits, count_ups(form, delta, bits))) return;
    claim.result = Result::kRefuted;
    claim.witness = fmt::format("delta = {}", fraction_text(delta));
  });
  if (stop) return {};
  std::vector<Claim> claims;
  const auto add = [&](const char* what, const Rational& bound, std::string statement) {
    claims.push_back(claim);
    claims.back().id = fmt::format("{}/{}", id, what);
    claims.back().bound = fraction_text(bound);
    claims.back().statement = std::move(statement);
  };
  const auto add_supremum = [&](const char* what, const DeltaSupremum& s, std::string statement) {
    add(what, s.value, std::move(statement));
    if (claim.holds())
      claims.back().witness =
          fmt::format("delta {} {}", s.attained ? "=" : "near", fraction_text(s.at));
  };
  add_supremum("bias", found.bias,
               fmt::format("|E[Q] - x| is at most {} of the gap, and {}zero at every multiple of "
                           "2^-{} of it",
                           fraction_text(found.bias.value), found.grid_exact ? "" : "not ", bits));
  add("mean", found.mean_bias,
      fmt::format("E[Q] - x averages {} of the gap over all x alike",
                  fraction_text(found.mean_bias)));
  add_supremum("variance", found.variance,
               fmt::format("the variance of Q is at most {} of the gap's square",
                           fraction_text(found.variance.value)));
  add_supremum("square", found.square,
               fmt::format("E[(Q - x)^2] is at most {} of the gap's square",
                           fraction_text(found.square.value)));
  return claims;
}

}  // namespace

std::uint32_t count_ups(Rounding form, const Rational& delta, int bits) {
  const std::uint32_t all = std::uint32_t{1} << bits;
  const bool doubled = form == Rounding::kStochasticB;
  const Rational fraction = delta * all;
  std::uint32_t key = 0;
  switch (form) {
    case Rounding::kStochasticA:
    case Rounding::kStochasticCarry:
      key = floor_of(fraction);
      break;
    case Rounding::kStochasticB:
      key = floor_of(2 * fraction);
      break;
    case Rounding::kStochasticC:
      key = nearest(fraction, false);
      break;
    case Rounding::kStochasticOdd:
      key = nearest(fraction, true);
      break;
    default:
      throw std::invalid_argument("not a stochastic rounding");
  }
  std::uint32_t ups = 0;
  for (std::uint32_t r = 0; r < all; ++r)
    ups += (doubled ? key + 2 * r + 1 >= 2 * all : key + r >= all) ? 1 : 0;
  return ups;
}

StochasticMoments stochastic_moments(Rounding form, int bits) {
  StochasticMoments out;
  const Rational cell = spec::power_of_two(-(bits + 1));
  Rational mean = 0;
  for_each_delta(bits, [&](const Rational& delta, bool is_end) {
    ++out.points;
    const Rational p = Rational(count_ups(form, delta, bits)) / (std::uint32_t{1} << bits);
    const auto note = [&](const Rational& at, bool attained) {
      raise(out.bias, abs(Rational(p - at)), at, attained);
      raise(out.square, p * (1 - at) * (1 - at) + (1 - p) * at * at, at, attained);
    };
    raise(out.variance, p * (1 - p), delta, true);
    if (is_end) {
      note(delta, true);
      const bool on_grid = denominator(Rational(delta * (std::uint32_t{1} << bits))) == 1;
      if (on_grid && p != delta) out.grid_exact = false;
      return;
    }
    note(delta - cell / 2, false);
    note(delta + cell / 2, false);
    mean += p * cell;
  });
  out.mean_bias = mean - Rational(1, 2);
  return out;
}

std::vector<Task> stochastic_bias_tasks(int most_bits) {
  std::vector<Task> tasks;
  for (const Rounding form : spec::kStochasticRoundings)
    for (int bits = 1; bits <= most_bits; ++bits) {
      Task task;
      task.id = fmt::format("stochastic-bias/{}/{}", to_string(form), bits);
      task.claims = 4;
      task.run = [form, bits, id = task.id](const std::atomic<bool>& stop) {
        return bias_claims(id, form, bits, stop);
      };
      tasks.push_back(std::move(task));
    }
  return tasks;
}

}  // namespace mxscope::analysis
