// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Floating-point operations of real software, computed exactly and rounded once.
#pragma once

#include <cstdint>

#include "spec/number.h"

namespace mxscope::spec {

/// What an operation's exact result is rounded to, nearest-even (IEEE 754-2019 4.3.1); kExact keeps
/// it.
enum class Precision : std::uint8_t { kExact, kF64, kF32, kBf16, kF16 };

/// The nearest number of the precision; infinity past the largest, subnormals kept.
Number round_to(const Number& x, Precision precision);

/// IEEE 754 multiplication and division of extended reals: 0 * inf, 0 / 0 and inf / inf are NaN,
/// x / 0 is an infinity (also for kExact). The first NaN operand is kept, made quiet; an invalid
/// operation gives the negative quiet NaN without payload (Intel SDM volume 1, 4.8.3.5
/// and 4.8.3.7), which is what software on x86-64 stores.
Number multiply(const Number& a, const Number& b, Precision precision);
Number divide(const Number& a, const Number& b, Precision precision);

/// a - b; an exact zero is +0 unless both operands say -0 (IEEE 754-2019 6.3).
Number subtract(const Number& a, const Number& b, Precision precision);
Number add(const Number& a, const Number& b, Precision precision);

Number magnitude_of(Number x);

/// a < b; false when either is a NaN.
bool less(const Number& a, const Number& b);

/// Floor and ceiling of log2 x as software computes them: the logarithm rounded to nearest-even in
/// binary32, then in `precision` (kF32 or kBf16). Just below 2^k the floor is k when |k| is large.
/// x: positive, finite.
std::int64_t floor_rounded_log2(const Rational& x, Precision precision);
std::int64_t ceil_rounded_log2(const Rational& x, Precision precision);

}  // namespace mxscope::spec
