// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope cast with text: values, codes, exact errors, policies, bad lines.
#include <gmock/gmock.h>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

std::string codes(std::vector<std::string> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), "cast");
  arguments.emplace_back("--codes");
  const Seen seen = run(arguments, input);
  EXPECT_EQ(seen.code, 0) << seen.err;
  return seen.out;
}

TEST(CastCommand, ReadsEveryKindOfNumber) {
  EXPECT_EQ(codes({"--format", "e4m3", "0.1", "1/3", "0x1.8p-3", "3*2^-9", "1e9", "nan"}),
            "0x1d\n0x2b\n0x24\n0x03\n0x7e\n0x7f\n");
}

TEST(CastCommand, NegativeValuesAreNoOptions) {
  EXPECT_EQ(codes({"--format", "e5m2", "-1.5", "-inf", "-.5", "-0", "--overflow", "infinity"}),
            "0xbe\n0xfc\n0xb8\n0x80\n");
}

TEST(CastCommand, TheDefaultPolicyIsTheFormatsOwnAndIsNamed) {
  const Seen ieee = run({"cast", "--format", "fp16", "65520"});
  EXPECT_THAT(ieee.out, HasSubstr("fp16, policy ieee: rounding rne, overflow infinity"));
  EXPECT_THAT(ieee.last_line(), HasSubstr("0x7c00"));
  EXPECT_EQ(codes({"--format", "fp16", "65520", "--policy", "ocp"}), "0x7bff\n");
  EXPECT_EQ(codes({"--format", "fp16", "65520", "--round", "rtz"}), "0x7bff\n");
  EXPECT_EQ(codes({"--format", "p3109_k8p3se", "1e9"}), "0x7f\n");
  EXPECT_THAT(run({"cast", "--format", "e5m2", "1e9"}).out, HasSubstr("e5m2, policy ocp:"));
  EXPECT_EQ(codes({"--format", "e2m1", "--policy", "torchao", "--bits", "f32", "0x7f800001"}),
            "0x2\n");
  const auto json = run({"cast", "--policy", "ml_float8_e4m3fn", "1", "--json"}).json();
  EXPECT_THAT(json.dump(), HasSubstr("run: ml_dtypes 0.6"));
}

