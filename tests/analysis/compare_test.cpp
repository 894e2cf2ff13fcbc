// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/compare.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "analysis/text_lines.h"
#include "tests/analysis/vector_files.h"

namespace mxscope::analysis {
namespace {

Comparison compare(const std::string& a, const std::string& b,
                   Compared compared = Compared::kCodes) {
  return compare_conversions(spec::find_conversion(a), spec::find_conversion(b), compared);
}

using Fields = std::vector<std::string>;

TEST(Compare, FindsNothingBetweenAConversionAndItself) {
  const Comparison c = compare("nv_e4m3_sat", "nv_e4m3_sat");
  EXPECT_TRUE(c.differences.empty());
  EXPECT_TRUE(c.fields.empty());
  EXPECT_EQ(c.differing(), 0U);
}

TEST(Compare, NamesTheFieldOfEachClass) {
  const Comparison c = compare("nv_e4m3_sat", "ml_float8_e4m3fn");
  ASSERT_EQ(c.differences.size(), 5U);
  EXPECT_EQ(c.differences[0].input_class, "+finite");
  EXPECT_EQ(c.differences[0].fields, Fields{"overflow"});
  EXPECT_EQ(c.differences[0].first, 0x43e80001U);
  EXPECT_EQ(c.differences[0].first_a, (spec::Outcome{0x7e, false}));
  EXPECT_EQ(c.differences[0].first_b, (spec::Outcome{0x7f, false}));
  EXPECT_EQ(c.differences[1].fields, Fields{"overflow"});
  EXPECT_EQ(c.differences[2].input_class, "+inf");
  EXPECT_EQ(c.differences[2].fields, Fields{"infinity"});
  EXPECT_EQ(c.differences[4].input_class, "-nan");
  EXPECT_EQ(c.differences[4].fields, Fields{"nan_sign"});
  EXPECT_EQ(c.differences[4].inputs, (1U << 23) - 1);
}

TEST(Compare, NamesTwoFieldsWhereOneIsNotEnough) {
  // PTX toward zero saturates; ml_dtypes' truncation overflows in spite of the direction.
  const Comparison c = compare("nv_e8m0_rz_sat", "ml_float8_e8m0fnu_trunc");
  for (const Difference& d : c.differences)
    if (d.input_class == "-finite") {
      EXPECT_EQ(d.fields, (Fields{"negative", "zero"}));
    }
}

TEST(Compare, ARunEndsWithItsClass) {
  for (const Difference& d : compare("nv_e4m3_sat", "ml_float8_e4m3fn").differences) {
    if (d.input_class == "+finite") {
      EXPECT_EQ(d.run_last, 0x7f7fffffU);
    }
    if (d.input_class == "+inf") {
      EXPECT_EQ(d.run_last, 0x7f800000U);
    }
  }
}

TEST(Compare, ComparesCodesOrValuesOfTwoFormats) {
  const Comparison codes = compare("ml_float6_e2m3fn_trunc", "ml_float6_e3m2fn_trunc");
  EXPECT_FALSE(codes.same_format);
  EXPECT_EQ(codes.differing(), 142606336U);
  EXPECT_TRUE(codes.differences[0].fields.empty());
  const Comparison values =
      compare("ml_float6_e2m3fn_trunc", "ml_float6_e3m2fn_trunc", Compared::kValues);
  // From 7.5 on E2M3 is at its largest value, which E3M2 does not have at all.
  EXPECT_GT(values.differing(), 2U * (0x7f800000U - 0x40f00000U) - 2);
}

TEST(CompareMedium, EveryRowOfTheExhaustiveMatrix) {
  MXSCOPE_NEEDS_VECTORS();
  std::ifstream in(vector_directory() / "exhaustive_matrix.tsv");
  ASSERT_TRUE(in);
  std::string line;
  std::size_t rows = 0;
  while (std::getline(in, line)) {
    const auto cells = split(line, '\t');
    ASSERT_EQ(cells.size(), 7U) << line;
    const Comparison c = compare(std::string(cells[1]), std::string(cells[2]));
    std::uint64_t finite = 0;
    std::uint64_t infinite = 0;
    std::uint64_t nan = 0;
    const Difference* first = nullptr;
    for (const Difference& d : c.differences) {
      const std::string kind = d.input_class.substr(1);
      (kind == "finite" ? finite : kind == "inf" ? infinite : nan) += d.inputs;
      if (kind == "finite" && first == nullptr) first = &d;
      EXPECT_NE(c.same_format, d.fields.empty()) << line;
    }
    EXPECT_EQ(cells[3], fmt::format("finite={}", finite)) << line;
    EXPECT_EQ(cells[4], fmt::format("inf={}", infinite)) << line;
    EXPECT_EQ(cells[5], fmt::format("nan={}", nan)) << line;
    std::string run;
    if (first != nullptr) {
      // The file's runs begin anew with every 2^24 inputs, and go on from one class to the next.
      std::uint64_t last = std::min(first->run_last, first->first | 0xFFFFFF);
      std::uint64_t theirs = 0;
      ASSERT_TRUE(cells[6].size() > 17 && read_hex(cells[6].substr(9, 8), theirs)) << line;
      if ((last & 0x7fffffff) == 0x7f7fffff) last = std::max(last, theirs);
      run = fmt::format("{:08x}-{:08x}:{:02x}/{:02x}", first->first, last, first->first_a.code,
                        first->first_b.code);
    }
    EXPECT_EQ(cells[6], run) << line;
    ++rows;
  }
  EXPECT_GE(rows, 99U);
}

}  // namespace
}  // namespace mxscope::analysis
