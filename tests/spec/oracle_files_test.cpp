// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Outputs of real software, to the last code: our own vectors always, and the larger oracle files
// when MXSCOPE_VECTORS names their folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "spec/codec.h"
#include "spec/conversions.h"
#include "tests/spec/target_inputs.h"
#include "tests/spec/vector_table.h"

namespace mxscope::spec {
namespace {

using std::filesystem::path;

path own_vectors() { return path(MXSCOPE_TEST_DATA) / "vectors"; }

/// Checks a column of a table by the oracle and, where there is one, the codec.
void check_column(const VectorTable& table, std::size_t column, const std::string& stem) {
  const bool from_f64 = table.input == "fp64";
  const Format& source = find_format(table.input);
  const Conversion c = find_conversion(table.columns[column], stem);
  const Format& target = find_format(c.format);
  const std::vector<spec::Run> runs = step_map(source, target, c.policy, c.random);
  std::optional<Codec> codec;
  if (c.policy.rounding != Rounding::kNearestLog2)
    codec = make_codec(from_f64 ? kF64 : kF32, target, c.policy, c.random.count);
  for (const VectorTable::Row& row : table.rows) {
    const auto& code = row.codes[column];
    const Outcome expected = {code.value_or(0), !code.has_value()};
    ASSERT_EQ(cast(decode(source, row.word), target, c.policy, c.random), expected)
        << c.name << " of 0x" << std::hex << row.word;
    ASSERT_EQ(lookup(runs, row.word), expected) << c.name << " of 0x" << std::hex << row.word;
    if (codec) {
      ASSERT_EQ(codec->encode(row.word, c.random.value), expected)
          << c.name << " of 0x" << std::hex << row.word;
    }
  }
}

void check_file(const path& file) {
  const VectorTable table = read_vector_table(file);
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    ASSERT_NO_FATAL_FAILURE(check_column(table, i, file.stem().string())) << file.filename();
}

class CastFile : public testing::TestWithParam<path> {};
using OwnCastFile = CastFile;
using OracleCastFileMedium = CastFile;

TEST_P(OwnCastFile, IsReproduced) { check_file(GetParam()); }
TEST_P(OracleCastFileMedium, IsReproduced) {
  if (GetParam().empty()) GTEST_SKIP() << "MXSCOPE_VECTORS is not set";
  check_file(GetParam());
}

std::string stem_of(const testing::TestParamInfo<path>& info) {
  return info.param.empty() ? "NotGiven" : info.param.stem().string();
}

std::vector<path> own_cast_files() {
  std::vector<path> files = files_named(own_vectors(), "fp32_", ".tsv");
  for (const path& file : files_named(own_vectors(), "gfloat_", ".tsv"))
    if (file.stem().string().rfind("gfloat_decode_", 0) != 0) files.push_back(file);
  return files;
}

std::vector<path> oracle_cast_files() {
  const auto folder = oracle_folder();
  if (!folder) return {path()};
  std::vector<path> files = files_named(*folder, "fp32_", ".tsv");
  for (const path& file : files_named(*folder, "gfloat_", ".tsv"))
    if (file.stem().string().rfind("gfloat_decode_", 0) != 0) files.push_back(file);
  for (const path& file : files_named(*folder, "nv_fp64_", ".tsv")) files.push_back(file);
  return files;
}

INSTANTIATE_TEST_SUITE_P(Vectors, OwnCastFile, testing::ValuesIn(own_cast_files()), stem_of);
INSTANTIATE_TEST_SUITE_P(Oracle, OracleCastFileMedium, testing::ValuesIn(oracle_cast_files()),
                         stem_of);

/// A line "0a<tab>0x1.8p-3" of a decode table, with Python's spelling of specials.
void check_decode_table(const path& file, const std::string& prefix) {
  const Format& format = find_format(file.stem().string().substr(prefix.size()));
  std::ifstream in(file);
  ASSERT_TRUE(in) << file;
  Code codes = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> cells = split_tabs(line);
    ASSERT_EQ(cells.size(), 2U) << line;
    const Code code = std::stoull(cells[0], nullptr, 16);
    const Number expected = parse_number(cells[1]);
    const Number actual = decode(format, code);
    ASSERT_EQ(actual.kind, expected.kind) << file.filename() << " " << line;
    ASSERT_EQ(actual.magnitude, expected.magnitude) << file.filename() << " " << line;
    if (expected.kind != NumberKind::kNan) {
      ASSERT_EQ(actual.negative, expected.negative) << file.filename() << " " << line;
    }
    ++codes;
  }
  EXPECT_EQ(codes, format.code_mask() + 1) << file.filename();
}

TEST(DecodeTables, OfOurVectorsAreReproduced) {
  const auto files = files_named(own_vectors(), "gfloat_decode_", ".tsv");
  ASSERT_FALSE(files.empty());
  for (const path& file : files) check_decode_table(file, "gfloat_decode_");
}

TEST(DecodeTables, OfTheOracleAreReproduced) {
  const auto folder = oracle_folder();
  if (!folder) GTEST_SKIP() << "MXSCOPE_VECTORS is not set";
  const auto files = files_named(*folder, "gfloat_decode_", ".tsv");
  ASSERT_FALSE(files.empty());
  for (const path& file : files) check_decode_table(file, "gfloat_decode_");
}

TEST(DecodeTables, OfNvidiaAreReproduced) {
  const auto folder = oracle_folder();
  if (!folder) GTEST_SKIP() << "MXSCOPE_VECTORS is not set";
  // Columns "<format>_<wide format>": the code converted to a wider format's pattern.
  const VectorTable table = read_vector_table(*folder / "nv_decode.tsv");
  std::size_t checked = 0;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string& column = table.columns[i];
    const Format& narrow = find_format(column.substr(0, column.find('_')));
    const Format& wide = find_format(column.substr(column.find('_') + 1));
    for (const VectorTable::Row& row : table.rows) {
      if (!row.codes[i]) continue;
      const Number ours = decode(narrow, row.word);
      const Number theirs = decode(wide, *row.codes[i]);
      ASSERT_EQ(ours.kind, theirs.kind) << column << " " << row.word;
      ASSERT_EQ(ours.magnitude, theirs.magnitude) << column << " " << row.word;
      if (ours.kind != NumberKind::kNan) {
        ASSERT_EQ(ours.negative, theirs.negative) << column << " " << row.word;
      }
      ++checked;
    }
  }
  EXPECT_EQ(checked, 256U * 3 + 64 * 2 + 16);
}

