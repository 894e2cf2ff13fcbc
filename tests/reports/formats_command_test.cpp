// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope formats: the table, one format, and formats of a user.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "spec/formats.h"
#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t width = 0;
  for (std::string line; std::getline(lines, line);) width = std::max(width, line.size());
  return width;
}

TEST(FormatsCommand, TableHasEveryRowAndFitsATerminal) {
  const Seen seen = run({"formats"});
  EXPECT_EQ(seen.code, 0);
  for (const auto& f : spec::builtin_formats()) EXPECT_THAT(seen.out, HasSubstr("\n" + f.name));
  EXPECT_LE(widest_line(seen.out), 100u);
}

TEST(FormatsCommand, OneFormatShowsEveryCodeOnce) {
  const Seen seen = run({"formats", "e4m3"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_LE(widest_line(seen.out), 100u);
  EXPECT_THAT(seen.out, HasSubstr("0x7e  0 1111 110  448"));
  EXPECT_THAT(seen.out, HasSubstr("0x80  1 0000 000  -0"));
  EXPECT_THAT(seen.out, HasSubstr("OFP8"));
  const auto codes = seen.out.substr(seen.out.find("all 256 codes"));
  for (int code = 0; code < 256; ++code) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%02x  ", static_cast<unsigned>(code));
    EXPECT_THAT(codes, HasSubstr(text));
  }
}

TEST(FormatsCommand, WideFormatsShowLandmarksAndSaySo) {
  const Seen seen = run({"formats", "fp64"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_LE(widest_line(seen.out), 100u);
  EXPECT_THAT(seen.out, HasSubstr("too many to list"));
  EXPECT_THAT(seen.out, HasSubstr("0x7fefffffffffffff"));
  EXPECT_THAT(seen.out, HasSubstr("0x1.fffffffffffffp+1023"));
}

TEST(FormatsCommand, NarrowPagesFitATerminal) {
  for (const auto& f : spec::builtin_formats())
    EXPECT_LE(widest_line(run({"formats", f.name}).out), 104u) << f.name;
}

TEST(FormatsCommand, AliasesAndRulesFindFormats) {
  EXPECT_EQ(run({"formats", "float8_e4m3fn"}).out, run({"formats", "e4m3"}).out);
  EXPECT_THAT(run({"formats", "p3109_k6p3se"}).out, HasSubstr("all 64 codes"));
  const Seen families = run({"formats", "--p3109"});
  EXPECT_THAT(families.out, HasSubstr("p3109_k3p1se"));
  EXPECT_THAT(families.out, HasSubstr("p3109_k15p15uf"));
}

TEST(FormatsCommand, JsonHasExactLimits) {
  const auto json = run({"formats", "e5m2", "--json"}).json();
  const auto& format = json.at("formats").at(0);
  EXPECT_EQ(format.at("max").at("value"), "57344");
  EXPECT_EQ(format.at("min_positive").at("hex_value"), "0x1p-16");
  EXPECT_EQ(format.at("finite_values"), "247");
  EXPECT_EQ(format.at("codes").size(), 256u);
  EXPECT_EQ(json.at("run").at("version"), run({"--version"}).out.substr(8, 5));
}

TEST(FormatsCommand, UserFormatsFromToml) {
  const Folder folder;
  const std::string file = folder.write("my.toml", R"([[format]]
name = "tiny"
bits = 5
exponent_bits = 2
mantissa_bits = 2
bias = 1
)");
  EXPECT_THAT(run({"formats", "--formats", file}).out, HasSubstr("\ntiny"));
  EXPECT_THAT(run({"formats", "tiny", "--formats", file}).out, HasSubstr("all 32 codes"));
  const auto json = run({"formats", "tiny", "--formats", file, "--json"}).json();
  EXPECT_EQ(json.at("run").at("inputs").at(0).at("path"), file);
  EXPECT_EQ(json.at("run").at("inputs").at(0).at("sha256").get<std::string>().size(), 64u);
}

TEST(FormatsCommand, BadInput) {
  const Folder folder;
  expect_bad(run({"formats", "e4m"}), "unknown format 'e4m'; did you mean e4m3");
  expect_bad(run({"formats", "--formats", folder.path("none.toml")}), "none.toml");
  const std::string file = folder.write("bad.toml",
                                        "[[format]]\nname = \"b\"\nbits = 9\nexponent_bits = 2\n"
                                        "mantissa_bits = 2\nbias = 1\n");
  expect_bad(run({"formats", "--formats", file}), "bad.toml:1");
}

}  // namespace
}  // namespace mxscope::reports
