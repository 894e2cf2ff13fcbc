// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Packed codes and swizzled scales for C.
#include <fmt/format.h>

#include "capi/call.h"
#include "spec/packing.h"
#include "spec/scale_layout.h"

namespace mxscope::capi {
namespace {

spec::Packing packing_of(int bits) {
  if (bits != 4 && bits != 6 && bits != 8)
    throw Failure(MXSCOPE_BAD_ARGUMENT, fmt::format("bits is {}; it is 4, 6 or 8", bits));
  return spec::packing_for(bits);
}

/// Throws Failure where the bytes are more than memory.
spec::ScaleLayout layout_of(std::size_t rows, std::size_t columns) {
  checked_size(rows, columns, "scales");
  const spec::ScaleLayout layout{spec::ScaleLayoutKind::k128x4, rows, columns};
  checked_size(layout.padded_rows(), layout.padded_columns(), "scales with padding");
  return layout;
}

}  // namespace
}  // namespace mxscope::capi

using namespace mxscope;
using namespace mxscope::capi;

size_t mxscope_packed_bytes(int bits, size_t count) {
  std::size_t bytes = 0;
  guarded([&] {
    const spec::Packing packing = packing_of(bits);
    checked_size(count, 1, "codes");
    bytes = spec::packed_bytes(packing, count);
  });
  return bytes;
}

int mxscope_pack(int bits, const uint8_t* codes, size_t count, uint8_t* bytes) {
  return guarded([&] {
    const spec::Packing packing = packing_of(bits);
    require(codes, count, "codes");
    require(bytes, count, "bytes");
    for (std::size_t i = 0; i < checked_size(count, 1, "codes"); ++i)
      if (codes[i] >> bits != 0)
        throw Failure(MXSCOPE_BAD_ARGUMENT,
                      fmt::format("code {} is 0x{:x}, wider than {} bits", i, codes[i], bits));
    spec::pack(packing, {codes, count}, {bytes, spec::packed_bytes(packing, count)});
  });
}

int mxscope_unpack(int bits, const uint8_t* bytes, size_t count, uint8_t* codes) {
  return guarded([&] {
    const spec::Packing packing = packing_of(bits);
    require(bytes, count, "bytes");
    require(codes, count, "codes");
    checked_size(count, 1, "codes");
    spec::unpack(packing, {bytes, spec::packed_bytes(packing, count)}, {codes, count});
  });
}

size_t mxscope_swizzled_bytes(size_t rows, size_t columns) {
  std::size_t bytes = 0;
  guarded([&] { bytes = layout_of(rows, columns).bytes(); });
  return bytes;
}

int mxscope_swizzle_scales(size_t rows, size_t columns, const uint8_t* linear, uint8_t* swizzled) {
  return guarded([&] {
    const spec::ScaleLayout layout = layout_of(rows, columns);
    require(linear, layout.scales(), "linear");
    require(swizzled, layout.bytes(), "swizzled");
    spec::swizzle(layout, {linear, layout.scales()}, {swizzled, layout.bytes()});
  });
}

int mxscope_unswizzle_scales(size_t rows, size_t columns, const uint8_t* swizzled,
                             uint8_t* linear) {
  return guarded([&] {
    const spec::ScaleLayout layout = layout_of(rows, columns);
    require(swizzled, layout.bytes(), "swizzled");
    require(linear, layout.scales(), "linear");
    spec::unswizzle(layout, {swizzled, layout.bytes()}, {linear, layout.scales()});
  });
}
