// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// .npy files: what is read, what is refused and in which words.
#include "reports/npy.h"

#include "tests/reports/tensor_bytes.h"

namespace mxscope::reports {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Npy, ReadsEveryTypeAndVersion) {
  const std::vector<std::pair<std::string, DType>> types = {
      {"<f8", DType::kF64}, {"<f4", DType::kF32}, {"<f2", DType::kF16}, {"<c8", DType::kC64},
      {"|u1", DType::kU8},  {"|i1", DType::kI8},  {"<u2", DType::kU16}, {"<i2", DType::kI16},
      {"<u4", DType::kU32}, {"<i4", DType::kI32}, {"<u8", DType::kU64}, {"<i8", DType::kI64},
      {"|b1", DType::kBool}};
  for (const auto& [descr, dtype] : types) {
    const auto size = static_cast<std::size_t>(bits_per_element(dtype)) / 8 * 6;
    const std::string bytes = npy_of(descr, "(2, 3)", std::string(size, 'x'));
    const TensorFile file = TensorFile::parse(as_bytes(bytes), "to/the.weights.npy");
    ASSERT_EQ(file.tensors().size(), 1u);
    EXPECT_EQ(file.tensors()[0].name, "the.weights");
    EXPECT_EQ(file.tensors()[0].dtype, dtype) << descr;
    EXPECT_THAT(file.tensors()[0].shape, ElementsAre(2, 3));
    EXPECT_EQ(file.tensors()[0].data.size(), size);
  }
  const std::string dict = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}  \n";
  for (const int version : {1, 2, 3}) EXPECT_EQ(problem(npy(dict, "ab", version)), "");
}

TEST(Npy, ReadsScalarsEmptyArraysAndOtherSpellings) {
  const std::string scalar = npy_of("<f4", "()", "abcd");
  EXPECT_THAT(TensorFile::parse(as_bytes(scalar), "s.npy").find("s").shape, IsEmpty());
  EXPECT_EQ(problem(npy_of("<f4", "(3, 0)", "")), "");
  EXPECT_EQ(problem(npy_of("<f4", "(1L, 1L)", "abcd")), "");
  EXPECT_EQ(problem(npy(R"({"shape":(1,),"descr":"<f4","fortran_order":True})", "abcd")), "");
  EXPECT_EQ(problem(npy("{'descr': '<f4', 'fortran_order': True, 'shape': ()}", "abcd")), "");
}

TEST(Npy, RefusesOtherArraysWithTheFix) {
  EXPECT_EQ(problem(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1)}", "abcd")),
            "file: field 'fortran_order' is True: the first dimension is the contiguous one; save "
            "numpy.ascontiguousarray(x)");
  EXPECT_THAT(problem(npy_of("|O", "(1,)", "abcd")),
              AllOf(HasSubstr("Python objects"), HasSubstr("x.astype(")));
  EXPECT_THAT(problem(npy_of(">f4", "(1,)", "abcd")),
              AllOf(HasSubstr("big-endian"), HasSubstr("newbyteorder('<')")));
  for (const std::string descr : {"<V2", "|V1", "<V1", "<f1"})  // as ml_dtypes arrays are saved
    EXPECT_THAT(
        problem(npy_of(descr, "(1,)", "ab")),
        AllOf(HasSubstr("ml_dtypes"), HasSubstr(".safetensors"), HasSubstr("numpy.uint16")));
  EXPECT_THAT(problem(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}")),
              AllOf(HasSubstr("structured"), HasSubstr("x['name']")));
  for (const std::string descr : {"<f16", "<U3", "|S3", "<M8[ns]", "", "f", "=f4"})
    EXPECT_THAT(problem(npy_of(descr, "(1,)", "ab")),
                HasSubstr("field 'descr' is '" + descr + "'; save a type of <f8, <f4"));
}

TEST(Npy, RefusesBadHeaders) {
  const std::string d = "'descr': '|u1'", f = "'fortran_order': False", s = "'shape': (1,)";
  const auto dict = [](const std::string& a, const std::string& b, const std::string& c) {
    return npy("{" + a + ", " + b + ", " + c + "}\n", "x");
  };
  EXPECT_EQ(problem(dict(s, f, d)), "");
  EXPECT_THAT(problem(npy("{" + f + ", " + s + "}", "x")), HasSubstr("field 'descr' is missing"));
  EXPECT_THAT(problem(npy("{" + d + ", " + s + "}", "x")), HasSubstr("'fortran_order' is missing"));
  EXPECT_THAT(problem(npy("{" + d + ", " + f + ",}", "x")), HasSubstr("'shape' is missing"));
  EXPECT_THAT(problem(npy("{" + d + ", " + d + "}", "x")), HasSubstr("stands in the header twice"));
  EXPECT_THAT(problem(dict(d, f, "'more': 1")), HasSubstr("field 'more' is not one of"));
  EXPECT_THAT(problem(dict(d, f, "'shape': (1)")), HasSubstr("'shape' is not a tuple"));
  EXPECT_THAT(problem(dict(d, f, "'shape': [1]")), HasSubstr("'shape' is not a tuple"));
  EXPECT_THAT(problem(dict(d, f, "'shape': (-1,)")), HasSubstr("non-negative"));
  EXPECT_THAT(problem(dict(d, f, "'shape': (1.0,)")), HasSubstr("'shape' is not a tuple"));
  EXPECT_THAT(problem(dict(d, f, "'shape': (,)")), HasSubstr("non-negative"));
  EXPECT_THAT(problem(dict(d, f, "'shape': (18446744073709551616,)")), HasSubstr("beyond 2^64-1"));
  EXPECT_THAT(problem(dict(d, f, "'shape': (4294967296, 4294967296)")), HasSubstr("64-bit"));
  EXPECT_THAT(problem(dict(d, "'fortran_order': 0", s)), HasSubstr("neither True nor False"));
  EXPECT_THAT(problem(dict("'descr': <f4", f, s)), HasSubstr("byte 11 of the header"));
  EXPECT_THAT(problem(dict("'descr: ", f, s)), HasSubstr("of the header"));
  EXPECT_THAT(problem(npy("{" + d + ", " + f + ", " + s + "} 1", "x")), HasSubstr("of the header"));
  EXPECT_THAT(problem(npy("")), HasSubstr("byte 1 of the header"));
  EXPECT_THAT(problem(npy("{", "x", 4)), HasSubstr("version 4.0 is none of"));
  EXPECT_THAT(problem(std::string("\x93NUMPY\2\0\0\0\0\1", 12)), HasSubstr("header's length"));
  EXPECT_THAT(problem(npy_of("|u1", "(2,)", "x")), HasSubstr("1 bytes of data where"));
  EXPECT_THAT(problem(npy_of("|u1", "(2,)", "xyz")), HasSubstr("1 bytes after the array"));
}

}  // namespace
}  // namespace mxscope::reports
