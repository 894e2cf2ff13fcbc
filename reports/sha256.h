// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mxscope::reports {

/// SHA-256 (FIPS 180-4) of data that arrives in pieces.
class Sha256 {
 public:
  /// `hardware`: by the processor's own SHA instructions where it has them.
  explicit Sha256(bool hardware = true);

  void add(std::string_view data);

  /// The digest of everything added, in hex; call once.
  std::string hex();

 private:
  using Blocks = void (*)(std::array<std::uint32_t, 8>& state, const unsigned char* data,
                          std::size_t blocks);

  Blocks add_blocks_;
  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::string pending_;
  std::uint64_t bytes_ = 0;
};

}  // namespace mxscope::reports
