// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The reference conversion: ordered values, exact rational comparison, one threshold per gap.
// Rounding directions follow IEEE 754-2019 4.3 and P3109's stochastic modes.
#include "spec/oracle.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/error.h"

namespace mxscope::spec {
namespace {

/// Where the gap between two neighbouring values is cut: x goes to the upper one iff x > at, or
/// x == at and `upper_at`. For the log2 mode the cut is at 2^at, which is irrational.
struct Cut {
  Rational at;
  bool upper_at = false;
  bool is_log2 = false;
};

/// Compares x > 0 with 2^exponent, exponent not an integer, by bracketing until they separate.
bool above_power(const Rational& x, const Rational& exponent) {
  for (mpfr_prec_t precision = 128;; precision *= 2) {
    mpfr_t e;
    mpfr_t low;
    mpfr_t high;
    mpfr_inits2(precision, e, low, high, static_cast<mpfr_ptr>(nullptr));
    mpfr_set_q(e, exponent.backend().data(), MPFR_RNDN);  // exact: a short dyadic
    mpfr_exp2(low, e, MPFR_RNDD);
    mpfr_exp2(high, e, MPFR_RNDU);
    const bool above = mpfr_cmp_q(high, x.backend().data()) <= 0;
    const bool below = mpfr_cmp_q(low, x.backend().data()) >= 0;
    mpfr_clears(e, low, high, static_cast<mpfr_ptr>(nullptr));
    if (above || below) return above;
  }
}

bool goes_up(const Rational& x, const Cut& cut) {
  if (cut.is_log2) return above_power(x, cut.at);
  return x > cut.at || (x == cut.at && cut.upper_at);
}

/// The cut between exponents k and k+1 when log2(x) is first rounded to binary32 and that to the
/// nearest integer, halves away from zero: half an ulp of binary32 away from k + 1/2.
Cut log2_cut(std::int64_t k) {
  const Rational half = Rational(2 * k + 1, 2);
  const Integer twice = 2 * k + 1 < 0 ? -(2 * k + 1) : 2 * k + 1;
  const auto exponent = static_cast<std::int64_t>(boost::multiprecision::msb(twice)) - 1;
  const bool power = boost::multiprecision::lsb(twice) == boost::multiprecision::msb(twice);
  // The rounding interval of k + 1/2 reaches half an ulp toward smaller log2 for positive ones,
  // where the half goes up, and half an ulp toward zero for negative ones, where it goes down.
  // Toward zero from a power of two the ulp is half as large.
  const Rational half_gap = power_of_two(exponent - 24 - (power ? 1 : 0));
  return {half > 0 ? Rational(half - half_gap) : Rational(half + half_gap), true, true};
}

Rational grid_value(const Format& f, const Policy& p, std::int64_t ordinal) {
  if (ordinal == 0 && !f.zero && p.low_grid == LowGrid::kFromZero) return 0;
  return f.ordinal_value(ordinal);
}

Cut cut_above(const Format& f, const Policy& p, std::int64_t lower, bool negative,
              RandomBits random) {
  const Rational low = grid_value(f, p, lower);
  const Rational high = grid_value(f, p, lower + 1);
  const Rational gap = high - low;
  const bool odd = (lower & 1) != 0;
  const Rational never = high;
  // Code 0 counts as zero here, and its true value is the middle of this gap: it must stay exact.
  const bool exact_middle = low == 0 && !f.zero;
  const auto fraction = [&](const Integer& numerator, int bits) {
    return Rational(low + gap * Rational(numerator, 1) * power_of_two(-bits));
  };
  const int n = random.count;
  const Integer needed = (Integer(1) << static_cast<unsigned>(n)) - random.value;
  switch (p.rounding) {
    case Rounding::kNearestEven:
      if (exact_middle) return {fraction(1, 1), false};
      if (f.kind == FormatKind::kFloat && f.mantissa_bits == 0 && p.tie_p1 != TieP1::kEvenCode)
        return {fraction(1, 1), p.tie_p1 == TieP1::kUp};
      return {fraction(1, 1), odd};
    case Rounding::kNearestAway:
      return {fraction(1, 1), !exact_middle};
    case Rounding::kTowardZero:
      return {never, true};
    case Rounding::kUp:
      return negative ? Cut{never, true} : Cut{low, false};
    case Rounding::kDown:
      return negative ? Cut{low, false} : Cut{never, true};
    case Rounding::kToOdd:
      return odd ? Cut{never, true} : Cut{low, false};
    case Rounding::kNearestLog2:
      return log2_cut(lower - f.bias);
    case Rounding::kStochasticA:
    case Rounding::kStochasticCarry:
      return {fraction(needed, n), true};
    case Rounding::kStochasticB:
      return {fraction(2 * needed - 1, n + 1), true};
    // delta 2^n rounds to `needed` or above from needed - 1/2 on, itself included if the tie
    // rule of the inner rounding picks `needed`.
    case Rounding::kStochasticC:
      return {fraction(2 * needed - 1, n + 1), (needed & 1) == 0};
    case Rounding::kStochasticOdd:
      return {fraction(2 * needed - 1, n + 1), (needed & 1) != 0};
  }
  throw Error("rounding mode out of range");
}

class Caster {
 public:
  Caster(const Format& format, const Policy& policy, RandomBits random)
      : f_(format), p_(policy), random_(random) {
    if (const std::string problem = conflict(format, policy); !problem.empty())
      throw Error(problem);
    const bool wants_bits = is_stochastic(policy.rounding);
    if (wants_bits != (random.count > 0) || random.count < 0 || random.count > 32 ||
        (random.count < 32 && (random.value >> random.count) != 0))
      throw Error(fmt::format("rounding mode {} with random value {} of {} bits: {}",
                              to_string(policy.rounding), random.value, random.count,
                              wants_bits ? "give 1 to 32 bits and a value below 2^bits"
                                         : "a deterministic mode takes none"));
  }

