// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Interval arithmetic on MPFR: lower ends are rounded down and upper ends up. Follows the
// operations of IEEE 1788-2015 for bounded, nonempty intervals.
#include "analysis/enclosure.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "spec/number.h"

namespace mxscope::analysis {

using spec::Rational;

namespace {

/// Rounds x to a number of significant digits; "%.*RNg" without trailing zeros dropped.
std::string formatted(mpfr_srcptr x, int digits, mpfr_rnd_t rounding, char style) {
  char* text = nullptr;
  const int after = style == 'e' ? digits - 1 : digits;
  const std::string format = std::string("%#.*R*") + style;
  if (mpfr_asprintf(&text, format.c_str(), after, rounding, x) < 0)
    throw std::runtime_error("MPFR could not write a number");
  const std::unique_ptr<char, void (*)(char*)> owner(text, mpfr_free_str);
  return text;
}

}  // namespace

Enclosure::Enclosure(int bits, const Rational& value) {
  mpfr_inits2(bits, low_, high_, static_cast<mpfr_ptr>(nullptr));
  mpfr_set_q(low_, value.backend().data(), MPFR_RNDD);
  mpfr_set_q(high_, value.backend().data(), MPFR_RNDU);
}

Enclosure::Enclosure(const Enclosure& other) {
  mpfr_inits2(other.bits(), low_, high_, static_cast<mpfr_ptr>(nullptr));
  mpfr_set(low_, other.low_, MPFR_RNDD);
  mpfr_set(high_, other.high_, MPFR_RNDU);
}

Enclosure::Enclosure(Enclosure&& other) noexcept {
  mpfr_inits2(MPFR_PREC_MIN, low_, high_, static_cast<mpfr_ptr>(nullptr));
  mpfr_swap(low_, other.low_);
  mpfr_swap(high_, other.high_);
}

Enclosure& Enclosure::operator=(const Enclosure& other) {
  if (this == &other) return *this;
  mpfr_set_prec(low_, other.bits());
  mpfr_set_prec(high_, other.bits());
  mpfr_set(low_, other.low_, MPFR_RNDD);
  mpfr_set(high_, other.high_, MPFR_RNDU);
  return *this;
}

Enclosure& Enclosure::operator=(Enclosure&& other) noexcept {
  mpfr_swap(low_, other.low_);
  mpfr_swap(high_, other.high_);
  return *this;
}

Enclosure::~Enclosure() { mpfr_clears(low_, high_, static_cast<mpfr_ptr>(nullptr)); }

Rational Enclosure::low() const {
  if (mpfr_number_p(low_) == 0) throw std::logic_error("an enclosure without a lower end");
  return spec::from_mpfr(low_).value();
}

Rational Enclosure::high() const {
  if (mpfr_number_p(high_) == 0) throw std::logic_error("an enclosure without an upper end");
  return spec::from_mpfr(high_).value();
}

bool Enclosure::contains(const Rational& value) const {
  return mpfr_cmp_q(low_, value.backend().data()) <= 0 &&
         mpfr_cmp_q(high_, value.backend().data()) >= 0;
}

bool Enclosure::overlaps(const Enclosure& other) const {
  return mpfr_lessequal_p(low_, other.high_) != 0 && mpfr_lessequal_p(other.low_, high_) != 0;
}

void Enclosure::widen_to(int bits) {
  if (bits <= this->bits()) return;
  mpfr_prec_round(low_, bits, MPFR_RNDD);
  mpfr_prec_round(high_, bits, MPFR_RNDU);
}

Enclosure& Enclosure::operator+=(const Enclosure& b) {
  widen_to(b.bits());
  mpfr_add(low_, low_, b.low_, MPFR_RNDD);
  mpfr_add(high_, high_, b.high_, MPFR_RNDU);
  return *this;
}

Enclosure& Enclosure::operator-=(const Enclosure& b) {
  if (this == &b) return *this = *this - Enclosure(b);
  widen_to(b.bits());
  mpfr_sub(low_, low_, b.high_, MPFR_RNDD);
  mpfr_sub(high_, high_, b.low_, MPFR_RNDU);
  return *this;
}

Enclosure Enclosure::operator-() const {
  Enclosure out(*this);
  mpfr_neg(out.low_, high_, MPFR_RNDD);
  mpfr_neg(out.high_, low_, MPFR_RNDU);
  return out;
}

Enclosure& Enclosure::operator*=(const Enclosure& b) {
  if (this == &b) return *this *= Enclosure(b);
  widen_to(b.bits());
  if (mpfr_sgn(low_) >= 0) {
    Enclosure out(bits());
    mpfr_mul(out.low_, mpfr_sgn(b.low_) < 0 ? high_ : low_, b.low_, MPFR_RNDD);
    mpfr_mul(out.high_, mpfr_sgn(b.high_) < 0 ? low_ : high_, b.high_, MPFR_RNDU);
    return *this = std::move(out);
  }
  if (mpfr_sgn(high_) <= 0) {
    *this = -*this;
    *this *= b;
    return *this = -*this;
  }
  Enclosure out(bits());
  mpfr_t product;
  mpfr_init2(product, bits());
  mpfr_mul(out.low_, low_, b.high_, MPFR_RNDD);
  mpfr_mul(product, high_, b.low_, MPFR_RNDD);
  mpfr_min(out.low_, out.low_, product, MPFR_RNDD);
  mpfr_mul(product, low_, b.low_, MPFR_RNDD);
  mpfr_min(out.low_, out.low_, product, MPFR_RNDD);
  mpfr_mul(product, high_, b.high_, MPFR_RNDD);
  mpfr_min(out.low_, out.low_, product, MPFR_RNDD);
  mpfr_mul(out.high_, low_, b.low_, MPFR_RNDU);
  mpfr_mul(product, high_, b.high_, MPFR_RNDU);
  mpfr_max(out.high_, out.high_, product, MPFR_RNDU);
  mpfr_mul(product, low_, b.high_, MPFR_RNDU);
  mpfr_max(out.high_, out.high_, product, MPFR_RNDU);
  mpfr_mul(product, high_, b.low_, MPFR_RNDU);
  mpfr_max(out.high_, out.high_, product, MPFR_RNDU);
  mpfr_clear(product);
  return *this = std::move(out);
}

Enclosure& Enclosure::operator/=(const Enclosure& b) {
  if (!b.is_positive() && !b.is_negative())
    throw std::domain_error("division by an enclosure that contains zero");
  Enclosure inverse(std::max(bits(), b.bits()));
  mpfr_ui_div(inverse.low_, 1, b.high_, MPFR_RNDD);
  mpfr_ui_div(inverse.high_, 1, b.low_, MPFR_RNDU);
  return *this *= inverse;
}

Enclosure exp(const Enclosure& x) {
  Enclosure out(x.bits());
  mpfr_exp(out.low_, x.low_, MPFR_RNDD);
  mpfr_exp(out.high_, x.high_, MPFR_RNDU);
  return out;
}

Enclosure log(const Enclosure& x) {
  if (!x.is_positive()) throw std::domain_error("logarithm of what may not be positive");
  Enclosure out(x.bits());
  mpfr_log(out.low_, x.low_, MPFR_RNDD);
  mpfr_log(out.high_, x.high_, MPFR_RNDU);
  return out;
}

Enclosure sqrt(const Enclosure& x) {
  if (x.is_negative()) throw std::domain_error("square root of a negative number");
  Enclosure out(x.bits());
  if (x.is_positive()) mpfr_sqrt(out.low_, x.low_, MPFR_RNDD);
  mpfr_sqrt(out.high_, x.high_, MPFR_RNDU);
  return out;
}

Enclosure erfc(const Enclosure& x) {
  Enclosure out(x.bits());
  mpfr_erfc(out.low_, x.high_, MPFR_RNDD);
  mpfr_erfc(out.high_, x.low_, MPFR_RNDU);
  return out;
}

Enclosure gamma(const Enclosure& x) {
  if (!x.is_positive()) throw std::domain_error("gamma of what may not be positive");
  // Gamma increases from its minimum at 1.4616 on: the argument is moved above 2.
  Enclosure argument(x);
  Enclosure divisor(x.bits(), 1);
  const Enclosure one(x.bits(), 1);
  while (mpfr_cmp_ui(argument.low_, 2) < 0) {
    divisor *= argument;
    argument += one;
  }
  Enclosure out(x.bits());
  mpfr_gamma(out.low_, argument.low_, MPFR_RNDD);
  mpfr_gamma(out.high_, argument.high_, MPFR_RNDU);
  return out /= divisor;
}

Enclosure square(const Enclosure& x) {
  Enclosure out(x.bits());
  if (mpfr_sgn(x.low_) >= 0) {
    mpfr_sqr(out.low_, x.low_, MPFR_RNDD);
    mpfr_sqr(out.high_, x.high_, MPFR_RNDU);
  } else if (mpfr_sgn(x.high_) <= 0) {
    mpfr_sqr(out.low_, x.high_, MPFR_RNDD);
    mpfr_sqr(out.high_, x.low_, MPFR_RNDU);
  } else {
    mpfr_sqr(out.high_, mpfr_cmpabs(x.low_, x.high_) > 0 ? x.low_ : x.high_, MPFR_RNDU);
  }
  return out;
}

Enclosure power(const Enclosure& x, unsigned long exponent) {
  Enclosure result(x.bits(), 1);
  for (unsigned long bit = exponent == 0 ? 0 : 1UL << (63 - __builtin_clzl(exponent)); bit != 0;
       bit >>= 1) {
    result = square(result);
    if ((exponent & bit) != 0) result *= x;
  }
  return result;
}

Enclosure power(const Enclosure& x, const Enclosure& exponent) { return exp(exponent * log(x)); }

Enclosure hull(Enclosure a, const Enclosure& b) {
  a.widen_to(b.bits());
  mpfr_min(a.low_, a.low_, b.low_, MPFR_RNDD);
  mpfr_max(a.high_, a.high_, b.high_, MPFR_RNDU);
  return a;
}

Enclosure Enclosure::pi(int bits) {
  Enclosure out(bits);
  mpfr_const_pi(out.low_, MPFR_RNDD);
  mpfr_const_pi(out.high_, MPFR_RNDU);
  return out;
}

int Enclosure::proved_digits(int most) const {
  const auto agree = [&](int digits) {
    return formatted(low_, digits, MPFR_RNDN, 'e') == formatted(high_, digits, MPFR_RNDN, 'e');
  };
  if (mpfr_equal_p(low_, high_) != 0) return most;
  // Agreement is nearly monotone: a carry at one length may hide it, so look from the width down.
  mpfr_t ratio;
  mpfr_init2(ratio, 64);
  mpfr_sub(ratio, high_, low_, MPFR_RNDU);
  mpfr_div(ratio, ratio, mpfr_cmpabs(low_, high_) > 0 ? low_ : high_, MPFR_RNDA);
  mpfr_abs(ratio, ratio, MPFR_RNDU);
  mpfr_log10(ratio, ratio, MPFR_RNDU);
  const long width = mpfr_get_si(ratio, MPFR_RNDU);
  mpfr_clear(ratio);
  int digits = static_cast<int>(std::clamp<long>(-width + 1, 0, most));
  while (digits > 0 && !agree(digits)) --digits;
  return digits;
}

std::string Enclosure::text(int digits) const {
  mpfr_t middle;
  mpfr_init2(middle, bits() + 1);
  mpfr_add(middle, low_, high_, MPFR_RNDN);
  mpfr_div_2ui(middle, middle, 1, MPFR_RNDN);
  std::string out = formatted(middle, digits, MPFR_RNDN, 'g');
  mpfr_clear(middle);
  if (!out.empty() && out.back() == '.') out.pop_back();
  return out;
}

std::string Enclosure::low_text(int digits) const {
  return formatted(low_, digits, MPFR_RNDD, 'e');
}

std::string Enclosure::high_text(int digits) const {
  return formatted(high_, digits, MPFR_RNDU, 'e');
}

}  // namespace mxscope::analysis
