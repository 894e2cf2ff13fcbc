// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tensor files of made-up numbers, for commands that read them.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tests/reports/tensor_bytes.h"

namespace mxscope::reports {

/// Numbers of varied magnitude; the same for the same seed.
inline std::vector<float> made_floats(std::size_t count, std::uint32_t seed) {
  std::vector<float> values;
  std::uint32_t state = seed * 2654435761U + 1;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525U + 1013904223U;
    const double fraction = static_cast<double>(state >> 8) * 0x1p-24 - 0.5;
    values.push_back(static_cast<float>(std::ldexp(fraction, static_cast<int>(state % 11) - 5)));
  }
  return values;
}

template <typename Value>
std::string raw(const std::vector<Value>& values) {
  std::string bytes(values.size() * sizeof(Value), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

struct MadeTensor {
  std::string name, dtype;
  std::string shape;  ///< "[3,4]"
  std::string bytes;
};

inline std::string made_file(const std::vector<MadeTensor>& tensors) {
  std::string header = R"({"__metadata__":{"made_by":"a test"})";
  std::string data;
  for (const MadeTensor& t : tensors) {
    header += ",\"" + t.name + R"(":{"dtype":")" + t.dtype + R"(","shape":)" + t.shape +
              ",\"data_offsets\":[" + std::to_string(data.size()) + ",";
    data += t.bytes;
    header += std::to_string(data.size()) + "]}";
  }
  return safetensors(header + "}", data);
}

}  // namespace mxscope::reports
