// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// MPFR as a third opinion on IEEE-style targets: its rounding to a precision, an exponent range and
// mpfr_subnormalize, against the oracle on random and boundary inputs.
#include <gtest/gtest.h>
#include <mpfr.h>

#include "spec/oracle.h"
#include "tests/spec/target_inputs.h"

namespace mxscope::spec {
namespace {

struct Mode {
  Rounding rounding;
  mpfr_rnd_t mpfr;
};
constexpr Mode kModes[] = {{Rounding::kNearestEven, MPFR_RNDN},
                           {Rounding::kTowardZero, MPFR_RNDZ},
                           {Rounding::kUp, MPFR_RNDU},
                           {Rounding::kDown, MPFR_RNDD}};

/// x in the target's precision and exponent range, by MPFR alone.
Number rounded_by_mpfr(const Rational& x, const Format& target, mpfr_rnd_t mode) {
  const mpfr_exp_t old_emin = mpfr_get_emin();
  const mpfr_exp_t old_emax = mpfr_get_emax();
  const int precision = target.mantissa_bits + 1;
  // MPFR's significands lie in [1/2, 1), so its exponents are one more than IEEE's.
  mpfr_set_emin(1 - target.bias - precision + 2);
  mpfr_set_emax(target.bias + 1);
  mpfr_t result;
  mpfr_init2(result, precision);
  const int ternary = mpfr_set_q(result, x.backend().data(), mode);
  mpfr_subnormalize(result, ternary, mode);
  Number number = from_mpfr(result);
  mpfr_clear(result);
  mpfr_set_emin(old_emin);
  mpfr_set_emax(old_emax);
  return number;
}

/// Rationals over the whole range of the target and beyond, many of them at or beside its values,
/// the middles between them, and thirds.
std::vector<Rational> inputs_for(const Format& target) {
  Random random(7);
  std::vector<Rational> inputs;
  const auto top = static_cast<std::uint64_t>(target.max_ordinal());
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t ordinal = i < 32   ? static_cast<std::uint64_t>(i)
                                  : i < 64 ? top - static_cast<std::uint64_t>(i - 32)
                                           : random.next() % (top + 1);
    const Rational low = target.ordinal_value(static_cast<std::int64_t>(ordinal));
    const Rational gap = target.ordinal_value(static_cast<std::int64_t>(ordinal) + 1) - low;
    const int part = static_cast<int>(random.next() % 7);
    Rational x = low + gap * Rational(part, 6);
    if (random.next() % 4 == 0 && x != 0) x += gap * power_of_two(-200);
    if (random.next() % 8 == 0) x = x / 3;
    if (i % 500 == 499) x *= 3;
    inputs.push_back(random.next() % 2 == 0 ? x : Rational(-x));
  }
  return inputs;
}

class MpfrOpinion : public testing::TestWithParam<const char*> {};

TEST_P(MpfrOpinion, AgreesWithTheOracle) {
  const Format& target = find_format(GetParam());
  const std::vector<Rational> inputs = inputs_for(target);
  for (const Mode& mode : kModes) {
    const Policy policy = {.rounding = mode.rounding, .overflow = Overflow::kInfinity};
    for (const Rational& x : inputs) {
      const Number number = Number::finite(x);
      const Number ours = decode(target, cast(number, target, policy).code);
      const Number theirs = rounded_by_mpfr(x, target, mode.mpfr);
      ASSERT_EQ(ours.kind, theirs.kind) << to_text(x) << " " << to_string(mode.rounding);
      ASSERT_EQ(ours.magnitude, theirs.magnitude) << to_text(x) << " " << to_string(mode.rounding);
      if (x != 0) {
        ASSERT_EQ(ours.negative, theirs.negative) << to_text(x) << " " << to_string(mode.rounding);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(IeeeStyle, MpfrOpinion,
                         testing::Values("fp16", "bf16", "tf32", "fp32", "fp64", "e5m2", "e4m3ieee",
                                         "e3m4ieee"),
                         [](const auto& row) { return std::string(row.param); });

}  // namespace
}  // namespace mxscope::spec
