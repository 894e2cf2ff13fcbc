// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Where the block scales of a matrix lie in memory, one byte each: the layouts as data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mxscope::spec {

enum class ScaleLayoutKind : std::uint8_t {
  kLinear,  ///< row-major, no padding
  k128x4,   ///< tiles of 128 rows x 4 scales, tiles row-major, rows 32 apart side by side
};

/// "linear" or "128x4".
std::string_view to_string(ScaleLayoutKind kind);

/// Throws Error for other names, with the known ones.
ScaleLayoutKind parse_scale_layout_kind(std::string_view name);

/// The scale of row `row` (of M or N) and of the elements column vec .. column vec + vec - 1 of K.
struct ScalePosition {
  std::size_t row = 0;
  std::size_t column = 0;

  bool operator==(const ScalePosition&) const = default;
};

/// A tile of k128x4 is 32 lines of 16 bytes: line r % 32 holds the four scales of rows r, r + 32,
/// r + 64 and r + 96, 32 bits each. tcgen05.cp.32x128b.warpx4 copies one to tensor memory.
inline constexpr std::size_t kScaleTileRows = 128;
inline constexpr std::size_t kScaleTileColumns = 4;
inline constexpr std::size_t kScaleTileBytes = 512;

/// Scales of `rows` x `columns` blocks. Sources for k128x4: CUTLASS Sm1xxBlockScaledConfig
/// (include/cutlass/detail/sm100_blockscaled_layout.hpp), the atom ((32,4),(vec,4)):((16,4),(0,1))
/// tiled with K fastest; cuBLAS, "1D Block Scaling Factors Layout", the same bytes.
struct ScaleLayout {
  ScaleLayoutKind kind = ScaleLayoutKind::kLinear;
  std::size_t rows = 0;
  std::size_t columns = 0;

  /// Rows and columns with the padding of whole tiles; equal to rows and columns when linear.
  constexpr std::size_t padded_rows() const { return padded(rows, kScaleTileRows); }
  constexpr std::size_t padded_columns() const { return padded(columns, kScaleTileColumns); }

  constexpr std::size_t scales() const { return rows * columns; }
  constexpr std::size_t bytes() const { return padded_rows() * padded_columns(); }

  /// Byte of a scale, or of padding. Unchecked: row < padded_rows(), column < padded_columns().
  constexpr std::size_t offset(std::size_t row, std::size_t column) const {
    if (kind == ScaleLayoutKind::kLinear) return row * columns + column;
    const std::size_t tile =
        row / kScaleTileRows * (padded_columns() / kScaleTileColumns) + column / kScaleTileColumns;
    return tile * kScaleTileBytes + row % 32 * 16 + row / 32 % 4 * 4 + column % 4;
  }

  /// The scale at a byte, or nothing for padding and beyond the end.
  std::optional<ScalePosition> position(std::size_t offset) const;

  bool operator==(const ScaleLayout&) const = default;

 private:
  constexpr std::size_t padded(std::size_t extent, std::size_t tile) const {
    return kind == ScaleLayoutKind::kLinear ? extent : (extent + tile - 1) / tile * tile;
  }
};

/// The layout of the scales of `rows` x `elements` elements, one scale for every `vec` elements of
/// a row or the rest of it. Throws Error for vec = 0 and for numbers above 2^31.
ScaleLayout make_scale_layout(ScaleLayoutKind kind, std::size_t rows, std::size_t elements,
                              std::size_t vec);

/// From row-major scales to the layout; padding becomes zero. The spans must not overlap. Throws
/// Error unless linear.size() is layout.scales() and swizzled.size() is layout.bytes().
void swizzle(const ScaleLayout& layout, std::span<const std::uint8_t> linear,
             std::span<std::uint8_t> swizzled);

/// Back to row-major; padding is ignored. Spans and errors as for swizzle().
void unswizzle(const ScaleLayout& layout, std::span<const std::uint8_t> swizzled,
               std::span<std::uint8_t> linear);

}  // namespace mxscope::spec
