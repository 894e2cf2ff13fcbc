// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tensor files: what is read, what is refused and in which words.
#include "reports/tensor_file.h"

#include <gmock/gmock.h>

#include <fstream>

#include "spec/error.h"
#include "tests/reports/program_run.h"
#include "tests/reports/tensor_bytes.h"

namespace mxscope::reports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const std::string kTwo = R"({"__metadata__":{"format":"pt","by":"Zo\u00eb"},)"
                         R"("b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]},)"
                         R"("a":{"dtype":"F16","shape":[2,1],"data_offsets":[0,4]}}   )";

TEST(Safetensors, ListsTensorsInTheOrderOfTheirBytes) {
  const std::string bytes = safetensors(kTwo, "0123456");
  const TensorFile file = TensorFile::parse(as_bytes(bytes), "two");
  ASSERT_EQ(file.tensors().size(), 2u);
  const TensorView& a = file.tensors()[0];
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.dtype, DType::kF16);
  EXPECT_THAT(a.shape, ElementsAre(2, 1));
  EXPECT_EQ(a.element_count(), 2u);
  EXPECT_EQ(as_text(a.data), "0123");
  EXPECT_EQ(as_text(file.find("b").data), "456");
  EXPECT_THAT(file.metadata(), ElementsAre(Pair("by", "Zo\u00eb"), Pair("format", "pt")));
}

TEST(Safetensors, ScalarsAndEmptyTensorsAndNoTensors) {
  const std::string bytes =
      safetensors(R"({"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                  R"("end":{"dtype":"F4","shape":[3,0,5],"data_offsets":[4,4]},)"
                  R"("start":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}})",
                  "abcd");
  const TensorFile file = TensorFile::parse(as_bytes(bytes), "file");
  EXPECT_EQ(file.tensors()[0].name, "start");
  EXPECT_EQ(file.tensors()[1].name, "s");
  EXPECT_EQ(file.tensors()[1].element_count(), 1u);
  EXPECT_EQ(file.tensors()[2].name, "end");
  EXPECT_EQ(file.tensors()[2].element_count(), 0u);
  EXPECT_THAT(file.tensors()[2].data, IsEmpty());
  const std::string none = safetensors("{}");
  EXPECT_THAT(TensorFile::parse(as_bytes(none), "file").tensors(), IsEmpty());
}

TEST(Safetensors, EveryTypeHasItsSize) {
  for (const DType dtype : all_dtypes()) {
    EXPECT_EQ(find_dtype(dtype_name(dtype)), dtype);
    const auto size = static_cast<std::size_t>(bits_per_element(dtype));  // bytes of 8 elements
    const std::string header = R"({"t":{"dtype":")" + std::string(dtype_name(dtype)) +
                               R"(","shape":[2,4],"data_offsets":[0,)" + std::to_string(size) +
                               "]}}";
    const std::string bytes = safetensors(header, std::string(size, 'x'));
    EXPECT_EQ(TensorFile::parse(as_bytes(bytes), "file").find("t").data.size(), size);
    EXPECT_NE(problem(bytes + "x"), "");
  }
}

TEST(Safetensors, AnUnknownNameIsAnsweredWithNearOnes) {
  const std::string bytes = safetensors(kTwo, "0123456");
  const TensorFile file = TensorFile::parse(as_bytes(bytes), "two.safetensors");
  try {
    file.find("bb");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "two.safetensors: unknown tensor 'bb'; did you mean b, a?");
  }
}

/// A file of one tensor 't' whose description is `fields`, with four bytes of data.
std::string one(const std::string& fields) {
  return safetensors(R"({"t":{)" + fields + "}}", "wxyz");
}

