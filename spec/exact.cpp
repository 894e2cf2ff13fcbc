// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Exact integers, dyadics and rationals over GMP, and their text forms.
#include "spec/exact.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace mxscope::spec {
namespace {

using boost::multiprecision::abs;
using boost::multiprecision::denominator;
using boost::multiprecision::lsb;
using boost::multiprecision::msb;
using boost::multiprecision::numerator;
using boost::multiprecision::pow;

std::int64_t bit_position(std::size_t index) { return static_cast<std::int64_t>(index); }

std::string with_point(std::string digits, std::int64_t fraction_digits) {
  if (fraction_digits <= 0)
    return digits + std::string(static_cast<std::size_t>(-fraction_digits), '0');
  const auto width = static_cast<std::size_t>(fraction_digits);
  if (digits.size() <= width) digits.insert(0, width + 1 - digits.size(), '0');
  digits.insert(digits.size() - width, 1, '.');
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

}  // namespace

Rational power_of_two(std::int64_t exponent) {
  const Integer power = Integer(1) << static_cast<unsigned>(std::abs(exponent));
  return exponent >= 0 ? Rational(power, 1) : Rational(1, power);
}

std::int64_t floor_log2(const Rational& value) {
  const Integer num = abs(numerator(value));
  const Integer den = denominator(value);
  const std::int64_t estimate = bit_position(msb(num)) - bit_position(msb(den));
  return Rational(num, den) < power_of_two(estimate) ? estimate - 1 : estimate;
}

Integer nearest_even(const Rational& value) {
  Integer whole = numerator(value) / denominator(value);
  const Rational rest = value - Rational(whole);
  const Rational half(1, 2);
  if (rest > half || (rest == half && bit_test(whole, 0))) ++whole;
  return whole;
}

Dyadic::Dyadic(Integer s, std::int64_t e) : significand(std::move(s)), exponent(e) {
  if (significand == 0) {
    exponent = 0;
    return;
  }
  const auto zeros = lsb(Integer(abs(significand)));
  significand >>= static_cast<unsigned>(zeros);
  exponent += bit_position(zeros);
}

Rational Dyadic::to_rational() const { return Rational(significand, 1) * power_of_two(exponent); }

bool is_dyadic(const Rational& value) {
  const Integer den = denominator(value);
  return lsb(den) == msb(den);
}

std::string to_text(const Rational& value, int max_digits) {
  const Integer num = numerator(value);
  const Integer den = denominator(value);
  const std::string sign = num < 0 ? "-" : "";
  const std::string fraction = fmt::format("{}/{}", num.str(), den.str());
  if (!is_dyadic(value)) return fraction;
  const std::int64_t shift = bit_position(msb(den));
  const auto limit = static_cast<std::size_t>(max_digits);
  // A dyadic n / 2^s has exactly s decimals; 5^s alone has more than 0.69 s digits.
  if (shift <= 2 * max_digits && bit_position(msb(Integer(abs(num) + 1))) <= 4 * max_digits) {
    const Integer scaled = abs(num) * pow(Integer(5), static_cast<unsigned>(shift));
    const std::string text = with_point(scaled.str(), shift);
    const auto digits = std::count_if(text.begin(), text.end(), [](char c) { return c != '.'; });
    if (static_cast<std::size_t>(digits) <= limit) return sign + text;
  }
  const Dyadic dyadic(num, -shift);
  const std::string scaled = fmt::format("{}*2^{}", dyadic.significand.str(), dyadic.exponent);
  return scaled.size() < fraction.size() ? scaled : fraction;
}

std::string to_hex_text(const Rational& value) {
  if (value == 0) return "0x0p+0";
  if (!is_dyadic(value)) return to_text(value);
  const std::int64_t exponent = floor_log2(value);
  Integer significand = numerator(Rational(abs(value) / power_of_two(exponent)));
  // 1.f in binary: pad the fraction to whole hex digits.
  std::int64_t fraction_bits = bit_position(msb(significand));
  while (fraction_bits % 4 != 0) {
    significand <<= 1;
    ++fraction_bits;
  }
  std::string digits = significand.str(0, std::ios_base::hex);
  if (digits.size() > 1) digits.insert(1, 1, '.');
  return fmt::format("{}0x{}p{:+}", value < 0 ? "-" : "", digits, exponent);
}

std::string to_approximate_text(const Rational& value, int digits) {
  if (value == 0) return "0";
  const Rational magnitude = abs(value);
  // Scale to an integer of `digits` digits, rounding half up on the exact value.
  auto decimal_exponent =
      static_cast<std::int64_t>(static_cast<double>(floor_log2(magnitude)) * 0.30102999566398120);
  const auto power_of_ten = [](std::int64_t e) {
    const Integer p = pow(Integer(10), static_cast<unsigned>(std::abs(e)));
    return e >= 0 ? Rational(p, 1) : Rational(1, p);
  };
  while (magnitude >= power_of_ten(decimal_exponent + 1)) ++decimal_exponent;
  while (magnitude < power_of_ten(decimal_exponent)) --decimal_exponent;
  const Rational scaled = magnitude * power_of_ten(digits - 1 - decimal_exponent) + Rational(1, 2);
  std::string text = Integer(numerator(scaled) / denominator(scaled)).str();
  if (static_cast<int>(text.size()) > digits) {
    text.pop_back();
    ++decimal_exponent;
  }
  const std::string sign = value < 0 ? "-" : "";
  if (decimal_exponent >= -5 && decimal_exponent < 7)
    return sign + with_point(text, digits - 1 - decimal_exponent);
  return fmt::format("{}{}e{:+03}", sign, with_point(text, digits - 1), decimal_exponent);
}

}  // namespace mxscope::spec
