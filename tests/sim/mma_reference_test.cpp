// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <random>

#include "sim/mma_matrix.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

using spec::Code;
using testing::HasSubstr;

std::vector<std::uint8_t> contained(const spec::Format& format, const std::vector<Code>& codes) {
  std::vector<std::uint8_t> bytes;
  for (const Code code : codes)
    for (int i = 0; i < format.storage_bits / 8; ++i)
      bytes.push_back(static_cast<std::uint8_t>((code << format.storage_shift) >> (8 * i)));
  return bytes;
}

/// One output of the unit: the dot product of the first elements, the others zero.
Code dot(const Mma& mma, std::vector<Code> a, std::vector<Code> b, Code c,
         std::vector<std::uint8_t> sa = {}, std::vector<std::uint8_t> sb = {}) {
  a.resize(static_cast<std::size_t>(mma.unit.k));
  b.resize(a.size());
  const auto bytes_a = contained(mma.a, a);
  const auto bytes_b = contained(mma.b, b);
  std::vector<Code> d = {c};
  std::vector<Code> unbounded = d;
  reference_mma(mma, {1, mma.unit.k, bytes_a, sa}, {1, mma.unit.k, bytes_b, sb}, d);
  unbounded_mma(mma, {1, mma.unit.k, bytes_a, sa}, {1, mma.unit.k, bytes_b, sb}, unbounded);
  EXPECT_EQ(d, unbounded);
  return d[0];
}

Code dot(std::string_view unit, std::vector<Code> a, std::vector<Code> b, Code c) {
  return dot(bind_unit(find_unit(unit)), std::move(a), std::move(b), c);
}

constexpr Code kOne = 0x3f800000;
constexpr Code kHalfOne = 0x3c00;  // 1.0 in binary16

TEST(MmaReference, BitsBelowTheWindowAreCut) {
  // 2^24 + 2^-1 + 2^-1: each half lies below the unit 2^(24 - F) for F = 24 and no sum of them is
  // seen; with F = 25 both are kept and their sum is 1.
  const Code big = 0x4b800000;  // 2^24
  const std::vector<Code> halves = {0x3800, 0x3800};
  const std::vector<Code> ones = {kHalfOne, kHalfOne};
  EXPECT_EQ(dot("sm80.mma.f16", halves, ones, big), big);
  EXPECT_EQ(dot("sm90.mma.f16", halves, ones, big), big);  // 2^24 + 1 toward zero
  const std::vector<Code> four = {0x3800, 0x3800, 0x3800, 0x3800};
  const std::vector<Code> four_ones(4, kHalfOne);
  EXPECT_EQ(dot("sm80.mma.f16", four, four_ones, big), big);
  EXPECT_EQ(dot("sm90.mma.f16", four, four_ones, big), big + 1);  // 2^24 + 2
}

TEST(MmaReference, AmpereChainsTwoSteps) {
  // 1 - 1 in different steps of eight: the first is rounded into C before the second comes.
  std::vector<Code> a(16, 0), b(16, kHalfOne);
  a[0] = kHalfOne;
  a[8] = kHalfOne | 0x8000;
  EXPECT_EQ(dot("sm80.mma.f16", a, b, 0x33000000), 0u);  // 2^-25 lost beside 1
  std::swap(a[1], a[8]);                                 // the same step
  EXPECT_EQ(dot("sm80.mma.f16", a, b, 0x33000000), 0u);
  EXPECT_EQ(dot("sm90.mma.f16", a, b, 0x33000000), 0x33000000u);
}

TEST(MmaReference, AdaFp8KeepsThirteenBits) {
  const std::vector<Code> one = {0x38};
  EXPECT_EQ(dot("sm89.mma.fp8", one, one, 0x39000000), kOne + (1 << 10));  // 1 + 2^-13
  EXPECT_EQ(dot("sm89.mma.fp8", one, one, 0x38ffffff), kOne);
}

