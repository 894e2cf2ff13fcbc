// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/codec.h"

namespace mxscope::spec {

/// Converts `count` source words to code words; `random` as in BatchCast::encode.
using SimdKernel = std::function<void(const void* source, void* words, std::size_t count,
                                      std::span<const std::uint32_t> random)>;

/// Highway targets that this processor supports, best first.
std::vector<std::string> simd_targets();

/// How codes are stored: words of `bytes`, each the code shifted left.
struct WordLayout {
  int bytes = 1;
  int shift = 0;
};

/// The kernel of a target for a codec, or an empty function.
SimdKernel find_simd_kernel(const Codec& codec, WordLayout words, std::string_view target);

/// The two families it picks from, for codecs that fit lanes and a target found by find_target.
SimdKernel find_narrow_kernel(const Codec& codec, WordLayout words, std::int64_t target);
SimdKernel find_wide_kernel(const Codec& codec, WordLayout words, std::int64_t target);

}  // namespace mxscope::spec
