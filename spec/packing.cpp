// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Packing of codes with masks, shifts and ors only: every bit of the output is one bit of the
// input.
#include "spec/packing.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "spec/error.h"

namespace mxscope::spec {
namespace {

using Byte = std::uint8_t;

// Words are read and written as they lie in memory, code 0 lowest.
static_assert(std::endian::native == std::endian::little);

/// Codes per step of the loops over the 6-bit stream, and the bytes that they fill.
constexpr std::size_t kSixBitCodes = 8;
constexpr std::size_t kSixBitBytes = 6;

std::uint64_t load8(const Byte* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

void store8(std::uint64_t word, Byte* bytes) { std::memcpy(bytes, &word, sizeof word); }

std::uint64_t load6(const Byte* bytes) {
  std::uint32_t low;
  std::uint16_t high;
  std::memcpy(&low, bytes, sizeof low);
  std::memcpy(&high, bytes + sizeof low, sizeof high);
  return low | std::uint64_t{high} << 32;
}

void store6(std::uint64_t word, Byte* bytes) { std::memcpy(bytes, &word, kSixBitBytes); }

/// Joins neighbours: 8 x 6 bits at stride 8, then 4 x 12 at 16, 2 x 24 at 32, one of 48.
std::uint64_t join_six_bits(std::uint64_t x) {
  x = (x & 0x003F003F003F003F) | (x >> 2 & 0x0FC00FC00FC00FC0);
  x = (x & 0x00000FFF00000FFF) | (x >> 4 & 0x00FFF00000FFF000);
  return (x & 0x0000000000FFFFFF) | (x >> 8 & 0x0000FFFFFF000000);
}

/// The same steps backwards.
std::uint64_t part_six_bits(std::uint64_t x) {
  x = (x & 0x0000000000FFFFFF) | (x & 0x0000FFFFFF000000) << 8;
  x = (x & 0x00000FFF00000FFF) | (x & 0x00FFF00000FFF000) << 4;
  return (x & 0x003F003F003F003F) | (x & 0x0FC00FC00FC00FC0) << 2;
}

// Each pack_* returns the or of all codes.

Byte pack_nibbles(const Byte* codes, std::size_t count, Byte* bytes) {
  Byte seen = 0;
  for (std::size_t i = 0; i < count / 2; ++i) {
    const Byte low = codes[2 * i];
    const Byte high = codes[2 * i + 1];
    seen |= low | high;
    bytes[i] = static_cast<Byte>((low & 0xF) | high << 4);
  }
  if (count % 2 != 0) {
    seen |= codes[count - 1];
    bytes[count / 2] = codes[count - 1] & 0xF;
  }
  return seen;
}

void unpack_nibbles(const Byte* bytes, Byte* codes, std::size_t count) {
  for (std::size_t i = 0; i < count / 2; ++i) {
    codes[2 * i] = bytes[i] & 0xF;
    codes[2 * i + 1] = bytes[i] >> 4;
  }
  if (count % 2 != 0) codes[count - 1] = bytes[count / 2] & 0xF;
}

Byte pack_six_bits(const Byte* codes, std::size_t count, Byte* bytes) {
  std::uint64_t seen = 0;
  for (; count >= kSixBitCodes; count -= kSixBitCodes) {
    const std::uint64_t word = load8(codes);
    seen |= word;
    store6(join_six_bits(word), bytes);
    codes += kSixBitCodes;
    bytes += kSixBitBytes;
  }
  Byte tail[kSixBitCodes] = {};
  std::copy_n(codes, count, tail);
  seen |= load8(tail);
  Byte packed[kSixBitBytes];
  store6(join_six_bits(load8(tail)), packed);
  std::copy_n(packed, packed_bytes(Packing::kSixBitStream, count), bytes);
  for (int shift = 32; shift >= 8; shift /= 2) seen |= seen >> shift;
  return static_cast<Byte>(seen);
}

void unpack_six_bits(const Byte* bytes, Byte* codes, std::size_t count) {
  for (; count >= kSixBitCodes; count -= kSixBitCodes) {
    store8(part_six_bits(load6(bytes)), codes);
    bytes += kSixBitBytes;
    codes += kSixBitCodes;
  }
  Byte tail[kSixBitBytes] = {};
  std::copy_n(bytes, packed_bytes(Packing::kSixBitStream, count), tail);
  Byte parted[kSixBitCodes];
  store8(part_six_bits(load6(tail)), parted);
  std::copy_n(parted, count, codes);
}

void require_bytes(Packing packing, std::size_t count, std::size_t bytes) {
  if (bytes != packed_bytes(packing, count))
    throw Error(fmt::format("{} codes packed as {} fill {} bytes, and not {}", count,
                            to_string(packing), packed_bytes(packing, count), bytes));
}

}  // namespace

std::string_view to_string(Packing packing) {
  switch (packing) {
    case Packing::kByte:
      return "byte";
    case Packing::kNibble:
      return "nibble";
    case Packing::kSixBitStream:
      return "six-bit-stream";
  }
  return "";
}

int packed_bits(Packing packing) {
  switch (packing) {
    case Packing::kByte:
      return 8;
    case Packing::kNibble:
      return 4;
    case Packing::kSixBitStream:
      return 6;
  }
  return 0;
}

Packing packing_for(int bits) {
  if (bits < 1 || bits > 8)
    throw Error(fmt::format("codes of {} bits have no packing into bytes; 1 to 8 bits do", bits));
  if (bits <= 4) return Packing::kNibble;
  return bits <= 6 ? Packing::kSixBitStream : Packing::kByte;
}

std::size_t packed_bytes(Packing packing, std::size_t count) {
  switch (packing) {
    case Packing::kByte:
      return count;
    case Packing::kNibble:
      return count / 2 + count % 2;
    case Packing::kSixBitStream:
      return count / 4 * 3 + (count % 4 * 6 + 7) / 8;
  }
  return 0;
}

void pack(Packing packing, std::span<const Byte> codes, std::span<Byte> bytes) {
  require_bytes(packing, codes.size(), bytes.size());
  Byte seen = 0;
  switch (packing) {
    case Packing::kByte:
      std::copy(codes.begin(), codes.end(), bytes.begin());
      return;
    case Packing::kNibble:
      seen = pack_nibbles(codes.data(), codes.size(), bytes.data());
      break;
    case Packing::kSixBitStream:
      seen = pack_six_bits(codes.data(), codes.size(), bytes.data());
      break;
  }
  const int bits = packed_bits(packing);
  if (seen >> bits == 0) return;
  const auto wide = std::find_if(codes.begin(), codes.end(), [bits](Byte c) { return c >> bits; });
  throw Error(fmt::format("code 0x{:02x} at index {} does not fit the {} bits of packing {}", *wide,
                          wide - codes.begin(), bits, to_string(packing)));
}

void unpack(Packing packing, std::span<const Byte> bytes, std::span<Byte> codes) {
  require_bytes(packing, codes.size(), bytes.size());
  switch (packing) {
    case Packing::kByte:
      std::copy(bytes.begin(), bytes.end(), codes.begin());
      return;
    case Packing::kNibble:
      return unpack_nibbles(bytes.data(), codes.data(), codes.size());
    case Packing::kSixBitStream:
      return unpack_six_bits(bytes.data(), codes.data(), codes.size());
  }
}

bool padding_is_zero(Packing packing, std::span<const Byte> bytes, std::size_t count) {
  require_bytes(packing, count, bytes.size());
  const std::size_t used = count % 8 * static_cast<std::size_t>(packed_bits(packing)) % 8;
  return used == 0 || bytes.back() >> used == 0;
}

}  // namespace mxscope::spec
