// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/conformance.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "analysis/run_list.h"
#include "analysis/text_lines.h"
#include "spec/conversions.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "tests/analysis/vector_files.h"

namespace mxscope::analysis {
namespace {

CastTable table_of(const std::string& text) {
  std::istringstream in(text);
  return read_cast_table(in, "t.tsv");
}

TEST(CastTableText, BlankLinesAndCommentsDoNotCount) {
  const CastTable table = table_of(
      "# made by hand\n\nfp32\tnv_e4m3_sat\n3f800000\t38\n  \n# the middle\n43fa0000\t7e\n\n");
  EXPECT_EQ(table.columns, std::vector<std::string>{"nv_e4m3_sat"});
  EXPECT_EQ(table.inputs, (std::vector<std::uint64_t>{0x3f800000, 0x43fa0000}));
  // Errors still count every line.
  try {
    table_of("# one\n\nfp32\tnv_e4m3_sat\nzz\t38\n");
    ADD_FAILURE() << "not refused";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::StartsWith("t.tsv:4: "));
  }
}

TEST(TextLines, ReadsFromAnywhereInAnyPieces) {
  const std::string text = "one\r\n\ntwo\n# no\n last";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    std::size_t at = 0;
    TextLines lines(
        [&](char* data, std::size_t size) {
          const std::size_t n = std::min({piece, size, text.size() - at});
          text.copy(data, n, at);
          at += n;
          return n;
        },
        "text");
    std::vector<std::string> found;
    for (std::string line; lines.next(line);) found.push_back(line);
    EXPECT_EQ(found, (std::vector<std::string>{"one", "", "two", "# no", " last"})) << piece;
    EXPECT_EQ(lines.number(), 5U);
  }
}

std::vector<DigestLine> digests_of(const std::string& text) {
  std::istringstream in(text);
  return read_digests(in, "d.txt");
}

template <typename Read>
std::string error_of(const Read& read, const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(CastTables, AreReadWithEitherLineEnd) {
  for (const std::string end : {"\n", "\r\n"}) {
    const CastTable t = table_of("fp32\tnv_e4m3_sat\tx" + end + "3f800000\t38\t!!" + end);
    EXPECT_EQ(t.source, "fp32");
    EXPECT_EQ(t.columns, (std::vector<std::string>{"nv_e4m3_sat", "x"}));
    EXPECT_EQ(t.inputs, std::vector<std::uint64_t>{0x3f800000});
    EXPECT_EQ(t.outcomes[0][0], (spec::Outcome{0x38, false}));
    EXPECT_TRUE(t.outcomes[1][0].refused);
  }
  EXPECT_EQ(table_of("fp32\ta\n3f800000\t38").inputs.size(), 1U);
  EXPECT_TRUE(table_of("bf16\ta").inputs.empty());
}

TEST(CastTables, NameTheLineOfWhatIsWrong) {
  const auto error = [](const std::string& text) { return error_of(table_of, text); };
  EXPECT_EQ(error(""), "t.tsv:1: the file is empty");
  EXPECT_THAT(error("f32\ta\n"), testing::StartsWith("t.tsv:1: the header begins with 'f32'"));
  EXPECT_THAT(error("fp32\n"), testing::StartsWith("t.tsv:1: the header names no conversion"));
  EXPECT_EQ(error("fp32\ta\t\n"), "t.tsv:1: column 3 has no name");
  EXPECT_EQ(error("fp32\ta\n0\t1\n0\n"), "t.tsv:3: 1 cells, and the header has 2");
  EXPECT_EQ(error("fp32\ta\n0\tzz\n"), "t.tsv:2: 'zz' in column a is neither a hex code nor !!");
  EXPECT_EQ(error("fp32\ta\n-1\t0\n"),
            "t.tsv:2: the input '-1' is not a hex number of at most 64 bits");
  EXPECT_EQ(error("fp16\ta\n10000\t0\n"),
            "t.tsv:2: the input '10000' has more than the 16 bits of fp16");
  EXPECT_EQ(error("fp32\ta\n0\t00000000000000000001f\n"), "");
  EXPECT_THAT(error("fp32\ta\n0\t10000000000000000\n"), testing::HasSubstr("neither"));
  EXPECT_THAT(error("fp32\t" + std::string(1 << 21, 'a')), testing::HasSubstr("longer than"));
  EXPECT_EQ(error(std::string("fp32\ta\n\x01\n\x02\t0\n", 12)),
            "t.tsv:2: 1 cells, and the header has 2");
  EXPECT_THAT(error("fp32\ta\x01\x62\n"), testing::HasSubstr("'a?b'"));
}

TEST(CastTables, AreCheckedColumnByColumn) {
  const auto results = check_cast_table(table_of("fp32\te4m3_sat\tnv_e2m1_rn\tnonsense\n"
                                                 "3f800000\t38\t02\t00\n"
                                                 "7f800000\t7e\t06\t00\n"
                                                 "7fc00000\t7f\t07\t00\n"),
                                        "nv_mine");
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].cases, 3U);
  EXPECT_EQ(results[0].mismatches, 0U);
  EXPECT_EQ(results[1].mismatches, 1U);
  ASSERT_EQ(results[1].first.size(), 1U);
  EXPECT_EQ(results[1].first[0].input, 0x7f800000U);
  EXPECT_EQ(results[1].first[0].expected, (spec::Outcome{6, false}));
  EXPECT_EQ(results[1].first[0].actual, (spec::Outcome{7, false}));
  EXPECT_THAT(results[2].error, testing::HasSubstr("nonsense"));
  EXPECT_EQ(results[2].cases, 0U);
}

