// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope models, simulate scheme, model and published: what a user sees, and bad input.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

using Arguments = std::vector<std::string>;

Arguments with(Arguments all, const Arguments& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

const Arguments kModel = {"simulate", "model",   "--model", "llama-3.1-8b",
                          "--device", "rtx5090", "--scheme"};
const Arguments kLayer = {"simulate", "scheme", "--device", "rtx5090", "-m",      "1024",
                          "-n",       "4096",   "-k",       "4096",    "--scheme"};

TEST(ModelsCommand, ListsAndShowsOne) {
  const Seen list = run({"models"});
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("mixtral-8x7b"));
  EXPECT_THAT(list.out, HasSubstr("8030261248"));
  const Seen one = run({"models", "mixtral"});
  EXPECT_THAT(one.out, HasSubstr("2 of 8"));
  EXPECT_THAT(one.out, HasSubstr("46702792704, as cited"));
  EXPECT_EQ(
      run({"models", "qwen2.5-7b", "--json"}).json().at("models")[0].at("parameters").at("total"),
      7615616512);
  expect_bad(run({"models", "gpt"}), "unknown model 'gpt'");
}

TEST(ModelsCommand, AFileIsChecked) {
  const Folder folder;
  const std::string text =
      "name = \"tiny\"\ntitle = \"Tiny\"\nsource = \"a test\"\nhidden = 256\nintermediate = 512\n"
      "layers = 2\nheads = 4\nkv_heads = 2\nhead_dim = 64\nvocabulary = 1024\n";
  const std::string file = folder.write("tiny.toml", text);
  const Seen seen = run({"simulate", "model", "--model", file, "--device", "rtx5090", "--scheme",
                         "arcquant", "--seq", "128", "--json"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_EQ(seen.json().at("model"), "tiny");
  EXPECT_EQ(seen.json().at("run").at("inputs").size(), 1u);
  const std::string bad = folder.write("bad.toml", text +
                                                       "parameters = 5\n"
                                                       "parameters_source = \"guess\"\n");
  expect_bad(run({"models", bad}), "the tensors have");
  expect_bad(run({"models", folder.path("none.toml")}), "none.toml");
}

TEST(SimulateModel, ComparesAndShowsKernels) {
  const Seen seen = run(with(kModel, {"arcquant", "--batch", "4", "--seq", "2048"}));
  EXPECT_EQ(seen.code, 0) << seen.err;
  for (const char* text : {"fp16", "fp8", "arcquant", "fits", "rmsnorm + quantize", "attention*",
                           "* assumed", "S = 256, assumed", "Not counted"})
    EXPECT_THAT(seen.out, HasSubstr(text));
  std::istringstream lines(seen.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 110u) << line;
}

TEST(SimulateModel, JsonAddsUpAndIsTheSameTwice) {
  const Arguments all = with(kModel, {"micromix_iclr", "--seq", "512", "--json"});
  const nlohmann::json json = run(all).json();
  EXPECT_EQ(json, run(all).json());
  ASSERT_EQ(json.at("schemes").size(), 3u);
  for (const auto& scheme : json.at("schemes")) {
    double us = 0;
    for (const auto& kernel : scheme.at("kernels")) us += kernel.at("us_of_all").get<double>();
    EXPECT_NEAR(us, scheme.at("us").get<double>(), 1e-6 * us);
  }
}

TEST(SimulateModel, DecodingTakesAPlan) {
  const Folder folder;
  const std::string plan = folder.write("s.csv", "layer,group,channels\n*,qkv,64\n3,down,1024\n");
  const Seen seen =
      run(with(kModel, {"arcquant", "--decode", "--batch", "2", "--plan", plan, "--json"}));
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("k=4160"));
  EXPECT_THAT(seen.out, HasSubstr("k=15360"));
  const auto bad = [&](const char* text) {
    return run(with(kModel, {"arcquant", "--plan", folder.write("bad.csv", text)}));
  };
  expect_bad(bad("0,qkv\n"), "bad.csv:1: write layer,group,channels");
  expect_bad(bad("40,qkv,64\n"), "has layers 0 to 31");
  expect_bad(bad("0,kqv,64\n"), "groups are qkv, o, gate_up, down");
  expect_bad(bad("0,qkv,x\n"), "bad.csv:1");
  expect_bad(bad("0,qkv,9000\n"), "more channels than the 4096");
  expect_bad(bad("# nothing\n"), "no channels are planned");
  expect_bad(run(with(kModel, {"nvfp4", "--plan", plan})), "channels to plan");
}

TEST(SimulateModel, BadInputIsOneSentence) {
  expect_bad(run(with(kModel, {"micromax"})), "unknown scheme 'micromax'");
  expect_bad(run(with(kModel, {"nvfp4", "--batch", "0"})), "--batch");
  expect_bad(run(with(kModel, {"arcquant", "--residual", "200%"})), "at most 100%");
  expect_bad(run(with(kModel, {"micromix", "--shares", "0.5"})), "write p6,p8");
  expect_bad(run(with(kModel, {"micromix", "--shares", "0.5,0.6"})), "more than all channels");
  expect_bad(run(with(kModel, {"micromix", "--average-bits", "9"})), "from 4 to 8");
  expect_bad(run(with(kModel, {"arcquant", "--amax", "guess"})), "amax pass");
  expect_bad(run({"simulate", "model", "--model", "llama-3.1-8b", "--device", "h200", "--scheme",
                  "nvfp4"}),
             "take no nvfp4");
}

TEST(SimulateModel, WhatADeviceCannotRunIsRefusedOnlyIfAskedFor) {
  const Seen seen = run({"simulate", "model", "--model", "llama-3.1-8b", "--device", "h200",
                         "--scheme", "fp16", "--seq", "128", "--json"});
  EXPECT_EQ(seen.code, 0) << seen.err;
}

TEST(SimulateScheme, ResidualChannelsFromZeroUp) {
  const Seen seen = run(with(kLayer, {"arcquant", "--residual", "0..256:64", "--json"}));
  EXPECT_EQ(seen.code, 0) << seen.err;
  const auto rows = seen.json().at("rows");
  ASSERT_EQ(rows.size(), 5u);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].at("residual_channels"), 64 * i);
    if (i > 0) {
      EXPECT_GE(rows[i].at("us"), rows[i - 1].at("us"));
    }
  }
  const Seen table = run(with(kLayer, {"nvfp4", "arcquant", "--amax", "torch", "--kernels"}));
  EXPECT_THAT(table.out, HasSubstr("4096+256"));
  EXPECT_THAT(table.out, HasSubstr("x / scale"));
}

