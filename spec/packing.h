// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How element codes lie in bytes: code i fills bits i w .. i w + w - 1 of a little-endian stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mxscope::spec {

/// Bit b of the stream is bit b % 8 of byte b / 8.
enum class Packing : std::uint8_t {
  kByte,          ///< one code per byte, in its low bits
  kNibble,        ///< two codes of 4 bits per byte, the even index low: ARCQuant, MicroMix, CUTLASS
  kSixBitStream,  ///< four codes of 6 bits in three bytes, v0 | v1 << 6 | v2 << 12 | v3 << 18:
                  ///< MicroMix, CUTLASS
};

/// "byte", "nibble" or "six-bit-stream".
std::string_view to_string(Packing packing);

/// Bits per code, w: 8, 4 or 6.
int packed_bits(Packing packing);

/// The densest packing for codes of `bits` bits. Throws Error unless 1 <= bits <= 8.
Packing packing_for(int bits);

/// Bytes that `count` codes fill; the last one may hold padding bits.
std::size_t packed_bytes(Packing packing, std::size_t count);

/// Packs codes, one per byte of `codes`; padding bits are zero. `bytes` must not overlap `codes`.
/// Throws Error unless bytes.size() is packed_bytes(packing, codes.size()), and, after filling
/// `bytes` with the low bits of every code, for a code that needs more than packed_bits(packing).
void pack(Packing packing, std::span<const std::uint8_t> codes, std::span<std::uint8_t> bytes);

/// Unpacks codes.size() codes and ignores padding bits. `codes` must not overlap `bytes`.
/// Throws Error unless bytes.size() is packed_bytes(packing, codes.size()).
void unpack(Packing packing, std::span<const std::uint8_t> bytes, std::span<std::uint8_t> codes);

/// Whether the bits after the last of `count` codes are zero: what pack() writes, and what a reader
/// of files should insist on. Throws Error unless bytes.size() is packed_bytes(packing, count).
bool padding_is_zero(Packing packing, std::span<const std::uint8_t> bytes, std::size_t count);

}  // namespace mxscope::spec
