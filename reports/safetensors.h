// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The safetensors format, https://github.com/huggingface/safetensors#format.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/tensor.h"

namespace mxscope::reports {

inline constexpr std::size_t kMaxSafetensorsHeader = 100'000'000;  ///< bytes, the format's limit
inline constexpr std::string_view kSafetensorsMetadata = "__metadata__";

/// What a .safetensors file holds; the tensors, in the order of their bytes, view the file's bytes.
struct Safetensors {
  std::vector<TensorView> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a whole file's bytes; throws Error, naming `file`, for every departure from the format:
/// each name and field once, known fields only, and data without gaps, overlaps or a rest.
Safetensors read_safetensors(std::span<const std::byte> bytes, std::string_view file);

}  // namespace mxscope::reports
