// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Blocks where quantizers go wrong.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace mxscope::kernels {

/// Random float32 values of one of eight kinds, reproducible from the engine: any bit pattern,
/// normal data of any magnitude, short significands (ties), powers of two and their neighbours,
/// subnormals, bfloat16 data, mostly zeros, and normal data with an outlier.
inline std::vector<float> block_inputs(std::mt19937_64& engine, std::size_t count) {
  std::vector<float> out(count);
  std::normal_distribution<float> normal;
  const auto kind = engine() % 8;
  const int exponent = static_cast<int>(engine() % 250) - 125;
  for (float& x : out) {
    const auto bits = static_cast<std::uint32_t>(engine());
    switch (kind) {
      case 0:
        x = std::bit_cast<float>(bits);
        break;
      case 1:
        x = std::ldexp(normal(engine), exponent);
        break;
      case 2:
        x = std::ldexp(static_cast<float>(static_cast<int>(bits % 97) - 48), exponent);
        break;
      case 3:
        x = std::ldexp(std::bit_cast<float>(0x3F7FFFFFU + bits % 3), exponent);
        if ((bits & 8) != 0) x = -x;
        break;
      case 4:
        x = std::bit_cast<float>(bits & 0x807FFFFFU);
        break;
      case 5:
        x = std::bit_cast<float>(std::bit_cast<std::uint32_t>(normal(engine)) & 0xFFFF0000U);
        break;
      case 6:
        x = bits % 5 != 0 ? 0.0F : normal(engine);
        break;
      default:
        x = normal(engine) * (bits % 64 == 0 ? 50.0F : 1.0F);
        break;
    }
    if (bits % 4999 == 1) x = std::numeric_limits<float>::quiet_NaN();
    if (bits % 4999 == 2) x = -std::numeric_limits<float>::infinity();
  }
  return out;
}

/// A tensor maximum that fits the block: its own, or a larger one.
inline float tensor_amax(std::mt19937_64& engine, const std::vector<float>& values) {
  float amax = 0;
  for (const float x : values)
    if (std::fabs(x) > amax) amax = std::fabs(x);
  if (!std::isfinite(amax)) return amax;
  const float factors[] = {1, 1.7F, 37, 4096};
  const float larger = amax * factors[engine() % 4];
  return std::isfinite(larger) ? larger : amax;
}

}  // namespace mxscope::kernels