TEST(MmaReference, SpecialValues) {
  const Code nan = 0x7fffffff, infinity = 0x7f800000;
  EXPECT_EQ(dot("sm90.mma.f16", {0x7c00}, {kHalfOne}, 0), infinity);
  EXPECT_EQ(dot("sm90.mma.f16", {0x7c00}, {0}, 0), nan);
  EXPECT_EQ(dot("sm90.mma.f16", {0x7c00}, {kHalfOne}, infinity | 0x80000000), nan);
  EXPECT_EQ(dot("sm90.mma.f16", {0x7e01}, {kHalfOne}, 0), nan);
  EXPECT_EQ(dot("sm90.mma.f16", {0}, {0}, 0xffc00001), nan);
  EXPECT_EQ(dot("sm90.mma.f16", {0}, {0}, 0x80000000), 0u);
  EXPECT_EQ(dot("sm90.mma.bf16", {0x7f7f}, {0x7f7f}, 0), infinity);  // past 2^128, toward zero
  EXPECT_EQ(dot("sm90.mma.f16.f16acc", {0x7bff}, {kHalfOne}, 0x4c00), 0x7c00u);  // 65504 + 16
  EXPECT_EQ(dot("sm90.mma.f16.f16acc", {0x7bff}, {kHalfOne}, 0x4b80), 0x7bffu);  // + 15
}

TEST(MmaReference, ScaledFp4) {
  const Mma mma = bind_unit(find_unit("sm120.mxf4nvf4"), "", "", "ue4m3", 16);
  const std::vector<std::uint8_t> ones(4, 0x38), nan = {0x38, 0x38, 0x38, 0x7f};
  EXPECT_EQ(dot(mma, std::vector<Code>(64, 7), std::vector<Code>(64, 7), 0, ones, ones),
            0x45100000u);  // 64 * 36
  EXPECT_EQ(dot(mma, {}, {}, kOne, ones, nan), 0x7fffffffu);
  EXPECT_EQ(dot(mma, {2}, {2}, 0, {0xb8, 0, 0, 0}, ones), kOne)
      << "the scale's sign bit is ignored";
  EXPECT_EQ(dot(mma, {2}, {2}, 0x7f800000, ones, ones), 0x7f800000u);
  // 2^-35 below the scales' exponent is kept, 2^-36 is not.
  EXPECT_EQ(dot(mma, {2, 10}, {2, 2}, 0x2e000000, ones, ones), 0x2e000000u);
  EXPECT_EQ(dot(mma, {2, 10}, {2, 2}, 0x2d800000, ones, ones), 0u);
}

TEST(MmaReference, ZeroTermsAreAQuestion) {
  // 0 * 2^127 beside 2^-60: counted, the zero moves the window past the other product.
  MmaUnit unit = find_unit("sm90.mma.bf16");
  const std::vector<Code> a = {0, 0x3080}, b = {0x7f00, 0x3080};
  EXPECT_EQ(dot(bind_unit(unit), a, b, 0), 0x21800000u);
  unit.zero_products = ZeroTerms::kCounted;
  EXPECT_EQ(dot(bind_unit(unit), a, b, 0), 0u);
  unit.zero_products = ZeroTerms::kIgnored;
  unit.least_exponent = -10;
  EXPECT_EQ(dot(bind_unit(unit), a, b, 0), 0u);
}

TEST(MmaReference, ALateAddendMayKeepMoreBitsThanItJoins) {
  MmaUnit unit = find_unit("cdna3.mfma.f16");
  unit.kept_bits = 40;
  EXPECT_EQ(dot(bind_unit(unit), {kHalfOne}, {kHalfOne}, 0x30800000), kOne);  // 1 + 2^-30
  EXPECT_EQ(dot(bind_unit(unit), {kHalfOne}, {kHalfOne}, kOne), 0x40000000u);
}

