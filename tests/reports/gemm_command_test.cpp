// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope gemm and mxscope units, as users see them.
#include <gmock/gmock.h>

#include <limits>

#include "tests/reports/made_tensors.h"
#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::string npy_f32(std::size_t rows, std::size_t columns, std::uint32_t seed) {
  return npy_of("<f4", "(" + std::to_string(rows) + ", " + std::to_string(columns) + ")",
                raw(made_floats(rows * columns, seed)));
}

std::vector<float> floats_of(const std::string& npy_bytes, std::size_t count) {
  std::vector<float> values(count);
  std::memcpy(values.data(), npy_bytes.data() + npy_bytes.size() - 4 * count, 4 * count);
  return values;
}

/// The command with two files of 5 x 96 and 7 x 96 numbers.
struct Files {
  Folder folder;
  std::string a = folder.write("a.npy", npy_f32(5, 96, 1));
  std::string b = folder.write("b.npy", npy_f32(7, 96, 2));

  Seen gemm(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"gemm", a, b};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
};

class GemmCommandUnits : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(GemmCommandUnits, NoErrorExceedsItsBound) {
  const Files files;
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {}, {"--out", "bf16", "--alpha", "0.3"}, {"--split-k", "2", "--out", "fp16"}}) {
    std::vector<std::string> arguments = {"--unit", GetParam().first, "--errors", "all", "--json"};
    if (*GetParam().second != '\0')
      arguments.insert(arguments.end(), {"--recipe", GetParam().second});
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Seen seen = files.gemm(arguments);
    ASSERT_EQ(seen.code, 0) << seen.err << seen.out;
    const json errors = seen.json().at("errors");
    EXPECT_TRUE(errors.at("bounded").get<bool>());
    for (const char* against : {"against_quantized", "against_original"}) {
      EXPECT_EQ(errors.at(against).at("above_bound"), 0);
      EXPECT_EQ(errors.at(against).at("measured"), 35);
      EXPECT_LE(errors.at(against).at("largest_share_of_bound").get<double>(), 1);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, GemmCommandUnits,
    testing::Values(std::pair("sm120.mxf4nvf4", "nvfp4"), std::pair("sm120.mxf4nvf4", "te_nvfp4"),
                    std::pair("sm120.mxf4nvf4", "nvfp4_2d"), std::pair("sm120.mxf4", ""),
                    std::pair("sm100.tcgen05.mxf8f6f4", "mxfp6_e3m2"),
                    std::pair("sm120.mma.mxf8f6f4", ""), std::pair("sm80.mma.bf16", ""),
                    std::pair("sm90.mma.tf32", ""), std::pair("sm90.wgmma.fp8", "fp8_token"),
                    std::pair("sm90.wgmma.fp8", "fp8_tensor"), std::pair("sm100.mma.fp8", "e5m2"),
                    std::pair("sm80.mma.f16.f16acc", "")));

TEST(GemmCommand, TheFileIsTheSameAtAnyThreadCount) {
  const Folder folder;
  std::string bytes[2];
  int i = 0;
  for (const char* threads : {"1", "7"}) {
    const std::string out = folder.path("d.npy");
    const Seen seen = run({"gemm", "--random", "150,130,96,3", "--unit", "sm80.mma.bf16",
                           "--threads", threads, "-o", out, "--errors", "none"});
    ASSERT_EQ(seen.code, 0) << seen.err;
    bytes[i++] = contents(out);
  }
  EXPECT_EQ(bytes[0], bytes[1]);
  EXPECT_GT(bytes[0].size(), 150u * 130 * 4);
}

TEST(GemmCommand, AddendAndBiasAreOfTheProduct) {
  const Files files;
  const std::string zeros =
      files.folder.write("z.npy", npy_of("<f4", "(5, 96)", std::string(5 * 96 * 4, '\0')));
  const std::string c = files.folder.write("c.npy", npy_f32(5, 7, 3));
  const std::string bias =
      files.folder.write("v.npy", npy_of("<f4", "(7,)", raw(made_floats(7, 4))));
  const std::string out = files.folder.path("d.npy");
  const Seen seen = run({"gemm", zeros, files.b, "--unit", "sm80.mma.bf16", "--c", c, "--beta", "2",
                         "--bias", bias, "-o", out});
  ASSERT_EQ(seen.code, 0) << seen.err;
  const auto d = floats_of(contents(out), 35);
  const auto cs = made_floats(35, 3);
  const auto vs = made_floats(7, 4);
  for (std::size_t i = 0; i < 35; ++i) EXPECT_EQ(d[i], std::fma(2.0F, cs[i], vs[i % 7])) << i;
}

TEST(GemmCommand, OutputsThatAreNoNumbersHaveNoError) {
  const Files files;
  std::vector<float> nans(5 * 96, std::numeric_limits<float>::quiet_NaN());
  const std::string a = files.folder.write("n.npy", npy_of("<f4", "(5, 96)", raw(nans)));
  const Seen seen = run({"gemm", a, files.b, "--unit", "sm80.mma.bf16"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("35 not finite, left out"));
  EXPECT_THAT(seen.out, testing::ContainsRegex("as quantized +- +-"));
  const auto errors =
      run({"gemm", a, files.b, "--unit", "sm80.mma.bf16", "--json"}).json().at("errors");
  EXPECT_FALSE(errors.at("against_quantized").contains("sqnr_db"));
  EXPECT_EQ(errors.at("against_quantized").at("not_finite"), 35);
}

TEST(GemmCommand, SaysWhatTheUnitIsAndHowItIsKnown) {
  const Seen seen = run(
      {"gemm", "--random", "8,8,64,1", "--unit", "sm120.mxf4nvf4", "--set", "zero_groups=ignored"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("sm120.mma.mxf4nvf4: e2m1 x e2m1, ue4m3 per 16 to fp32"));
  EXPECT_THAT(seen.out, HasSubstr("known by: read in source"));
  EXPECT_THAT(seen.out, HasSubstr("changed: zero_groups=ignored"));
  EXPECT_THAT(seen.out, HasSubstr("of all 64 outputs"));
}

TEST(GemmCommand, DeepSeeksScalesArePromoted) {
  const Seen seen = run({"gemm", "--random", "4,4,512,1", "--unit", "sm90.wgmma.fp8", "--a-recipe",
                         "fp8_1x128", "--b-recipe", "fp8_128x128", "--json"});
  ASSERT_EQ(seen.code, 0) << seen.err;
  EXPECT_EQ(seen.json().at("gemm").at("promote_every"), 4);
  expect_bad(run({"gemm", "--random", "4,4,512,1", "--unit", "sm90.wgmma.fp8", "--recipe",
                  "fp8_1x128", "--promote-every", "3"}),
             "promote every 4");
}

TEST(GemmCommand, BadRequests) {
  const Files files;
  const std::string u = "sm80.mma.bf16";
  expect_bad(run({"gemm", "--unit", u}), "two files are missing");
  expect_bad(run({"gemm", files.a, files.b}), "--unit");
  expect_bad(files.gemm({"--unit", "sm80.mma.bf61"}), "sm80.mma.bf16");
  expect_bad(files.gemm({"--unit", u, "--recipe", "nvfp4"}), "takes operands in bf16");
  expect_bad(files.gemm({"--unit", "sm120.mxf4", "--recipe", "nvfp4"}), "e8m0 per 32");
  expect_bad(files.gemm({"--unit", "sm120.mxf4nvf4", "--a-recipe", "nvfp4", "--b-recipe", "mxfp4"}),
             "both operands");
  expect_bad(files.gemm({"--unit", "sm90.mma.f64"}), "accumulates in fp64");
  expect_bad(files.gemm({"--unit", u, "--out", "fp8"}), "--out fp8");
  expect_bad(files.gemm({"--unit", u, "--errors", "few"}), "--errors few");
  expect_bad(files.gemm({"--unit", u, "--alpha", "x"}), "--alpha x");
  expect_bad(files.gemm({"--unit", u, "--beta", "1"}), "--c FILE");
  expect_bad(files.gemm({"--unit", u, "--c", files.a, "--beta", "1"}), "is 5 x 96");
  expect_bad(files.gemm({"--unit", u, "--c", files.a}), "give --beta 1");
  expect_bad(files.gemm({"--unit", u, "--bias", files.a}), "has 480 elements");
  expect_bad(files.gemm({"--unit", u, "--split-k", "9"}), "write 1 to 6");
  expect_bad(files.gemm({"--unit", u, "--set", "kept_bits=x"}), "1 to 40");
  expect_bad(files.gemm({"--unit", u, "--random", "1,1,1,1"}), "leave the files out");
  expect_bad(run({"gemm", "--random", "1,1,1", "--unit", u}), "M,N,K,SEED");
  expect_bad(run({"gemm", "--random", "0,1,1,1", "--unit", u}), "--random '0'");
  expect_bad(run({"gemm", files.a, files.folder.write("n.npy", npy_f32(3, 95, 1)), "--unit", u}),
             "the last axis of both is K");
  expect_bad(run({"gemm", files.a, files.folder.write("e.npy", npy_of("<f4", "(0, 96)", "")),
                  "--unit", u}),
             "no elements");
  const std::string i8 = files.folder.write("i.npy", npy_of("|i1", "(1, 2)", "ab"));
  expect_bad(run({"gemm", i8, files.b, "--unit", u}), "is of I8");
  expect_bad(files.gemm({"--unit", u, "-o", files.a}), "a.npy");
  const std::string two = files.folder.write(
      "two.safetensors", made_file({{"p", "F32", "[1,1]", std::string(4, '\0')},
                                    {"q", "F32", "[1,1]", std::string(4, '\0')}}));
  expect_bad(run({"gemm", two, files.b, "--unit", u}), "--a-tensor");
}

TEST(GemmCommand, ATargetThatLacksTheUnitNamesThoseItHas) {
  const Files files;
  expect_bad(files.gemm({"--unit", "sm120.mxf4nvf4", "--target", "sm_100a"}),
             "sm100.tcgen05.mxf4nvf4");
  expect_bad(files.gemm({"--unit", "sm120.mxf4nvf4", "--target", "sm_120"}), "sm120.mma.fp8");
  EXPECT_EQ(files.gemm({"--unit", "sm120.mxf4nvf4", "--target", "sm_120a"}).code, 0);
}

TEST(UnitsCommand, TableOneAndTarget) {
  const Seen all = run({"units"});
  EXPECT_EQ(all.code, 0);
  EXPECT_THAT(all.out, HasSubstr("sm90.wgmma.fp8.f16acc"));
  const Seen one = run({"units", "sm120.mxf4nvf4"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("kept_bits       35"));
  EXPECT_THAT(one.out, HasSubstr("open: no published output settles it"));
  EXPECT_THAT(one.out, HasSubstr("sm_120a sm_120f sm_121a sm_121f"));
  const Seen there = run({"units", "--target", "sm_120"});
  EXPECT_THAT(there.out, HasSubstr("sm120.mma.fp8"));
  EXPECT_THAT(there.out, Not(HasSubstr("mxf4")));
  EXPECT_THAT(there.out, Not(HasSubstr("sm80")));
  const json listed = run({"units", "--json", "--target", "sm_90a"}).json();
  std::vector<std::string> names;
  for (const json& unit : listed.at("units")) names.push_back(unit.at("name"));
  EXPECT_THAT(names, Contains("sm90.wgmma.s8"));
  expect_bad(run({"units", "sm120.mxf4nvf4", "--target", "sm_90a"}), "sm90.wgmma.fp8");
  expect_bad(run({"units", "--target", "sm_12"}), "sm_120");
  expect_bad(run({"units", "sm120.mma.mxf5"}), "sm120.mma.mxf4");
  expect_bad(run({"units", "fp8"}), "write more of the name");
}

TEST(UnitsCommand, EveryUnitHasEvidenceAndListsItsOpenFields) {
  const json units = run({"units", "--json"}).json().at("units");
  EXPECT_GT(units.size(), 60u);
  std::size_t with_open = 0;
  for (const json& unit : units) {
    EXPECT_NE(unit.at("evidence"), "") << unit.at("name");
    for (const json& field : unit.at("fields"))
      if (field.at("open").get<bool>()) {
        ++with_open;
        break;
      }
  }
  EXPECT_GT(with_open, 50u);
}

}  // namespace
}  // namespace mxscope::reports
