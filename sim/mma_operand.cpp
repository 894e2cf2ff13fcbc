// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Codes into significands and exponents, once per matrix.
#include "sim/mma_operand.h"

#include <fmt/format.h>

#include <array>

#include "spec/error.h"

namespace mxscope::sim {

using spec::Code;
using spec::CodeClass;
using spec::Format;

Operand decode_operand(const Format& format, Code code) {
  const std::int64_t sign = format.is_negative(code) ? -1 : 1;
  switch (format.classify(code)) {
    case CodeClass::kNan:
    case CodeClass::kUnused:
      return {0, 0, Operand::kNan};
    case CodeClass::kInfinity:
      return {sign, 0, Operand::kInfinity};
    case CodeClass::kZero:
      return {0, kZeroExponent, Operand::kFinite};
    default:
      break;
  }
  const std::int64_t ordinal = format.ordinal(code);
  if (format.kind == spec::FormatKind::kFixed) return {sign * ordinal, 0, Operand::kFinite};
  const std::int64_t field = ordinal >> format.mantissa_bits;
  const std::int64_t mantissa = ordinal & ((std::int64_t{1} << format.mantissa_bits) - 1);
  const bool hidden = field > 0 || !format.subnormals;
  const std::int64_t significand =
      mantissa + (hidden ? std::int64_t{1} << format.mantissa_bits : 0);
  const std::int64_t exponent = (hidden && format.subnormals ? field - 1 : field) + format.emin();
  return {sign * significand, static_cast<std::int32_t>(exponent), Operand::kFinite};
}

Operand decode_scale(const Format& format, std::uint8_t code) {
  const Code read = code & format.code_mask() & 0xff;
  return decode_operand(format, format.is_signed ? read & ~format.sign_mask() : read);
}

Code read_code(const Format& format, std::span<const std::uint8_t> containers, std::int64_t index) {
  const int bytes = format.storage_bits / 8;
  Code word = 0;
  for (int i = 0; i < bytes; ++i)
    word |= Code{containers[static_cast<std::size_t>(index * bytes + i)]} << (8 * i);
  return (word >> format.storage_shift) & format.code_mask();
}

void check_lengths(const Mma& mma, const Format& format, const MmaMatrix& matrix,
                   std::string_view name) {
  const auto check = [&](std::string_view what, std::size_t have, std::int64_t want) {
    if (std::cmp_not_equal(have, want))
      throw Error(fmt::format("{} of {} take {} bytes for {} rows and k = {}, not {}", what, name,
                              want, matrix.rows, matrix.k, have));
  };
  check("codes", matrix.codes.size(), matrix.rows * matrix.k * (format.storage_bits / 8));
  check("scales", matrix.scales.size(), matrix.rows * mma.scales_per_row(matrix.k));
}

OperandRows decode_rows(const Mma& mma, const Format& format, const MmaMatrix& matrix,
                        std::string_view name) {
  check_lengths(mma, format, matrix, name);
  const std::int64_t scales_per_row = mma.scales_per_row(matrix.k);
  std::vector<Operand> table;  // of every code, where that is less work
  if (format.bits <= 16 && std::cmp_less(format.code_mask(), matrix.rows * matrix.k))
    for (Code code = 0; code <= format.code_mask(); ++code)
      table.push_back(decode_operand(format, code));

  OperandRows rows;
  rows.rows = matrix.rows;
  rows.k = (matrix.k + mma.unit.k - 1) / mma.unit.k * mma.unit.k;
  rows.scales_per_row = mma.scales_per_row(rows.k);
  rows.operands.resize(static_cast<std::size_t>(rows.rows * rows.k),
                       {0, kZeroExponent, Operand::kFinite});
  for (std::int64_t row = 0; row < matrix.rows; ++row)
    for (std::int64_t k = 0; k < matrix.k; ++k) {
      const Code code = read_code(format, matrix.codes, row * matrix.k + k);
      rows.operands[static_cast<std::size_t>(row * rows.k + k)] =
          table.empty() ? decode_operand(format, code) : table[code];
    }
  for (std::int64_t row = 0; row < matrix.rows && scales_per_row > 0; ++row)
    for (std::int64_t s = 0; s < rows.scales_per_row; ++s) {
      const std::int64_t stored = std::min(s, scales_per_row - 1);
      rows.scales.push_back(decode_scale(
          *mma.scale, matrix.scales[static_cast<std::size_t>(row * scales_per_row + stored)]));
    }
  return rows;
}

}  // namespace mxscope::sim
