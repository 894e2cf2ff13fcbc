// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Everything that follows from a format's row: values, special codes, limits.
#include "spec/format.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::spec {
namespace {

constexpr int kMaxExponentBits = 16;
constexpr int kMaxBias = 1 << 20;
constexpr std::size_t kMaxName = 64;

std::int64_t low_bits(std::int64_t value, int count) {
  return value & ((std::int64_t{1} << count) - 1);
}

Error bad(const Format& format, std::string_view field, const std::string& problem) {
  return Error(
      fmt::format("format '{}', field {}: {}", format.name.substr(0, kMaxName), field, problem));
}

}  // namespace

bool Format::has_nan() const {
  return kind == FormatKind::kFloat && (high_nans > 0 || (is_signed && !negative_zero));
}

std::int64_t Format::max_ordinal(bool negative) const {
  const Code magnitudes = Code{1} << magnitude_bits();
  if (kind == FormatKind::kFixed)
    return static_cast<std::int64_t>(magnitudes) - (negative && !symmetric ? 0 : 1);
  return static_cast<std::int64_t>(magnitudes - 1) - high_nans - (infinities ? 1 : 0);
}

Rational Format::ordinal_value(std::int64_t ordinal) const {
  if (kind == FormatKind::kFixed) return Rational(ordinal, 1) * power_of_two(-mantissa_bits);
  const std::int64_t field = ordinal >> mantissa_bits;
  const std::int64_t fraction = low_bits(ordinal, mantissa_bits);
  if (ordinal == 0 && zero) return 0;
  if (subnormals && field == 0)
    return Rational(fraction, 1) * power_of_two(1 - bias - mantissa_bits);
  const std::int64_t significand = (std::int64_t{1} << mantissa_bits) + fraction;
  return Rational(significand, 1) * power_of_two(field - bias - mantissa_bits);
}

Code Format::encode(bool negative, std::int64_t ordinal) const {
  const auto magnitude = static_cast<Code>(ordinal);
  if (!negative) return magnitude;
  if (kind == FormatKind::kFixed) return (~magnitude + 1) & code_mask();
  if (ordinal == 0 && !negative_zero) return 0;
  return sign_mask() | magnitude;
}

std::optional<Code> Format::infinity_code(bool negative) const {
  if (!infinities || (negative && !is_signed)) return std::nullopt;
  return static_cast<Code>(max_ordinal() + 1) | (negative ? sign_mask() : 0);
}

std::optional<Code> Format::nan_code(bool negative) const {
  if (!has_nan()) return std::nullopt;
  if (high_nans == 0) return sign_mask();
  return (code_mask() & ~sign_mask()) | (negative ? sign_mask() : 0);
}

std::optional<Code> Format::quiet_nan_code(bool negative) const {
  const bool ieee =
      infinities && mantissa_bits > 0 && high_nans == (std::int64_t{1} << mantissa_bits) - 1;
  if (!ieee) return nan_code(negative);
  const Code quiet_bit = Code{1} << (mantissa_bits - 1);
  return *infinity_code(negative) | quiet_bit;
}

bool Format::is_negative(Code code) const { return is_signed && (code & sign_mask()) != 0; }

std::int64_t Format::ordinal(Code code) const {
  if (kind == FormatKind::kFixed && is_negative(code))
    return static_cast<std::int64_t>((~code + 1) & code_mask());
  return static_cast<std::int64_t>(code & ~sign_mask());
}

CodeClass Format::classify(Code code) const {
  const bool negative = is_negative(code);
  const std::int64_t magnitude = ordinal(code);
  if (kind == FormatKind::kFixed) {
    if (magnitude > max_ordinal(negative)) return CodeClass::kUnused;
    return magnitude == 0 ? CodeClass::kZero : CodeClass::kNormal;
  }
  if (magnitude == 0 && negative && !negative_zero) return CodeClass::kNan;
  if (magnitude > max_ordinal())
    return infinities && magnitude == max_ordinal() + 1 ? CodeClass::kInfinity : CodeClass::kNan;
  if (magnitude == 0 && zero) return CodeClass::kZero;
  const bool lowest_binade = (magnitude >> mantissa_bits) == 0;
  return subnormals && lowest_binade ? CodeClass::kSubnormal : CodeClass::kNormal;
}

Rational Format::min_value() const {
  if (!is_signed) return ordinal_value(0);
  return -ordinal_value(max_ordinal(true));
}

Rational Format::min_positive() const { return ordinal_value(zero ? 1 : 0); }

