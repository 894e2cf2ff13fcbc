// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Philox4x32-10: random words that are a function of a key and a counter alone.
// Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC'11), 3.3
// and table 2; the constants of Random123's philox.h.
#pragma once

#include <array>
#include <cstdint>

namespace mxscope::spec {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

/// The four words of a counter under a key, after ten rounds.
constexpr PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
  constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
  constexpr PhiloxKey kWeyl = {0x9E3779B9, 0xBB67AE85};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = kMultiplier0 * counter[0];
    const std::uint64_t product1 = kMultiplier1 * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key = {key[0] + kWeyl[0], key[1] + kWeyl[1]};
  }
  return counter;
}

/// Which random numbers a tensor gets: the key is the seed, the upper half of the counter the
/// stream, the lower half a quarter of the element's index, whose rest chooses the word.
struct RandomStream {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;

  /// The words of elements 4 quarter .. 4 quarter + 3.
  constexpr PhiloxCounter words(std::uint64_t quarter) const {
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    return philox4x32({low(quarter), low(quarter >> 32), low(stream), low(stream >> 32)},
                      {low(seed), low(seed >> 32)});
  }
};

}  // namespace mxscope::spec
