// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope conform mma: results of GPUs and of other models, and what bad files give.
#include <gmock/gmock.h>

#include <cstdlib>

#include "reports/sha256.h"
#include "tests/reports/program_run.h"
#include "tests/reports/tensor_bytes.h"

namespace mxscope::reports {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string digest(const std::string& bytes) {
  Sha256 sha;
  sha.add(bytes);
  return sha.hex();
}

/// Words of `size` bytes.
std::string words(std::initializer_list<std::uint64_t> values, std::size_t size) {
  std::string bytes;
  for (const std::uint64_t value : values) bytes += little_endian(value, size);
  return bytes;
}

std::string repeated(std::uint64_t value, std::size_t size, std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += little_endian(value, size);
  return bytes;
}

/// One 2x1 tile of Ampere's f16 instruction: rows of ones and of halves times a column of ones,
/// plus 1 and 2; the second output is contested.
struct TileFile {
  std::string bin = repeated(0x3c00, 2, 16) + repeated(0x3800, 2, 16) + repeated(0x3c00, 2, 16) +
                    words({0x3f800000, 0x40000000}, 4) + words({0x41880000, 0x41200001}, 4) +
                    words({0, 1}, 1);
  json header = {{"instruction", "sm80_mma_f16_f32"},
                 {"types", {{"A", "f16"}, {"B", "f16"}, {"C", "f32"}, {"D", "f32"}}},
                 {"m", 2},
                 {"n", 1},
                 {"k", 16},
                 {"tiles", 1},
                 {"tile_bytes", 114},
                 {"fields",
                  {{{"name", "A"}, {"bytes_per_word", 2}, {"shape", {2, 16}}, {"offset", 0}},
                   {{"name", "B"}, {"bytes_per_word", 2}, {"shape", {16, 1}}, {"offset", 64}},
                   {{"name", "C"}, {"bytes_per_word", 4}, {"shape", {2, 1}}, {"offset", 96}},
                   {{"name", "D"}, {"bytes_per_word", 4}, {"shape", {2, 1}}, {"offset", 104}},
                   {{"name", "Q"}, {"bytes_per_word", 1}, {"shape", {2, 1}}, {"offset", 112}}}},
                 {"category_per_tile", {"ones"}},
                 {"sha256", ""}};

