// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A user's formats from TOML: read in full, or refused with file, line and field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "spec/error.h"
#include "spec/formats.h"
#include "spec/number.h"

namespace mxscope::spec {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kGood = R"(# two formats
[[format]]
name = "e3m3"
bits = 7
exponent_bits = 3
mantissa_bits = 3
bias = 3

[[format]]
name = "q2.5"
kind = "fixed"
bits = 8
mantissa_bits = 5
symmetric = true
aliases = ["q25", "fix8"]
note = "sign\u00e9"  # é is fine here
)";

std::string error_of(const std::string& toml) {
  FormatTable table;
  const std::size_t before = table.rows().size();
  try {
    table.load_text(toml, "my.toml");
  } catch (const Error& e) {
    EXPECT_EQ(table.rows().size(), before) << "a refused file left rows behind";
    return e.what();
  }
  return "(no error)";
}

/// A complete table with one line replaced or added.
std::string with_line(const std::string& line) {
  const std::string key = line.substr(0, line.find(' '));
  std::string toml = "[[format]]\n";
  for (const std::string& row :
       {std::string("name = \"mine\""), std::string("bits = 8"), std::string("exponent_bits = 4"),
        std::string("mantissa_bits = 3"), std::string("bias = 7")})
    if (row.substr(0, row.find(' ')) != key) toml += row + "\n";
  return toml + line + "\n";
}

TEST(FormatToml, ReadsEveryRow) {
  FormatTable table;
  table.load_text(kGood, "my.toml");
  const Format e3m3 = table.find("e3m3");
  EXPECT_EQ(e3m3.max_value(), 30);
  EXPECT_EQ(e3m3.storage_bits, 8);
  EXPECT_EQ(e3m3.source, "my.toml");
  const Format fixed = table.find("fix8");
  EXPECT_EQ(fixed.name, "q2.5");
  EXPECT_EQ(fixed.max_value(), Rational(127, 32));
  EXPECT_EQ(fixed.min_value(), Rational(-127, 32));
  EXPECT_EQ(fixed.classify(0x80), CodeClass::kUnused);
}

TEST(FormatToml, ReadsEveryField) {
  FormatTable table;
  table.load_text(R"([[format]]
name = "all"
kind = "float"
bits = 9
exponent_bits = 4
mantissa_bits = 5
bias = -3
signed = false
negative_zero = false
infinities = true
high_nans = 2
subnormals = false
zero = false
symmetric = false
storage_bits = 32
storage_shift = 4
source = "a paper"
note = "a choice"
aliases = ["every"]
)",
                  "my.toml");
  const Format f = table.find("every");
  EXPECT_EQ(f.bias, -3);
  EXPECT_FALSE(f.is_signed);
  EXPECT_FALSE(f.negative_zero);
  EXPECT_TRUE(f.infinities);
  EXPECT_EQ(f.high_nans, 2);
  EXPECT_FALSE(f.subnormals);
  EXPECT_FALSE(f.zero);
  EXPECT_EQ(f.storage_bits, 32);
  EXPECT_EQ(f.storage_shift, 4);
  EXPECT_EQ(f.source, "a paper");
  EXPECT_EQ(f.note, "a choice");
}

TEST(FormatToml, NamesFileLineAndField) {
  EXPECT_EQ(error_of(with_line("bias = 7")), "(no error)");
  EXPECT_THAT(error_of(with_line("bias = \"seven\"")),
              AllOf(StartsWith("my.toml:6:"), HasSubstr("field bias"), HasSubstr("integer")));
  EXPECT_THAT(error_of(with_line("bias = 7.0")), HasSubstr("must be an integer"));
  EXPECT_THAT(error_of(with_line("bias = 99999999999")),
              AllOf(StartsWith("my.toml:6:"), HasSubstr("out of range")));
  EXPECT_THAT(error_of(with_line("name = 3")), HasSubstr("field name: must be a string"));
  EXPECT_THAT(error_of(with_line("infinities = 1")), HasSubstr("must be true or false"));
  EXPECT_THAT(error_of(with_line("aliases = \"x\"")), HasSubstr("must be a list of strings"));
  EXPECT_THAT(error_of(with_line("aliases = [\"x\", 1]")), HasSubstr("must be a list of strings"));
  EXPECT_THAT(error_of(with_line("kind = \"decimal\"")), HasSubstr("\"float\" or \"fixed\""));
}

