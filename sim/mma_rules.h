// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The rules of matrix instructions over any integer type, one function each, written from
// "MMA-Sim" (arXiv 2511.10909), Khattak and Mikaitis (arXiv 2512.07004) and the rules of tcgen05 as
// published with its B200 words; evidence per row is in mma_units.cpp.
#pragma once

#include <algorithm>
#include <bit>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sim/mma_operand.h"
#include "spec/exact.h"

namespace mxscope::sim {

/// value * 2^shift; where bits are lost, the magnitude is truncated.
template <typename Integer>
Integer shift_truncated(const Integer& value, std::int64_t shift) {
  if (value == 0) return 0;  // a zero term may lie any distance above the window
  if (shift >= 0) return value << shift;
  if constexpr (std::is_same_v<Integer, std::int64_t>)
    if (shift <= -63) return 0;
  return value < 0 ? Integer(-(Integer(-value) >> -shift)) : Integer(value >> -shift);
}

/// floor(value * 2^shift)
template <typename Integer>
Integer shift_floored(const Integer& value, std::int64_t shift) {
  const Integer truncated = shift_truncated(value, shift);
  const bool exact = shift >= 0 || value == 0 || (shift > -63 && (truncated << -shift) == value);
  return value < 0 && !exact ? Integer(truncated - 1) : truncated;
}

template <typename Integer>
int bit_length(const Integer& magnitude) {
  if constexpr (std::is_same_v<Integer, std::int64_t>)
    return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(magnitude)));
  else
    return magnitude == 0 ? 0 : static_cast<int>(boost::multiprecision::msb(magnitude)) + 1;
}

enum class FinalRounding : std::uint8_t { kTowardZero, kNearestEven };

/// The code of sum * 2^exponent in an IEEE-style format whose mantissa keeps `fraction_bits`. From
/// 2^(emax+1) upward it is infinity even toward zero, and every zero is +0.
template <typename Integer>
spec::Code round_sum(const Integer& sum, std::int64_t exponent, const spec::Format& format,
                     int fraction_bits, FinalRounding rounding) {
  if (sum == 0) return 0;
  const Integer magnitude = sum < 0 ? Integer(-sum) : sum;
  const std::int64_t top = bit_length(magnitude) - 1 + exponent;
  const std::int64_t unit = std::max<std::int64_t>(top, format.emin()) - fraction_bits;
  const std::int64_t shift = exponent - unit;
  Integer kept = shift_truncated(magnitude, shift);
  if (rounding == FinalRounding::kNearestEven && shift < 0 && bit_length(magnitude) >= -shift) {
    const Integer rest = magnitude - (kept << -shift);
    const Integer half = Integer(1) << (-shift - 1);
    if (rest > half || (rest == half && (kept & 1) != 0)) kept += 1;
  }
  // kept counts units of a binade at or above emin; continuing the count over binades is encoding.
  const spec::Code field = static_cast<spec::Code>(unit + fraction_bits - format.emin());
  const spec::Code fine = static_cast<spec::Code>(kept) << (format.mantissa_bits - fraction_bits);
  const spec::Code code = fine + (field << format.mantissa_bits);
  if (code == 0) return 0;
  const spec::Code infinity = static_cast<spec::Code>(format.max_ordinal()) + 1;
  return std::min(code, infinity) | (sum < 0 ? format.sign_mask() : 0);
}

/// One term of a sum: significand * 2^(exponent - point).
template <typename Integer>
struct Term {
  Integer significand = 0;
  std::int64_t exponent = 0;
  int point = 0;
  bool counted = true;  ///< takes part in the largest exponent

  std::int64_t weight() const { return exponent - point; }
};

/// The largest exponent of the counted terms, or nothing when there is none.
template <typename Terms>
std::optional<std::int64_t> largest_exponent(const Terms& terms) {
  std::optional<std::int64_t> largest;
  for (const auto& term : terms)
    if (term.counted && (!largest || term.exponent > *largest)) largest = term.exponent;
  return largest;
}

/// Terms truncated to multiples of 2^unit, summed exactly in units.
template <typename Integer, typename Terms>
Integer sum_in_units(const Terms& terms, std::int64_t unit) {
  Integer sum = 0;
  for (const auto& term : terms) sum += shift_truncated(term.significand, term.weight() - unit);
  return sum;
}

}  // namespace mxscope::sim