  Outcome cast(const Number& number) const {
    if (number.kind == NumberKind::kNan) return nan_input(number);
    bool negative = number.negative;
    if (negative && !number.is_zero()) {
      switch (p_.negative) {
        case NegativeRule::kKeep:
          break;
        case NegativeRule::kMagnitude:
          negative = false;
          break;
        case NegativeRule::kLowestFinite:
          if (number.kind == NumberKind::kInfinity) {
            negative = false;
            break;
          }
          return {0};
        case NegativeRule::kLowest:
          return {0};
        case NegativeRule::kNan:
          return made_nan(true);
        case NegativeRule::kError:
          return {0, true};
        case NegativeRule::kRoundThenNan:
        case NegativeRule::kRoundThenError:
          if (number.kind == NumberKind::kInfinity) {
            negative = false;
            break;
          }
          if (rounds_to_zero_from_below(number.magnitude)) return zero(false);
          if (p_.negative == NegativeRule::kRoundThenError) return {0, true};
          return made_nan(true);
      }
    }
    if (number.kind == NumberKind::kInfinity) return beyond(p_.infinity, negative);
    if (number.magnitude == 0) return zero(negative);
    return finite(number.magnitude, negative);
  }

  /// Largest ordinal whose value is at most x, but no further than one past the largest finite and
  /// no lower than one below the least: beyond those the outcome does not depend on it.
  std::int64_t lower_neighbour(const Rational& x, bool negative) const {
    std::int64_t low = least_lower();
    std::int64_t high = f_.max_ordinal(negative) + 2;
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (grid_value(f_, p_, middle) <= x ? low : high) = middle;
    }
    return low;
  }

  std::int64_t least_lower() const { return f_.zero || p_.low_grid == LowGrid::kFromZero ? 0 : -1; }

  Cut cut(std::int64_t lower, bool negative) const {
    return cut_above(f_, p_, lower, negative, random_);
  }

 private:
  Outcome zero(bool negative) const {
    if (!f_.zero) return low(p_.zero);
    return {f_.encode(negative && f_.is_signed && p_.negative == NegativeRule::kKeep, 0)};
  }

  Outcome low(LowRule rule) const {
    if (rule == LowRule::kNan) return made_nan(false);
    return {0, rule == LowRule::kError};
  }

  Outcome finite(const Rational& x, bool negative) const {
    const std::int64_t lower = lower_neighbour(x, negative);
    const std::int64_t rounded = goes_up(x, cut(lower, negative)) ? lower + 1 : lower;
    if (rounded < 0) return low(p_.underflow);
    if (rounded <= f_.max_ordinal(negative)) return {f_.encode(negative, rounded)};
    const bool toward_zero = p_.rounding == Rounding::kTowardZero ||
                             (p_.rounding == Rounding::kDown && !negative) ||
                             (p_.rounding == Rounding::kUp && negative);
    if (toward_zero && p_.directed_overflow == DirectedOverflow::kIeee754)
      return beyond(Overflow::kSaturate, negative);
    return beyond(p_.overflow, negative);
  }