TEST(FormatToml, UnknownFieldsListNearOnes) {
  EXPECT_THAT(
      error_of(with_line("exponent_bit = 4")),
      AllOf(StartsWith("my.toml:7:"), HasSubstr("'exponent_bit'"), HasSubstr("exponent_bits")));
  EXPECT_THAT(error_of(with_line("infinity = true")), HasSubstr("infinities"));
  EXPECT_THAT(error_of(with_line("[format.sub]")), HasSubstr("unknown format field 'sub'"));
}

TEST(FormatToml, MissingFieldsAreNamed) {
  EXPECT_THAT(error_of("[[format]]\nbits = 8\n"),
              AllOf(StartsWith("my.toml:1:"), HasSubstr("field name: is missing")));
  for (const char* field : {"bits", "exponent_bits", "mantissa_bits", "bias"}) {
    std::string toml = with_line("note = \"x\"");
    const std::size_t at = toml.find(std::string("\n") + field + " ");
    toml.erase(at, toml.find('\n', at + 1) - at);
    EXPECT_THAT(error_of(toml), HasSubstr(std::string("field ") + field + ": is missing")) << toml;
  }
}

TEST(FormatToml, ContradictionsNameTheFormatAndField) {
  EXPECT_THAT(error_of(with_line("bits = 9")),
              AllOf(StartsWith("my.toml:1:"), HasSubstr("format 'mine', field bits")));
  EXPECT_THAT(error_of(with_line("high_nans = 128")), HasSubstr("field high_nans"));
  EXPECT_THAT(error_of(with_line("zero = false")), HasSubstr("field zero"));
  EXPECT_THAT(error_of(with_line("symmetric = true")), HasSubstr("field symmetric"));
  EXPECT_THAT(error_of(with_line("storage_bits = 4")), HasSubstr("field storage_bits"));
  EXPECT_THAT(error_of(with_line("storage_shift = 3")), HasSubstr("field storage_shift"));
  EXPECT_THAT(error_of(with_line("kind = \"fixed\"")), HasSubstr("field kind"));
  EXPECT_THAT(error_of(with_line("mantissa_bits = 2147483647")), HasSubstr("mantissa_bits"));
  EXPECT_THAT(error_of(with_line("name = \"\"")), HasSubstr("without a name"));
}

TEST(FormatToml, NamesArePlain) {
  for (const char* name : {"a b", "a,b", "a/b", "a\\tb", "\\u001b[31m", "\\u00e9", " "}) {
    EXPECT_THAT(error_of(with_line(std::string("name = \"") + name + "\"")),
                HasSubstr("must be printable ASCII"));
    EXPECT_THAT(error_of(with_line(std::string("aliases = [\"") + name + "\"]")),
                HasSubstr("must be printable ASCII"));
  }
  EXPECT_THAT(error_of(with_line("aliases = [\"\"]")), HasSubstr("field aliases"));
  EXPECT_THAT(error_of(with_line("name = \"" + std::string(65, 'n') + "\"")),
              HasSubstr("at most 64 characters"));
}

TEST(FormatToml, DeepNestingIsAnError) {
  const auto repeated = [](const std::string& text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
  };
  const auto deep = HasSubstr("nested more than 64 levels deep");
  EXPECT_THAT(error_of("[" + repeated("a.", 40000) + "a]\n"), deep);
  EXPECT_THAT(error_of(repeated("a.", 40000) + "a = 1\n"), deep);
  EXPECT_THAT(error_of(repeated("\"a\" . ", 40000) + "a = 1\n"), deep);
  EXPECT_THAT(error_of("a = " + repeated("[", 40000) + repeated("]", 40000)), deep);
  EXPECT_THAT(error_of("a = " + repeated("{b = ", 40000)), deep);
  // Dots of keys and brackets of values, each few, together.
  EXPECT_THAT(
      error_of("a = " + repeated("{" + repeated("b.", 60) + "b = ", 60) + "1" + repeated("}", 60)),
      deep);
  EXPECT_EQ(error_of(with_line("# " + repeated("a.", 400))), "(no error)");
  EXPECT_EQ(error_of(with_line("note = \"" + repeated("a.[", 400) + "\"")), "(no error)");
}

TEST(FormatToml, LongKeysAreShortened) {
  EXPECT_LT(error_of(std::string(100000, 'k') + " = 1\n").size(), 400u);
  EXPECT_LT(
      error_of(std::string(100000, 'k') + " = 1\n" + std::string(100000, 'k') + " = 1\n").size(),
      400u);
}

