// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/exact_number.h"

#include <bit>
#include <cstdint>

#include "spec/formats.h"
#include "spec/oracle.h"

namespace mxscope::kernels {
namespace {

const spec::Format& binary32() {
  static const spec::Format& format = spec::find_format("fp32");
  return format;
}

}  // namespace

spec::Number number_of(float x) {
  return spec::decode(binary32(), std::bit_cast<std::uint32_t>(x));
}

spec::Number number_of(double x) {
  static const spec::Format& binary64 = spec::find_format("fp64");
  return spec::decode(binary64, std::bit_cast<std::uint64_t>(x));
}

float nearest_f32(const spec::Number& x) {
  const spec::Policy policy{.overflow = spec::Overflow::kInfinity,
                            .infinity = spec::Overflow::kInfinity,
                            .nan = spec::NanRule::kPayload,
                            .nan_sign = spec::NanSign::kKeep};
  return std::bit_cast<float>(static_cast<std::uint32_t>(spec::cast(x, binary32(), policy).code));
}

}  // namespace mxscope::kernels