  Outcome beyond(Overflow rule, bool negative) const {
    switch (rule) {
      case Overflow::kSaturate:
        return {f_.encode(negative, f_.max_ordinal(negative))};
      case Overflow::kInfinity:
        return {f_.infinity_code(negative).value()};
      case Overflow::kNan:
        return made_nan(negative);
      case Overflow::kError:
        break;
    }
    return {0, true};
  }

  bool signed_by(NanSign rule, bool negative) const {
    switch (rule) {
      case NanSign::kPositive:
        return false;
      case NanSign::kNegative:
        return true;
      case NanSign::kKeep:
        return negative;
      case NanSign::kFlip:
        break;
    }
    return !negative;
  }

  Outcome made_nan(bool negative) const {
    const bool sign = signed_by(p_.made_nan_sign, negative) && f_.is_signed;
    return {(p_.nan == NanRule::kTop ? f_.nan_code(sign) : f_.quiet_nan_code(sign)).value()};
  }

  Outcome nan_input(const Number& nan) const {
    const bool sign = signed_by(p_.nan_sign, nan.negative) && f_.is_signed;
    switch (p_.nan) {
      case NanRule::kTop:
        return {f_.nan_code(sign).value()};
      case NanRule::kQuiet:
        return {f_.quiet_nan_code(sign).value()};
      case NanRule::kPayload:
        return {f_.quiet_nan_code(sign).value() | kept_payload(nan)};
      case NanRule::kMaximum:
        return {f_.encode(sign, f_.max_ordinal(sign))};
      case NanRule::kZero:
        return {f_.zero ? f_.encode(sign, 0) : 0};
      case NanRule::kRebias:
        return {rebiased(nan, sign)};
      case NanRule::kError:
        break;
    }
    return {0, true};
  }

  /// The leading payload bits, where the format has room for a payload.
  Code kept_payload(const Number& nan) const {
    const bool has_room = f_.infinities && f_.mantissa_bits > 1 &&
                          f_.high_nans == (std::int64_t{1} << f_.mantissa_bits) - 1;
    if (!has_room) return 0;
    const int drop = nan.payload_bits - f_.mantissa_bits;
    return drop >= 0 ? nan.payload >> drop : nan.payload << -drop;
  }

  /// torchao's _f32_to_floatx_unpacked has no NaN case: 255 goes through as an exponent.
  Code rebiased(const Number& nan, bool sign) const {
    if (nan.payload_bits < f_.mantissa_bits + 1)
      throw Error("policy field nan = rebias needs the payload of a binary32 or bfloat16 NaN");
    const Integer field = 255 + f_.bias - 127;
    const Rational significand =
        Rational((field << static_cast<unsigned>(nan.payload_bits)) + nan.payload, 1) *
        power_of_two(f_.mantissa_bits - nan.payload_bits);
    Integer code = boost::multiprecision::numerator(significand) /
                   boost::multiprecision::denominator(significand);
    const Rational rest = significand - Rational(code, 1);
    if (rest > Rational(1, 2) || (rest == Rational(1, 2) && (code & 1) != 0)) code += 1;
    const Code kept = static_cast<Code>(code & 0xFF);
    return kept | (sign ? f_.sign_mask() : 0);
  }

  /// x = -magnitude, rounded where "up" still means toward +infinity but "toward zero" and "away"
  /// were written for magnitudes: zero or not.
  bool rounds_to_zero_from_below(const Rational& magnitude) const {
    if (!f_.zero) return false;
    const Rational step = f_.ordinal_value(1);
    switch (p_.rounding) {
      case Rounding::kUp:
        return magnitude < step;
      case Rounding::kNearestEven:
      case Rounding::kNearestAway:
        return magnitude <= step / 2;
      default:
        return false;
    }
  }

