// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Fixed-point sums of products: U. Kulisch, Computer Arithmetic and Validity (2013), chapter 8.
#include "kernels/exact_product.h"

#include <bit>
#include <cmath>

#include "spec/error.h"
#include "spec/number.h"

namespace mxscope::kernels {
namespace {

/// A finite value with an odd significand, or zero.
ExactValue odd(std::int64_t significand, std::int64_t exponent) {
  if (significand == 0) return {};
  const int zeros = std::countr_zero(static_cast<std::uint64_t>(significand));
  return {significand >> zeros, static_cast<std::int32_t>(exponent + zeros)};
}

ExactValue value_of(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::int64_t field = bits >> 23 & 0xFF;
  const std::int64_t fraction = bits & 0x7FFFFF;
  const std::int64_t magnitude = field == 0 ? fraction : fraction | 0x800000;
  return odd((bits >> 31) != 0 ? -magnitude : magnitude, (field == 0 ? 1 : field) - 150);
}

/// The values of every code that a container can hold; NaNs and infinities have exponent kSpecial.
constexpr std::int32_t kSpecial = 1 << 30;

ExactValue value_of(const spec::Format& format, spec::Code code) {
  const spec::CodeClass kind = format.classify(code);
  if (kind == spec::CodeClass::kNan || kind == spec::CodeClass::kInfinity) return {0, kSpecial};
  const spec::Number number = spec::decode(format, code);
  if (number.is_zero()) return {};
  const spec::Rational value = number.value();
  const spec::Integer low = denominator(value);
  const auto exponent = -static_cast<std::int64_t>(msb(low));
  spec::Integer high = numerator(value);
  const auto zeros = static_cast<std::int64_t>(lsb(spec::Integer(abs(high))));
  high /= spec::Integer(1) << static_cast<unsigned>(zeros);
  return odd(high.convert_to<std::int64_t>(), exponent + zeros);
}

/// Codes of at most 16 bits, looked up.
class Values {
 public:
  explicit Values(const spec::Format& format) : format_(format) {
    const spec::Code codes = spec::Code{1} << format.bits;
    if (format.bits > 19) return;  // binary32's own decoding is quicker than its table
    for (spec::Code code = 0; code < codes; ++code) table_.push_back(value_of(format, code));
  }

  ExactValue of(std::span<const std::uint8_t> containers, std::size_t index) const {
    const auto size = static_cast<std::size_t>(format_.storage_bits) / 8;
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < size; ++i)
      word |= std::uint64_t{containers[index * size + i]} << 8 * i;
    const spec::Code code = word >> format_.storage_shift & format_.code_mask();
    return table_.empty() ? value_of(format_, code) : table_[code];
  }

 private:
  spec::Format format_;
  std::vector<ExactValue> table_;
};

ExactValue times(const ExactValue& a, const ExactValue& b) {
  if (a.exponent == kSpecial || b.exponent == kSpecial) return {0, kSpecial};
  return {a.significand * b.significand, a.exponent + b.exponent};
}

void add_row(ExactRows& rows, std::span<const ExactValue> values) {
  bool finite = true;
  for (const ExactValue& value : values) finite = finite && value.exponent != kSpecial;
  rows.values.insert(rows.values.end(), values.begin(), values.end());
  rows.finite.push_back(finite);
}

}  // namespace

void ExactSum::add(std::int64_t significand, std::int64_t exponent) {
  if (significand == 0) return;
  const auto at = static_cast<std::size_t>(exponent - kLeast);
  std::size_t word = at / 64;
  const auto bit = static_cast<int>(at % 64);
  const std::uint64_t parts[2] = {
      static_cast<std::uint64_t>(significand) << bit,
      static_cast<std::uint64_t>(bit == 0 ? significand >> 63 : significand >> (64 - bit))};
  const std::uint64_t sign = significand < 0 ? ~std::uint64_t{0} : 0;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; word < kWords; ++i, ++word) {
    if (i >= 2 && (sign == 0) == (carry == 0)) return;  // nothing changes from here on up
    const std::uint64_t part = i < 2 ? parts[i] : sign;
    const std::uint64_t sum = words_[word] + part;
    const std::uint64_t out = sum + carry;
    carry = (sum < part || out < sum) ? 1 : 0;
    words_[word] = out;
  }
}

spec::Dyadic ExactSum::value() const {
  std::array<std::uint64_t, kWords> magnitude = words_;
  const bool negative = (words_.back() >> 63) != 0;
  if (negative) {
    std::uint64_t carry = 1;
    for (std::uint64_t& word : magnitude) {
      word = ~word + carry;
      carry = carry != 0 && word == 0 ? 1 : 0;
    }
  }
  spec::Integer sum = 0;
  mpz_import(sum.backend().data(), kWords, -1, sizeof(std::uint64_t), 0, 0, magnitude.data());
  return {negative ? spec::Integer(-sum) : sum, kLeast};
}

ExactRows exact_rows(const GemmOperand& operand, const spec::Format& format, const sim::Mma& mma) {
  ExactRows out{.rows = operand.rows, .k = operand.k, .values = {}, .finite = {}};
  const Values elements(format);
  std::vector<ExactValue> scales;
  if (mma.scale) {
    const Values values(*mma.scale);
    for (std::size_t i = 0; i < operand.scales.size(); ++i)
      scales.push_back(values.of(operand.scales, i));
  }
  std::vector<ExactValue> row(static_cast<std::size_t>(operand.k));
  for (std::int64_t i = 0; i < operand.rows; ++i) {
    for (std::int64_t k = 0; k < operand.k; ++k) {
      ExactValue value = elements.of(operand.codes, static_cast<std::size_t>(i * operand.k + k));
      if (mma.scale)
        value = times(
            value,
            scales[static_cast<std::size_t>(i * mma.scales_per_row(operand.k) + k / mma.block)]);
      if (operand.factor_block != 0) {
        const float factor = operand.factors[static_cast<std::size_t>(
            i * operand.factors_per_row() + k / operand.factor_block)];
        value = times(value, std::isfinite(factor) ? value_of(factor) : ExactValue{0, kSpecial});
      }
      row[static_cast<std::size_t>(k)] = value;
    }
    add_row(out, row);
  }
  return out;
}

ExactRows exact_rows(std::span<const float> values, std::int64_t rows, std::int64_t k) {
  ExactRows out{.rows = rows, .k = k, .values = {}, .finite = {}};
  std::vector<ExactValue> row(static_cast<std::size_t>(k));
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t at = 0; at < k; ++at) {
      const float x = values[static_cast<std::size_t>(i * k + at)];
      row[static_cast<std::size_t>(at)] = std::isfinite(x) ? value_of(x) : ExactValue{0, kSpecial};
    }
    add_row(out, row);
  }
  return out;
}

spec::Dyadic exact_dot(const ExactRows& a, std::int64_t i, const ExactRows& b, std::int64_t j) {
  ExactSum sum;
  const ExactValue* const x = a.values.data() + i * a.k;
  const ExactValue* const y = b.values.data() + j * b.k;
  for (std::int64_t k = 0; k < a.k; ++k)
    sum.add(x[k].significand * y[k].significand, x[k].exponent + y[k].exponent);
  return sum.value();
}

spec::Dyadic exact_value(float x) {
  const ExactValue value = value_of(x);
  return {value.significand, value.exponent};
}

}  // namespace mxscope::kernels