TEST(SimulateScheme, AverageBitsMoveTimeLessThanBits) {
  const auto rows = run(with(kLayer, {"micromix_iclr", "--average-bits", "4.48,6.01", "--json"}))
                        .json()
                        .at("rows");
  ASSERT_EQ(rows.size(), 2u);
  const double slower = rows[1].at("us").get<double>() / rows[0].at("us").get<double>();
  EXPECT_GT(slower, 1);
  EXPECT_LT(slower, 6.01 / 4.48);
}

TEST(SimulateScheme, BadInputIsOneSentence) {
  expect_bad(run(with(kLayer, {"arcquant", "--residual", "256..0"})), "must go up");
  expect_bad(run(with(kLayer, {"arcquant", "--residual", "5000"})), "at most all of them");
  expect_bad(run(with(kLayer, {"nvfp4", "--input", "x"})), "--input x");
}

TEST(SimulatePublished, ShowsBothAndSaysWhatIsImpossible) {
  const Seen seen = run({"simulate", "published", "--only", "Table 4"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("arc-t4-fp16-1024"));
  EXPECT_THAT(seen.out, HasSubstr("impossible"));
  EXPECT_THAT(seen.out, HasSubstr("Nothing is fitted"));
  const auto rows = run({"simulate", "published", "--only", "mm-t9", "--json"}).json().at("rows");
  EXPECT_EQ(rows.size(), 2u);
  expect_bad(run({"simulate", "published", "--only", "nothing"}), "matches no row");
}

}  // namespace
}  // namespace mxscope::reports
