// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Scale layouts, and ARCQuant's channel layout.
#include "spec/scale_layout.h"

#include <gmock/gmock.h>

#include <numeric>
#include <vector>

#include "spec/augmented_layout.h"
#include "spec/error.h"

namespace mxscope::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

constexpr ScaleLayout tiled(std::size_t rows, std::size_t columns) {
  return {ScaleLayoutKind::k128x4, rows, columns};
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

TEST(ScaleLayout, OffsetsOfTheTile) {
  constexpr ScaleLayout layout = tiled(300, 12);
  static_assert(layout.offset(0, 3) == 3);
  static_assert(layout.offset(1, 0) == 16);
  static_assert(layout.offset(5, 2) == 82);
  static_assert(layout.offset(31, 0) == 496);
  static_assert(layout.offset(32, 0) == 4);
  static_assert(layout.offset(127, 3) == 511);
  static_assert(layout.offset(0, 4) == 512);
  static_assert(layout.offset(128, 0) == 3 * 512);
  EXPECT_EQ(layout.padded_rows(), 384u);
  EXPECT_EQ(layout.bytes(), 384u * 12);
}

TEST(ScaleLayout, PositionsInvertAndNamePadding) {
  const ScaleLayout layout = tiled(200, 11);
  EXPECT_EQ(layout.position(layout.offset(199, 10)), (ScalePosition{199, 10}));
  EXPECT_EQ(layout.position(layout.offset(200, 0)), std::nullopt);
  EXPECT_EQ(layout.position(layout.offset(0, 11)), std::nullopt);
  EXPECT_EQ(layout.position(layout.bytes()), std::nullopt);
  const ScaleLayout linear{ScaleLayoutKind::kLinear, 3, 5};
  EXPECT_EQ(linear.offset(2, 1), 11u);
  EXPECT_EQ(linear.position(11), (ScalePosition{2, 1}));
  EXPECT_EQ(linear.position(15), std::nullopt);
  EXPECT_EQ((ScaleLayout{ScaleLayoutKind::kLinear, 0, 0}.position(0)), std::nullopt);
}

/// The reshapes of torchao's to_blocked (prototype/mx_formats/utils.py): pad, view as
/// (R, 128, C, 4), swap to (R, C, 128, 4), view as (-1, 4, 32, 4), swap to (-1, 32, 4, 4).
Bytes to_blocked(const Bytes& linear, std::size_t rows, std::size_t columns) {
  const std::size_t tile_rows = (rows + 127) / 128;
  const std::size_t tile_columns = (columns + 3) / 4;
  Bytes blocked;
  for (std::size_t a = 0; a < tile_rows; ++a)
    for (std::size_t b = 0; b < tile_columns; ++b)
      for (std::size_t line = 0; line < 32; ++line)
        for (std::size_t quarter = 0; quarter < 4; ++quarter)
          for (std::size_t c = 0; c < 4; ++c) {
            const std::size_t row = a * 128 + quarter * 32 + line;
            const std::size_t column = b * 4 + c;
            const bool inside = row < rows && column < columns;
            blocked.push_back(inside ? linear[row * columns + column] : std::uint8_t{0});
          }
  return blocked;
}

TEST(ScaleLayout, SwizzleIsToBlocked) {
  for (const auto& [rows, columns] :
       std::vector<std::pair<std::size_t, std::size_t>>{{1, 1}, {128, 4}, {129, 5}, {300, 12}}) {
    const ScaleLayout layout = tiled(rows, columns);
    Bytes linear(layout.scales());
    for (std::size_t i = 0; i < linear.size(); ++i) linear[i] = static_cast<std::uint8_t>(i * 37);
    Bytes swizzled(layout.bytes(), 0xEE);
    swizzle(layout, linear, swizzled);
    EXPECT_EQ(swizzled, to_blocked(linear, rows, columns)) << rows << " x " << columns;
    Bytes back(linear.size());
    unswizzle(layout, swizzled, back);
    EXPECT_EQ(back, linear);
  }
}

TEST(ScaleLayout, LinearIsACopy) {
  const ScaleLayout layout{ScaleLayoutKind::kLinear, 2, 3};
  const Bytes linear = {1, 2, 3, 4, 5, 6};
  Bytes out(6);
  swizzle(layout, linear, out);
  EXPECT_EQ(out, linear);
}

TEST(ScaleLayout, OfElements) {
  EXPECT_EQ(make_scale_layout(ScaleLayoutKind::k128x4, 200, 192, 16), tiled(200, 12));
  EXPECT_EQ(make_scale_layout(ScaleLayoutKind::k128x4, 200, 193, 32), tiled(200, 7));
  EXPECT_THAT(message([] { make_scale_layout(ScaleLayoutKind::kLinear, 1, 1, 0); }),
              HasSubstr("no elements"));
  const std::size_t much = (std::size_t{1} << 31) + 1;
  EXPECT_THAT(message([=] { make_scale_layout(ScaleLayoutKind::kLinear, much, 1, 16); }),
              HasSubstr("2^31"));
  EXPECT_THAT(message([=] { make_scale_layout(ScaleLayoutKind::kLinear, 1, 1, much); }),
              HasSubstr("2^31"));
}

TEST(ScaleLayout, NamesAndSizesAreChecked) {
  EXPECT_EQ(parse_scale_layout_kind("linear"), ScaleLayoutKind::kLinear);
  EXPECT_EQ(parse_scale_layout_kind("128x4"), ScaleLayoutKind::k128x4);
  EXPECT_THAT(message([] { parse_scale_layout_kind("128x8"); }), HasSubstr("128x4"));
  Bytes linear(10);
  Bytes swizzled(512);
  EXPECT_EQ(message([&] { swizzle(tiled(3, 4), linear, swizzled); }),
            "3 x 4 scales are 12 bytes row by row, and not 10");
  EXPECT_EQ(message([&] { unswizzle(tiled(2, 5), swizzled, linear); }),
            "2 x 5 scales are 1024 bytes in layout 128x4, and not 512");
}

/// "0 1 2 P3 R3" as numbers: residuals are negative, less one.
std::vector<int> order(const AugmentedLayout& layout) {
  std::vector<int> all;
  for (std::size_t position = 0; position < layout.blocks(); ++position) {
    const AugmentedBlock block = layout.block(position);
    EXPECT_EQ(layout.position(block), position);
    const int source = static_cast<int>(block.source);
    all.push_back(block.is_residual ? -1 - source : source);
  }
  return all;
}

TEST(AugmentedLayout, InterleavesResiduals) {
  EXPECT_THAT(order(make_augmented_layout(64, 32, 16)), ElementsAre(0, 1, 2, -3, 3, -4));
  EXPECT_THAT(order(make_augmented_layout(96, 64, 32)),
              ElementsAre(0, 1, 2, 3, -3, -4, 4, 5, -5, -6));
  EXPECT_THAT(order(make_augmented_layout(32, 0, 16)), ElementsAre(0, 1));
  EXPECT_THAT(order(make_augmented_layout(32, 32, 32)), ElementsAre(0, 1, -1, -2));
}

TEST(AugmentedLayout, RefusesWhatIsNotThere) {
  const AugmentedLayout layout = make_augmented_layout(64, 32, 16);
  EXPECT_THAT(message([&] { layout.block(6); }), HasSubstr("beyond the 6 blocks"));
  EXPECT_THAT(message([&] { layout.position({4, false}); }), HasSubstr("beyond the 4 blocks"));
  EXPECT_EQ(message([&] {
              layout.position({1, true});
            }),
            "block 1 has no residual: outliers begin at block 2");
  EXPECT_THAT(message([] { make_augmented_layout(64, 32, 8); }), HasSubstr("16 or 32"));
  EXPECT_THAT(message([] { make_augmented_layout(64, 80, 16); }), HasSubstr("80 outliers"));
  EXPECT_THAT(message([] { make_augmented_layout(64, 16, 32); }), HasSubstr("multiples of 32"));
  EXPECT_THAT(message([] { make_augmented_layout(40, 16, 16); }), HasSubstr("multiples of 16"));
}

}  // namespace
}  // namespace mxscope::spec
