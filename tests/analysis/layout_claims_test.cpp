// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The layout claims hold, and notice what they should.
#include "analysis/layout_claims.h"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

namespace mxscope::analysis {
namespace {

using spec::Packing;
using spec::ScaleLayout;
using spec::ScaleLayoutKind;
using testing::HasSubstr;
using In = std::span<const std::uint8_t>;
using Out = std::span<std::uint8_t>;

constexpr LayoutBounds kSmall{40, 140, 6, 256};

TEST(LayoutClaimsMedium, AllHold) {
  std::set<std::string> ids;
  for (const Claim& claim : layout_claims()) {
    EXPECT_TRUE(claim.holds()) << claim.id << ": " << claim.witness;
    EXPECT_GE(claim.cases, 256u) << claim.id;
    EXPECT_FALSE(claim.statement.empty() || claim.domain.empty() || claim.method.empty());
    EXPECT_TRUE(ids.insert(claim.id).second) << claim.id;
  }
  EXPECT_EQ(ids.size(), 11u);
}

TEST(LayoutClaims, SayHowTheyAreKnown) {
  EXPECT_EQ(packing_bits_claim(Packing::kNibble, 9).result, Result::kProved);
  EXPECT_EQ(packing_groups_claim(Packing::kNibble).result, Result::kExhaustive);
  EXPECT_EQ(scale_inverse_claim(ScaleLayoutKind::k128x4, kSmall).result, Result::kExhaustive);
  EXPECT_EQ(scale_cutlass_claim(kSmall).result, Result::kExhaustive);
  EXPECT_EQ(augmented_claim(32, kSmall).result, Result::kExhaustive);
}

TEST(LayoutClaims, SwappedNibblesAreRefuted) {
  const PackFunction pack = [](Packing packing, In codes, Out bytes) {
    spec::pack(packing, codes, bytes);
    for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(b << 4 | b >> 4);
  };
  const UnpackFunction unpack = [](Packing packing, In bytes, Out codes) {
    std::vector<std::uint8_t> swapped(bytes.begin(), bytes.end());
    for (std::uint8_t& b : swapped) b = static_cast<std::uint8_t>(b << 4 | b >> 4);
    spec::unpack(packing, swapped, codes);
  };
  const Claim bits = packing_bits_claim(Packing::kNibble, 40, pack, unpack);
  EXPECT_EQ(bits.result, Result::kRefuted);
  EXPECT_THAT(bits.witness, HasSubstr("1 codes, stream bit 0"));
  EXPECT_FALSE(packing_groups_claim(Packing::kNibble, pack, unpack).holds());
}

TEST(LayoutClaims, PaddingThatIsNotZeroIsRefuted) {
  const PackFunction pack = [](Packing packing, In codes, Out bytes) {
    spec::pack(packing, codes, bytes);
    if (codes.size() == 37) bytes.back() |= 0x80;
  };
  EXPECT_THAT(packing_bits_claim(Packing::kSixBitStream, 40, pack).witness,
              HasSubstr("37 codes, stream bit 0: packed elsewhere"));
}

TEST(LayoutClaims, OneWrongGroupIsRefuted) {
  const UnpackFunction unpack = [](Packing packing, In bytes, Out codes) {
    spec::unpack(packing, bytes, codes);
    for (std::size_t i = 0; i + 3 < codes.size(); i += 4)
      if (codes[i] == 1 && codes[i + 1] == 2 && codes[i + 2] == 3 && codes[i + 3] == 4)
        codes[i] = 0;
  };
  EXPECT_EQ(packing_groups_claim(Packing::kSixBitStream, spec::pack, unpack).witness, "0x103081");
}

TEST(LayoutClaims, WrongSwizzlesAreRefuted) {
  const SwizzleFunction dirty = [](const ScaleLayout& layout, In linear, Out swizzled) {
    spec::swizzle(layout, linear, swizzled);
    if (layout.columns == 3) swizzled[3] = 1;
  };
  EXPECT_THAT(scale_inverse_claim(ScaleLayoutKind::k128x4, kSmall, dirty).witness,
              HasSubstr("1 x 3 scales: wrong byte at 3"));
  const SwizzleFunction lossy = [](const ScaleLayout& layout, In swizzled, Out linear) {
    spec::unswizzle(layout, swizzled, linear);
    if (layout.rows == 130) linear.back() = 0;
  };
  const auto claim = scale_inverse_claim(ScaleLayoutKind::k128x4, kSmall, spec::swizzle, lossy);
  EXPECT_EQ(claim.result, Result::kRefuted);
  EXPECT_THAT(claim.witness, HasSubstr("130 x 1 scales: wrong scale back at 129"));
}

}  // namespace
}  // namespace mxscope::analysis
