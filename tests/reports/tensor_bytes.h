// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tensor files made by hand, and what their reader says of them.
#pragma once

#include <gmock/gmock.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reports/tensor_file.h"
#include "spec/error.h"

namespace mxscope::reports {

inline std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xFF);
  return text;
}

inline std::string safetensors(const std::string& header, const std::string& data = "") {
  return little_endian(header.size(), 8) + header + data;
}

inline std::string npy(const std::string& dict, const std::string& data = "", int version = 1) {
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  return text + little_endian(dict.size(), version == 1 ? 2 : 4) + dict + data;
}

inline std::string npy_of(const std::string& descr, const std::string& shape,
                          const std::string& data) {
  return npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n",
             data);
}

/// What is wrong with the bytes; empty when nothing is.
inline std::string problem(const std::string& bytes) {
  // A copy of just this size, so that AddressSanitizer sees reads beyond it.
  const std::vector<char> copy(bytes.begin(), bytes.end());
  try {
    TensorFile::parse(std::as_bytes(std::span(copy)), "file");
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
    EXPECT_THAT(e.what(), testing::StartsWith("file"));
    return e.what();
  }
  return "";
}

}  // namespace mxscope::reports
