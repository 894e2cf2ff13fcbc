// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The .npy format, numpy/lib/format.py (NEP 1), versions 1, 2 and 3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "reports/tensor.h"

namespace mxscope::reports {

/// Whether the bytes begin as .npy files do.
bool is_npy(std::span<const std::byte> bytes);

/// Reads a whole file's bytes; the tensor views them and has no name. Throws Error, naming `file`,
/// for every departure from the format and for arrays that are no row-major tensor of a DType.
TensorView read_npy(std::span<const std::byte> bytes, std::string_view file);

/// The bytes that come before the array's, padded with spaces to a multiple of 64. Throws Error,
/// naming `file`, for a type that numpy does not have.
std::string npy_header(DType dtype, std::span<const std::uint64_t> shape, std::string_view file);

}  // namespace mxscope::reports
