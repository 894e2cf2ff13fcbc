// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "spec/arithmetic.h"

#include "spec/error.h"

namespace mxscope::spec {
namespace {

struct Width {
  int precision;
  int emin;
  int emax;
};

Width width_of(Precision precision) {
  switch (precision) {
    case Precision::kF64:
      return {53, -1022, 1023};
    case Precision::kF32:
      return {24, -126, 127};
    case Precision::kBf16:
      return {8, -126, 127};
    case Precision::kF16:
      return {11, -14, 15};
    case Precision::kExact:
      break;
  }
  throw std::logic_error("exact arithmetic has no width");
}

/// binary32's quiet bit with the payload of `x` where that is a binary32 one.
Number quiet(Number x) {
  constexpr std::uint64_t kQuiet = std::uint64_t{1} << 22;
  x.payload = (x.payload_bits == 23 ? x.payload : 0) | kQuiet;
  x.payload_bits = 23;
  return x;
}

/// Of two operands, one of them a NaN: the first NaN, made quiet.
Number nan_of(const Number& a, const Number& b) {
  return quiet(a.kind == NumberKind::kNan ? a : b);
}

Number invalid() { return quiet(Number::nan(true)); }

Number signed_zero(bool negative) { return {NumberKind::kFinite, negative, 0, 0, 0}; }

/// log2 x in binary32 and `precision`, to an integer in the direction given.
std::int64_t rounded_log2(const Rational& x, Precision precision, mpfr_rnd_t direction) {
  mpfr_t exact;
  mpfr_t logarithm;
  mpfr_init2(exact, 256);  // a value of any format here; a fraction is refused below
  mpfr_init2(logarithm, 24);
  const int inexact = mpfr_set_q(exact, x.backend().data(), MPFR_RNDN);
  mpfr_log2(logarithm, exact, MPFR_RNDN);
  if (precision == Precision::kBf16) mpfr_prec_round(logarithm, 8, MPFR_RNDN);
  const long result = mpfr_get_si(logarithm, direction);
  mpfr_clears(exact, logarithm, static_cast<mpfr_ptr>(nullptr));
  if (inexact != 0) throw Error("the logarithm is for binary floats of at most 256 bits");
  return result;
}

}  // namespace

Number round_to(const Number& x, Precision precision) {
  if (precision == Precision::kExact || x.kind != NumberKind::kFinite || x.magnitude == 0) return x;
  const Width width = width_of(precision);
  const std::int64_t exponent = std::max<std::int64_t>(floor_log2(x.magnitude), width.emin);
  const Rational quantum = power_of_two(exponent - (width.precision - 1));
  Number out = x;
  out.magnitude = Rational(nearest_even(x.magnitude / quantum)) * quantum;
  if (out.magnitude >= power_of_two(width.emax + 1)) return Number::infinity(x.negative);
  return out;
}

Number multiply(const Number& a, const Number& b, Precision precision) {
  const bool negative = a.negative != b.negative;
  if (a.kind == NumberKind::kNan || b.kind == NumberKind::kNan) return nan_of(a, b);
  if (a.kind == NumberKind::kInfinity || b.kind == NumberKind::kInfinity)
    return a.is_zero() || b.is_zero() ? invalid() : Number::infinity(negative);
  Number out = signed_zero(negative);
  out.magnitude = a.magnitude * b.magnitude;
  return round_to(out, precision);
}

Number divide(const Number& a, const Number& b, Precision precision) {
  const bool negative = a.negative != b.negative;
  if (a.kind == NumberKind::kNan || b.kind == NumberKind::kNan) return nan_of(a, b);
  if (a.kind == NumberKind::kInfinity)
    return b.kind == NumberKind::kInfinity ? invalid() : Number::infinity(negative);
  if (b.kind == NumberKind::kInfinity) return signed_zero(negative);
  if (b.is_zero()) return a.is_zero() ? invalid() : Number::infinity(negative);
  Number out = signed_zero(negative);
  out.magnitude = a.magnitude / b.magnitude;
  return round_to(out, precision);
}

Number add(const Number& a, const Number& b, Precision precision) {
  if (a.kind == NumberKind::kNan || b.kind == NumberKind::kNan) return nan_of(a, b);
  if (a.kind == NumberKind::kInfinity)
    return b.kind == NumberKind::kInfinity && a.negative != b.negative ? invalid() : a;
  if (b.kind == NumberKind::kInfinity) return b;
  const Rational sum = a.value() + b.value();
  if (sum == 0) return signed_zero(a.negative && b.negative);
  return round_to(Number::finite(sum), precision);
}

Number subtract(const Number& a, const Number& b, Precision precision) {
  Number minus = b;
  minus.negative = !b.negative;
  return add(a, minus, precision);
}

Number magnitude_of(Number x) {
  x.negative = false;
  return x;
}

bool less(const Number& a, const Number& b) {
  if (a.kind == NumberKind::kNan || b.kind == NumberKind::kNan) return false;
  if (a.kind == NumberKind::kInfinity)
    return a.negative && !(b.kind == NumberKind::kInfinity && b.negative);
  if (b.kind == NumberKind::kInfinity) return !b.negative;
  return a.value() < b.value();
}

std::int64_t floor_rounded_log2(const Rational& x, Precision precision) {
  return rounded_log2(x, precision, MPFR_RNDD);
}

std::int64_t ceil_rounded_log2(const Rational& x, Precision precision) {
  return rounded_log2(x, precision, MPFR_RNDU);
}

}  // namespace mxscope::spec