TEST(FormatToml, RefusesTakenNamesAndSecondDefinitions) {
  EXPECT_THAT(error_of(with_line("name = \"e4m3\"")),
              AllOf(StartsWith("my.toml:1:"), HasSubstr("already belongs to e4m3")));
  const std::string twice = with_line("note = \"a\"") + with_line("note = \"b\"");
  EXPECT_THAT(error_of(twice), AllOf(StartsWith("my.toml:8:"), HasSubstr("belongs to mine")));
}

TEST(FormatToml, AFileNameThatBeginsAMessageStillGetsItsLine) {
  FormatTable table;
  try {
    table.load_text(with_line("name = \"e4m3\""), "format");
    ADD_FAILURE() << "not refused";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), StartsWith("format:1:"));
  }
}

TEST(FormatToml, RefusesWhatIsNotAListOfFormats) {
  EXPECT_THAT(error_of(""), HasSubstr("holds no [[format]] table"));
  EXPECT_THAT(error_of("x = 1\n"), HasSubstr("'x' is not a [[format]] table"));
  EXPECT_THAT(error_of("format = 3\n"), HasSubstr("is not a [[format]] table"));
  EXPECT_THAT(error_of("format = [1]\n"), HasSubstr("must be a table"));
  EXPECT_THAT(error_of("[format]\nbits = 8\n"), HasSubstr("is not a [[format]] table"));
  EXPECT_THAT(error_of("[[formats]]\nname = \"x\"\n"), HasSubstr("'formats'"));
}

TEST(FormatToml, RefusesMalformedTomlWithItsLine) {
  EXPECT_THAT(error_of("[[format]]\nname = \n"), StartsWith("my.toml:2:"));
  EXPECT_THAT(error_of("[[format]\n"), StartsWith("my.toml:1:"));
  EXPECT_THAT(error_of("[[format]]\nname = \"x\"\nname = \"y\"\n"), StartsWith("my.toml:3:"));
}

// toml++ 3.3 asserts that a key follows the bracket; found by format_toml_fuzz.
TEST(FormatToml, RefusesWhatTheLibraryWouldAssert) {
  EXPECT_THAT(error_of("[[\x7f"), StartsWith("my.toml: malformed TOML"));
  EXPECT_THAT(error_of("[[!format]]\nname = 1\n"), StartsWith("my.toml: malformed TOML"));
}

TEST(FormatToml, CharactersBeyondAsciiStandInCommentsOnly) {
  for (const char* stray : {"\xCE\x81\x14", "\xC3\xA9 = 1", "[[format]] \xC3\xA9", "'a' \xC2\xA0",
                            "note = \"\xC3\xA9\"", "note = \"\\\"#\xC3\xA9\"",
                            "note = '\\' \xC3\xA9", "5n'::\xCE\x9F@@'", "\xFF"})
    EXPECT_THAT(error_of(std::string("# \xC3\xA9\n") + stray),
                AllOf(StartsWith("my.toml:2:"), HasSubstr("beyond ASCII")))
        << stray;
  EXPECT_EQ(error_of(with_line("note = \"a#\" # \"\xC3\xA9")), "(no error)");
  EXPECT_EQ(error_of(with_line("note = \"\"\"a\n'\\\"\"\"\" # \xC3\xA9")), "(no error)");
  EXPECT_EQ(error_of("\xEF\xBB\xBF" + with_line("bias = 7")), "(no error)");
  FormatTable table;
  table.load_text(with_line("note = \"\\u00e9\""), "my.toml");
  EXPECT_EQ(table.find("mine").note, "\xC3\xA9");
}

class FormatFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            (std::string("mxscope_") +
             testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml");
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::filesystem::path path_;
};

TEST_F(FormatFile, LoadsFromDisk) {
  std::ofstream(path_) << kGood;
  FormatTable table;
  table.load(path_.string());
  EXPECT_EQ(table.find("e3m3").source, path_.string());
}

TEST_F(FormatFile, SaysWhenItCannotBeReadOrIsTooLarge) {
  FormatTable table;
  try {
    table.load((path_ / "missing").string());
    ADD_FAILURE() << "not refused";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("cannot be read"));
  }
  std::ofstream(path_) << std::string((1 << 20) + 1, '#');
  try {
    table.load(path_.string());
    ADD_FAILURE() << "not refused";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("larger than"));
  }
}

TEST_F(FormatFile, ADirectoryIsNotAFormatFile) {
  FormatTable table;
  EXPECT_THROW(table.load(std::filesystem::temp_directory_path().string()), Error);
}

}  // namespace
}  // namespace mxscope::spec
