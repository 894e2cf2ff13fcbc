// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Element types, shapes and bytes of quantized tensors.
#include "reports/quantized_tensor.h"

#include <fmt/format.h>

#include <cstring>

#include "reports/float_tensor.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

DType code_type(const spec::Format& element, spec::Packing packing) {
  if (packing == spec::Packing::kNibble) return element.name == "e2m1" ? DType::kF4 : DType::kU8;
  if (packing == spec::Packing::kSixBitStream) return DType::kU8;
  if (element.name == "e4m3") return DType::kF8E4m3;
  if (element.name == "e5m2") return DType::kF8E5m2;
  return element.kind == spec::FormatKind::kFixed && element.bits == 8 ? DType::kI8 : DType::kU8;
}

DType scale_type(const spec::Format& scale) {
  if (scale.name == "e8m0") return DType::kF8E8m0;
  if (scale.name == "ue4m3" || scale.name == "e4m3") return DType::kF8E4m3;
  if (scale.name == "fp32") return DType::kF32;
  if (scale.bits <= 8) return DType::kU8;
  return scale.bits <= 16 ? DType::kU16 : DType::kU32;
}

/// Where each row fills whole bytes the shape says rows, else bytes.
TensorInfo codes_info(const QuantizedTensor& tensor, const spec::Recipe& recipe) {
  TensorInfo info{tensor.name, code_type(recipe.element, tensor.packing), tensor.stored_shape()};
  const auto bits = static_cast<std::uint64_t>(spec::packed_bits(tensor.packing));
  const MatrixShape matrix = matrix_shape(info.shape);
  const std::uint64_t elements = matrix.rows * matrix.columns;
  if (info.dtype == DType::kF4 && elements % 2 == 0) return info;
  if (bits == 8) return info;
  info.dtype = DType::kU8;
  if (!info.shape.empty() && matrix.columns * bits % 8 == 0)
    info.shape.back() = matrix.columns * bits / 8;
  else
    info.shape = {spec::packed_bytes(tensor.packing, elements)};
  return info;
}

}  // namespace

spec::Packing packing_of(const spec::Recipe& recipe, bool packed) {
  return packed ? spec::packing_for(recipe.element.bits) : spec::Packing::kByte;
}

std::size_t scale_bytes(const spec::Recipe& recipe) {
  return static_cast<std::size_t>(bits_per_element(scale_type(recipe.scale))) / 8;
}

std::vector<std::uint64_t> QuantizedTensor::stored_shape() const {
  std::vector<std::uint64_t> out = shape;
  if (augmented) out.back() = augmented->channels + augmented->outliers;
  return out;
}

spec::ScaleLayout QuantizedTensor::layout(const spec::Recipe& recipe) const {
  const MatrixShape matrix = matrix_shape(stored_shape());
  const kernels::BlockGrid grid = kernels::block_grid(recipe, matrix.rows, matrix.columns);
  return {scale_layout, grid.row_blocks(), grid.column_blocks()};
}

std::vector<TensorInfo> QuantizedTensor::parts(const spec::Recipe& recipe) const {
  std::vector<TensorInfo> out = {codes_info(*this, recipe)};
  const spec::ScaleLayout blocks = layout(recipe);
  std::vector<std::uint64_t> grid = {blocks.rows, blocks.columns};
  if (recipe.block.rows == 1) {
    grid = shape;
    if (!grid.empty()) grid.back() = blocks.columns;
  }
  const bool padded = scale_layout != spec::ScaleLayoutKind::kLinear;
  out.push_back(
      {name + ".scale", scale_type(recipe.scale),
       padded ? std::vector<std::uint64_t>{blocks.padded_rows(), blocks.padded_columns()} : grid});
  if (recipe.has_tensor_scale()) out.push_back({name + ".tensor_scale", DType::kF32, {}});
  if (recipe.kind == spec::BlockKind::kHif4) out.push_back({name + ".micro", DType::kU32, grid});
  if (augmented) out.push_back({name + ".order", DType::kU32, {augmented->channels}});
  return out;
}

std::vector<std::byte> pack_scales(const spec::Recipe& recipe, const spec::ScaleLayout& layout,
                                   std::span<const std::uint32_t> scales) {
  const std::size_t width = scale_bytes(recipe);
  std::vector<std::byte> bytes(scales.size() * width);
  for (std::size_t i = 0; i < scales.size(); ++i)
    std::memcpy(bytes.data() + i * width, &scales[i], width);
  if (layout.kind == spec::ScaleLayoutKind::kLinear) return bytes;
  if (width != 1)
    throw Error(
        fmt::format("recipe {}: its {} scales have {} bytes, and 128x4 is a layout of "
                    "single bytes; use --scale-layout linear",
                    recipe.name, recipe.scale.name, width));
  std::vector<std::byte> swizzled(layout.bytes());
  spec::swizzle(layout, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                {reinterpret_cast<std::uint8_t*>(swizzled.data()), swizzled.size()});
  return swizzled;
}

std::vector<std::uint32_t> unpack_scales(const spec::Recipe& recipe,
                                         const spec::ScaleLayout& layout,
                                         std::span<const std::byte> bytes) {
  std::vector<std::byte> linear(bytes.begin(), bytes.end());
  if (layout.kind != spec::ScaleLayoutKind::kLinear) {
    linear.resize(layout.scales());
    spec::unswizzle(layout, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                    {reinterpret_cast<std::uint8_t*>(linear.data()), linear.size()});
  }
  const std::size_t width = scale_bytes(recipe);
  std::vector<std::uint32_t> scales(layout.scales());
  for (std::size_t i = 0; i < scales.size(); ++i)
    std::memcpy(&scales[i], linear.data() + i * width, width);
  return scales;
}

}  // namespace mxscope::reports
