// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope compare: errors of recipes on tensors, and two recipes code by code.
#include <sstream>

#include "tests/reports/made_tensors.h"
#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string two_tensors() {
  return made_file({{"a", "F32", "[300,1000]", raw(made_floats(300000, 1))},
                    {"b,c", "F32", "[4,40]", raw(made_floats(160, 2))},
                    {"ids", "I32", "[1]", raw(std::vector<std::int32_t>{1})}});
}

TEST(CompareCommand, MeasuresRecipesOnTensors) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", two_tensors());
  const Seen seen = run(
      {"compare", in, "--recipes", "mxfp4,nvfp4,mxfp8_e4m3", "--csv", folder.path("errors.csv")});
  ASSERT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, testing::StartsWith("        "));
  EXPECT_THAT(seen.out, HasSubstr("\na, 300x1000 F32\nmxfp4 "));
  EXPECT_THAT(seen.out, HasSubstr("\nall 2 tensors\nmxfp4 "));
  EXPECT_THAT(seen.out, HasSubstr("worst block of nvfp4: a, row "));
  std::istringstream lines(contents(folder.path("errors.csv")));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  ASSERT_EQ(rows.size(), 1u + 3 * 3);
  EXPECT_THAT(rows[0], testing::StartsWith("tensor,recipe,elements,blocks,"));
  EXPECT_THAT(rows[4], testing::StartsWith("\"b,c\",mxfp4,160,8,"));
  EXPECT_THAT(rows[9], testing::StartsWith(",mxfp8_e4m3,300160,"));
}

TEST(CompareCommand, JsonIsTheSameAtAnyThreadCount) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", two_tensors());
  const auto json = [&](const std::string& threads) {
    auto out = run({"compare", in, "--recipes", "nvfp4,fp8_tensor,hif4,nvfp4_2d", "--threads",
                    threads, "--json"})
                   .json();
    out.erase("run");
    return out;
  };
  const auto one = json("1");
  EXPECT_EQ(one, json("2"));
  EXPECT_EQ(one, json("3"));
  const auto& total = one.at("total").at(0);
  EXPECT_EQ(total.at("recipe"), "nvfp4");
  EXPECT_EQ(total.at("elements"), 300160);
  EXPECT_EQ(total.at("codes_available"), 16);
  EXPECT_GT(total.at("sqnr_db").get<double>(), 15);
  EXPECT_EQ(total.at("worst_block").at("tensor"), "a");
  EXPECT_EQ(one.at("tensors").at(1).at("name"), "b,c");
}

TEST(CompareCommand, NamesTheFieldThatMakesTheDifference) {
  const Seen seen = run({"compare", "mxfp4", "mxfp4_ceil"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("cause: scale.rounding alone"));
  EXPECT_THAT(seen.out, HasSubstr("scale.rounding: first, scale of '"));
  const auto json = run({"compare", "mxfp4", "mxfp4_ceil", "--json"}).json();
  EXPECT_THAT(json.at("cause"), ElementsAre("scale.rounding"));
  EXPECT_GT(json.at("scales_differ").get<int>(), 0);
  EXPECT_EQ(json.at("fields").at(0).at("remaining"), 0);
  EXPECT_EQ(json.at("fields").at(0).at("first"), json.at("first"));
}

TEST(CompareCommand, FindsFieldsThatOnlyTogetherSuffice) {
  const auto json = run({"compare", "mxfp8_e4m3", "mxfp8_e4m3_rceil", "--json"}).json();
  EXPECT_THAT(json.at("cause"), testing::UnorderedElementsAre("divisor", "scale.rounding"));
  for (const auto& field : json.at("fields")) EXPECT_GT(field.at("remaining").get<int>(), 0);
  const auto same = run({"compare", "nvfp4", "nvfp4", "--json"}).json();
  EXPECT_EQ(same.at("scales_differ"), 0);
  EXPECT_TRUE(same.at("fields").empty());
  EXPECT_TRUE(same.at("cause").empty());
}

TEST(CompareCommand, ComparesOnATensorFile) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", two_tensors());
  const auto json = run({"compare", "nvfp4", "te_nvfp4", in, "--tensor", "b,c", "--json"}).json();
  EXPECT_EQ(json.at("elements"), 160);
  EXPECT_EQ(json.at("tensors").at(0).at("name"), "b,c");
  EXPECT_EQ(run({"compare", "nvfp4", "te_nvfp4", in}).code, 0);
}

