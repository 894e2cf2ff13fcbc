// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/exact.h"

namespace mxscope::spec {

using Code = std::uint64_t;

enum class FormatKind : std::uint8_t {
  kFloat,  ///< sign-magnitude: [sign] exponent mantissa
  kFixed,  ///< two's complement integer times 2^-mantissa_bits
};

enum class CodeClass : std::uint8_t { kZero, kSubnormal, kNormal, kInfinity, kNan, kUnused };

/// Which numbers exist and how they are encoded: a row of data, with no rounding inside.
///
/// A signed float code is a sign bit above a magnitude; magnitudes count up through zero (or the
/// least normal), subnormals and normals, then the infinity if there is one, then `high_nans` NaNs.
/// A signed float without negative zero has a NaN at that code instead (FNUZ, P3109).
struct Format {
  std::string name;
  FormatKind kind = FormatKind::kFloat;
  int bits = 0;           ///< significant bits of a code, 2..64
  int exponent_bits = 0;  ///< 0 for fixed point
  int mantissa_bits = 0;  ///< trailing significand bits; for fixed point, fraction bits
  int bias = 0;
  bool is_signed = true;
  bool negative_zero = true;  ///< signed floats only
  bool infinities = false;
  std::int64_t high_nans = 0;  ///< NaN codes at the top of each sign's magnitudes
  bool subnormals = true;      ///< else exponent field 0 is an ordinary binade
  bool zero = true;            ///< else magnitude 0 is the least normal value (E8M0)
  bool symmetric = false;      ///< fixed point only: the most negative code is unused
  int storage_bits = 0;        ///< container: 8, 16, 32 or 64
  int storage_shift = 0;       ///< code << storage_shift is the stored word (TF32: 13)
  std::vector<std::string> aliases = {};
  std::string source = {};  ///< document and clause the row follows
  std::string note = {};    ///< what the document leaves open and we chose

  int precision() const { return kind == FormatKind::kFixed ? 0 : mantissa_bits + 1; }
  int magnitude_bits() const { return bits - (is_signed ? 1 : 0); }
  Code code_mask() const { return bits == 64 ? ~Code{0} : (Code{1} << bits) - 1; }
  Code sign_mask() const { return is_signed ? Code{1} << (bits - 1) : 0; }
  bool has_nan() const;

  /// Largest finite magnitude ordinal of the sign. Ordinals count values from magnitude code 0.
  std::int64_t max_ordinal(bool negative = false) const;

  /// Value of a magnitude ordinal on the grid continued without bound in both directions, exactly;
  /// ordinals above max_ordinal() say where the next value would be, and ordinals below zero exist
  /// only where there is no zero. Source: the format's own encoding formula.
  Rational ordinal_value(std::int64_t ordinal) const;

  /// The code of a finite value: its sign and ordinal. -0 is code 0 where there is no negative
  /// zero.
  Code encode(bool negative, std::int64_t ordinal) const;

  std::optional<Code> infinity_code(bool negative) const;

  /// The NaN code with all mantissa bits set where there is a choice, else the only one.
  std::optional<Code> nan_code(bool negative) const;

  /// The quiet NaN with an otherwise empty payload in IEEE-style formats, else nan_code().
  std::optional<Code> quiet_nan_code(bool negative) const;

  CodeClass classify(Code code) const;
  bool is_negative(Code code) const;

  /// Sign-less ordinal of a finite code.
  std::int64_t ordinal(Code code) const;

  Rational max_value() const { return ordinal_value(max_ordinal()); }
  Rational min_value() const;  ///< most negative finite value, or the least value if unsigned
  Rational min_positive() const;
  std::optional<Rational> min_normal() const;  ///< least positive normal; absent for fixed point
  int emax() const;                            ///< floor(log2(max_value()))
  int emin() const;                            ///< exponent of the least normal binade
};

/// Throws Error naming the field when the row contradicts itself (widths that do not add up, more
/// special codes than codes, a signed format without zero, ...).
void validate(const Format& format);

}  // namespace mxscope::spec
