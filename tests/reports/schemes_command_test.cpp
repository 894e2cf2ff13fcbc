// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// schemes, calibrate-scheme, run-scheme and compare-schemes on files, and what they say of bad
// ones.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "analysis/micromix_counts.h"
#include "kernels/scheme_plan.h"
#include "reports/tensor_file.h"
#include "tests/reports/made_tensors.h"
#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

std::string floats(const std::vector<float>& values) { return raw(values); }

/// Two layers of 64 and 128 channels.
class SchemeFilesTest : public testing::Test {
 protected:
  SchemeFilesTest() {
    x_ = folder_.write("x.safetensors",
                       made_file({{"a.input", "F32", "[12,64]", floats(made_floats(12 * 64, 1))},
                                  {"b.input", "F32", "[9,128]", floats(made_floats(9 * 128, 2))}}));
    w_ = folder_.write("w.safetensors",
                       made_file({{"a.weight", "F32", "[5,64]", floats(made_floats(5 * 64, 3))},
                                  {"b.weight", "F32", "[7,128]", floats(made_floats(7 * 128, 4))},
                                  {"norm.weight", "F32", "[64]", floats(made_floats(64, 5))}}));
    plan_ = folder_.path("plan.json");
  }
  Seen calibrate(const std::string& scheme) const {
    return run({"calibrate-scheme", scheme, "--activations", x_, "--weights", w_, "-o", plan_});
  }
  Seen run_plan(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"run-scheme", plan_, "--activations", x_, "--weights", w_});
    return run(more);
  }
  /// The plan with a piece of its text changed.
  std::string changed(const std::string& from, const std::string& to) const {
    std::string text = contents(plan_);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at != std::string::npos) text.replace(at, from.size(), to);
    return folder_.write("changed.json", text);
  }
  Seen run_changed(const std::string& from, const std::string& to) const {
    return run({"run-scheme", changed(from, to), "--activations", x_, "--weights", w_});
  }

  Folder folder_;
  std::string x_, w_, plan_;
};

TEST(SchemesCommand, ListsAndShowsTextThatMakesTheSameScheme) {
  const Seen list = run({"schemes", "--json"});
  ASSERT_EQ(list.code, 0) << list.err;
  EXPECT_GE(list.json()["schemes"].size(), 38u);
  EXPECT_THAT(run({"schemes"}).out, HasSubstr("micromix_main"));
  std::string toml = run({"schemes", "micromix_main"}).out;
  EXPECT_THAT(toml, HasSubstr("[[scheme.part]]\nactivations = \"micromix_mxfp4\"\n"));
  toml.replace(toml.find("micromix_main"), 13, "mine");
  const Folder folder;
  const std::string file = folder.write("mine.toml", toml);
  auto mine = run({"schemes", "mine", "--schemes-file", file, "--json"}).json()["scheme"];
  auto original = run({"schemes", "micromix_main", "--json"}).json()["scheme"];
  mine.erase("name");
  original.erase("name");
  EXPECT_EQ(mine, original);
}

TEST(SchemesCommand, ErrorsAreOneSentence) {
  expect_bad(run({"schemes", "arcqant"}), "arcquant");
  const Folder folder;
  const std::string file = folder.write("bad.toml", "[[scheme]]\nname = \"mine\"\n");
  expect_bad(run({"schemes", "--schemes-file", file}), "bad.toml:1: field part: ");
  expect_bad(run({"compare-schemes", file, file}), "bad.toml");
}

TEST_F(SchemeFilesTest, PlansRunAndTheirOutputsAreReal) {
  ASSERT_EQ(calibrate("arcquant_paper").code, 0);
  const std::string out = folder_.path("y.safetensors");
  const Seen seen = run_plan({"-o", out, "--json"});
  ASSERT_EQ(seen.code, 0) << seen.err;
  const auto layers = seen.json()["layers"];
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[1]["made_by"], "sm120.mma.mxf4nvf4");
  EXPECT_GT(layers[1]["output_errors"]["sqnr_db"], 10);
  // The file's numbers have that error against the product worked out here.
  const TensorFile y(out);
  EXPECT_EQ(y.find("b.output").shape, (std::vector<std::uint64_t>{9, 7}));
  std::vector<float> values(63);
  std::memcpy(values.data(), y.find("b.output").data.data(), 63 * sizeof(float));
  const auto x = made_floats(9 * 128, 2);
  const auto w = made_floats(7 * 128, 4);
  double signal = 0;
  double noise = 0;
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 7; ++j) {
      double exact = 0;
      for (std::size_t k = 0; k < 128; ++k)
        exact += double{x[i * 128 + k]} * double{w[j * 128 + k]};
      signal += exact * exact;
      noise += std::pow(values[i * 7 + j] - exact, 2);
    }
  EXPECT_NEAR(layers[1]["output_errors"]["sqnr_db"], 10 * std::log10(signal / noise), 1e-9);
}

