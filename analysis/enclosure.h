// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Real numbers between two MPFR numbers: every operation is rounded outward, so the true value
// stays inside and the width says how many digits are proved.
#pragma once

#include <mpfr.h>

#include <string>

#include "spec/exact.h"

namespace mxscope::analysis {

/// A closed interval that contains a real number. The result of an operation contains the result
/// for every choice of reals in its operands, at the larger of their precisions. Source of the
/// directed roundings: MPFR, whose functions used here are correctly rounded.
class Enclosure {
 public:
  /// The rational, to `bits` bits.
  explicit Enclosure(int bits, const spec::Rational& value = 0);
  Enclosure(const Enclosure& other);
  Enclosure(Enclosure&& other) noexcept;
  Enclosure& operator=(const Enclosure& other);
  Enclosure& operator=(Enclosure&& other) noexcept;
  ~Enclosure();

  int bits() const { return static_cast<int>(mpfr_get_prec(low_)); }
  spec::Rational low() const;   ///< exact; infinite ends throw std::logic_error
  spec::Rational high() const;  ///< exact

  bool is_positive() const { return mpfr_sgn(low_) > 0; }
  bool is_negative() const { return mpfr_sgn(high_) < 0; }
  bool contains(const spec::Rational& value) const;
  bool overlaps(const Enclosure& other) const;

  Enclosure& operator+=(const Enclosure& b);
  Enclosure& operator-=(const Enclosure& b);
  Enclosure& operator*=(const Enclosure& b);
  /// The divisor must not contain 0; throws std::domain_error if it does.
  Enclosure& operator/=(const Enclosure& b);
  Enclosure& operator*=(const spec::Rational& b) { return *this *= Enclosure(bits(), b); }
  Enclosure& operator/=(const spec::Rational& b) { return *this /= Enclosure(bits(), b); }
  Enclosure operator-() const;

  friend Enclosure operator+(Enclosure a, const Enclosure& b) { return a += b; }
  friend Enclosure operator-(Enclosure a, const Enclosure& b) { return a -= b; }
  friend Enclosure operator*(Enclosure a, const Enclosure& b) { return a *= b; }
  friend Enclosure operator/(Enclosure a, const Enclosure& b) { return a /= b; }
  friend Enclosure operator*(Enclosure a, const spec::Rational& b) { return a *= b; }
  friend Enclosure operator/(Enclosure a, const spec::Rational& b) { return a /= b; }

  friend Enclosure exp(const Enclosure& x);
  friend Enclosure log(const Enclosure& x);   ///< x positive, else std::domain_error
  friend Enclosure sqrt(const Enclosure& x);  ///< a negative part counts as 0: rounding's doing
  friend Enclosure erfc(const Enclosure& x);
  friend Enclosure gamma(const Enclosure& x);  ///< x positive
  friend Enclosure square(const Enclosure& x);
  friend Enclosure power(const Enclosure& x, unsigned long exponent);
  /// x^exponent for positive x.
  friend Enclosure power(const Enclosure& x, const Enclosure& exponent);
  friend Enclosure hull(Enclosure a, const Enclosure& b);  ///< the least that contains both

  static Enclosure pi(int bits);

  /// How many significant decimal digits both ends share after rounding to nearest, at most `most`.
  int proved_digits(int most = 1000) const;

  /// The number to so many significant digits, plain or scientific, rounded to nearest: correct in
  /// every digit where digits <= proved_digits().
  std::string text(int digits) const;

  /// The ends in scientific notation, rounded outward.
  std::string low_text(int digits) const;
  std::string high_text(int digits) const;

 private:
  void widen_to(int bits);

  mpfr_t low_;
  mpfr_t high_;
};

Enclosure exp(const Enclosure& x);
Enclosure log(const Enclosure& x);
Enclosure sqrt(const Enclosure& x);
Enclosure erfc(const Enclosure& x);
Enclosure gamma(const Enclosure& x);
Enclosure square(const Enclosure& x);
Enclosure power(const Enclosure& x, unsigned long exponent);
Enclosure power(const Enclosure& x, const Enclosure& exponent);
Enclosure hull(Enclosure a, const Enclosure& b);

}  // namespace mxscope::analysis