TEST(CastTables, ShowFiveMismatchesAtMost) {
  std::string text = "fp32\tnv_e4m3_sat\n";
  for (int i = 0; i < 1000; ++i) text += fmt::format("{:08x}\t01\n", i);
  const auto results = check_cast_table(table_of(text), "");
  EXPECT_EQ(results[0].mismatches, 1000U);
  EXPECT_EQ(results[0].first.size(), 5U);
}

TEST(CastTables, OfOtherSoftwareAgree) {
  MXSCOPE_NEEDS_VECTORS();
  std::size_t columns = 0;
  for (const std::string prefix : {"fp32_", "gfloat_", "nv_fp64_"}) {
    for (const auto& path : vector_files(prefix, ".tsv")) {
      const std::string stem = path.stem().string();
      if (stem.rfind("gfloat_decode", 0) == 0) continue;
      std::ifstream in(path);
      for (const CastColumnResult& r : check_cast_table(read_cast_table(in, stem), stem)) {
        EXPECT_EQ(r.error, "") << stem;
        EXPECT_EQ(r.mismatches, 0U) << stem << " " << r.column;
        ++columns;
      }
    }
  }
  EXPECT_GT(columns, 300U);
}

/// The definition, one code at a time.
std::uint64_t plain_digest(const std::string& conversion, std::uint32_t chunk) {
  const spec::Conversion c = spec::find_conversion(conversion);
  const spec::Format& format = spec::find_format(c.format);
  const auto runs = spec::step_map(spec::find_format("fp32"), format, c.policy, c.random);
  std::uint64_t hash = kFnvOffset;
  std::size_t run = 0;
  for (std::uint64_t i = 0; i < (1U << 24); ++i) {
    const std::uint64_t x = (std::uint64_t{chunk} << 24) + i;
    while (last_of(runs, run, kF32Inputs) < x) ++run;
    const std::uint64_t code = runs[run].outcome.code;
    hash = (hash ^ (code & 0xFF)) * kFnvPrime;
    if (format.bits > 8) hash = (hash ^ (code >> 8)) * kFnvPrime;
  }
  return hash;
}

TEST(Digests, AreReadWithTheLineOfWhatIsWrong) {
  const auto lines = digests_of("# a comment\nnv_e2m1_rn 3f bbd3120533a22324\n\n");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].conversion, "nv_e2m1_rn");
  EXPECT_EQ(lines[0].chunk, 0x3fU);
  EXPECT_EQ(lines[0].digest, 0xbbd3120533a22324U);
  const auto error = [](const std::string& text) { return error_of(digests_of, text); };
  EXPECT_THAT(error("a b\n"), testing::StartsWith("d.txt:1: 'a b' is not"));
  EXPECT_EQ(error("a 100 0\n"), "d.txt:1: '100' is not a chunk number, 00 to ff");
  EXPECT_EQ(error("a 10 0\na 0 xyz\n"), "d.txt:2: 'xyz' is not a digest of 16 hex digits");
}