TEST(CompareCommandMedium, MadeUpBlocksAreTheSameForASeed) {
  const auto out = [](const std::string& seed) {
    return run({"compare", "nvfp4", "te_nvfp4", "--seed", seed}).out;
  };
  EXPECT_EQ(out("1"), out("1"));
  EXPECT_NE(out("1"), out("2"));
}

// One infinity makes the tensor scale infinite, and then nothing is left: that is not "exact".
TEST(CompareCommand, TensorsThatAreLostAreNotExact) {
  const Folder folder;
  std::vector<float> values = made_floats(64, 3);
  values[5] = std::numeric_limits<float>::infinity();
  const std::string in =
      folder.write("in.safetensors", made_file({{"w", "F32", "[2,32]", raw(values)}}));
  const std::string csv = folder.path("errors.csv");
  const Seen text = run({"compare", in, "--recipes", "nvfp4", "--csv", csv});
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, testing::ContainsRegex("\nnvfp4 +- +- +- +- "));
  EXPECT_THAT(text.out, HasSubstr("63 finite elements became infinite or NaN"));
  EXPECT_THAT(text.out, Not(HasSubstr("exact")));
  EXPECT_THAT(contents(csv), HasSubstr("w,nvfp4,64,4,1,63,,,0.0,"));
  const nlohmann::json json = run({"compare", in, "--recipes", "nvfp4", "--json"}).json();
  EXPECT_TRUE(json.at("total").at(0).at("mse").is_null());

  // Where half is lost and the rest are zeros, the rest alone is exact.
  std::fill(values.begin() + 32, values.end(), 0.0F);
  folder.write("in.safetensors", made_file({{"w", "F32", "[2,32]", raw(values)}}));
  const Seen half = run({"compare", in, "--recipes", "mxfp4", "--csv", csv});
  EXPECT_THAT(half.out, testing::ContainsRegex("\nmxfp4 +- +0.000e"));
  EXPECT_THAT(contents(csv), HasSubstr("w,mxfp4,64,2,1,31,inf,0.0,"));
}

TEST(CompareCommand, NamesOfTensorsCannotSteerATerminal) {
  const Folder folder;
  const std::string in = folder.write(
      "in.safetensors",
      made_file({{"a\\nb\\u001b[31m", "F64", "[1,32]", raw(std::vector<double>(32, 0.3))}}));
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"compare", in, "--recipes", "mxfp4"},
           {"compare", "mxfp4", "mxfp4_rceil", in},
           {"quantize", in, "--recipe", "mxfp4", "-o", folder.path("q")},
           {"quantize", in, "--recipe", "arcquant_16", "--residual-channels", "16", "-o",
            folder.path("r")},
           {"verify", "micromix", "--activations", in, "--only", "activations"}}) {
    const Seen seen = run(command);
    ASSERT_EQ(seen.code, 0) << seen.err;
    EXPECT_THAT(seen.out, Not(HasSubstr("\x1b"))) << command[0];
    EXPECT_THAT(seen.out, Not(HasSubstr("a\nb"))) << command[0];
  }
}

TEST(CompareCommand, BadInput) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", two_tensors());
  expect_bad(run({"compare"}), "required");
  expect_bad(run({"compare", in}), "--recipes");
  const std::string empty = folder.write("empty", made_file({{"z", "F32", "[0,32]", ""}}));
  expect_bad(run({"compare", empty, "--recipes", "mxfp4"}), "BF16 tensor has elements");
  expect_bad(run({"compare", in, in, "--recipes", "mxfp4"}), "one tensor file");
  expect_bad(run({"compare", in, "--recipes", "mxfp4,mxpf4"}), "unknown recipe 'mxpf4'");
  expect_bad(run({"compare", in, "--recipes", ","}), "unknown recipe ''");
  expect_bad(run({"compare", in, "--recipes", "mxfp4", "--tensor", "z"}), "'z'");
  expect_bad(run({"compare", in, "--recipes", "mxfp4", "--csv", in}), "another file");
  expect_bad(run({"compare", "mxfp4", "nvfp4"}), "1x32 and 1x16");
  expect_bad(run({"compare", "mxfp4", "mxfp8_e4m3"}), "4 and 8 bits");
  expect_bad(run({"compare", "mxfp4", "mxfp4_ceil", "--csv", "x"}), "--csv");
  expect_bad(run({"compare", "mxfp4", "mxfp4_ceil", folder.path("none")}), "none");
}

}  // namespace
}  // namespace mxscope::reports
