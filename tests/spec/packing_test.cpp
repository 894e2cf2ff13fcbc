// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "spec/packing.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "spec/error.h"

namespace mxscope::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Bytes = std::vector<std::uint8_t>;

constexpr Packing kAll[] = {Packing::kByte, Packing::kNibble, Packing::kSixBitStream};

Bytes packed(Packing packing, const Bytes& codes) {
  Bytes bytes(packed_bytes(packing, codes.size()));
  pack(packing, codes, bytes);
  return bytes;
}

Bytes unpacked(Packing packing, const Bytes& bytes, std::size_t count) {
  Bytes codes(count);
  unpack(packing, bytes, codes);
  return codes;
}

template <typename Call>
std::string message(const Call& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Packing, NibblesAreLowFirst) {
  EXPECT_THAT(packed(Packing::kNibble, {1, 2, 0xF, 0}), ElementsAre(0x21, 0x0F));
  EXPECT_THAT(packed(Packing::kNibble, {1, 2, 3}), ElementsAre(0x21, 0x03));
  EXPECT_THAT(unpacked(Packing::kNibble, {0x21, 0x0F}, 4), ElementsAre(1, 2, 0xF, 0));
}

TEST(Packing, SixBitsAreALittleEndianStream) {
  // 1 | 2 << 6 | 3 << 12 | 4 << 18 = 0x103081
  EXPECT_THAT(packed(Packing::kSixBitStream, {1, 2, 3, 4}), ElementsAre(0x81, 0x30, 0x10));
  EXPECT_THAT(packed(Packing::kSixBitStream, {1, 2, 3, 4, 0x3F}),
              ElementsAre(0x81, 0x30, 0x10, 0x3F));
  EXPECT_THAT(packed(Packing::kSixBitStream, {0, 0x3F}), ElementsAre(0xC0, 0x0F));
  EXPECT_THAT(unpacked(Packing::kSixBitStream, {0x81, 0x30, 0x10}, 4), ElementsAre(1, 2, 3, 4));
}

TEST(Packing, BytesAreCopied) {
  EXPECT_THAT(packed(Packing::kByte, {0, 0x80, 0xFF}), ElementsAre(0, 0x80, 0xFF));
  EXPECT_THAT(unpacked(Packing::kByte, {0, 0x80, 0xFF}, 3), ElementsAre(0, 0x80, 0xFF));
}

TEST(Packing, SizesRoundUpToBytes) {
  for (const Packing packing : kAll) {
    for (std::size_t count = 0; count < 100; ++count)
      EXPECT_EQ(packed_bytes(packing, count), (count * packed_bits(packing) + 7) / 8);
    EXPECT_THAT(packed(packing, {}), IsEmpty());
    EXPECT_TRUE(padding_is_zero(packing, {}, 0));
  }
  // count times bits would overflow
  const std::size_t most = ~std::size_t{0};
  EXPECT_EQ(packed_bytes(Packing::kNibble, most), most / 2 + 1);
  EXPECT_EQ(packed_bytes(Packing::kSixBitStream, most), most / 4 * 3 + 3);
}

TEST(Packing, LongArraysComeBack) {
  for (const Packing packing : kAll) {
    for (const std::size_t count : {63, 64, 65, 1000, 4099}) {
      Bytes codes(count);
      std::uint32_t state = 1;
      for (std::uint8_t& code : codes) {
        state = state * 1664525 + 1013904223;
        code = static_cast<std::uint8_t>(state >> 24 >> (8 - packed_bits(packing)));
      }
      EXPECT_EQ(unpacked(packing, packed(packing, codes), count), codes);
    }
  }
}

TEST(Packing, PaddingIsReportedAndIgnored) {
  EXPECT_TRUE(padding_is_zero(Packing::kNibble, Bytes{0x21, 0x03}, 3));
  EXPECT_FALSE(padding_is_zero(Packing::kNibble, Bytes{0x21, 0x13}, 3));
  EXPECT_TRUE(padding_is_zero(Packing::kNibble, Bytes{0x21, 0x13}, 4));
  EXPECT_THAT(unpacked(Packing::kNibble, {0x21, 0x13}, 3), ElementsAre(1, 2, 3));
  EXPECT_TRUE(padding_is_zero(Packing::kSixBitStream, Bytes{0x3F}, 1));
  EXPECT_FALSE(padding_is_zero(Packing::kSixBitStream, Bytes{0x40}, 1));
  EXPECT_FALSE(padding_is_zero(Packing::kSixBitStream, Bytes{0, 0x10}, 2));
  EXPECT_FALSE(padding_is_zero(Packing::kSixBitStream, Bytes{0, 0, 0x04}, 3));
  EXPECT_TRUE(padding_is_zero(Packing::kSixBitStream, Bytes{0, 0, 0xFF}, 4));
  EXPECT_TRUE(padding_is_zero(Packing::kByte, Bytes{0xFF}, 1));
}

TEST(Packing, WideCodesAreErrorsThatNameTheFirst) {
  EXPECT_EQ(message([] {
              packed(Packing::kNibble, {1, 2, 0x10, 0x20});
            }),
            "code 0x10 at index 2 does not fit the 4 bits of packing nibble");
  for (std::size_t wide = 0; wide < 19; ++wide) {
    Bytes codes(19);
    codes[wide] = 0x40;
    const auto error = message([&] { packed(Packing::kSixBitStream, codes); });
    EXPECT_THAT(error, HasSubstr("index " + std::to_string(wide) + " does not fit the 6 bits"));
    EXPECT_THAT(message([&] { packed(Packing::kNibble, codes); }), HasSubstr("does not fit"));
  }
}

TEST(Packing, WrongLengthsAreErrors) {
  Bytes three(3);
  Bytes codes(4);
  EXPECT_EQ(message([&] { pack(Packing::kNibble, codes, three); }),
            "4 codes packed as nibble fill 2 bytes, and not 3");
  EXPECT_THAT(message([&] { unpack(Packing::kByte, three, codes); }), HasSubstr("and not 3"));
  EXPECT_THAT(message([&] { padding_is_zero(Packing::kSixBitStream, three, 5); }),
              HasSubstr("fill 4 bytes"));
}

TEST(Packing, DensestForAWidth) {
  EXPECT_EQ(packing_for(4), Packing::kNibble);
  EXPECT_EQ(packing_for(5), Packing::kSixBitStream);
  EXPECT_EQ(packing_for(6), Packing::kSixBitStream);
  EXPECT_EQ(packing_for(8), Packing::kByte);
  EXPECT_THAT(message([] { packing_for(9); }), HasSubstr("9 bits"));
  EXPECT_THAT(message([] { packing_for(0); }), HasSubstr("0 bits"));
}

}  // namespace
}  // namespace mxscope::spec
