// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tensor files that are written: byte for byte, whole or not at all.
#include "reports/tensor_writer.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <functional>

#include "spec/error.h"
#include "tests/reports/program_run.h"
#include "tests/reports/tensor_bytes.h"

namespace mxscope::reports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

/// While it lives, files cannot grow beyond `size` bytes, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now = {.rlim_cur = size, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_ = {};
};

const std::vector<TensorInfo> kTensors = {{"z", DType::kF4, {2, 3}},
                                          {"none", DType::kBf16, {0, 7}},
                                          {"a \"b\"\n\u00eb", DType::kU16, {}}};

TEST(TensorWriter, WritesWhatTheReaderReads) {
  const Folder folder;
  const std::string path = folder.path("out.safetensors");
  TensorWriter writer(path, kTensors, {{"recipe", "nvfp4"}, {"by", "mxscope"}});
  EXPECT_EQ(writer.missing_bytes(), 5u);
  writer.append(as_bytes("01"));
  writer.append({});
  writer.append(as_bytes("2a"));  // ends in the third tensor
  writer.append(as_bytes("b"));
  EXPECT_EQ(writer.missing_bytes(), 0u);
  EXPECT_FALSE(std::filesystem::exists(path));
  writer.finish();
  EXPECT_THAT(folder.names(), ElementsAre("out.safetensors"));

  const TensorFile file(path);
  EXPECT_THAT(file.metadata(), ElementsAre(Pair("by", "mxscope"), Pair("recipe", "nvfp4")));
  ASSERT_EQ(file.tensors().size(), kTensors.size());
  const char* data[] = {"012", "", "ab"};
  for (std::size_t i = 0; i < kTensors.size(); ++i) {
    EXPECT_EQ(file.tensors()[i].name, kTensors[i].name);
    EXPECT_EQ(file.tensors()[i].dtype, kTensors[i].dtype);
    EXPECT_EQ(file.tensors()[i].shape, kTensors[i].shape);
    EXPECT_EQ(as_text(file.tensors()[i].data), data[i]);
  }
}

TEST(TensorWriter, TheHeaderIsAlignedAndInTheOrderGiven) {
  const Folder folder;
  const std::vector<TensorInfo> tensors = {{"b", DType::kU8, {1}}, {"a", DType::kF32, {2, 0}}};
  TensorWriter writer(folder.path("out"), tensors);
  writer.append(as_bytes("x"));
  writer.finish();
  const std::string header = R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("a":{"dtype":"F32","shape":[2,0],"data_offsets":[1,1]}})";
  const std::string bytes = contents(folder.path("out"));
  const auto length = static_cast<unsigned char>(bytes[0]);
  EXPECT_EQ(length % 8, 0);
  EXPECT_EQ(bytes.substr(1, 7), std::string(7, '\0'));
  EXPECT_EQ(bytes.substr(8), header + std::string(length - header.size(), ' ') + "x");
}

TEST(TensorWriter, AFileOfNoTensors) {
  const Folder folder;
  TensorWriter(folder.path("out"), {}).finish();
  EXPECT_EQ(contents(folder.path("out")), std::string("\x8\0\0\0\0\0\0\0{}      ", 16));
}

