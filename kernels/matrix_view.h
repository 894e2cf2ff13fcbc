// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mxscope::kernels {

/// A row-major matrix of someone else's: tokens x channels, or outputs x channels.
struct MatrixView {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::span<const float> values;

  std::span<const float> row(std::int64_t i) const {
    return values.subspan(static_cast<std::size_t>(i * columns), static_cast<std::size_t>(columns));
  }
};

/// One's own.
struct Matrix {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<float> values;

  MatrixView view() const { return {rows, columns, values}; }
  std::span<float> row(std::int64_t i) {
    return std::span(values).subspan(static_cast<std::size_t>(i * columns),
                                     static_cast<std::size_t>(columns));
  }
};

/// Columns [first, first + count).
inline Matrix columns_of(const MatrixView& matrix, std::int64_t first, std::int64_t count) {
  Matrix out{matrix.rows, count, {}};
  out.values.reserve(static_cast<std::size_t>(matrix.rows * count));
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    const auto part =
        matrix.row(i).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    out.values.insert(out.values.end(), part.begin(), part.end());
  }
  return out;
}

}  // namespace mxscope::kernels
