// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Packing loses nothing: single bits at every position, and all groups of codes that share bytes.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/layout_claims.h"

namespace mxscope::analysis {
namespace {

using Bytes = std::vector<std::uint8_t>;
using spec::Packing;

bool is_zero_but(const Bytes& bytes, std::size_t index, std::uint8_t value) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] != (i == index ? value : 0)) return false;
  return true;
}

/// The first bit of `count` codes that does not go where it should, as text; empty if all do.
std::string misplaced_bit(Packing packing, std::size_t count, PackFunction pack,
                          UnpackFunction unpack, std::uint64_t& cases) {
  const std::size_t width = spec::packed_bits(packing);
  Bytes codes(count);
  Bytes bytes(spec::packed_bytes(packing, count));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    ++cases;
    const std::size_t i = bit / width;
    const auto mark = static_cast<std::uint8_t>(1u << bit % 8);
    const auto witness = [&](std::string_view what) {
      return fmt::format("{} codes, stream bit {}: {}", count, bit, what);
    };
    std::fill(bytes.begin(), bytes.end(), 0);
    bytes[bit / 8] = mark;
    std::fill(codes.begin(), codes.end(), 0xFF);
    unpack(packing, bytes, codes);
    if (i >= count) {
      if (!is_zero_but(codes, count, 0)) return witness("padding reaches a code");
      if (spec::padding_is_zero(packing, bytes, count)) return witness("padding is not noticed");
      continue;
    }
    const auto code = static_cast<std::uint8_t>(1u << bit % width);
    if (!is_zero_but(codes, i, code)) return witness("unpacked elsewhere");
    if (!spec::padding_is_zero(packing, bytes, count)) return witness("taken for padding");
    std::fill(bytes.begin(), bytes.end(), 0xFF);
    pack(packing, codes, bytes);
    if (!is_zero_but(bytes, bit / 8, mark)) return witness("packed elsewhere");
  }
  return "";
}

/// The group of codes that begins a byte, and how many such groups there are.
struct Group {
  std::size_t codes;
  std::uint64_t count;
  const char* domain;
};

Group group_of(Packing packing) {
  switch (packing) {
    case Packing::kByte:
      return {1, 1u << 8, "all 2^8 codes"};
    case Packing::kNibble:
      return {2, 1u << 8, "all 2^8 pairs of codes"};
    case Packing::kSixBitStream:
      return {4, 1u << 24, "all 2^24 quadruples of codes"};
  }
  return {1, 0, ""};
}

Claim begin(Packing packing, std::string_view property) {
  Claim claim;
  claim.subject = to_string(packing);
  claim.id = fmt::format("packing/{}/{}", claim.subject, property);
  return claim;
}

}  // namespace

Claim packing_bits_claim(Packing packing, std::size_t codes, PackFunction pack,
                         UnpackFunction unpack) {
  Claim claim = begin(packing, "bits");
  claim.statement = fmt::format(
      "{} pack and unpack are mutual inverses: bit b of code i is bit {} i + b of the stream, "
      "padding "
      "is zero",
      claim.subject, spec::packed_bits(packing));
  claim.domain = fmt::format("every count of codes from 0 to {}, all values", codes);
  claim.method =
      "one bit at a time at every position of every count; masks, shifts and ors commute with or, "
      "so "
      "single bits decide all values";
  for (std::size_t count = 0; count <= codes && claim.witness.empty(); ++count)
    claim.witness = misplaced_bit(packing, count, pack, unpack, claim.cases);
  claim.result = claim.witness.empty() ? Result::kProved : Result::kRefuted;
  return claim;
}

Claim packing_groups_claim(Packing packing, PackFunction pack, UnpackFunction unpack) {
  constexpr std::uint64_t kAtOnce = 1 << 14;  // groups that stay in the first-level cache
  const Group group = group_of(packing);
  const int width = spec::packed_bits(packing);
  Claim claim = begin(packing, "groups");
  claim.statement = fmt::format(
      "{} unpack undoes pack for every group of codes that share bytes, "
      "and every byte is a packed one",
      claim.subject);
  claim.domain = group.domain;
  claim.method = "packed and unpacked, the bytes compared with the group's number";
  const std::size_t group_bytes = spec::packed_bytes(packing, group.codes);
  const std::uint64_t step = std::min(kAtOnce, group.count);
  Bytes codes(step * group.codes);
  Bytes bytes(step * group_bytes);
  Bytes back(codes.size());
  for (std::uint64_t first = 0; first < group.count && claim.witness.empty(); first += step) {
    for (std::uint64_t g = 0; g < step; ++g)
      for (std::size_t i = 0; i < group.codes; ++i)
        codes[g * group.codes + i] =
            static_cast<std::uint8_t>((first + g) >> width * i & ((1u << width) - 1));
    pack(packing, codes, bytes);
    unpack(packing, bytes, back);
    for (std::uint64_t g = 0; g < step && claim.witness.empty(); ++g) {
      ++claim.cases;
      std::uint64_t word = 0;
      for (std::size_t i = 0; i < group_bytes; ++i)
        word |= std::uint64_t{bytes[g * group_bytes + i]} << 8 * i;
      const auto begin_of = [&](const Bytes& all) { return all.begin() + g * group.codes; };
      if (word != first + g ||
          !std::equal(begin_of(codes), begin_of(codes) + group.codes, begin_of(back)))
        claim.witness = fmt::format("0x{:x}", first + g);
    }
  }
  claim.result = claim.witness.empty() ? Result::kExhaustive : Result::kRefuted;
  return claim;
}

}  // namespace mxscope::analysis
