// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Operands of matrix instructions where executors go wrong: cancellation, spread exponents, terms
// on the edge of a window, subnormals, zeros, overflow, infinities and NaNs.
#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "sim/mma_matrix.h"

namespace mxscope::sim {

enum class Operands : std::uint8_t {
  kNear,        ///< exponents around one of either operand, C around their sum
  kCancelling,  ///< products in pairs of opposite sign, but for a few bits
  kSpread,      ///< every finite exponent
  kEdge,        ///< powers of two, full significands, C about F bits away from the products
  kSubnormal,
  kZeros,
  kLarge,
  kSpecial,  ///< a few infinities and NaNs
  kAnyCode,
};
inline constexpr int kOperandKinds = 9;

class MadeOperands {
 public:
  MadeOperands(std::mt19937_64& engine, const Mma& mma, Operands kind, std::int64_t m,
               std::int64_t n, std::int64_t k)
      : engine_(engine), kind_(kind), m_(m), n_(n), k_(k) {
    const int center_a = center(mma.a);
    const int center_b = center(mma.b);
    a_ = elements(mma.a, m, center_a);
    b_ = elements(mma.b, n, center_b);
    if (kind == Operands::kCancelling) cancel(mma);
    if (mma.block != 0) {
      const int center = pick(1, 254);
      scales_a_ = scales(*mma.scale, m * mma.scales_per_row(k), center);
      scales_b_ = scales(*mma.scale, n * mma.scales_per_row(k), 254 - center + pick(-3, 3));
    }
    for (std::int64_t i = 0; i < m * n; ++i)
      c_.push_back(addend(mma, center_a - mma.a.bias + center_b - mma.b.bias));
  }

  MmaMatrix a() const { return {m_, k_, a_, scales_a_}; }
  MmaMatrix b() const { return {n_, k_, b_, scales_b_}; }
  const std::vector<std::uint64_t>& c() const { return c_; }

 private:
  int pick(int least, int most) { return std::uniform_int_distribution<int>(least, most)(engine_); }
  bool one_in(int count) { return pick(1, count) == 1; }

  static int top_field(const spec::Format& format) {
    return static_cast<int>(format.max_ordinal() >> format.mantissa_bits);
  }

  int center(const spec::Format& format) {
    if (format.kind == spec::FormatKind::kFixed) return 0;
    const int top = top_field(format);
    return one_in(2) ? std::clamp(format.bias + pick(-2, 2), 0, top) : pick(0, top);
  }

  spec::Code element(const spec::Format& format, int middle) {
    const spec::Code any = engine_() & format.code_mask();
    if (format.kind == spec::FormatKind::kFixed || kind_ == Operands::kAnyCode) return any;
    const int top = top_field(format);
    int field = middle + pick(-3, 3);
    if (kind_ == Operands::kSpread) field = pick(0, top);
    if (kind_ == Operands::kEdge && one_in(2)) field = middle - pick(0, 30);
    if (kind_ == Operands::kSubnormal) field = pick(0, 1);
    if (kind_ == Operands::kLarge) field = top - pick(0, 2);
    spec::Code mantissa = any & ((spec::Code{1} << format.mantissa_bits) - 1);
    if (kind_ == Operands::kEdge)
      mantissa = one_in(2) ? 0 : (spec::Code{1} << format.mantissa_bits) - 1;
    const auto ordinal = static_cast<std::int64_t>(
        (static_cast<spec::Code>(std::clamp(field, 0, top)) << format.mantissa_bits) + mantissa);
    const bool negative = one_in(2);
    if (one_in(kind_ == Operands::kZeros ? 2 : 20)) return negative ? format.sign_mask() : 0;
    if (kind_ == Operands::kSpecial && one_in(60)) {
      const auto special = one_in(2) ? format.infinity_code(negative) : format.nan_code(negative);
      if (special) return *special;
    }
    return format.encode(negative, std::min(ordinal, format.max_ordinal(negative)));
  }

  std::vector<std::uint8_t> elements(const spec::Format& format, std::int64_t rows, int middle) {
    std::vector<std::uint8_t> bytes;
    for (std::int64_t i = 0; i < rows * k_; ++i) {
      const spec::Code word = element(format, middle) << format.storage_shift;
      for (int byte = 0; byte < format.storage_bits / 8; ++byte)
        bytes.push_back(static_cast<std::uint8_t>(word >> (8 * byte)));
    }
    return bytes;
  }

  /// Odd elements of A repeat their neighbours, and those of B do with the other sign.
  void cancel(const Mma& mma) {
    const auto repeat = [&](std::vector<std::uint8_t>& bytes, const spec::Format& format,
                            std::int64_t rows, bool negate) {
      const std::int64_t size = format.storage_bits / 8;
      for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t k = 1; k < k_; k += 2) {
          if (one_in(8)) continue;
          const std::int64_t at = (row * k_ + k) * size;
          std::copy_n(bytes.begin() + at - size, size, bytes.begin() + at);
          const int sign_bit = (format.bits - 1 + format.storage_shift) % 8;
          if (negate)
            bytes[static_cast<std::size_t>(at + (format.bits - 1 + format.storage_shift) / 8)] ^=
                static_cast<std::uint8_t>(1 << sign_bit);
        }
    };
    repeat(a_, mma.a, m_, false);
    repeat(b_, mma.b, n_, true);
  }

  std::vector<std::uint8_t> scales(const spec::Format& format, std::int64_t count, int middle) {
    std::vector<std::uint8_t> codes;
    for (std::int64_t i = 0; i < count; ++i) {
      int code = pick(0, 255);
      const bool tame = kind_ != Operands::kAnyCode && kind_ != Operands::kSpread;
      if (tame && format.name == "e8m0") code = std::clamp(middle + pick(-5, 5), 0, 254);
      if (tame && format.name != "e8m0") code = one_in(20) ? pick(0, 15) : pick(0x28, 0x50);
      if (kind_ == Operands::kZeros && one_in(4)) code = 0;
      if (kind_ == Operands::kSpecial && one_in(40)) code = 255;
      codes.push_back(static_cast<std::uint8_t>(code));
    }
    return codes;
  }

  std::uint64_t addend(const Mma& mma, int middle) {
    const spec::Format& d = mma.d;
    const spec::Code any = engine_() & d.code_mask();
    const bool special = kind_ == Operands::kSpecial || kind_ == Operands::kAnyCode;
    if (d.kind == spec::FormatKind::kFixed) return one_in(3) ? any : any >> 12;
    if (special && one_in(20)) return any | spec::Code(top_field(d) + 1) << d.mantissa_bits;
    if (one_in(4)) return one_in(2) ? 0 : d.sign_mask();
    const int top = top_field(d);
    int field = one_in(2) ? d.bias + middle + pick(-6, 8) : d.bias + middle + pick(-45, 45);
    if (one_in(8)) field = pick(0, top);
    if (one_in(16)) field = top - pick(0, 1);
    if (one_in(16)) field = pick(0, 1);
    const spec::Code signs = d.sign_mask() | ((spec::Code{1} << d.mantissa_bits) - 1);
    return (any & signs) | static_cast<spec::Code>(std::clamp(field, 0, top)) << d.mantissa_bits;
  }

  std::mt19937_64& engine_;
  Operands kind_;
  std::int64_t m_, n_, k_;
  std::vector<std::uint8_t> a_, b_, scales_a_, scales_b_;
  std::vector<std::uint64_t> c_;
};

}  // namespace mxscope::sim