TEST_F(SchemeFilesTest, ExecutorsThreadsAndComparisonAgree) {
  ASSERT_EQ(calibrate("micromix_paper").code, 0);
  const auto layers = [&](std::vector<std::string> more) {
    more.emplace_back("--json");
    return run_plan(more).json()["layers"];
  };
  const auto fast = layers({"--threads", "1"});
  EXPECT_EQ(fast, layers({"--threads", "3"}));
  EXPECT_EQ(fast, layers({"--executor", "reference"}));
  EXPECT_NE(fast, layers({"--executor", "values"}));
  const auto compared =
      run({"compare-schemes", x_, w_, "--schemes", "nvfp4,micromix_paper", "--json"}).json();
  EXPECT_EQ(compared["schemes"][1]["layers"], fast);
}

TEST_F(SchemeFilesTest, SchemesThatDoNotFitSayWhy) {
  const Seen seen = run({"compare-schemes", x_, w_, "--schemes", "quik,mxfp8,svdquant_nvfp4"});
  ASSERT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("svdquant_nvfp4 does not fit: layer 'a.weight': field low_rank"));
  EXPECT_THAT(seen.out, HasSubstr("\nmxfp8 "));
}

TEST_F(SchemeFilesTest, GptqWantsTheActivationsOfThePlan) {
  ASSERT_EQ(calibrate("gptq_nvfp4").code, 0);
  EXPECT_EQ(run_plan().code, 0);
  const std::string other =
      folder_.write("other.safetensors",
                    made_file({{"a.input", "F32", "[12,64]", floats(made_floats(12 * 64, 7))},
                               {"b.input", "F32", "[9,128]", floats(made_floats(9 * 128, 8))}}));
  expect_bad(run_plan({"--calibration", other}), "is not what");
  expect_bad(run_plan({"--calibration", folder_.path("none")}), "--calibration");
}

TEST_F(SchemeFilesTest, BadPlansNameFileAndField) {
  ASSERT_EQ(calibrate("arcquant").code, 0);
  expect_bad(run_changed("\"mxscope_plan\": 1", "\"mxscope_plan\": 2"),
             "changed.json: field mxscope_plan: version 2");
  expect_bad(run_changed("\"levels\":[", "\"levels\":[1,"), "field levels: ");
  expect_bad(run_changed("\"order\":[", "\"order\":[-1,"), "changed.json: field order: must be");
  expect_bad(run_changed("\"order\":", "\"ordre\":"), "order");
  expect_bad(run_changed("\"scheme\":", "\"shceme\":"), "field scheme: is missing");
  expect_bad(run_changed("arcquant_kernel", "arcquant_kernl"),
             "changed.json: field part.activations: ");
  expect_bad(run_changed("{", "["), "changed.json: malformed JSON");
  expect_bad(run_changed("a.input", "c.input"), "has no layer of activations 'a.input'");
  EXPECT_EQ(folder_.names().size(), 4u);  // nothing else was written
}

TEST_F(SchemeFilesTest, LayersMustMatch) {
  const std::string odd = folder_.write(
      "odd.safetensors", made_file({{"a.weight", "F32", "[4,32]", floats(made_floats(128, 3))}}));
  expect_bad(run({"compare-schemes", x_, odd}), "has rows of 32 channels");
  expect_bad(run({"compare-schemes", x_, w_, "--layer", "c.weight"}), "a.weight");
  expect_bad(run({"calibrate-scheme", "smoothquant_int8", "--activations", x_, "-o", plan_}),
             "smooths, which takes weights too");
  expect_bad(run({"calibrate-scheme", "nvfp4", "--activations", x_, "-o", x_}), "x.safetensors");
  EXPECT_FALSE(std::filesystem::exists(plan_));
}

TEST(SchemesCommand, MicroMixShares) {
  // The counts of schemes and of verify micromix come from two programs.
  const spec::RecipeTable recipes;
  const kernels::SchemeTable schemes(recipes);
  const auto x = made_floats(40 * 2048, 9);
  for (const auto& [rule_name, scheme_name] :
       {std::pair{"iclr", "micromix_iclr"}, {"main", "micromix_main"}}) {
    for (const analysis::MicromixRule& rule : analysis::micromix_rules()) {
      if (rule.name != rule_name) continue;
      const auto expected =
          analysis::micromix_channels(analysis::count_micromix(rule, x, 2048), 2048);
      const auto plan = kernels::calibrate_layer(schemes.find(scheme_name), {40, 2048, x}, {});
      EXPECT_EQ(plan.levels,
                (std::vector<std::int64_t>{expected.mxfp4, expected.mxfp6, expected.mxfp8}));
    }
  }
}

}  // namespace
}  // namespace mxscope::reports