TEST(Safetensors, RefusesBadFrames) {
  EXPECT_EQ(problem(""),
            "file has 0 bytes, too few for a .safetensors or .npy file; the file is incomplete, "
            "so copy it again");
  EXPECT_THAT(problem(little_endian(0, 8)), HasSubstr("byte 1 of the header is not as JSON"));
  EXPECT_THAT(problem(little_endian(3, 8) + "{}"), HasSubstr("the header's 3 bytes go beyond"));
  EXPECT_THAT(problem(little_endian(~std::uint64_t{0}, 8) + "{}"), HasSubstr("100000000"));
  EXPECT_THAT(problem(little_endian(100'000'001, 8) + "{}"), HasSubstr("100000000"));
  EXPECT_THAT(problem("float32 weights"), HasSubstr("is neither .safetensors"));
  EXPECT_THAT(problem(safetensors(" {}")), HasSubstr("is neither .safetensors"));
  EXPECT_THAT(problem("PK\x03\x04 and more"), HasSubstr("zip archive"));
}

TEST(Safetensors, RefusesBadJson) {
  const std::string is_bad = "of the header is not as JSON in UTF-8 has it";
  EXPECT_THAT(problem(safetensors("{")), HasSubstr("byte 2 " + is_bad));
  EXPECT_THAT(problem(safetensors("{}}")), HasSubstr("byte 3 " + is_bad));
  EXPECT_THAT(problem(safetensors("{},")), HasSubstr(is_bad));
  EXPECT_THAT(problem(safetensors(std::string("{}\0", 3))), HasSubstr("byte 3 " + is_bad));
  EXPECT_THAT(problem(safetensors("{\"__metadata__\":{\"a\":\"\xff\"}}")), HasSubstr(is_bad));
  EXPECT_THAT(problem(safetensors(R"({"__metadata__":{"a":"\ud800"}})")), HasSubstr(is_bad));
  EXPECT_THAT(problem(safetensors("{\"__metadata__\":{},}")), HasSubstr(is_bad));
  EXPECT_THAT(problem(safetensors("{/* */}")), HasSubstr(is_bad));
  EXPECT_THAT(problem(one(R"("dtype":"U8","shape":[4],"data_offsets":[0,4e999])")),
              HasSubstr(is_bad));
  EXPECT_THAT(problem(safetensors(R"({"t":{"shape":)" + std::string(100000, '['))),
              HasSubstr("field 'shape' is not an array of integers"));
}

TEST(Safetensors, RefusesNamesGivenTwice) {
  EXPECT_THAT(problem(safetensors(R"({"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                                  R"("\u0074":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})")),
              HasSubstr("file: tensor 't' stands in the header twice"));
  EXPECT_THAT(problem(safetensors(R"({"__metadata__":{},"__metadata__":{}})")),
              HasSubstr("'__metadata__' stands in the header twice"));
  EXPECT_THAT(problem(safetensors(R"({"__metadata__":{"k":"1","k":"2"}})")),
              HasSubstr("'__metadata__': field 'k' stands there twice"));
  EXPECT_THAT(problem(one(R"("dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4])")),
              HasSubstr("tensor 't': field 'dtype' stands there twice"));
}

