// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Exact numbers from text, codes and MPFR, and back to text.
#include "spec/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "spec/error.h"

namespace mxscope::spec {
namespace {

constexpr std::size_t kMaxText = 100000;
constexpr std::int64_t kMaxExponent = 100000;
constexpr std::size_t kMaxQuoted = 40;

/// The start of a text as an error shows it; a control byte (a NUL would end the message) as '?'.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, kMaxQuoted));
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, '?');
  return out;
}

[[noreturn]] void fail(std::string_view text, std::string_view why) {
  throw Error(fmt::format("'{}{}' is not a number: {}", shown(text),
                          text.size() > kMaxQuoted ? "..." : "", why));
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(text[i])) != lower[i]) return false;
  return true;
}

/// Reads digits, one point and an exponent of one base from the front of `rest`.
class Scanner {
 public:
  Scanner(std::string_view whole, std::string_view rest) : whole_(whole), rest_(rest) {}

  Rational decimal() { return mantissa_and_exponent(10, 'e'); }

  Rational unsigned_number() {
    if (rest_.size() >= 2 && rest_[0] == '0' && (rest_[1] == 'x' || rest_[1] == 'X')) {
      rest_.remove_prefix(2);
      return mantissa_and_exponent(16, 'p');
    }
    return decimal();
  }

  bool take(std::string_view token) {
    if (rest_.substr(0, token.size()) != token) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  std::int64_t exponent() {
    bool negative = false;
    if (take("-"))
      negative = true;
    else
      take("+");
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (end == rest_.data() || rest_[0] == '-') fail(whole_, "an exponent needs decimal digits");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    if (error == std::errc::result_out_of_range || value > kMaxExponent)
      fail(whole_, fmt::format("its exponent is beyond +-{}", kMaxExponent));
    return negative ? -value : value;
  }

  void expect_end() const {
    if (!rest_.empty())
      fail(whole_, fmt::format("'{}' is left over; write a decimal, hex float, fraction a/b, "
                               "m*2^e, inf or nan",
                               shown(rest_)));
  }

 private:
  Rational mantissa_and_exponent(int base, char exponent_letter) {
    std::string digits;
    std::int64_t fraction_digits = 0;
    bool point = false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '.' && !point) {
        point = true;
      } else if (base == 16 ? std::isxdigit(static_cast<unsigned char>(c)) != 0
                            : std::isdigit(static_cast<unsigned char>(c)) != 0) {
        digits.push_back(c);
        if (point) ++fraction_digits;
      } else {
        break;
      }
      rest_.remove_prefix(1);
    }
    if (digits.empty()) fail(whole_, "digits are missing");
    const std::int64_t scale = exponent_after(exponent_letter);
    const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    const Integer integer((base == 16 ? "0x" : "") + digits.substr(first));
    if (base == 16) return Rational(integer, 1) * power_of_two(scale - 4 * fraction_digits);
    return scaled_by_ten(integer, scale - fraction_digits);
  }

  std::int64_t exponent_after(char letter) {
    if (rest_.empty() || std::tolower(static_cast<unsigned char>(rest_.front())) != letter)
      return 0;
    rest_.remove_prefix(1);
    return exponent();
  }

  static Rational scaled_by_ten(const Integer& integer, std::int64_t exponent) {
    const Integer power =
        boost::multiprecision::pow(Integer(10), static_cast<unsigned>(std::abs(exponent)));
    return exponent >= 0 ? Rational(integer * power, 1) : Rational(integer, power);
  }

  std::string_view whole_;
  std::string_view rest_;
};

}  // namespace

Number Number::finite(const Rational& value) {
  return {NumberKind::kFinite, value < 0, boost::multiprecision::abs(value), 0, 0};
}

Number parse_number(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  if (text.empty()) throw Error("an empty text is not a number");
  if (text.size() > kMaxText) fail(text, fmt::format("it is longer than {} characters", kMaxText));
  std::string_view rest = text;
  const bool negative = rest.front() == '-';
  if (negative || rest.front() == '+') rest.remove_prefix(1);
  if (equals_ignoring_case(rest, "inf") || equals_ignoring_case(rest, "infinity"))
    return Number::infinity(negative);
  if (equals_ignoring_case(rest, "nan")) return Number::nan(negative);
  Scanner scanner(text, rest);
  Rational magnitude = scanner.unsigned_number();
  if (scanner.take("/")) {
    const Rational divisor = scanner.unsigned_number();
    if (divisor == 0) fail(text, "it divides by zero");
    magnitude /= divisor;
  } else if (scanner.take("*2^")) {
    magnitude *= power_of_two(scanner.exponent());
  }
  scanner.expect_end();
  return {NumberKind::kFinite, negative, magnitude, 0, 0};
}

Number from_mpfr(mpfr_srcptr value) {
  const bool negative = mpfr_signbit(value) != 0;
  if (mpfr_nan_p(value) != 0) return Number::nan(negative);
  if (mpfr_inf_p(value) != 0) return Number::infinity(negative);
  if (mpfr_zero_p(value) != 0) return {NumberKind::kFinite, negative, 0, 0, 0};
  const mpfr_exp_t exponent = mpfr_get_exp(value);
  if (exponent > kMaxExponent || exponent < -kMaxExponent)
    throw Error(
        fmt::format("an MPFR number with exponent {} is beyond +-{}", exponent, kMaxExponent));
  Integer significand;
  const mpfr_exp_t scale = mpfr_get_z_2exp(significand.backend().data(), value);
  return Number::finite(Rational(significand, 1) * power_of_two(scale));
}

Number decode(const Format& format, Code code) {
  if ((code & ~format.code_mask()) != 0)
    throw Error(
        fmt::format("code 0x{:x} has more than the {} bits of {}", code, format.bits, format.name));
  const bool negative = format.is_negative(code);
  switch (format.classify(code)) {
    case CodeClass::kInfinity:
      return Number::infinity(negative);
    case CodeClass::kNan: {
      const Code field = code & ((Code{1} << format.mantissa_bits) - 1);
      return {NumberKind::kNan, negative, 0, field, format.mantissa_bits};
    }
    default:
      return {NumberKind::kFinite, negative, format.ordinal_value(format.ordinal(code)), 0, 0};
  }
}

std::string to_text(const Number& number) {
  const std::string sign = number.negative ? "-" : "";
  if (number.kind == NumberKind::kNan) return sign + "nan";
  if (number.kind == NumberKind::kInfinity) return sign + "inf";
  return sign + to_text(number.magnitude);
}

}  // namespace mxscope::spec