TEST(DigestsMedium, AreThoseOfTheDefinition) {
  std::vector<DigestLine> lines = digests_of("nv_e2m1_rn 3f bbd3120533a22324\n");
  for (const std::string name : {"nv_e2m1_rn", "un_e8m0", "nv_bf16_ru"})
    for (const std::uint32_t chunk : {0x3eU, 0xffU})
      lines.push_back({name, chunk, plain_digest(name, chunk)});
  lines.push_back({"nonsense", 0, 0});
  lines.push_back({"nv_e2m1_rn", 0x3f, 1});
  const std::atomic<bool> stop{false};
  std::size_t last = 0;
  const auto results = check_digests(lines, 2, stop, [&](std::size_t n) { last = n; });
  ASSERT_EQ(results.size(), lines.size());
  EXPECT_EQ(last, lines.size());
  for (std::size_t i = 0; i < 7; ++i)
    EXPECT_TRUE(results[i].matches()) << lines[i].conversion << " " << lines[i].chunk;
  EXPECT_FALSE(results[7].matches());
  EXPECT_THAT(results[7].error, testing::HasSubstr("nonsense"));
  EXPECT_FALSE(results[8].matches());
  EXPECT_EQ(results[8].actual, 0xbbd3120533a22324U);
}

TEST(Digests, StopEarly) {
  const std::atomic<bool> stop{true};
  const auto results = check_digests(digests_of("nv_e2m1_rn 3f 0\n"), 1, stop, {});
  EXPECT_TRUE(results.empty());
}

TEST(DigestsSlow, OfOtherSoftwareAgree) {
  MXSCOPE_NEEDS_VECTORS();
  std::ifstream in(vector_directory() / "exhaustive_digest.txt");
  const std::atomic<bool> stop{false};
  const auto lines = read_digests(in, "exhaustive_digest.txt");
  const auto results = check_digests(lines, 0, stop, {});
  EXPECT_EQ(results.size(), lines.size());
  for (const DigestResult& r : results)
    EXPECT_TRUE(r.matches()) << r.line.conversion << " " << r.line.chunk << r.error;
}

/// The evidence of named conversions is what the reference data hold.
TEST(Evidence, CountsTheInputsThatTheDataHave) {
  MXSCOPE_NEEDS_VECTORS();
  std::map<std::string, std::uint64_t> inputs;
  std::ifstream in(vector_directory() / "exhaustive_digest.txt");
  for (const DigestLine& line : read_digests(in, "exhaustive_digest.txt"))
    inputs[line.conversion] += std::uint64_t{1} << 24;
  for (const std::string stem : {"fp32_ao", "nv_fp64_specials"}) {
    std::ifstream file(vector_directory() / (stem + ".tsv"));
    const CastTable table = read_cast_table(file, stem);
    for (const std::string& column : table.columns)
      inputs[spec::find_conversion(column, stem).name] = table.inputs.size();
  }
  for (const spec::Conversion& c : spec::named_conversions()) {
    const std::uint64_t n = inputs[c.name];
    const std::string count = n == std::uint64_t{1} << 31 ? "2^31" : std::to_string(n);
    EXPECT_THAT(c.evidence, testing::HasSubstr(" on " + count + " ")) << c.name;
  }
}

TEST(RunFiles, OfOtherSoftwareAgree) {
  MXSCOPE_NEEDS_VECTORS();
  std::ifstream in(vector_directory() / "exhaustive_runs.txt");
  ASSERT_TRUE(in);
  // The file's runs begin anew with every 2^24 inputs that it has.
  std::map<std::string, std::map<std::uint64_t, std::uint64_t>> files;
  std::string line;
  while (std::getline(in, line)) {
    const auto cells = split(line, ' ');
    ASSERT_EQ(cells.size(), 3U);
    std::uint64_t first = 0;
    std::uint64_t code = 0;
    ASSERT_TRUE(read_hex(cells[1], first) && read_hex(cells[2], code));
    files[std::string(cells[0])][first] = code;
  }
  EXPECT_GE(files.size(), 52U);
  for (const auto& [name, file] : files) {
    const spec::Conversion c = spec::find_conversion(name);
    const auto runs =
        spec::step_map(spec::find_format("fp32"), spec::find_format(c.format), c.policy, c.random);
    std::set<std::uint64_t> chunks;
    for (const auto& [first, code] : file) chunks.insert(first >> 24);
    std::map<std::uint64_t, std::uint64_t> ours;
    for (std::size_t k = 0; k < runs.size(); ++k) {
      const spec::Code last = last_of(runs, k, kF32Inputs);
      for (spec::Code x = runs[k].first; x <= last; x = ((x >> 24) + 1) << 24)
        if (chunks.count(x >> 24) != 0) ours[x] = runs[k].outcome.code;
    }
    EXPECT_EQ(ours, file) << name;
  }
}

}  // namespace
}  // namespace mxscope::analysis