  std::string write(const Folder& folder, const std::string& name = "t") {
    if (header.contains("sha256") && header["sha256"] == "") header["sha256"] = digest(bin);
    folder.write(name + ".bin", bin);
    return folder.write(name + ".json", header.dump());
  }
};

TEST(ConformMma, AgreeingTile) {
  const Folder folder;
  const Seen seen = run({"conform", "mma", TileFile().write(folder)});
  EXPECT_EQ(seen.code, 0) << seen.out << seen.err;
  EXPECT_EQ(seen.last_line(),
            "1 files, 1 outputs by each executor: all match; 1 contested outputs not judged");
  EXPECT_THAT(seen.out, HasSubstr("sm80.mma.f16"));
  EXPECT_EQ(run({"conform", "mma", folder.path("")}).out, seen.out);
  for (const char* executor : {"reference", "fast"})
    EXPECT_EQ(run({"conform", "mma", folder.path(""), "--executor", executor}).last_line(),
              "1 files, 1 outputs: all match; 1 contested outputs not judged");
  expect_bad(run({"conform", "mma", folder.path(""), "--executor", "slow"}), "fast or both");
}

TEST(ConformMma, AMismatchShowsItsOperands) {
  const Folder folder;
  TileFile file;
  file.bin[104] ^= 1;
  const std::string path = file.write(folder);
  const Seen seen = run({"conform", "mma", path});
  EXPECT_EQ(seen.code, 1);
  EXPECT_THAT(seen.out, HasSubstr("tile 0 (ones), row 0, column 0: 0x41880001 in the file, "
                                  "0x41880000 by sm80.mma.f16"));
  EXPECT_THAT(seen.out, HasSubstr("\n  A 3c00 3c00"));
  EXPECT_THAT(seen.out, HasSubstr("\n  C 0x3f800000"));
  const json first =
      run({"conform", "mma", path, "--json"}).json()["files"][0]["executors"][0]["first_mismatch"];
  EXPECT_EQ(first.at("expected"), "0x41880001");
  EXPECT_EQ(first.at("ours"), "0x41880000");
  EXPECT_EQ(first.at("A").size(), 16u);
}

TEST(ConformMma, AnotherUnitAndItsFields) {
  const Folder folder;
  TileFile file;
  // 2048 + 2^-14: the small product is below Volta's last kept bit, and above Hopper's.
  file.bin.replace(0, 4, words({0x6800, 0x0400}, 2));
  file.bin.replace(4, 28, std::string(28, '\0'));
  file.bin.replace(96, 4, words({0x3a000000}, 4));  // C = 2^-11
  file.bin.replace(104, 4, words({0x45000002}, 4));
  const std::string path = file.write(folder);
  const Seen kept = run({"conform", "mma", path, "--set", "kept_bits=11"});
  EXPECT_EQ(kept.code, 1);
  EXPECT_THAT(kept.out, HasSubstr("0x45000002 in the file, 0x45000000 by"));
  EXPECT_EQ(run({"conform", "mma", path, "--unit", "sm90.mma.f16"}).code, 0);
  expect_bad(run({"conform", "mma", path, "--unit", "sm90.mma.bf16"}), "takes operands in bf16");
  expect_bad(run({"conform", "mma", path, "--unit", "sm80.mma.f16.f16acc"}), "results are in fp32");
  expect_bad(run({"conform", "mma", path, "--set", "kept_bit=3"}), "kept_bits");
}

TEST(ConformMma, DotProductsAndFrozenCases) {
  const Folder folder;
  const std::string bin = repeated(0x3c00, 2, 8) + repeated(0x4000, 2, 8) + words({0x3f800000}, 4) +
                          words({0x41880000}, 4);
  folder.write("A100_f16_f32.bin", bin);
  const json dots = {{"gpu", "A100"},        {"a_b_type", "f16"},
                     {"c_d_type", "f32"},    {"k", 8},
                     {"vectors", 1},         {"word_bytes", {{"A", 2}, {"C", 4}}},
                     {"sha256", digest(bin)}};
  const std::string gpu = folder.write("A100_f16_f32.json", dots.dump());
  const json one = {{"name", "x"},
                    {"family", "tc_bs"},
                    {"qualifier", "m128n8k64.block16.f32"},
                    {"a", "e2m1"},
                    {"b", "e2m1"},
                    {"c", "f32"},
                    {"d", "f32"},
                    {"scale", "ue4m3"},
                    {"block", 16},
                    {"A", json::array()},
                    {"B", json::array()},
                    {"C", 0x3f800000},
                    {"SA", {0x38, 0x38, 0x38, 0x38}},
                    {"SB", {0x38, 0x38, 0x38, 0x38}},
                    {"D_b200", 0x42820000}};
  json frozen = {{"cases", {one}}};
  for (int i = 0; i < 64; ++i)
    for (const char* operand : {"A", "B"}) frozen["cases"][0][operand].push_back(2);
  const std::string words_of_b200 = folder.write("frozen.json", frozen.dump());
  const Seen seen = run({"conform", "mma", gpu, words_of_b200});
  EXPECT_EQ(seen.code, 0) << seen.out << seen.err;
  EXPECT_EQ(seen.last_line(),
            "2 files, 2 outputs by each executor: all match; 0 contested outputs not judged");
  EXPECT_THAT(seen.out, HasSubstr("sm100.tcgen05.mxf4nvf4"));

  frozen["cases"][0]["SA"].erase(0);
  expect_bad(run({"conform", "mma", folder.write("f.json", frozen.dump())}), "case 0: field SA");
  frozen["cases"][0]["A"][3] = 256;
  expect_bad(run({"conform", "mma", folder.write("f.json", frozen.dump())}), "case 0: field A");
  frozen["cases"][0].erase("D_b200");
  frozen["cases"][0]["A"][3] = 2;
  expect_bad(run({"conform", "mma", folder.write("f.json", frozen.dump())}), "field D_b200");
}

TEST(ConformMma, BadFilesAreNamedWithTheField) {
  const Folder folder;
  const auto bad = [&](const std::function<void(TileFile&)>& spoil, const std::string& what) {
    TileFile file;
    spoil(file);
    SCOPED_TRACE(what);
    const Seen seen = run({"conform", "mma", file.write(folder)});
    expect_bad(seen, what);
    EXPECT_THAT(seen.err, HasSubstr(folder.path("t")));
  };
  bad([](TileFile& f) { f.header["sha256"] = digest("other"); }, "field sha256");
  bad([](TileFile& f) { f.header.erase("sha256"); }, "field sha256 is missing");
  bad([](TileFile& f) { f.header["endianness"] = "big"; }, "field endianness must be little");
  bad([](TileFile& f) { f.bin += "x"; }, "has 115 bytes");
  bad([](TileFile& f) { f.bin.clear(); }, "has 0 bytes");
  bad([](TileFile& f) { f.header["tiles"] = 2; }, "category_per_tile");
  bad([](TileFile& f) { f.header.erase("category_per_tile"), f.header["tiles"] = 2; }, "228");
  bad([](TileFile& f) { f.header["tiles"] = -1; }, "field tiles");
  bad([](TileFile& f) { f.header["tiles"] = 1e18; }, "field tiles");
  bad([](TileFile& f) { f.header["m"] = 3; }, "3 x 16");
  bad([](TileFile& f) { f.header.erase("k"); }, "field k is missing");
  bad([](TileFile& f) { f.header.erase("types"); }, "field types is missing");
  bad([](TileFile& f) { f.header["types"]["A"] = "e9m9"; }, "field A is no known type");
  bad([](TileFile& f) { f.header["types"]["B"] = "f32"; }, "words of 2 bytes in B");
  bad([](TileFile& f) { f.header["types"]["C"] = "f16"; }, "types.C");
  bad([](TileFile& f) { f.header["instruction"] = "sm999_mma"; }, "--unit");
  bad([](TileFile& f) { f.header["instruction"] = 7; }, "field instruction");
  bad([](TileFile& f) { f.header["fields"][1]["offset"] = 100; }, "beyond the tile's");
  bad([](TileFile& f) { f.header["fields"][1]["offset"] = 60; }, "puts it into A");
  bad([](TileFile& f) { f.header["fields"].erase(2); }, "has no field C");
  bad([](TileFile& f) { f.header["fields"] = 3; }, "field fields");
  bad([](TileFile& f) { f.header.erase("fields"); }, "no file of matrix products");
  expect_bad(run({"conform", "mma"}), "missing");
  expect_bad(run({"conform", "mma", folder.path("none.json")}), "none.json");
  expect_bad(run({"conform", "mma", folder.write("x.json", "{")}), "malformed JSON");
  const Folder empty;
  expect_bad(run({"conform", "mma", empty.path("")}), "ends in .json");
}

// Every unit, by a model in fractions that shares nothing with ours.
TEST(ConformMma, OurOwnVectors) {
  const Seen seen = run({"conform", "mma", MXSCOPE_TEST_DATA "/vectors/mma", "--json"});
  ASSERT_EQ(seen.code, 0) << seen.err;
  EXPECT_EQ(seen.json().at("mismatches"), 0);
  EXPECT_GE(seen.json().at("files").size(), 70u);
}

// Outputs of eight GPUs, 57 words of B200, and every instruction of another model.
class ConformMmaVectorsMedium : public testing::TestWithParam<const char*> {};

TEST_P(ConformMmaVectorsMedium, EveryUncontestedOutputMatches) {
  const char* const root = std::getenv("MXSCOPE_VECTORS");
  if (root == nullptr || *root == '\0')
    GTEST_SKIP() << "set MXSCOPE_VECTORS to the directory that holds " << GetParam() << "/";
  const std::string folder = std::string(root) + "/" + GetParam();
  const Seen seen = run({"conform", "mma", folder, "--json"});
  ASSERT_EQ(seen.code, 0) << run({"conform", "mma", folder}).out << seen.err;
  const json found = seen.json();
  EXPECT_EQ(found.at("mismatches"), 0);
  EXPECT_GT(found.at("outputs"), 40000);
  EXPECT_GT(found.at("files").size(), 48u);
}

INSTANTIATE_TEST_SUITE_P(Folders, ConformMmaVectorsMedium,
                         testing::Values("silicon", "tensor_core"));

}  // namespace
}  // namespace mxscope::reports