std::optional<Rational> Format::min_normal() const {
  if (kind == FormatKind::kFixed) return std::nullopt;
  const std::int64_t first = subnormals ? std::int64_t{1} << mantissa_bits : (zero ? 1 : 0);
  if (first > max_ordinal()) return std::nullopt;
  return ordinal_value(first);
}

int Format::emax() const {
  // The value is significand * 2^e with the significand's length known from the ordinal.
  const Rational top = max_value();
  const Integer num = boost::multiprecision::numerator(top);
  const Integer den = boost::multiprecision::denominator(top);
  return static_cast<int>(boost::multiprecision::msb(num)) -
         static_cast<int>(boost::multiprecision::msb(den));
}

int Format::emin() const {
  return kind == FormatKind::kFixed ? -mantissa_bits : (subnormals ? 1 - bias : -bias);
}

void validate(const Format& f) {
  if (f.name.empty()) throw Error("format without a name: give it one in field name");
  if (!is_row_name(f.name)) throw bad(f, "name", std::string(kRowNameRule));
  for (const std::string& alias : f.aliases)
    if (!is_row_name(alias)) throw bad(f, "aliases", std::string(kRowNameRule) + " each");
  if (f.bits < 2 || f.bits > 64) throw bad(f, "bits", "must be 2 to 64");
  if (f.mantissa_bits < 0) throw bad(f, "mantissa_bits", "must not be negative");
  if (f.storage_bits != 8 && f.storage_bits != 16 && f.storage_bits != 32 && f.storage_bits != 64)
    throw bad(f, "storage_bits", "must be 8, 16, 32 or 64");
  if (f.storage_shift < 0 || f.storage_shift > f.storage_bits - f.bits)
    throw bad(f, "storage_shift",
              fmt::format("{} bits shifted by {} do not fit in {} storage bits", f.bits,
                          f.storage_shift, f.storage_bits));
  if (f.magnitude_bits() > 63) throw bad(f, "bits", "an unsigned format has at most 63");
  if (f.kind == FormatKind::kFixed) {
    if (f.bits > 32) throw bad(f, "bits", "fixed point has at most 32");
    if (!f.is_signed) throw bad(f, "signed", "fixed point is two's complement, so signed");
    if (f.mantissa_bits > 1024) throw bad(f, "mantissa_bits", "must be at most 1024");
    if (f.exponent_bits != 0 || f.high_nans != 0 || f.infinities)
      throw bad(f, "kind", "fixed point has no exponent, infinities or NaNs");
    if (!f.zero || !f.negative_zero || !f.subnormals)
      throw bad(f, "zero", "and negative_zero and subnormals are for floats; leave them out");
    if (f.bias != 0) throw bad(f, "bias", "fixed point has none; mantissa_bits places its point");
    return;
  }
  if (f.exponent_bits < 1 || f.exponent_bits > kMaxExponentBits)
    throw bad(f, "exponent_bits", fmt::format("must be 1 to {}", kMaxExponentBits));
  if (f.bias < -kMaxBias || f.bias > kMaxBias)
    throw bad(f, "bias", fmt::format("must be within +-{}", kMaxBias));
  if (f.mantissa_bits > 63) throw bad(f, "mantissa_bits", "must be at most 63");
  const int sum = (f.is_signed ? 1 : 0) + f.exponent_bits + f.mantissa_bits;
  if (sum != f.bits)
    throw bad(f, "bits",
              fmt::format("{} does not equal sign {} + exponent_bits {} + mantissa_bits {} = {}",
                          f.bits, f.is_signed ? 1 : 0, f.exponent_bits, f.mantissa_bits, sum));
  if (f.is_signed && !f.zero) throw bad(f, "zero", "a signed format needs a zero");
  if (f.subnormals && !f.zero) throw bad(f, "zero", "a format with subnormals has a zero");
  if (f.symmetric) throw bad(f, "symmetric", "only fixed point can leave its lowest code unused");
  const auto magnitudes = static_cast<std::int64_t>(Code{1} << std::min(f.magnitude_bits(), 62));
  const std::int64_t specials = f.infinities ? 1 : 0;
  if (f.high_nans < 0 || f.high_nans > magnitudes - 2 - specials)
    throw bad(
        f, "high_nans",
        fmt::format("{} NaN codes and {} infinities leave no finite value among {} magnitudes",
                    f.high_nans, specials, magnitudes));
  // Searches run from ordinal -1 to two past the largest, and that many steps must fit 64 bits.
  if (f.magnitude_bits() == 63 && f.high_nans + specials < 3)
    throw bad(f, "high_nans", "63 magnitude bits need at least three codes that are not finite");
}

}  // namespace mxscope::spec
