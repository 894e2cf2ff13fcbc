// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The bodies of codec.h: integer shifts on IEEE 754 bit fields.
#pragma once

#include "spec/codec.h"

namespace mxscope::spec {

constexpr bool Codec::stochastic_up(std::uint64_t significand, int shift,
                                    std::uint32_t random) const {
  // `scaled` has n (or n + 1) bits of the discarded fraction as an integer, and `rest` what lies
  // below them as 0: none, 1: under a half, 2: a half, 3: over a half.
  const auto fraction = [&](int n, int& rest) -> std::uint64_t {
    const std::uint64_t kept =
        shift >= 64 ? significand : significand & ((std::uint64_t{1} << shift) - 1);
    rest = 0;
    const int drop = shift - n;
    if (drop <= 0) return kept << -drop;
    if (drop > 63) {
      rest = kept == 0 ? 0 : 1;
      return 0;
    }
    const std::uint64_t low = kept & ((std::uint64_t{1} << drop) - 1);
    const std::uint64_t half = std::uint64_t{1} << (drop - 1);
    rest = low == 0 ? 0 : low < half ? 1 : low == half ? 2 : 3;
    return kept >> drop;
  };
  int rest = 0;
  const std::uint64_t one = std::uint64_t{1} << random_bits;
  switch (rounding) {
    case Rounding::kStochasticB:
      return fraction(random_bits + 1, rest) + 2 * std::uint64_t{random} + 1 >= 2 * one;
    case Rounding::kStochasticC:
    case Rounding::kStochasticOdd: {
      std::uint64_t scaled = fraction(random_bits, rest);
      const bool tie_up = (scaled & 1) == (rounding == Rounding::kStochasticC ? 1U : 0U);
      if (rest == 3 || (rest == 2 && tie_up)) ++scaled;
      return scaled + random >= one;
    }
    default:
      // The carry out of adding R to the discarded bits is exactly floor(delta 2^n) + R >= 2^n.
      return ((fraction(random_bits, rest) + random) >> random_bits) != 0;
  }
}

constexpr bool Codec::increments(std::uint64_t significand, int shift, bool odd, bool sign,
                                 std::uint32_t random) const {
  if (shift <= 0) return false;
  if (is_stochastic(rounding)) return stochastic_up(significand, shift, random);
  // -1, 0, 1: the discarded part is less than, equal to or more than half of the gap.
  int half = -1;
  bool inexact = significand != 0;
  if (shift < 64) {
    const std::uint64_t rest = significand & ((std::uint64_t{1} << shift) - 1);
    const std::uint64_t middle = std::uint64_t{1} << (shift - 1);
    half = rest < middle ? -1 : rest == middle ? 0 : 1;
    inexact = rest != 0;
  }
  switch (rounding) {
    case Rounding::kNearestAway:
      return half >= 0;
    case Rounding::kTowardZero:
      return false;
    case Rounding::kUp:
      return inexact && !sign;
    case Rounding::kDown:
      return inexact && sign;
    case Rounding::kToOdd:
      return inexact && !odd;
    default:
      break;
  }
  if (half != 0) return half > 0;
  if (mantissa_bits == 0 && !fixed_point && tie != TieP1::kEvenCode) return tie == TieP1::kUp;
  return odd;
}

/// Whether significand * 2^scale is below (-1), at (0) or above (1) the fraction numerator / 2^bits
/// of the first value after zero, (2^mantissa_bits + 1) * 2^(emin - mantissa_bits). Only for
/// numbers below that value, so that neither product has more than 128 bits.
constexpr int Codec::compare_with_first(std::uint64_t significand, int scale,
                                        std::uint64_t numerator, int bits) const {
  __extension__ using Wide = unsigned __int128;
  Wide left = significand;
  const Wide right = Wide{numerator} * ((std::uint64_t{1} << mantissa_bits) + 1);
  const int shift = scale + bits - (emin - mantissa_bits);
  bool rest = false;
  if (shift >= 0) {
    left <<= shift;
  } else if (-shift > source.mantissa_bits) {
    return -1;
  } else {
    rest = (left & ((Wide{1} << -shift) - 1)) != 0;
    left >>= -shift;
  }
  if (left != right) return left < right ? -1 : 1;
  return rest ? 1 : 0;
}

/// Rounding between zero and the first value of a format without subnormals, whose gap is the only
/// one that is not a power of two.
constexpr bool Codec::leaves_zero(std::uint64_t significand, int scale, bool sign,
                                  std::uint32_t random) const {
  const std::uint64_t needed = (std::uint64_t{1} << random_bits) - random;
  const int middle = compare_with_first(significand, scale, 2 * needed - 1, random_bits + 1);
  switch (rounding) {
    case Rounding::kTowardZero:
      return false;
    case Rounding::kUp:
      return !sign;
    case Rounding::kDown:
      return sign;
    case Rounding::kToOdd:
      return true;
    case Rounding::kNearestAway:
    case Rounding::kStochasticB:
      return middle >= 0;
    case Rounding::kStochasticC:
      return middle > 0 || (middle == 0 && needed % 2 == 0);
    case Rounding::kStochasticOdd:
      return middle > 0 || (middle == 0 && needed % 2 != 0);
    case Rounding::kStochasticA:
    case Rounding::kStochasticCarry:
      return compare_with_first(significand, scale, needed, random_bits) >= 0;
    default:
      return middle > 0;
  }
}

constexpr Outcome Codec::encode_nan(std::uint64_t mantissa, bool negative_sign) const {
  Outcome out = nan[negative_sign ? 1 : 0];
  const int drop = source.mantissa_bits - mantissa_bits;
  if (nan_rule == NanRule::kPayload && payload_room) {
    out.code |= drop >= 0 ? mantissa >> drop : mantissa << -drop;
  } else if (nan_rule == NanRule::kRebias && drop > 0) {
    const auto exponent = static_cast<std::uint64_t>(255 - 127 + bias);
    const std::uint64_t field = (exponent << source.mantissa_bits) + mantissa;
    const std::uint64_t even = ((std::uint64_t{1} << (drop - 1)) - 1) + ((field >> drop) & 1);
    out.code |= ((field + even) >> drop) & 0xFF;
  }
  return out;
}

constexpr Outcome Codec::encode(std::uint64_t bits, std::uint32_t random) const {
  const std::uint64_t mantissa_mask = (std::uint64_t{1} << source.mantissa_bits) - 1;
  const std::uint64_t mantissa = bits & mantissa_mask;
  const int exponent_mask = (1 << source.exponent_bits) - 1;
  const int exponent = static_cast<int>(bits >> source.mantissa_bits) & exponent_mask;
  const bool input_sign = ((bits >> (source.bits() - 1)) & 1) != 0;
  if (exponent == exponent_mask && mantissa != 0) return encode_nan(mantissa, input_sign);
  const bool infinite = exponent == exponent_mask;
  if (exponent == 0 && mantissa == 0) return zero[input_sign ? 1 : 0];
  bool sign = input_sign;
  bool mirrored = false;
  if (sign) {
    if (infinite && negative_infinity_as_positive) return infinity[0];
    if (negative_fixed_outcome) return negative;
    mirrored = negative_rounds_first;
    if (negative_as_positive || negative_rounds_first) sign = false;
  }
  const std::size_t side = sign ? 1 : 0;
  if (infinite) return infinity[side];

  // significand * 2^(scale), its leading bit at source.mantissa_bits.
  std::uint64_t significand = mantissa;
  int leading = exponent - source.bias();
  if (exponent == 0) {
    const int width = static_cast<int>(std::bit_width(mantissa));
    significand <<= source.mantissa_bits + 1 - width;
    leading = 1 - source.bias() - (source.mantissa_bits + 1 - width);
  } else {
    significand |= std::uint64_t{1} << source.mantissa_bits;
  }
  const int scale = leading - source.mantissa_bits;

  const bool below = denormal_grid && leading < emin;
  const int quantum = fixed_point ? -mantissa_bits : (below ? emin : leading) - mantissa_bits;
  const int shift = quantum - scale;
  if (fixed_point && -shift > 63 - source.mantissa_bits - 1) return overflow[side];
  std::uint64_t kept = 0;
  if (shift <= 0)
    kept = significand << -shift;
  else if (shift < 64)
    kept = significand >> shift;
  // Beyond the largest exponent field, and far below the least, the ordinal need not fit 64 bits.
  const int field = leading - emin + (denormal_grid ? 1 : 0);
  if (!fixed_point && field > top_field) return mirrored ? negative : overflow[side];
  std::int64_t ordinal = -2;
  if (fixed_point || below)
    ordinal = static_cast<std::int64_t>(kept);
  else if (field >= -1)
    ordinal = (std::int64_t{field} << mantissa_bits) +
              static_cast<std::int64_t>(kept - (std::uint64_t{1} << mantissa_bits));
  if (mirrored) {
    // x = -significand: "up" leads to zero, and from the first step only; the tie is with odd -1.
    const bool first_step = ordinal <= 0 && (zero_is_first || (denormal_grid && !zero_is_lowest));
    if (!first_step) return negative;
    const bool at_most_half =
        zero_is_first
            ? compare_with_first(significand, scale, 1, 1) <= 0
            : shift >= 64 || significand <= (std::uint64_t{1} << (shift > 0 ? shift - 1 : 0));
    const bool nearest = rounding == Rounding::kNearestEven || rounding == Rounding::kNearestAway;
    return rounding == Rounding::kUp || (nearest && at_most_half) ? zero[0] : negative;
  }
  if (zero_is_first && ordinal <= 0) {
    ordinal = leaves_zero(significand, scale, sign, random) ? 1 : 0;
  } else {
    const bool exact_lowest =
        zero_is_lowest && leading == emin - 1 && std::has_single_bit(significand);
    if (!exact_lowest && increments(significand, shift, (ordinal & 1) != 0, sign, random)) {
      if (ordinal >= max_ordinal[side]) return overflow[side];
      ++ordinal;
    }
  }
  if (ordinal < least_ordinal) return underflow[side];
  if (ordinal > max_ordinal[side]) return overflow[side];
  if (ordinal == 0) return rounded_to_zero[side];
  const auto magnitude = static_cast<std::uint64_t>(ordinal);
  if (!sign) return {magnitude, false};
  return {fixed_point ? (~magnitude + 1) & code_mask : magnitude | sign_mask, false};
}

constexpr Codec compile_codec(Source source, const Format& f, const Policy& p, int random_bits) {
  Codec c;
  c.source = source;
  c.rounding = p.rounding;
  c.tie = p.tie_p1;
  c.random_bits = random_bits;
  c.fixed_point = f.kind == FormatKind::kFixed;
  // With one bit of precision there is no subnormal but zero, and the field of zero is spare.
  const bool same_as_denormal = f.zero && f.mantissa_bits == 0;
  c.zero_is_lowest = !f.zero && p.low_grid == LowGrid::kFromZero;
  c.denormal_grid = f.subnormals || same_as_denormal || c.zero_is_lowest;
  c.mantissa_bits = f.mantissa_bits;
  c.bias = f.bias;
  c.zero_is_first = !c.fixed_point && f.zero && !c.denormal_grid;
  c.emin = c.denormal_grid ? 1 - f.bias : -f.bias;
  c.top_field = (1 << f.exponent_bits) - 1;
  c.least_ordinal = 0;
  c.code_mask = f.bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << f.bits) - 1;
  c.sign_mask = f.is_signed ? std::uint64_t{1} << (f.bits - 1) : 0;

