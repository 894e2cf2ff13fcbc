// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Named conversions resolve, fit their formats, and do what their software is known for.
#include "spec/conversions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "spec/error.h"
#include "tests/spec/target_inputs.h"

namespace mxscope::spec {
namespace {

using testing::HasSubstr;

Outcome convert(const char* name, const char* text) {
  const Conversion c = find_conversion(name);
  return cast(parse_number(text), find_format(c.format), c.policy, c.random);
}

TEST(NamedConversions, AreUniqueFoundAndFitTheirFormats) {
  std::set<std::string> names;
  for (const Conversion& c : named_conversions()) {
    EXPECT_TRUE(names.insert(c.name).second) << c.name;
    EXPECT_EQ(find_conversion(c.name).policy, c.policy) << c.name;
    EXPECT_EQ(conflict(find_format(c.format), c.policy), "") << c.name;
    EXPECT_FALSE(c.source.empty()) << c.name;
  }
}

TEST(NamedConversions, SayHowTheyAreKnownAndOfWhichVersion) {
  std::vector<Conversion> rows = named_conversions();
  rows.push_back(find_conversion("gfloat_ocp_e4m3.TiesToEven_sat"));
  for (const Conversion& c : rows) {
    EXPECT_THAT(c.evidence, testing::AnyOf(testing::StartsWith("run: "),
                                           testing::StartsWith("read in source: "),
                                           testing::StartsWith("documentation: ")))
        << c.name;
    // A release ("13.0") or a commit ("b793a6e2").
    EXPECT_THAT(c.evidence, testing::ContainsRegex("[0-9]\\.[0-9]|[0-9a-f]{8}")) << c.name;
  }
}

TEST(NamedConversions, DifferWhereTheSoftwareDoes) {
  EXPECT_EQ(convert("nv_e4m3_sat", "1000").code, 0x7EU);
  EXPECT_EQ(convert("nv_e4m3_nosat", "1000").code, 0x7FU);
  EXPECT_EQ(convert("ml_float8_e4m3fn", "-1000").code, 0xFFU);
  EXPECT_EQ(convert("ml_float8_e4m3fn_sat", "1000").code, 0x7EU);
  EXPECT_EQ(convert("ml_float8_e4m3fn_sat", "inf").code, 0x7FU);
  EXPECT_EQ(convert("nv_e4m3_sat", "-nan").code, 0x7FU);
  EXPECT_EQ(convert("ml_float8_e5m2", "-nan").code, 0xFEU);
  EXPECT_EQ(convert("pt_float8_e5m2", "-nan").code, 0xFFU);
  EXPECT_EQ(convert("nv_e2m1_rn", "-nan").code, 0x7U);
  EXPECT_EQ(convert("ct_float_e2m1_t", "-nan").code, 0xFU);
  EXPECT_EQ(convert("ml_float4_e2m1fn", "nan").code, 0x8U);
  EXPECT_EQ(convert("ml_float4_e2m1fn", "-nan").code, 0x0U);
  EXPECT_EQ(convert("ct_float_ue4m3_t", "-1.5").code, 0x3CU);
  EXPECT_EQ(convert("nv_e8m0_rp_sat", "1.36").code, 0x80U);
  EXPECT_EQ(convert("nv_e8m0_rz_sat", "1.36").code, 0x7FU);
  EXPECT_EQ(convert("ml_float8_e8m0fnu", "0").code, 0xFFU);
  EXPECT_EQ(convert("pt_float8_e8m0fnu", "-1").code, 0x7FU);
  EXPECT_EQ(convert("un_e8m0", "1.415").code, 0x80U);
}

TEST(FindConversion, CompletesAColumnFromItsFile) {
  EXPECT_EQ(find_conversion("e4m3_sat", "nv_fp64_specials").name, "nv_fp64_e4m3_sat");
  EXPECT_EQ(find_conversion("e4m3_sat", "nv_fp64_specials").policy.nan, NanRule::kPayload);
  EXPECT_EQ(find_conversion("nv_e4m3_sat", "fp32_nv").name, "nv_e4m3_sat");
}

TEST(FindConversion, ReadsGfloatColumns) {
  const Conversion nearest = find_conversion("TiesToEven_nosat", "gfloat_ocp_e4m3");
  EXPECT_EQ(nearest.format, "ocp_e4m3");
  EXPECT_EQ(nearest.policy.rounding, Rounding::kNearestEven);
  EXPECT_EQ(nearest.policy.overflow, Overflow::kNan);
  const Conversion stochastic = find_conversion("gfloat_ocp_e4m3.StochasticFast_n3_b5");
  EXPECT_EQ(stochastic.policy.rounding, Rounding::kStochasticB);
  EXPECT_EQ(stochastic.random.count, 3);
  EXPECT_EQ(stochastic.random.value, 5U);
  EXPECT_EQ(stochastic.policy.overflow, Overflow::kSaturate);
  EXPECT_EQ(find_conversion("ToOdd_sat", "gfloat_p3109_k8p3se").format, "p3109_k8p3se");
}

std::string problem_of(std::string_view name, std::string_view family = "") {
  try {
    find_conversion(name, family);
  } catch (const Error& e) {
    return e.what();
  }
  return "(no error)";
}

TEST(FindConversion, UnknownNamesListNearOnes) {
  EXPECT_THAT(problem_of("nv_e4m3_satt"), HasSubstr("nv_e4m3_sat"));
  EXPECT_THAT(problem_of("ml_float8_e4m3f"), HasSubstr("ml_float8_e4m3fn"));
  EXPECT_THAT(problem_of("qqqqqqqqqqqqqqqqqqqqq"), HasSubstr("known:"));
  EXPECT_THAT(problem_of(""), HasSubstr("unknown conversion"));
  for (const char* column :
       {"TiesToEven", "TiesToEven_", "TiesToEven_sats", "Stochastic_n3", "Stochastic_n_b1",
        "Stochastic_n3_b", "Stochastic_n3_b1x", "Stochastic_sat", "_sat", "."})
    EXPECT_NE(problem_of(column, "gfloat_ocp_e4m3"), "(no error)") << column;
  EXPECT_THAT(problem_of("TiesToEven_sat", "gfloat_nothing"), HasSubstr("nothing"));
}

TEST(NamedPolicy, FitsEveryFormat) {
  std::vector<Format> formats = formats_up_to(64);
  for (const Format& row : user_formats()) formats.push_back(row);
  for (const Format& row : p3109_formats(3, 9)) formats.push_back(row);
  for (const std::string& name : policy_names())
    for (const Format& format : formats)
      EXPECT_EQ(conflict(format, named_policy(name, format)), "") << name << " " << format.name;
  EXPECT_THROW(named_policy("nvidia?", formats[0]), Error);
}

TEST(NamedPolicy, IsTheNamedConversionWhereThereIsOne) {
  const auto expect = [](const char* policy, const char* conversion) {
    const Conversion c = find_conversion(conversion);
    const Format& format = find_format(c.format);
    // By outcome: fields may differ where the format leaves them nothing to decide.
    EXPECT_EQ(step_map(find_format("fp32"), format, named_policy(policy, format)),
              step_map(find_format("fp32"), format, c.policy))
        << policy << " " << conversion;
  };
  expect("nv", "nv_e4m3_sat");
  expect("nv", "nv_e5m2_sat");
  expect("nv", "nv_e2m1_rn");
  expect("nv", "nv_e8m0_rp_sat");
  expect("nv-nosat", "nv_e4m3_nosat");
  expect("nv-nosat", "nv_e5m2_nosat");
  expect("ml_dtypes", "ml_float8_e4m3fn");
  expect("ml_dtypes", "ml_float8_e5m2");
  expect("ml_dtypes", "ml_float4_e2m1fn");
  expect("ml_dtypes", "ml_float8_e8m0fnu");
  expect("ml_dtypes", "ml_float8_e4m3fnuz");
  expect("pytorch", "pt_float8_e4m3fn");
  expect("pytorch", "pt_float8_e5m2");
  expect("pytorch", "pt_float8_e8m0fnu");
  expect("cutlass", "ct_float_e4m3_t");
  expect("cutlass", "ct_float_e2m1_t");
  expect("cutlass", "ct_float_ue8m0_t");
  expect("universal", "un_e4m3");
  expect("universal", "un_e2m1");
  expect("universal", "un_e8m0");
  expect("gfloat", "gfloat_ocp_e4m3.TiesToEven_sat");
  expect("torchao", "ao_f32_to_f4_unpacked");
  expect("torchao", "ao_f32_to_f6_e3m2_unpacked");
  expect("torchao", "pt_float8_e4m3fn");
}

TEST(NamedPolicy, IeeeOverflowsToInfinityAndKeepsNans) {
  const auto code = [](const char* format, const char* number, Rounding rounding) {
    const Format& f = find_format(format);
    Policy policy = named_policy("ieee", f);
    policy.rounding = rounding;
    return cast(parse_number(number), f, policy).code;
  };
  EXPECT_EQ(code("fp16", "65519.99", Rounding::kNearestEven), 0x7BFFU);
  EXPECT_EQ(code("fp16", "65520", Rounding::kNearestEven), 0x7C00U);
  EXPECT_EQ(code("fp16", "-1e9", Rounding::kTowardZero), 0xFBFFU);
  EXPECT_EQ(code("fp16", "-inf", Rounding::kTowardZero), 0xFC00U);
  EXPECT_EQ(code("p3109_k8p3se", "1e9", Rounding::kNearestEven), 0x7FU);
  const Format& fp16 = find_format("fp16");
  const Policy ieee = named_policy("ieee", fp16);
  // A signalling NaN with a payload that binary16 has room for, and one with none of it left.
  EXPECT_EQ(cast(decode(find_format("fp32"), 0xFF812000), fp16, ieee).code, 0xFE09U);
  EXPECT_EQ(cast(decode(find_format("fp32"), 0x7F800001), fp16, ieee).code, 0x7E00U);
}

TEST(DefaultPolicy, IsTheSpecificationsOwn) {
  for (const char* name : {"fp16", "bf16", "tf32", "fp32", "fp64", "e4m3ieee", "e3m4ieee",
                           "p3109_k8p3se", "p3109_k6p4se"})
    EXPECT_EQ(default_policy_name(find_format(name)), "ieee") << name;
  for (const char* name : {"e4m3", "e5m2", "e2m1", "e8m0", "mxint8", "e4m3fnuz", "p3109_k8p3sf"})
    EXPECT_EQ(default_policy_name(find_format(name)), "ocp") << name;
}

}  // namespace
}  // namespace mxscope::spec