TEST(Safetensors, RefusesWrongAndMissingAndUnknownFields) {
  EXPECT_THAT(problem(safetensors(R"({"t":[]})")), HasSubstr("tensor 't' is not a JSON object"));
  EXPECT_THAT(problem(safetensors(R"({"__metadata__":null})")), HasSubstr("not a JSON object"));
  EXPECT_THAT(problem(safetensors(R"({"__metadata__":{"k":1}})")),
              HasSubstr("'__metadata__': field 'k' is not a string"));
  EXPECT_THAT(problem(one(R"("shape":[4],"data_offsets":[0,4])")),
              HasSubstr("tensor 't': field 'dtype' is missing"));
  EXPECT_THAT(problem(one(R"("dtype":"U8","data_offsets":[0,4])")),
              HasSubstr("'shape' is missing"));
  EXPECT_THAT(problem(one(R"("dtype":"U8","shape":[4])")), HasSubstr("'data_offsets' is missing"));
  EXPECT_THAT(problem(one(R"("dtype":"U8","shape":[4],"data_offsets":[0,4],"more":1)")),
              HasSubstr("field 'more' is not one of"));
  EXPECT_THAT(problem(one(R"("dtype":8,"shape":[4],"data_offsets":[0,4])")),
              HasSubstr("field 'dtype' is not a string"));
  EXPECT_THAT(problem(one(R"("dtype":"F8_E4M4","shape":[4],"data_offsets":[0,4])")),
              HasSubstr("file: tensor 't': unknown dtype 'F8_E4M4'; did you mean F8_E4M3"));
  for (const std::string shape :
       {"4", "\"4\"", "[-4]", "[4.0]", "[true]", "[null]", "[[4]]", "{}", "[18446744073709551616]"})
    EXPECT_THAT(problem(one(R"("dtype":"U8","data_offsets":[0,4],"shape":)" + shape)),
                HasSubstr("field 'shape' is not an array of integers from 0 to 2^64-1"))
        << shape;
  EXPECT_THAT(problem(one(R"("dtype":"U8","shape":[4],"data_offsets":[4])")),
              HasSubstr("field 'data_offsets' has 1 numbers"));
}

TEST(Safetensors, RefusesBadLayouts) {
  EXPECT_THAT(problem(one(R"("dtype":"U8","shape":[0],"data_offsets":[4,0])")),
              HasSubstr("'data_offsets' [4, 0] ends before it begins"));
  EXPECT_THAT(problem(one(R"("dtype":"U8","shape":[3],"data_offsets":[0,4])")),
              HasSubstr("has 4 bytes where dtype and shape have 3"));
  EXPECT_THAT(problem(one(R"("dtype":"U8","shape":[5],"data_offsets":[0,5])")),
              HasSubstr("goes beyond the 4 bytes of data; the file is incomplete"));
  EXPECT_THAT(problem(one(R"("dtype":"U8","shape":[3],"data_offsets":[0,3])")),
              HasSubstr("1 bytes after the last tensor belong to none"));
  EXPECT_THAT(problem(one(R"("dtype":"U8","shape":[3],"data_offsets":[1,4])")),
              HasSubstr("leaves a gap after byte 0"));
  EXPECT_THAT(problem(safetensors(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                                  R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
                                  "wxyz")),
              HasSubstr("tensor 'b': field 'data_offsets' [2, 4] overlaps the tensor before it"));
  EXPECT_THAT(problem(one(R"("dtype":"F4","shape":[7],"data_offsets":[0,4])")),
              HasSubstr("tensor 't': shape [7] of F4 is 28 bits, not whole bytes"));
  for (const std::string shape : {"4294967296,4294967296", "2305843009213693952",
                                  "0,9223372036854775808,9223372036854775808"})
    EXPECT_THAT(problem(one(R"("dtype":"U8","data_offsets":[0,4],"shape":[)" + shape + "]")),
                HasSubstr("more bits than 64-bit sizes count"));
}

TEST(Safetensors, NamesInErrorsAreShortAndOnOneLine) {
  const std::string name = "line\\nbreak" + std::string(70, 'x') + "\u00eb" + std::string(100, 'y');
  const std::string text = problem(safetensors("{\"" + name + "\":1}"));
  EXPECT_THAT(text, HasSubstr("tensor 'line?break" + std::string(70, 'x') + "...' is not"));
}

TEST(TensorFile, AFileCutAnywhereIsRefused) {
  const std::string files[] = {safetensors(kTwo, "0123456"), npy_of("<u2", "(1, 3)", "012345")};
  for (const std::string& bytes : files) {
    EXPECT_EQ(problem(bytes), "");
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_NE(problem(bytes.substr(0, size)), "") << size;
  }
}

TEST(TensorFile, AFileWithAnyByteChangedIsReadOrRefused) {
  const std::string files[] = {safetensors(kTwo, "0123456"), npy_of("<u2", "(1, 3)", "012345")};
  for (std::string bytes : files) {
    for (char& c : bytes) {
      const char before = c;
      for (const char other : {'\0', '\xff', '"', '\'', '{', '}', '9'}) {
        c = other;
        problem(bytes);
      }
      c = before;
    }
  }
}

