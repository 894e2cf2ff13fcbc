// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace mxscope::kernels {

/// Nearest-even; NaNs keep their sign and become quiet.
inline float nearest_bf16(float x) {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return std::bit_cast<float>(bits | 0x00400000);
  bits += 0x7FFF + ((bits >> 16) & 1);
  return std::bit_cast<float>(bits & 0xFFFF0000);
}

/// The same from binary64, by way of binary32 rounded to odd, so that the second rounding sees what
/// the first one lost.
inline float nearest_bf16(double x) {
  float low = static_cast<float>(x);
  if (static_cast<double>(low) != x && std::isfinite(low)) {
    std::uint32_t bits = std::bit_cast<std::uint32_t>(low);
    if (std::fabs(static_cast<double>(low)) > std::fabs(x)) --bits;
    low = std::bit_cast<float>(bits | 1);
  }
  return nearest_bf16(low);
}

}  // namespace mxscope::kernels
