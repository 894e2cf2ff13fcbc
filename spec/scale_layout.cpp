// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Scale layouts: the inverse map, and copies in tile order. CUTLASS, cuBLAS: see the header.
#include "spec/scale_layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::spec {
namespace {

/// Calls copy(linear index, offset, length) for every run of scales that is contiguous in both.
template <typename Copy>
void for_each_run(const ScaleLayout& layout, const Copy& copy) {
  if (layout.kind == ScaleLayoutKind::kLinear) return copy(0, 0, layout.scales());
  for (std::size_t top = 0; top < layout.rows; top += kScaleTileRows) {
    const std::size_t bottom = std::min(top + kScaleTileRows, layout.rows);
    for (std::size_t left = 0; left < layout.columns; left += kScaleTileColumns) {
      const std::size_t length = std::min(kScaleTileColumns, layout.columns - left);
      for (std::size_t row = top; row < bottom; ++row)
        copy(row * layout.columns + left, layout.offset(row, left), length);
    }
  }
}

void require_sizes(const ScaleLayout& layout, std::size_t linear, std::size_t swizzled) {
  if (linear != layout.scales())
    throw Error(fmt::format("{} x {} scales are {} bytes row by row, and not {}", layout.rows,
                            layout.columns, layout.scales(), linear));
  if (swizzled != layout.bytes())
    throw Error(fmt::format("{} x {} scales are {} bytes in layout {}, and not {}", layout.rows,
                            layout.columns, layout.bytes(), to_string(layout.kind), swizzled));
}

}  // namespace

std::string_view to_string(ScaleLayoutKind kind) {
  return kind == ScaleLayoutKind::kLinear ? "linear" : "128x4";
}

ScaleLayoutKind parse_scale_layout_kind(std::string_view name) {
  for (const ScaleLayoutKind kind : {ScaleLayoutKind::kLinear, ScaleLayoutKind::k128x4})
    if (name == to_string(kind)) return kind;
  throw unknown_name("scale layout", name, {"linear", "128x4"});
}

std::optional<ScalePosition> ScaleLayout::position(std::size_t offset) const {
  if (offset >= bytes()) return std::nullopt;
  ScalePosition p{offset / padded_columns(), offset % padded_columns()};
  if (kind == ScaleLayoutKind::k128x4) {
    const std::size_t tile = offset / kScaleTileBytes;
    const std::size_t tiles_across = padded_columns() / kScaleTileColumns;
    const std::size_t line = offset % kScaleTileBytes / 16;
    p.row = tile / tiles_across * kScaleTileRows + offset % 16 / 4 * 32 + line;
    p.column = tile % tiles_across * kScaleTileColumns + offset % 4;
  }
  if (p.row >= rows || p.column >= columns) return std::nullopt;
  return p;
}

ScaleLayout make_scale_layout(ScaleLayoutKind kind, std::size_t rows, std::size_t elements,
                              std::size_t vec) {
  constexpr std::size_t kMost = std::size_t{1} << 31;
  if (vec == 0) throw Error("a scale of no elements makes no layout; 16 or 32 are usual");
  if (vec > kMost) throw Error(fmt::format("{} elements per scale are more than 2^31", vec));
  if (rows > kMost || elements > kMost)
    throw Error(
        fmt::format("{} x {} elements are too many; an extent may be 2^31", rows, elements));
  return {kind, rows, elements / vec + (elements % vec != 0 ? 1 : 0)};
}

void swizzle(const ScaleLayout& layout, std::span<const std::uint8_t> linear,
             std::span<std::uint8_t> swizzled) {
  require_sizes(layout, linear.size(), swizzled.size());
  if (layout.bytes() != layout.scales()) std::fill(swizzled.begin(), swizzled.end(), 0);
  for_each_run(layout, [&](std::size_t index, std::size_t offset, std::size_t length) {
    std::copy_n(linear.begin() + index, length, swizzled.begin() + offset);
  });
}

void unswizzle(const ScaleLayout& layout, std::span<const std::uint8_t> swizzled,
               std::span<std::uint8_t> linear) {
  require_sizes(layout, linear.size(), swizzled.size());
  for_each_run(layout, [&](std::size_t index, std::size_t offset, std::size_t length) {
    std::copy_n(swizzled.begin() + offset, length, linear.begin() + index);
  });
}

}  // namespace mxscope::spec
