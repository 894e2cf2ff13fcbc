// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/format.h"
#include "spec/rounding.h"

namespace mxscope::spec {

/// What becomes of a value that rounds past the largest finite one, or of an infinite input.
enum class Overflow : std::uint8_t { kSaturate, kInfinity, kNan, kError };

/// Whether a mode that rounds a finite value toward zero may overflow at all.
enum class DirectedOverflow : std::uint8_t {
  kIeee754,  ///< toward zero gives the largest finite value (IEEE 754-2019 7.4)
  kAlways,   ///< the Overflow rule applies in every mode (ml_dtypes with truncation)
};

/// The code that a NaN input becomes.
enum class NanRule : std::uint8_t {
  kTop,      ///< the NaN code with all mantissa bits set (the only one in most formats)
  kQuiet,    ///< the quiet NaN with an empty payload
  kPayload,  ///< the leading payload bits, made quiet
  kMaximum,  ///< the largest finite magnitude
  kZero,     ///< zero
  kError,    ///< refuse
  kRebias,   ///< the bits treated as if the exponent field were ordinary, low bits kept (torchao)
};

/// The sign of the result of a NaN rule, and of a NaN made by overflow.
enum class NanSign : std::uint8_t { kPositive, kNegative, kKeep, kFlip };

/// Negative nonzero inputs (negative infinity included).
enum class NegativeRule : std::uint8_t {
  kKeep,          ///< signed formats: an ordinary value
  kMagnitude,     ///< the sign is dropped
  kLowest,        ///< zero, or the least code where there is no zero (PTX .relu for signed formats)
  kLowestFinite,  ///< as kLowest, but -infinity is read as +infinity (ml_dtypes' and Universal's
                  ///< E8M0)
  kNan,           ///< NaN
  kError,         ///< refuse
  kRoundThenNan,  ///< rounded on the mirrored grid with the magnitude's directions reversed; zero
                  ///< if that gives zero, else NaN; -infinity is read as +infinity (gfloat)
  kRoundThenError,  ///< as kRoundThenNan, with a refusal for the NaN (gfloat, extended formats)
};

/// Zero, or a value that rounds below the least value, in a format without zero.
enum class LowRule : std::uint8_t { kLowest, kNan, kError };

/// Where the lowest rounding interval of a format without zero begins.
enum class LowGrid : std::uint8_t {
  kUnbounded,  ///< the grid goes on below the least value
  kFromZero,   ///< code 0 counts as zero while rounding (PyTorch and ml_dtypes E8M0)
};

/// Nearest-even where the precision is 1 and "even significand" means nothing.
enum class TieP1 : std::uint8_t { kEvenCode, kUp, kTowardZero };

/// What a conversion gives: a code, or a refusal where the policy says error.
struct Outcome {
  Code code = 0;
  bool refused = false;

  bool operator==(const Outcome&) const = default;
};

/// Everything that a conversion decides and a Format does not. Two conversions to one format that
/// disagree differ in one of these fields.
struct Policy {
  Rounding rounding = Rounding::kNearestEven;
  TieP1 tie_p1 = TieP1::kEvenCode;
  Overflow overflow = Overflow::kSaturate;
  DirectedOverflow directed_overflow = DirectedOverflow::kIeee754;
  Overflow infinity = Overflow::kSaturate;
  NanRule nan = NanRule::kTop;
  NanSign nan_sign = NanSign::kPositive;
  NanSign made_nan_sign = NanSign::kKeep;  ///< of a NaN that overflow or infinity makes
  NegativeRule negative = NegativeRule::kKeep;
  LowRule zero = LowRule::kLowest;
  LowRule underflow = LowRule::kLowest;
  LowGrid low_grid = LowGrid::kUnbounded;

  bool operator==(const Policy&) const = default;
};

/// Why the policy cannot be applied to the format ("e4m3 has no infinity; ..."), or "".
std::string conflict(const Format& format, const Policy& policy);

/// The policy with every rule that the format cannot follow replaced by the nearest one that it
/// can: infinity -> NaN -> saturate, NaN -> largest magnitude where there is none, keep ->
/// magnitude for unsigned formats. For callers that sweep all formats with one request.
Policy adapted(const Format& format, Policy policy);

/// One field of a policy as text, for reports: {"overflow", "saturate"}.
struct PolicyField {
  std::string_view name;
  std::string_view value;
};
std::vector<PolicyField> describe(const Policy& policy);

/// `from` with the named field taken over from `to`. Throws Error for an unknown field.
Policy with_field(Policy from, const Policy& to, std::string_view field);

/// Sets a field by name and value text; throws Error that lists the values when it is not one.
void set_field(Policy& policy, std::string_view field, std::string_view value);

}  // namespace mxscope::spec
