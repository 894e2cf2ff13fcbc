// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "spec/format.h"
#include "spec/policy.h"

namespace mxscope::spec {

/// The bit fields of a codec's source: an IEEE 754-style interchange format.
struct Source {
  int exponent_bits = 0;
  int mantissa_bits = 0;

  constexpr int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  constexpr int bits() const { return 1 + exponent_bits + mantissa_bits; }
  bool operator==(const Source&) const = default;
};

inline constexpr Source kF32{8, 23};
inline constexpr Source kBf16{8, 7};
inline constexpr Source kF16{5, 10};
inline constexpr Source kF64{11, 52};

/// A source under its names: the format whose codes are its bit patterns, and short.
struct SourceRow {
  std::string_view format;  ///< "fp32"
  std::string_view name;    ///< "f32"
  Source source;
};

inline constexpr SourceRow kF32Row{"fp32", "f32", kF32};
inline constexpr SourceRow kBf16Row{"bf16", "bf16", kBf16};
inline constexpr SourceRow kF16Row{"fp16", "f16", kF16};
inline constexpr SourceRow kF64Row{"fp64", "f64", kF64};
inline constexpr std::array kSources = {kF32Row, kBf16Row, kF16Row, kF64Row};

/// A conversion compiled to integers: every special case is a constant, and a finite input costs a
/// shift, a rounding decision on the bits shifted out, and a comparison. Integer arithmetic only,
/// usable in constant expressions. It shares no code with the oracle; analysis proves them equal.
struct Codec {
  Source source;
  Rounding rounding = Rounding::kNearestEven;
  TieP1 tie = TieP1::kEvenCode;
  int random_bits = 0;

  bool fixed_point = false;
  bool denormal_grid = true;    ///< the lowest binade is evenly spaced down to zero
  bool zero_is_lowest = false;  ///< and its zero stands for the least value, one half step up
  bool zero_is_first = false;   ///< without subnormals, zero takes the place of 2^emin
  int mantissa_bits = 0;
  int emin = 0;                    ///< exponent of ordinal 2^mantissa_bits (or 0) downward
  int top_field = 0;               ///< largest exponent field
  std::int64_t least_ordinal = 0;  ///< below it: underflow
  std::array<std::int64_t, 2> max_ordinal{};  ///< by sign; above it: overflow
  std::uint64_t sign_mask = 0;
  std::uint64_t code_mask = 0;

  std::array<Outcome, 2> zero{};
  std::array<Outcome, 2> rounded_to_zero{};
  std::array<Outcome, 2> underflow{};
  std::array<Outcome, 2> overflow{};
  std::array<Outcome, 2> infinity{};
  std::array<Outcome, 2> nan{};
  NanRule nan_rule = NanRule::kTop;
  int bias = 0;
  bool payload_room = false;

  bool negative_fixed_outcome = false;  ///< every negative nonzero input gives `negative`
  bool negative_rounds_first = false;   ///< zero if it rounds to zero, else `negative`
  bool negative_as_positive = false;
  bool negative_infinity_as_positive = false;  ///< whatever the other negative inputs give
  Outcome negative{};

  /// Converts one source bit pattern; `random` is the value R of the random bits.
  constexpr Outcome encode(std::uint64_t bits, std::uint32_t random = 0) const;

 private:
  constexpr Outcome encode_nan(std::uint64_t mantissa, bool negative_sign) const;
  constexpr bool increments(std::uint64_t significand, int shift, bool odd, bool sign,
                            std::uint32_t random) const;
  constexpr bool stochastic_up(std::uint64_t significand, int shift, std::uint32_t random) const;
  constexpr bool leaves_zero(std::uint64_t significand, int scale, bool sign,
                             std::uint32_t random) const;
  constexpr int compare_with_first(std::uint64_t significand, int scale, std::uint64_t numerator,
                                   int bits) const;
};

/// Compiles a policy for a source and a format. Throws Error where conflict() has something to say,
/// and for rounding mode log2, whose cuts are not those of an integer rounding.
/// random_bits: 1..32 for stochastic modes, else 0.
Codec make_codec(Source source, const Format& format, const Policy& policy, int random_bits = 0);

/// As make_codec, without the checks: for constant expressions on a row known to be sound.
constexpr Codec compile_codec(Source source, const Format& format, const Policy& policy,
                              int random_bits = 0);

/// The binary32 pattern of a code of any float format whose values binary32 holds, by integer
/// shifts alone; a NaN keeps its sign, its payload goes to the top of the field, and it is quiet.
constexpr std::uint32_t decode_to_f32(const Format& format, std::uint64_t code);

}  // namespace mxscope::spec

#include "spec/codec_bits.h"