  const std::uint64_t top = c.code_mask & ~c.sign_mask;
  const std::uint64_t finite_top =
      top - static_cast<std::uint64_t>(f.high_nans) - (f.infinities ? 1 : 0);
  c.max_ordinal[0] = static_cast<std::int64_t>(c.fixed_point ? top : finite_top);
  c.max_ordinal[1] = c.max_ordinal[0] + (c.fixed_point && !f.symmetric ? 1 : 0);

  const bool ieee_nans = f.infinities && f.mantissa_bits > 0 &&
                         f.high_nans == (std::int64_t{1} << f.mantissa_bits) - 1;
  const std::uint64_t quiet =
      ieee_nans ? finite_top + 1 + (std::uint64_t{1} << (f.mantissa_bits - 1)) : top;
  c.payload_room = ieee_nans && f.mantissa_bits > 1;
  const bool flips[2][4] = {{false, true, false, true}, {false, true, true, false}};
  const auto nan_with = [&](std::uint64_t magnitude, bool negative) {
    if (f.high_nans == 0) return Outcome{c.sign_mask, false};
    return Outcome{magnitude | (negative ? c.sign_mask : 0), false};
  };
  const auto signed_ordinal = [&](std::int64_t ordinal, bool negative) {
    const auto magnitude = static_cast<std::uint64_t>(ordinal);
    if (!negative) return Outcome{magnitude, false};
    if (c.fixed_point) return Outcome{(~magnitude + 1) & c.code_mask, false};
    if (magnitude == 0 && !f.negative_zero) return Outcome{0, false};
    return Outcome{magnitude | c.sign_mask, false};
  };
  const auto made_nan = [&](bool negative) {
    const bool sign = flips[negative ? 1 : 0][static_cast<int>(p.made_nan_sign)] && f.is_signed;
    return nan_with(p.nan == NanRule::kTop ? top : quiet, sign);
  };
  const auto beyond = [&](Overflow rule, bool negative) {
    const std::size_t side = negative ? 1 : 0;
    if (rule == Overflow::kSaturate) return signed_ordinal(c.max_ordinal[side], negative);
    if (rule == Overflow::kInfinity)
      return Outcome{(finite_top + 1) | (negative ? c.sign_mask : 0), false};
    if (rule == Overflow::kNan) return made_nan(negative);
    return Outcome{0, true};
  };
  const auto low = [&](LowRule rule) {
    if (rule == LowRule::kNan) return made_nan(false);
    return Outcome{0, rule == LowRule::kError};
  };

