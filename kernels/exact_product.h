// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Matrix products without any error, to measure others against.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/gemm_operand.h"
#include "spec/exact.h"

namespace mxscope::kernels {

/// A sum of dyadic numbers in fixed point, wide enough that no sum of 2^40 products of two binary32
/// numbers, or of codes with their scales, overflows or loses a bit (Kulisch's accumulator).
class ExactSum {
 public:
  /// Adds significand * 2^exponent; 2^kLeast divides what is added.
  void add(std::int64_t significand, std::int64_t exponent);
  spec::Dyadic value() const;

  static constexpr std::int64_t kLeast = -448;

 private:
  static constexpr std::size_t kWords = 14;
  std::array<std::uint64_t, kWords> words_{};  ///< two's complement, low word first, units 2^kLeast
};

/// significand * 2^exponent.
struct ExactValue {
  std::int64_t significand = 0;
  std::int32_t exponent = 0;
};

/// Rows of exact numbers; a row with a NaN or an infinity is not finite, and has no product.
struct ExactRows {
  std::int64_t rows = 0;
  std::int64_t k = 0;
  std::vector<ExactValue> values;
  std::vector<bool> finite;  ///< of each row
};

/// What an operand's codes stand for, with block scales and factors, without the tensor scale.
ExactRows exact_rows(const GemmOperand& operand, const spec::Format& format, const sim::Mma& mma);
/// Binary32 numbers.
ExactRows exact_rows(std::span<const float> values, std::int64_t rows, std::int64_t k);

/// Row i of a times row j of b, exactly. Both must be finite.
spec::Dyadic exact_dot(const ExactRows& a, std::int64_t i, const ExactRows& b, std::int64_t j);

/// A finite binary32 number, exactly.
spec::Dyadic exact_value(float x);

}  // namespace mxscope::kernels
