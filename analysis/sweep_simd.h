// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace mxscope::analysis {

/// inputs[i] = first + i. `inputs` is aligned to 64 bytes and `count` is a multiple of 64.
void fill_ascending(std::uint32_t* inputs, std::size_t count, std::uint32_t first);

/// The index of the first byte that differs from `code`, or `count`.
std::size_t first_other_than(std::uint8_t code, const std::uint8_t* bytes, std::size_t count);

}  // namespace mxscope::analysis