  const bool has_zero = f.zero || c.fixed_point;
  c.nan_rule = p.nan;
  for (const bool negative : {false, true}) {
    const std::size_t side = negative ? 1 : 0;
    const bool keeps_sign = negative && f.is_signed && p.negative == NegativeRule::kKeep;
    c.zero[side] = has_zero ? signed_ordinal(0, keeps_sign) : low(p.zero);
    c.rounded_to_zero[side] = signed_ordinal(0, negative);
    c.underflow[side] = low(p.underflow);
    const bool inward = p.rounding == Rounding::kTowardZero ||
                        p.rounding == (negative ? Rounding::kUp : Rounding::kDown);
    const bool stays = inward && p.directed_overflow == DirectedOverflow::kIeee754;
    c.overflow[side] = beyond(stays ? Overflow::kSaturate : p.overflow, negative);
    c.infinity[side] = beyond(p.infinity, negative);
    const bool sign = flips[side][static_cast<int>(p.nan_sign)] && f.is_signed;
    switch (p.nan) {
      case NanRule::kTop:
        c.nan[side] = nan_with(top, sign);
        break;
      case NanRule::kQuiet:
      case NanRule::kPayload:
        c.nan[side] = nan_with(quiet, sign);
        break;
      case NanRule::kMaximum:
        c.nan[side] = signed_ordinal(c.max_ordinal[sign ? 1 : 0], sign);
        break;
      case NanRule::kZero:
        c.nan[side] = has_zero ? signed_ordinal(0, sign) : Outcome{0, false};
        break;
      case NanRule::kRebias:
        c.nan[side] = {sign ? c.sign_mask : 0, false};
        break;
      case NanRule::kError:
        c.nan[side] = {0, true};
        break;
    }
  }
  c.negative_fixed_outcome = p.negative == NegativeRule::kLowest ||
                             p.negative == NegativeRule::kLowestFinite ||
                             p.negative == NegativeRule::kNan || p.negative == NegativeRule::kError;
  c.negative_rounds_first =
      p.negative == NegativeRule::kRoundThenNan || p.negative == NegativeRule::kRoundThenError;
  c.negative_infinity_as_positive =
      c.negative_rounds_first || p.negative == NegativeRule::kLowestFinite;
  c.negative_as_positive = p.negative == NegativeRule::kMagnitude;
  if (p.negative == NegativeRule::kError || p.negative == NegativeRule::kRoundThenError)
    c.negative = {0, true};
  if (p.negative == NegativeRule::kNan || p.negative == NegativeRule::kRoundThenNan)
    c.negative = made_nan(true);
  return c;
}