TEST(TensorWriter, UnfinishedFilesLeaveNothing) {
  const Folder folder;
  {
    TensorWriter writer(folder.path("out"), kTensors);
    writer.append(as_bytes("01"));
    EXPECT_THAT(refusal([&] { writer.finish(); }), HasSubstr("3 bytes of its tensors are missing"));
  }
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(TensorWriter, MoreBytesThanTensorsAreRefused) {
  const Folder folder;
  TensorWriter writer(folder.path("out"), kTensors);
  writer.append(as_bytes("0123"));
  EXPECT_THAT(refusal([&] { writer.append(as_bytes("45")); }),
              HasSubstr("2 bytes where its tensors have 1 left"));
  EXPECT_THAT(folder.names(), IsEmpty());
  EXPECT_THAT(refusal([&] { writer.append(as_bytes("4")); }), HasSubstr("finished or failed"));
  EXPECT_THAT(refusal([&] { writer.finish(); }), HasSubstr("finished or failed"));
}

TEST(TensorWriter, AFullDiskIsAnErrorAndLeavesNothing) {
  const Folder folder;
  const std::string path = folder.path("out");
  const std::vector<TensorInfo> tensors = {{"t", DType::kU8, {100000}}};
  const std::string data(50000, 'x');
  TensorWriter writer(path, tensors);
  {
    const FileSizeLimit limit(60000);
    writer.append(as_bytes(data));
    EXPECT_THAT(refusal([&] { writer.append(as_bytes(data)); }),
                HasSubstr("cannot write " + path + ": File too large"));
    EXPECT_THAT(folder.names(), IsEmpty());
    const std::vector<std::uint64_t> shape = {2, 50000};
    EXPECT_THAT(refusal([&] { write_npy(path, DType::kU8, shape, as_bytes(data + data)); }),
                HasSubstr("cannot write " + path + ": File too large"));
  }
  EXPECT_THAT(folder.names(), IsEmpty());
  EXPECT_THAT(refusal([&] { TensorWriter("/dev/full", tensors); }),
              HasSubstr("cannot write /dev/full: No space left on device"));
  EXPECT_THAT(refusal([&] { TensorWriter(folder.path("no/out"), tensors); }),
              HasSubstr("No such file or directory"));
}

TEST(TensorWriter, RefusesWhatTheFormatCannotHold) {
  const Folder folder;
  const auto problem = [&](const std::vector<TensorInfo>& tensors) {
    return refusal([&] { TensorWriter(folder.path("out"), tensors); });
  };
  EXPECT_THAT(problem({{"a", DType::kU8, {1}}, {"a", DType::kU8, {1}}}),
              HasSubstr("the name 'a' is taken"));
  EXPECT_THAT(problem({{"__metadata__", DType::kU8, {1}}}), HasSubstr("is taken"));
  EXPECT_THAT(problem({{"\xff", DType::kU8, {1}}}), HasSubstr("is not UTF-8"));
  EXPECT_THAT(problem({{"a", DType::kF4, {3}}}), HasSubstr("tensor 'a': shape [3] of F4 is 12"));
  EXPECT_THAT(problem({{"a", DType::kU8, {std::uint64_t{1} << 61}}}), HasSubstr("64-bit"));
  std::vector<TensorInfo> long_name(1);
  long_name[0].name.assign(100'000'001, 'n');
  EXPECT_THAT(problem(long_name), HasSubstr("the format's limit"));
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(WriteNpy, WritesNumpysLayout) {
  const Folder folder;
  const std::string path = folder.path("x.npy");
  const std::vector<std::uint64_t> shape = {3};
  write_npy(path, DType::kU16, shape, as_bytes("abcdef"));
  const std::string dict = "{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }";
  const std::string start("\x93NUMPY\1\0\x76\0", 10);
  EXPECT_EQ(contents(path), start + dict + std::string(117 - dict.size(), ' ') + "\nabcdef");
}

TEST(WriteNpy, WritesWhatTheReaderReads) {
  const Folder folder;
  const std::string path = folder.path("x.npy");
  const auto round_trip = [&](DType dtype, const std::vector<std::uint64_t>& shape) {
    const std::string data(byte_count(dtype, shape, "test"), 'x');
    write_npy(path, dtype, shape, as_bytes(data));
    const TensorFile file(path);
    EXPECT_EQ(file.find("x").dtype, dtype);
    EXPECT_EQ(file.find("x").shape, shape);
    EXPECT_EQ(as_text(file.find("x").data), data);
    EXPECT_EQ((std::filesystem::file_size(path) - data.size()) % 64, 0u);
  };
  int refused = 0;
  for (const DType dtype : all_dtypes()) {
    const std::string problem = refusal([&] { round_trip(dtype, {1, 4}); });
    if (problem.empty()) continue;
    EXPECT_THAT(problem, HasSubstr("numpy has no type for"));
    ++refused;
  }
  EXPECT_EQ(refused, 9);  // BF16 and all of 8 bits and less but the integers and BOOL
  const std::vector<std::vector<std::uint64_t>> shapes = {
      {}, {2}, {0}, {3, 0, 4}, std::vector<std::uint64_t>(30000, 1)};  // the last needs version 2
  for (const auto& shape : shapes) round_trip(DType::kF32, shape);
}

TEST(WriteNpy, RefusesOtherSizesAndTypes) {
  const Folder folder;
  const std::vector<std::uint64_t> shape = {2};
  EXPECT_THAT(refusal([&] { write_npy(folder.path("x"), DType::kU8, shape, as_bytes("a")); }),
              HasSubstr("1 bytes where its shape has 2"));
  EXPECT_THAT(refusal([&] { write_npy(folder.path("x"), DType::kBf16, shape, as_bytes("abcd")); }),
              HasSubstr("numpy has no type for BF16; write .safetensors"));
  EXPECT_THAT(folder.names(), IsEmpty());
}

}  // namespace
}  // namespace mxscope::reports
