// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/multiprecision/gmp.hpp>
#include <cstdint>
#include <string>

namespace mxscope::spec {

using Integer = boost::multiprecision::mpz_int;
using Rational = boost::multiprecision::mpq_rational;

/// 2^exponent, exactly.
Rational power_of_two(std::int64_t exponent);

/// Exponent e with 2^e <= |value| < 2^(e+1). value must not be zero.
std::int64_t floor_log2(const Rational& value);

/// The nearest integer of value >= 0, ties to even.
Integer nearest_even(const Rational& value);

/// significand * 2^exponent: the exact domain of every finite format value.
/// Normalised: the significand is odd, or zero with exponent zero.
struct Dyadic {
  Integer significand = 0;
  std::int64_t exponent = 0;

  Dyadic() = default;
  Dyadic(Integer significand, std::int64_t exponent);

  Rational to_rational() const;
};

/// True when the denominator is a power of two.
bool is_dyadic(const Rational& value);

/// Exact text of a rational: a terminating decimal ("0.15625", "-448") when it has one of at most
/// `max_digits` significant digits, else "numerator/denominator" or, for dyadics too long for
/// either, "m*2^e". Reading the text back gives the same rational.
std::string to_text(const Rational& value, int max_digits = 40);

/// C99 hex float ("0x1.8p+3") of a dyadic rational; "n/d" for any other.
std::string to_hex_text(const Rational& value);

/// About `digits` significant decimal digits in scientific or plain notation, for people.
std::string to_approximate_text(const Rational& value, int digits = 6);

}  // namespace mxscope::spec