TEST(CastCommand, ShowsTheExactError) {
  const Seen seen = run({"cast", "--format", "e4m3", "0.1"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.last_line(), "0.1    0x1d  0 0011 101  0.1015625  1/640  1/5");
}

TEST(CastCommand, NothingPassesThroughADouble) {
  // The midpoint of 1 and 1.125, and one part in 10^40 more.
  const std::string above = "1.0625000000000000000000000000000000000001";
  EXPECT_EQ(codes({"--format", "e4m3", "1.0625", above}), "0x38\n0x39\n");
  // From float32 the tail is gone before e4m3 sees it.
  EXPECT_EQ(codes({"--format", "e4m3", "--from", "f32", above}), "0x38\n");
}

TEST(CastCommand, SaysThatItRoundsToTheSourceFirst) {
  const Seen seen = run({"cast", "--format", "e4m3", "--from", "f32", "0.1"});
  EXPECT_THAT(seen.out, HasSubstr("rounded to the nearest fp32 first"));
  EXPECT_THAT(seen.out, HasSubstr("0.100000001490116119384765625"));
}

TEST(CastCommand, StandardInputSkipsBlanksAndComments) {
  EXPECT_EQ(codes({"--format", "e2m1"}, "1\n\n# two comes next\n 2 # here\r\n3"),
            "0x2\n0x4\n0x5\n");
}

TEST(CastCommand, AMalformedLineIsNamed) {
  const Seen seen = run({"cast", "--format", "e2m1", "--codes"}, "1\n\nbad\n2\n");
  EXPECT_EQ(seen.code, 2);
  EXPECT_EQ(seen.out, "0x2\n");
  EXPECT_THAT(seen.err, HasSubstr("standard input:3: 'bad' is not a number"));
}

TEST(CastCommand, PoliciesAndFields) {
  EXPECT_EQ(codes({"--policy", "nv_e4m3_nosat", "500"}), "0x7f\n");
  EXPECT_EQ(codes({"--policy", "nv", "--format", "e8m0", "1.1"}), "0x80\n");
  EXPECT_EQ(codes({"--format", "e4m3", "--set", "nan=zero", "nan"}), "0x00\n");
  EXPECT_EQ(codes({"--format", "e4m3", "--overflow", "nan", "500", "inf"}), "0x7f\n0x7f\n");
  EXPECT_EQ(
      codes({"--format", "e4m3", "--overflow", "nan", "--infinity", "saturate", "500", "inf"}),
      "0x7f\n0x7e\n");
  EXPECT_EQ(codes({"--format", "e4m3", "--round", "rup", "1.01"}), "0x39\n");
}

TEST(CastCommand, RandomBitsAreArguments) {
  const auto at = [](const std::string& r) {
    return codes(
        {"--format", "e2m1", "--round", "sr-a", "--random-bits", "2", "--random", r, "1.25"});
  };
  EXPECT_EQ(at("0") + at("1") + at("2") + at("3"), "0x2\n0x2\n0x3\n0x3\n");
}

TEST(CastCommand, BitPatterns) {
  EXPECT_EQ(codes({"--format", "e4m3", "--bits", "f32", "0x3f800000", "0xff800000"}),
            "0x38\n0xfe\n");
}

TEST(CastCommand, DecodeReverses) {
  const Seen seen = run({"cast", "--format", "e4m3", "--decode", "--codes", "0x7e", "0b1", "255"});
  EXPECT_EQ(seen.out, "448\n0.001953125\n-nan\n");
}

TEST(CastCommand, ARefusalIsExitOne) {
  const Seen seen = run({"cast", "--format", "e4m3", "--overflow", "error", "1", "500"});
  EXPECT_EQ(seen.code, 1);
  EXPECT_EQ(seen.last_line(), "500    refused");
}

TEST(CastCommand, JsonIsExactAndNamesThePolicy) {
  const auto json =
      run({"cast", "--format", "e4m3", "--from", "f32", "--json", "0.1", "inf"}).json();
  const auto& first = json.at("results").at(0);
  EXPECT_EQ(first.at("code"), "0x1d");
  EXPECT_EQ(first.at("error"), "0.001562498509883880615234375");
  EXPECT_EQ(first.at("error_ulp"), "0.19999980926513671875");
  EXPECT_TRUE(json.at("results").at(1).at("error").is_null());
  EXPECT_EQ(json.at("fields").at("overflow"), "saturate");
  EXPECT_EQ(json.at("rounded_to_first"), "fp32");
}

TEST(CastCommand, BadInput) {
  expect_bad(run({"cast", "1"}), "--format is missing");
  expect_bad(run({"cast", "--format", "e4m3", "--policy", "nv_e4m3_st", "1"}), "nv_e4m3_sat");
  expect_bad(run({"cast", "--format", "e4m3", "--round", "rnd", "1"}), "rne");
  expect_bad(run({"cast", "--format", "e4m3", "--set", "nan", "1"}), "FIELD=VALUE");
  expect_bad(run({"cast", "--format", "e4m3", "--set", "nnan=zero", "1"}), "did you mean nan");
  expect_bad(run({"cast", "--format", "e4m3", "--set", "nan=null", "1"}), "zero");
  expect_bad(run({"cast", "--format", "e2m1", "--overflow", "nan", "1"}), "e2m1 has no NaN");
  expect_bad(run({"cast", "--format", "e5m2", "--policy", "nv_e4m3_sat", "1"}), "leave one out");
  expect_bad(run({"cast", "--format", "e2m1", "--round", "sr-a", "1"}), "--random-bits");
  expect_bad(run({"cast", "--format", "e2m1", "--random-bits", "3", "1"}), "--round sr-a");
  expect_bad(run({"cast", "--format", "e2m1", "--round", "sr-a", "--random-bits", "2", "--random",
                  "4", "1"}),
             "below 2^2");
  expect_bad(run({"cast", "--format", "e2m1", "--from", "f33", "1"}), "f33");
  expect_bad(run({"cast", "--format", "e2m1", "--from", "f32", "--bits", "f32", "0"}), "leave one");
  expect_bad(run({"cast", "--format", "e4m3", "--decode", "--codes", "0x100"}), "more than 8 bits");
  expect_bad(run({"cast", "--format", "e4m3", "--codes", "1e999999"}), "value 1");
}

}  // namespace
}  // namespace mxscope::reports
