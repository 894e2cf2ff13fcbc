// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How a quantized tensor NAME lies in a .safetensors file, as the tensors NAME, NAME.scale,
// NAME.tensor_scale, NAME.micro and NAME.order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/tensor_quantizer.h"
#include "reports/tensor.h"
#include "spec/augmented_layout.h"
#include "spec/packing.h"
#include "spec/scale_layout.h"

namespace mxscope::reports {

struct QuantizedTensor {
  std::string name;
  DType dtype = DType::kF32;         ///< before quantizing
  std::vector<std::uint64_t> shape;  ///< before quantizing
  std::uint32_t amax_bits = 0;  ///< binary32 pattern of the amax that the tensor scale comes from
  spec::Packing packing = spec::Packing::kByte;
  spec::ScaleLayoutKind scale_layout = spec::ScaleLayoutKind::kLinear;
  std::optional<spec::AugmentedLayout> augmented = {};  ///< of a dual stage

  /// What the file holds for it, in this order.
  /// NAME: codes, row-major without gaps between rows: F4 for packed e2m1, the formats' own types
  ///   for e4m3 and e5m2, I8 for fixed point in bytes, else U8, whose last axis counts bytes where
  ///   every row fills whole ones; if none does, the shape is {bytes}.
  /// NAME.scale: F8_E8M0, F8_E4M3 (UE4M3 too), F32, else U8, U16 or U32 by width; of the shape with
  ///   blocks for the last axis, or of the matrix's blocks where they have several rows; {rows,
  ///   columns} with padding in 128x4.
  /// NAME.tensor_scale: F32, {}. NAME.micro: U32, one for each scale, linear (HiF4).
  /// Of a dual stage: codes and scales of K + S channels in the order of `augmented`, and
  /// NAME.order: U32, {K}, the channel that came to each place before residuals were put between.
  std::vector<TensorInfo> parts(const spec::Recipe& recipe) const;

  spec::ScaleLayout layout(const spec::Recipe& recipe) const;

  /// Of the codes in elements: `shape`, its last axis augmented.
  std::vector<std::uint64_t> stored_shape() const;
};

/// The densest packing of the recipe's elements, or one a byte.
spec::Packing packing_of(const spec::Recipe& recipe, bool packed);

/// Bytes of one scale in a file: 1, 2 or 4.
std::size_t scale_bytes(const spec::Recipe& recipe);

/// Row-major scales to the bytes of the file, and back. Throws Error for scales of several bytes in
/// 128x4.
std::vector<std::byte> pack_scales(const spec::Recipe& recipe, const spec::ScaleLayout& layout,
                                   std::span<const std::uint32_t> scales);
std::vector<std::uint32_t> unpack_scales(const spec::Recipe& recipe,
                                         const spec::ScaleLayout& layout,
                                         std::span<const std::byte> bytes);

}  // namespace mxscope::reports
