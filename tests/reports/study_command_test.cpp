// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Answers of mxscope study that follow from what the variants are.
#include <gmock/gmock.h>

#include <map>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

/// The means of a question's variants, by label.
std::map<std::string, nlohmann::json> means_of(const nlohmann::json& study, const std::string& id) {
  std::map<std::string, nlohmann::json> out;
  for (const auto& question : study["questions"])
    if (question["id"] == id)
      for (const auto& variant : question["variants"]) out[variant["label"]] = variant["mean"];
  EXPECT_FALSE(out.empty()) << id;
  return out;
}

TEST(StudyCommandMedium, AnswersAreThoseOfTheVariants) {
  const Seen seen = run({"study", "--random", "24,16,512,5", "--tokens", "8", "--json"});
  ASSERT_EQ(seen.code, 0) << seen.err;
  const nlohmann::json study = seen.json();
  EXPECT_EQ(study["questions"].size(), 13u);
  for (const auto& question : study["questions"])
    EXPECT_FALSE(question.contains("problem")) << question;
  const char* const x = "SQNR of x";
  const char* const y = "SQNR of y";

  const auto residuals = means_of(study, "residuals");
  EXPECT_GT(residuals.at("and residuals")[x], residuals.at("channels ordered")[x]);
  // Quantizing weights exactly, or activations, cannot be worse by much than quantizing both.
  const auto errors = means_of(study, "weight-error");
  EXPECT_GT(errors.at("weights exact")[y], errors.at("both quantized")[y]);
  EXPECT_GT(errors.at("activations exact")[y], errors.at("both quantized")[y]);
  EXPECT_TRUE(errors.at("activations exact")[x].is_null());  // no error at all
  const auto bug = means_of(study, "residual-bug");
  EXPECT_LT(bug.at("as coded")[x], bug.at("as it should be")[x]);
  // Scales rounded up clip nothing; to nearest, 1/17 of a maximum at most.
  const auto clipping = means_of(study, "clipping");
  EXPECT_EQ(clipping.at("nvfp4, scales up")["blocks clipped, %"], 0);
  EXPECT_GT(clipping.at("nvfp4")["blocks clipped, %"], 20);
  EXPECT_LE(clipping.at("nvfp4")["of a maximum, % at most"], 100.0 / 17);
  // The channels of the largest magnitude have more than their share of the error.
  const auto captured = means_of(study, "residual-count");
  EXPECT_GT(captured.at("S = 64")["% of the squared error"],
            captured.at("S = 64")["% of the channels"]);
  const auto sums = means_of(study, "accumulation");
  const char* const quantized = "SQNR against quantized x, w";
  EXPECT_GT(sums.at("in fp32")[quantized], sums.at("in fp32, then to bf16")[quantized]);
  EXPECT_GT(sums.at("in fp32, then to bf16")[quantized], sums.at("through bf16")[quantized]);
  const auto equal = means_of(study, "equal-bits");
  const double bits = equal.at("micromix, matched")["bits of x"];
  EXPECT_LE(equal.at("arcquant, as many bits")["bits of x"], bits);
  EXPECT_GT(equal.at("arcquant, as many bits")["bits of x"], bits - 4.5 * 16 / 512);
}

TEST(StudyCommand, OnlySomeQuestionsAndBadOnes) {
  const std::vector<std::string> made = {"study", "--random", "8,8,128,1", "--only"};
  std::vector<std::string> one = made;
  one.emplace_back("clipping");
  EXPECT_THAT(run(one).out, HasSubstr("nvfp4, scales up"));
  std::vector<std::string> bad = made;
  bad.emplace_back("cliping");
  expect_bad(run(bad), "clipping");
  expect_bad(run({"study"}), "two files are missing");
  expect_bad(run({"study", "--random", "8,8,128,1", "x.npy", "w.npy"}), "leave files");
}

}  // namespace
}  // namespace mxscope::reports
