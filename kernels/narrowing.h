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

/// The binary32 number with an odd last bit next to x where x is none itself: narrower formats
/// cannot tell the two apart. Never an infinity or a zero for another number.
inline float rounded_to_odd(double x) {
  const auto nearest = static_cast<float>(x);
  if (nearest == x || std::isnan(x)) return nearest;
  const std::uint32_t away = std::fabs(static_cast<double>(nearest)) > std::fabs(x) ? 1 : 0;
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(nearest) - away) | 1);
}

/// The same from binary64.
inline float nearest_bf16(double x) { return nearest_bf16(rounded_to_odd(x)); }

}  // namespace mxscope::kernels
