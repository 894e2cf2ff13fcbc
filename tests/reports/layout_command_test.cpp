// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope layout: the map, its inverse, and bad input.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(LayoutCommand, ShowsSizesFormulaAndTheFirstTile) {
  const Seen seen = run({"layout", "200x192", "--vec", "16"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("2400 = 200 rows x 12 columns"));
  EXPECT_THAT(seen.out, HasSubstr("3072 = 2 x 3 tiles of 512"));
  EXPECT_THAT(seen.out, HasSubstr("672 bytes, zero, making 256 rows x 12 columns"));
  EXPECT_THAT(seen.out, HasSubstr("row % 32 * 16 + row / 32 % 4 * 4 + column % 4 + "
                                  "column / 4 * 512 + row / 128 * 1536\n"));
  EXPECT_THAT(seen.out, HasSubstr("\n  1  16..19      33  20..23      65  24..27      97  28..31"));
  std::istringstream lines(seen.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(LayoutCommand, ShowsPaddingOfSmallShapes) {
  const Seen seen = run({"layout", "33x32", "--vec", "32"});
  EXPECT_THAT(seen.out, HasSubstr("\n  0  0           32  4            -  padding"));
  EXPECT_THAT(seen.out, HasSubstr("\n  1  16           -  padding"));
  EXPECT_THAT(run({"layout", "128x64"}).out, HasSubstr("padding        none"));
}

TEST(LayoutCommand, LinearHasNoPadding) {
  const Seen seen = run({"layout", "3x192", "--layout", "linear"});
  EXPECT_THAT(seen.out, HasSubstr("row * 12 + column"));
  EXPECT_THAT(seen.out, HasSubstr("\n  1  12..15\n"));
  EXPECT_THAT(seen.out, Not(HasSubstr("padding")));
}

TEST(LayoutCommand, OnePositionAndBack) {
  EXPECT_EQ(run({"layout", "200x190", "--at", "133,11"}).out,
            "byte 2643 (0xa53): row 133, scale column 11, elements 176 to 189\n");
  EXPECT_EQ(run({"layout", "200x190", "--offset", "2643"}).out,
            run({"layout", "200x190", "--at", "133,11"}).out);
  EXPECT_EQ(run({"layout", "200x192", "--offset", "3000"}).out,
            "byte 3000 (0xbb8): padding, where row 219, scale column 8 would be\n");
}

TEST(LayoutCommand, JsonHasEveryOffset) {
  const auto json = run({"layout", "130x80", "--json"}).json();
  EXPECT_EQ(json.at("bytes"), 256 * 8);
  EXPECT_EQ(json.at("bytes_linear"), 130 * 5);
  EXPECT_EQ(json.at("bytes_128x4"), 256 * 8);
  EXPECT_EQ(json.at("padding_bytes"), 256 * 8 - 130 * 5);
  EXPECT_EQ(json.at("offsets_complete"), true);
  std::set<std::size_t> offsets;
  ASSERT_EQ(json.at("offsets").size(), 130u);
  for (const auto& row : json.at("offsets")) {
    ASSERT_EQ(row.size(), 5u);
    for (const auto& offset : row) offsets.insert(offset.get<std::size_t>());
  }
  EXPECT_EQ(offsets.size(), 650u);
  EXPECT_EQ(json.at("offsets").at(129).at(4), 1024 + 512 + 16);
  EXPECT_FALSE(json.at("run").at("version").get<std::string>().empty());
}

TEST(LayoutCommand, JsonOfAQuestionHasItsAnswer) {
  const auto json = run({"layout", "200x190", "--at", "1,11", "--offset", "3000", "--json"}).json();
  EXPECT_EQ(json.at("asked").at(0).at("offset"), 1024 + 16 + 3);
  EXPECT_EQ(json.at("asked").at(0).at("last_element"), 189);
  EXPECT_EQ(json.at("asked").at(1).at("padding"), true);
  EXPECT_FALSE(json.contains("offsets"));
  const auto large = run({"layout", "1000000x16384", "--json"}).json();
  EXPECT_EQ(large.at("offsets_complete"), false);
  EXPECT_FALSE(large.contains("offsets"));
}

TEST(LayoutCommand, HelpShowsExamples) {
  EXPECT_THAT(run({"layout", "--help"}).out, HasSubstr("Examples:\n  mxscope layout 200x192"));
}

TEST(LayoutCommand, BadInput) {
  expect_bad(run({"layout"}), "SHAPE is required");
  for (const char* shape :
       {"200", "200x", "x200", "0x5", "5x0", "1x2x3", "-5x4", "2e3x4", "99999999999999999999x5"})
    expect_bad(run({"layout", shape}), "write ROWSxELEMENTS");
  expect_bad(run({"layout", "3000000000x5"}), "2^31");
  expect_bad(run({"layout", "8x8", "--vec", "0"}), "no elements");
  for (const char* vec : {"x", "-1", "1.5", ""})
    expect_bad(run({"layout", "8x8", "--vec", vec}), "--vec");
  expect_bad(run({"layout", "8x8", "--layout", "128x8"}), "did you mean 128x4?");
  expect_bad(run({"layout", "8x32", "--at", "8,0"}), "rows 0 to 7 and scale columns 0 to 1");
  expect_bad(run({"layout", "8x32", "--at", "0,2"}), "rows 0 to 7 and scale columns 0 to 1");
  for (const char* at : {"1", "1,2,3", "a,b"})
    expect_bad(run({"layout", "8x32", "--at", at}), "write ROW,COLUMN");
  for (const char* offset : {"512", "-1", "x"})
    expect_bad(run({"layout", "8x32", "--offset", offset}), "a byte from 0 to 511");
  expect_bad(run({"layout", ""}), "SHAPE: an empty value");
  expect_bad(run({"layout", "8x32", "--at", ""}), "--at: an empty value");
}

}  // namespace
}  // namespace mxscope::reports