  const Format& f_;
  const Policy& p_;
  RandomBits random_;
};

/// A magnitude ordinal of `source` near x >= 0, from x's leading bits. Only a place to start
/// looking.
std::int64_t ordinal_near(const Format& source, const Rational& x) {
  const Integer numerator = boost::multiprecision::numerator(x);
  const Integer denominator = boost::multiprecision::denominator(x);
  if (numerator == 0) return 0;
  const auto leading = static_cast<std::int64_t>(boost::multiprecision::msb(numerator)) -
                       static_cast<std::int64_t>(boost::multiprecision::msb(denominator));
  const std::int64_t exponent = std::max<std::int64_t>(leading, 1 - source.bias);
  if (exponent + source.bias >= std::int64_t{1} << source.exponent_bits)
    return source.max_ordinal();
  const std::int64_t shift = source.mantissa_bits - exponent;
  const Integer significand =
      shift >= 0 ? Integer((numerator << static_cast<unsigned>(shift)) / denominator)
                 : Integer(numerator / (denominator << static_cast<unsigned>(-shift)));
  const std::int64_t ordinal = ((exponent + source.bias - 1) << source.mantissa_bits) +
                               static_cast<std::int64_t>(significand);
  return std::min(ordinal, source.max_ordinal());
}

/// First magnitude ordinal of `source` whose value `above` holds for; `above` is monotone. The
/// search gallops away from `guess` and then bisects, so the guess decides its cost alone.
template <typename Predicate>
std::int64_t first_ordinal(const Format& source, std::int64_t guess, const Predicate& above) {
  std::int64_t low = -1;
  std::int64_t high = source.max_ordinal() + 1;
  const auto probe = [&](std::int64_t ordinal) {
    const bool is_above = above(source.ordinal_value(ordinal));
    (is_above ? high : low) = ordinal;
    return is_above;
  };
  const bool downward = probe(guess);
  for (std::int64_t step = 1; high - low > 1; step *= 2) {
    const std::int64_t next = downward ? high - step : low + step;
    if (next <= low || next >= high || probe(next) != downward) break;
  }
  while (high - low > 1) probe(low + (high - low) / 2);
  return high;
}

}  // namespace

Outcome cast(const Number& number, const Format& format, const Policy& policy, RandomBits random) {
  return Caster(format, policy, random).cast(number);
}

std::vector<Run> step_map(const Format& source, const Format& target, const Policy& policy,
                          RandomBits random) {
  if (source.kind != FormatKind::kFloat || !source.is_signed)
    throw Error(fmt::format("{} cannot be the source of a step map: it must be a signed float",
                            source.name));
  if (target.bits > 20)
    throw Error(fmt::format("{} has too many codes for a step map: 20 bits at most", target.name));
  const Caster caster(target, policy, random);
  std::vector<Code> starts;
  for (const bool negative : {false, true}) {
    const Code sign = negative ? source.sign_mask() : 0;
    const auto add = [&](std::int64_t ordinal) {
      starts.push_back(sign | static_cast<Code>(ordinal));
    };
    add(0);
    add(1);
    const bool mirrored = negative && (policy.negative == NegativeRule::kRoundThenNan ||
                                       policy.negative == NegativeRule::kRoundThenError);
    if (mirrored) {
      const Rational step = target.ordinal_value(1);
      const std::int64_t guess = ordinal_near(source, step);
      add(first_ordinal(source, guess, [&](const Rational& x) { return x > step / 2; }));
      add(first_ordinal(source, guess, [&](const Rational& x) { return x >= step; }));
    }
    // The sign that rounding sees: every other rule drops it, or gives one outcome for all of them.
    const bool effective = negative && policy.negative == NegativeRule::kKeep;
    for (std::int64_t lower = caster.least_lower(); lower <= target.max_ordinal(effective);
         ++lower) {
      const Cut cut = caster.cut(lower, effective);
      const std::int64_t guess = cut.is_log2 ? 0 : ordinal_near(source, cut.at);
      add(first_ordinal(source, guess,
                        [&](const Rational& x) { return x > 0 && goes_up(x, cut); }));
    }
    const auto specials = static_cast<Code>(source.max_ordinal() + 1);
    const Code last = source.code_mask() & ~source.sign_mask();
    if (specials > last) continue;
    // NaN codes can depend on the payload bits that the target keeps, one guard bit and stickiness.
    const int depth = std::min(source.mantissa_bits, target.mantissa_bits + 2);
    const Code stride = Code{1} << (source.mantissa_bits - depth);
    for (Code magnitude = specials; magnitude <= last; magnitude += stride) {
      starts.push_back(sign | magnitude);
      if (magnitude < last) starts.push_back(sign | (magnitude + 1));
    }
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  std::vector<Run> runs;
  for (const Code start : starts) {
    const Outcome outcome = caster.cast(decode(source, start));
    if (runs.empty() || !(runs.back().outcome == outcome)) runs.push_back({start, outcome});
  }
  return runs;
}

Outcome lookup(const std::vector<Run>& runs, Code source_code) {
  const auto next = std::upper_bound(runs.begin(), runs.end(), source_code,
                                     [](Code code, const Run& run) { return code < run.first; });
  return std::prev(next)->outcome;
}

}  // namespace mxscope::spec