TEST(TensorFile, OpensFilesByContent) {
  const Folder folder;
  const TensorFile st(folder.write("a.npy", safetensors(kTwo, "0123456")));
  EXPECT_EQ(as_text(st.find("b").data), "456");
  EXPECT_EQ(st.path(), folder.path("a.npy"));
  TensorFile moved = TensorFile(folder.write("b.safetensors", npy_of("|u1", "(2,)", "xy")));
  const TensorFile np = std::move(moved);
  EXPECT_EQ(as_text(np.find("b").data), "xy");
}

TEST(TensorFile, NamesTheFileThatCannotBeOpened) {
  const auto refusal = [](const std::string& path) -> std::string {
    try {
      const TensorFile file(path);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const Folder folder;
  EXPECT_EQ(refusal(folder.path("none")),
            "cannot read " + folder.path("none") + ": No such file or directory");
  EXPECT_THAT(refusal(folder.path("")), HasSubstr("it is a folder"));
  EXPECT_THAT(refusal("/dev/null"), HasSubstr("it is a pipe or device"));
  EXPECT_THAT(refusal(folder.write("empty", "")), HasSubstr("has 0 bytes"));
}

/// The memory that this process's files take, from /proc; 0 when the system does not say.
std::size_t resident_file_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssFile:")) return std::stoul(line.substr(8));
  return 0;
}

TEST(TensorFile, ReleasedBytesTakeNoMemoryAndCanBeReadAgain) {
  constexpr std::size_t kSize = std::size_t{48} << 20;
  constexpr std::size_t kPiece = 1'000'003;  // not of whole pages
  constexpr std::size_t kAllowedKib = 12 << 10;
  const Folder folder;
  const std::string path = folder.write(
      "large", safetensors(R"({"t":{"dtype":"U8","shape":[50331648],"data_offsets":[0,50331648]}})",
                           "first"));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 5 + kSize);
  const TensorFile file(path);
  const TensorView& t = file.find("t");
  const std::size_t before = resident_file_kib();
  if (before == 0) GTEST_SKIP() << "no RssFile in /proc/self/status";
  std::size_t most = before;
  int sum = 0;
  for (std::size_t at = 0; at < kSize; at += kPiece) {
    for (std::size_t i = at; i < std::min(at + kPiece, kSize); i += 512)
      sum += std::to_integer<int>(t.data[i]);
    most = std::max(most, resident_file_kib());
    file.release(t, at, kPiece);
  }
  EXPECT_EQ(sum, 'f');
  EXPECT_LT(most, before + kAllowedKib);
  EXPECT_LT(resident_file_kib(), before + kAllowedKib);
  EXPECT_EQ(as_text(t.data.first(5)), "first");
  file.release(t, kSize + 1, ~std::uint64_t{0});
  file.release(t, 0, ~std::uint64_t{0});
  EXPECT_EQ(as_text(t.data.first(5)), "first");
}

TEST(MappedFile, AFileThatIsShortenedMeanwhileIsAnError) {
  const Folder folder;
  const std::string path = folder.write("x", std::string(1 << 20, 'a'));
  const MappedFile file(path);
  EXPECT_EQ(file.bytes().front(), std::byte{'a'});
  std::filesystem::resize_file(path, 100);
  file.check();
  EXPECT_EQ(file.bytes().back(), std::byte{0});
  EXPECT_EQ(file.bytes()[1 << 19], std::byte{0});
  try {
    file.release(0, 1 << 20);
    FAIL() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr(path + " became shorter while it was read"));
  }
  // The next mapping starts afresh.
  const MappedFile other(folder.write("y", std::string(1 << 20, 'b')));
  EXPECT_EQ(other.bytes().back(), std::byte{'b'});
  other.check();
}

}  // namespace
}  // namespace mxscope::reports
