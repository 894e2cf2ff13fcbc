// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Builds dot products whose terms have chosen exponents.
#include "sim/probe_builder.h"

#include <algorithm>

namespace mxscope::sim {
namespace {

using spec::Code;
using spec::CodeClass;
using spec::Format;

int least_exponent(const Format& format) {
  return format.emin() - (format.subnormals && format.zero ? format.mantissa_bits : 0);
}

void put_code(const Format& format, std::vector<std::uint8_t>& containers, int k, Code code) {
  const std::size_t bytes = static_cast<std::size_t>(format.storage_bits / 8);
  const Code word = code << format.storage_shift;
  for (std::size_t i = 0; i < bytes; ++i)
    containers[static_cast<std::size_t>(k) * bytes + i] = static_cast<std::uint8_t>(word >> 8 * i);
}

/// x in [low, high] nearest to half of the sum, such that sum - x is in [other_low, other_high].
std::optional<int> share(int sum, int low, int high, int other_low, int other_high) {
  low = std::max(low, sum - other_high);
  high = std::min(high, sum - other_low);
  if (low > high) return std::nullopt;
  return std::clamp(sum >> 1, low, high);
}

}  // namespace

std::optional<Code> power_code(const Format& format, int exponent, bool negative, TermShape shape) {
  const bool half = shape != TermShape::kOne;
  if (negative && !format.is_signed) return std::nullopt;
  const Code sign = negative ? format.sign_mask() : 0;
  if (exponent < least_exponent(format) || exponent > format.emax()) return std::nullopt;
  Code magnitude = 0;
  if (exponent >= format.emin()) {
    if (half && format.mantissa_bits == 0) return std::nullopt;
    magnitude = static_cast<Code>(exponent + format.bias) << format.mantissa_bits;
    if (half) magnitude |= Code{1} << (format.mantissa_bits - 1);
  } else {
    const int place = exponent - least_exponent(format);
    if (half && place == 0) return std::nullopt;
    magnitude = Code{1} << place;
    if (half) magnitude |= Code{1} << (place - 1);
  }
  const CodeClass kind = format.classify(sign | magnitude);
  if (kind != CodeClass::kNormal && kind != CodeClass::kSubnormal) return std::nullopt;
  return sign | magnitude;
}

ProductRange product_range(const Mma& mma) {
  return {least_exponent(mma.a) + least_exponent(mma.b), mma.a.emin() + mma.b.emin(),
          mma.a.emax() + mma.b.emax()};
}

ProductRange scale_range(const Mma& mma) {
  if (!mma.scale) return {};
  return {2 * least_exponent(*mma.scale), 2 * mma.scale->emin(), 2 * mma.scale->emax()};
}

ProbeBuilder::ProbeBuilder(const Mma& mma, std::string question, std::string what) : mma_(mma) {
  case_.question = std::move(question);
  case_.what = std::move(what);
  const std::size_t k = static_cast<std::size_t>(mma.unit.k);
  case_.a.assign(k * static_cast<std::size_t>(mma.a.storage_bits / 8), 0);
  case_.b.assign(k * static_cast<std::size_t>(mma.b.storage_bits / 8), 0);
  const std::size_t blocks = static_cast<std::size_t>(mma.scales_per_row(mma.unit.k));
  if (mma.scale) {
    const auto one = static_cast<std::uint8_t>(*power_code(*mma.scale, 0, false));
    case_.scale_a.assign(blocks, one);
    case_.scale_b.assign(blocks, one);
  }
}

ProbeBuilder& ProbeBuilder::codes(int k, Code a, Code b) {
  if (k >= mma_.unit.k) {
    possible_ = false;
    return *this;
  }
  put_code(mma_.a, case_.a, k, a);
  put_code(mma_.b, case_.b, k, b);
  return *this;
}

ProbeBuilder& ProbeBuilder::product(int k, int exponent, bool negative, TermShape shape) {
  std::optional<int> of_a =
      share(exponent, mma_.a.emin(), mma_.a.emax(), mma_.b.emin(), mma_.b.emax());
  if (!of_a)
    of_a =
        share(exponent, least_exponent(mma_.a) + (shape == TermShape::kOne ? 0 : 1), mma_.a.emax(),
              least_exponent(mma_.b) + (shape == TermShape::kSquare ? 1 : 0), mma_.b.emax());
  const auto a = of_a ? power_code(mma_.a, *of_a, negative, shape) : std::nullopt;
  const auto b = of_a ? power_code(mma_.b, exponent - *of_a, false,
                                   shape == TermShape::kSquare ? shape : TermShape::kOne)
                      : std::nullopt;
  if (!a || !b) {
    possible_ = false;
    return *this;
  }
  return codes(k, *a, *b);
}

ProbeBuilder& ProbeBuilder::addend(int exponent, bool negative, TermShape shape) {
  const auto code = power_code(mma_.d, exponent, negative, shape);
  if (!code) possible_ = false;
  return code ? addend_code(*code) : *this;
}

ProbeBuilder& ProbeBuilder::addend_code(Code c) {
  case_.c = c;
  return *this;
}

ProbeBuilder& ProbeBuilder::scales(int block, int exponent) {
  if (!mma_.scale) {
    possible_ = false;
    return *this;
  }
  const spec::Format& format = *mma_.scale;
  auto of_a = share(exponent, format.emin(), format.emax(), format.emin(), format.emax());
  if (!of_a)
    of_a = share(exponent, least_exponent(format), format.emax(), least_exponent(format),
                 format.emax());
  const auto a = of_a ? power_code(format, *of_a, false) : std::nullopt;
  const auto b = of_a ? power_code(format, exponent - *of_a, false) : std::nullopt;
  if (!a || !b) {
    possible_ = false;
    return *this;
  }
  return scale_codes(block, static_cast<std::uint8_t>(*a), static_cast<std::uint8_t>(*b));
}

ProbeBuilder& ProbeBuilder::scale_codes(int block, std::uint8_t a, std::uint8_t b) {
  case_.scale_a.at(static_cast<std::size_t>(block)) = a;
  case_.scale_b.at(static_cast<std::size_t>(block)) = b;
  return *this;
}

void ProbeBuilder::add_to(std::vector<ProbeCase>& cases) const {
  if (possible_) cases.push_back(case_);
}

}  // namespace mxscope::sim