TEST(NvidiaSixteenBitFiles, AreReproduced) {
  const auto folder = oracle_folder();
  if (!folder) GTEST_SKIP() << "MXSCOPE_VECTORS is not set";
  std::size_t files = 0;
  for (const SourceRow& binary : {kBf16Row, kF16Row}) {
    const std::string prefix = "nv_" + std::string(binary.format) + "_to_";
    for (const path& file : files_named(*folder, prefix, ".bin")) {
      const Conversion c = find_conversion("nv_" + file.stem().string().substr(prefix.size()));
      const Format& target = find_format(c.format);
      const Codec codec = make_codec(binary.source, target, c.policy);
      const std::vector<spec::Run> runs = step_map(find_format(binary.format), target, c.policy);
      std::ifstream in(file, std::ios::binary);
      const std::string codes((std::istreambuf_iterator<char>(in)), {});
      ASSERT_EQ(codes.size(), 32768U) << file;
      std::size_t k = 0;
      // The k-th byte is the code of the k-th input whose number of one bits is even.
      for (std::uint32_t input = 0; input < 0x10000; ++input) {
        if (std::popcount(input) % 2 != 0) continue;
        const Outcome expected = {static_cast<std::uint8_t>(codes[k++]), false};
        ASSERT_EQ(codec.encode(input), expected) << file.filename() << std::hex << " 0x" << input;
        ASSERT_EQ(lookup(runs, input), expected) << file.filename() << std::hex << " 0x" << input;
      }
      ++files;
    }
  }
  EXPECT_EQ(files, 24U);
}

}  // namespace
}  // namespace mxscope::spec
