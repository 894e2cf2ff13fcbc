// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/mma_matrix.h"

namespace mxscope::sim {

/// A code as a matrix unit sees it: significand * 2^(exponent - mantissa bits), with the exponent
/// of the encoding, so that a subnormal keeps emin and is not normalised.
struct Operand {
  enum Kind : std::uint8_t { kFinite, kInfinity, kNan };
  std::int64_t significand = 0;  ///< signed; of an infinity its sign, +1 or -1
  std::int32_t exponent = 0;
  Kind kind = kFinite;

  bool is_zero() const { return kind == kFinite && significand == 0; }
};

/// What a zero operand's exponent counts as where zeros are counted (MMA-Sim).
inline constexpr std::int32_t kZeroExponent = -126;

/// `code` is the stored word's significant bits (a TF32 word without its low 13).
Operand decode_operand(const spec::Format& format, spec::Code code);

/// A block scale; the sign bit of UE4M3 is ignored (tcgen05 and mma.sync read 7 bits).
Operand decode_scale(const spec::Format& format, std::uint8_t code);

/// The code at `index` of packed containers, without the bits below storage_shift.
spec::Code read_code(const spec::Format& format, std::span<const std::uint8_t> containers,
                     std::int64_t index);

/// Throws Error when the spans do not have the length that rows, k and the formats call for;
/// `name` ("A") is in its text.
void check_lengths(const Mma& mma, const spec::Format& format, const MmaMatrix& matrix,
                   std::string_view name);

/// An operand matrix decoded: `k` per row is padded to a multiple of `k_multiple` with zeros.
struct OperandRows {
  std::int64_t rows = 0;
  std::int64_t k = 0;
  std::int64_t scales_per_row = 0;
  std::vector<Operand> operands;
  std::vector<Operand> scales;
};

/// Throws Error as check_lengths().
OperandRows decode_rows(const Mma& mma, const spec::Format& format, const MmaMatrix& matrix,
                        std::string_view name);

}  // namespace mxscope::sim
