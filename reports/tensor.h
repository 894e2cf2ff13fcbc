// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tensors as files hold them: a name, an element type, a shape and bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mxscope::reports {

/// The element types of safetensors files (Dtype in safetensors/src/tensor.rs, version 0.8).
enum class DType {
  kF64,
  kF32,
  kF16,
  kBf16,
  kF8E4m3,
  kF8E5m2,
  kF8E8m0,
  kF8E4m3fnuz,
  kF8E5m2fnuz,
  kF6E2m3,
  kF6E3m2,
  kF4,   ///< e2m1, two in a byte
  kC64,  ///< complex: two F32
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kU64,
  kI64,
  kBool,  ///< one byte
};

/// Every element type, in the enumeration's order.
std::span<const DType> all_dtypes();

/// As safetensors spells it, as in "BF16" or "F8_E4M3".
std::string_view dtype_name(DType dtype);
int bits_per_element(DType dtype);

/// The type of that name; throws Error with the near names.
DType find_dtype(std::string_view name);

/// A tensor without its bytes. Row-major, the last dimension contiguous; shape {} is a scalar.
struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::uint64_t> shape;  ///< in elements, also for types of less than a byte
};

/// A tensor whose bytes, little-endian and aligned to nothing, belong to someone else.
struct TensorView {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::uint64_t> shape;
  std::span<const std::byte> data;

  std::uint64_t element_count() const;
};

/// The bytes of a tensor; throws Error "<where>: ..." when they are no whole number, or when the
/// bits, or the product of the dimensions other than 0, do not fit in 64 bits.
std::uint64_t byte_count(DType dtype, std::span<const std::uint64_t> shape, std::string_view where);

/// A name from a file for a one-line message: in quotes, its start only, control characters as '?'.
std::string in_quotes(std::string_view name);

}  // namespace mxscope::reports