constexpr std::uint32_t decode_to_f32(const Format& f, std::uint64_t code) {
  const std::uint64_t sign_mask = f.is_signed ? std::uint64_t{1} << (f.bits - 1) : 0;
  const std::uint32_t sign = (code & sign_mask) != 0 ? 0x80000000U : 0;
  const bool fixed = f.kind == FormatKind::kFixed;
  const std::uint64_t code_mask =
      f.bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << f.bits) - 1;
  const std::uint64_t magnitude = fixed && sign != 0 ? (~code + 1) & code_mask : code & ~sign_mask;
  if (!fixed) {
    const std::uint64_t top = code_mask & ~sign_mask;
    const std::uint64_t finite_top =
        top - static_cast<std::uint64_t>(f.high_nans) - (f.infinities ? 1 : 0);
    const bool zero_nan = f.is_signed && !f.negative_zero && magnitude == 0 && sign != 0;
    if (zero_nan) return sign | 0x7FC00000U;
    if (f.infinities && magnitude == finite_top + 1) return sign | 0x7F800000U;
    if (magnitude > finite_top) {
      const std::uint64_t payload = magnitude & ((std::uint64_t{1} << f.mantissa_bits) - 1);
      const auto field =
          static_cast<std::uint32_t>(f.mantissa_bits <= 23 ? payload << (23 - f.mantissa_bits)
                                                           : payload >> (f.mantissa_bits - 23));
      return sign | 0x7FC00000U | field;
    }
    if (magnitude == 0 && f.zero) return sign;
  } else if (magnitude == 0) {
    return 0;
  }
  std::uint64_t significand = magnitude;
  int exponent = -f.mantissa_bits;
  if (!fixed) {
    const auto field = static_cast<int>(magnitude >> f.mantissa_bits);
    significand = magnitude & ((std::uint64_t{1} << f.mantissa_bits) - 1);
    const bool normal = field != 0 || !f.subnormals;
    if (normal) significand |= std::uint64_t{1} << f.mantissa_bits;
    exponent = (normal ? field : 1) - f.bias - f.mantissa_bits;
  }
  const int width = static_cast<int>(std::bit_width(significand));
  const int leading = exponent + width - 1;
  if (leading >= -126) {
    const std::uint64_t fraction =
        width <= 24 ? significand << (24 - width) : significand >> (width - 24);
    return sign | static_cast<std::uint32_t>((leading + 127) << 23) |
           (static_cast<std::uint32_t>(fraction) & 0x7FFFFFU);
  }
  const int up = exponent + 149;
  return sign | static_cast<std::uint32_t>(up >= 0 ? significand << up : significand >> -up);
}

}  // namespace mxscope::spec