TEST(MmaReference, IntegersWrapOrSaturate) {
  MmaUnit unit = find_unit("sm120.mma.s8");
  EXPECT_EQ(dot(bind_unit(unit), {0x80}, {0x80}, 0x7fffffff), 0x80003fffu);
  unit.saturate = true;
  EXPECT_EQ(dot(bind_unit(unit), {0x80}, {0x80}, 0x7fffffff), 0x7fffffffu);
}

TEST(MmaReference, DoublesAreFusedInOrder) {
  const Code one = 0x3ff0000000000000, tiny = 0x3c90000000000000;  // 2^-54
  EXPECT_EQ(dot("sm90.mma.f64", {tiny, tiny, one}, {one, one, one}, 0), one);
  EXPECT_EQ(dot("sm90.mma.f64", {tiny, 0x3ca0000000000000, one}, {one, one, one}, 0), one + 1);
}

TEST(MmaReference, ShortKIsPaddedAndLongKIsChained) {
  const Mma mma = bind_unit(find_unit("sm90.mma.f16"));
  const std::vector<std::uint8_t> a = contained(mma.a, std::vector<Code>(37, kHalfOne));
  std::vector<Code> d(1);
  reference_mma(mma, {1, 37, a, {}}, {1, 37, a, {}}, d);
  EXPECT_EQ(d[0], 0x42140000u);
}

/// The 64-bit rules against unbounded ones, on words of every kind.
TEST(MmaReference, NarrowIntegersAreWideEnough) {
  std::mt19937_64 random(7);
  for (const MmaUnit& unit : mma_units()) {
    const Mma mma = bind_unit(unit);
    const std::int64_t k = 2 * unit.k;
    const auto words = [&](const spec::Format& format, std::int64_t count, int spread) {
      std::vector<Code> codes;
      for (std::int64_t i = 0; i < count; ++i) {
        Code code = random() & format.code_mask();
        if (spread == 1 && format.exponent_bits > 2)  // exponents near the middle
          code = (code & ~(Code{3} << (format.bits - 3))) | (Code{1} << (format.bits - 3));
        codes.push_back(code);
      }
      return contained(format, codes);
    };
    for (int trial = 0; trial < 12; ++trial) {
      const auto a = words(mma.a, 3 * k, trial % 2), b = words(mma.b, 5 * k, trial % 2);
      std::vector<std::uint8_t> sa, sb;
      for (std::int64_t i = 0; i < 3 * mma.scales_per_row(k); ++i) sa.push_back(random() & 0x7e);
      for (std::int64_t i = 0; i < 5 * mma.scales_per_row(k); ++i) sb.push_back(random() & 0x7e);
      std::vector<Code> d(15);
      for (Code& c : d) c = random() & mma.d.code_mask();
      std::vector<Code> unbounded = d;
      reference_mma(mma, {3, k, a, sa}, {5, k, b, sb}, d);
      unbounded_mma(mma, {3, k, a, sa}, {5, k, b, sb}, unbounded);
      ASSERT_EQ(d, unbounded) << unit.name;
    }
  }
}

TEST(MmaReference, WrongLengths) {
  const Mma mma = bind_unit(find_unit("sm120.mxf4nvf4"));
  const std::vector<std::uint8_t> a(64), scales(4), few(3);
  std::vector<Code> d(1), two(2);
  const auto error = [&](MmaMatrix x, MmaMatrix y, std::span<Code> out) {
    try {
      reference_mma(mma, x, y, out);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(error({1, 64, a, few}, {1, 64, a, scales}, d), HasSubstr("scales of A take 4 bytes"));
  EXPECT_THAT(error({1, 64, a, scales}, {1, 63, a, scales}, d), HasSubstr("B has k = 63"));
  EXPECT_THAT(error({1, 64, a, scales}, {2, 64, a, scales}, two), HasSubstr("codes of B take 128"));
  EXPECT_THAT(error({1, 64, a, scales}, {1, 64, a, scales}, two), HasSubstr("1 x 1 words"));
}

}  // namespace
}  // namespace mxscope::sim
