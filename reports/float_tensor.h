// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reports/tensor.h"
#include "reports/tensor_file.h"

namespace mxscope::reports {

/// F64, F32, F16 and BF16: what recipes quantize.
bool is_quantizable(DType dtype);

/// A tensor as a matrix: the last axis is a row, all others together count rows.
struct MatrixShape {
  std::uint64_t rows = 1;
  std::uint64_t columns = 1;
};
MatrixShape matrix_shape(std::span<const std::uint64_t> shape);

/// "384x1536", "scalar".
std::string shape_text(std::span<const std::uint64_t> shape);

/// Elements [first, first + count) as float32: exact, but for F64, which is rounded once to
/// nearest-even. Throws Error for other types.
std::vector<float> load_floats(const TensorView& tensor, std::uint64_t first, std::size_t count);

/// The bytes of elements in F32, BF16 or F16, rounded to nearest-even, infinite past the largest.
std::vector<std::byte> store_floats(DType dtype, std::span<const float> values);

}  // namespace mxscope::reports
