// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mpfr.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "spec/exact.h"
#include "spec/format.h"

namespace mxscope::spec {

enum class NumberKind : std::uint8_t { kFinite, kInfinity, kNan };

/// An extended real with signed zero, exact: the argument of every conversion.
struct Number {
  NumberKind kind = NumberKind::kFinite;
  bool negative = false;
  Rational magnitude = 0;     ///< finite only; never negative
  std::uint64_t payload = 0;  ///< NaN only: significand field of the source, quiet bit on top
  int payload_bits = 0;       ///< NaN only: width of that field; 0 when it is unknown

  static Number finite(const Rational& value);
  static Number infinity(bool negative) { return {NumberKind::kInfinity, negative, 0, 0, 0}; }
  static Number nan(bool negative = false) { return {NumberKind::kNan, negative, 0, 0, 0}; }

  bool is_zero() const { return kind == NumberKind::kFinite && magnitude == 0; }
  Rational value() const { return negative ? Rational(-magnitude) : magnitude; }  ///< finite only
};

/// Reads an exact number; nothing passes through a double. Forms: decimal ("-0.1", "1.5e-300"),
/// hex float ("0x1.8p-3"), fraction ("1/3"), scaled power ("3*2^-149"), "inf", "nan", with a sign.
/// Throws Error for anything else, and for exponents beyond 10^5 in absolute value or texts
/// longer than 100000 characters, which would need unbounded memory.
Number parse_number(std::string_view text);

/// An MPFR number of any precision, exactly.
Number from_mpfr(mpfr_srcptr value);

/// The value of a code, exactly. Throws Error if the code has more bits than the format.
Number decode(const Format& format, Code code);

/// "0.15625", "-0", "inf", "nan": exact, readable by parse_number.
std::string to_text(const Number& number);

}  // namespace mxscope::spec
