// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify arcquant: the dual stage's published bound, settled.
#include "analysis/arcquant_claims.h"
#include "reports/bound_story.h"
#include "reports/verify_subject.h"

namespace mxscope::reports {
namespace {

class VerifyArcquant : public VerifySubject {
 public:
  std::string name() const override { return "arcquant"; }
  std::string summary() const override {
    return "Settle ARCQuant's error bound: dual-stage NVFP4 against MXFP8";
  }
  std::string examples() const override {
    return "  mxscope verify arcquant\n"
           "  mxscope verify arcquant --only argument range\n"
           "  mxscope verify arcquant --json -o arcquant.json\n";
  }
  std::vector<ClaimKind> kinds() const override {
    return {{"argument"}, {"single"},      {"dual"},     {"vanishes"}, {"range"},
            {"tighter"},  {"every-block"}, {"residual"}, {"stages"},   {"kernel"}};
  }
  void add_options(CLI::App& /*command*/) override {}
  void restore(const nlohmann::json& /*request*/) override {}
  VerifyTasks tasks(Run& /*run*/) const override { return {analysis::arcquant_tasks()}; }

  std::string text(const std::vector<analysis::Claim>& claims) const override {
    const auto of = [&](const char* prefix) { return with_prefix(claims, prefix); };
    std::string out;
    const auto section = [&](const char* title, std::string body) {
      if (!body.empty()) out += (out.empty() ? "" : "\n") + std::string(title) + "\n\n" + body;
    };
    section("THE PUBLISHED ARGUMENT, STEP BY STEP (eps4 = 1/4, eps8 = 1/16, M the block's maximum)",
            published_text(of("argument/")));
    std::vector<analysis::Claim> bounds = of("single/");
    for (const char* kind : {"dual/", "stages/"})
      for (const analysis::Claim& c : of(kind)) bounds.push_back(c);
    if (!bounds.empty())
      section("WORST ERROR OVER ALL REAL BLOCKS, SCALES WITHOUT BOUNDS", bounds_text(bounds));
    section("AGAINST MXFP8, SCALES WITHOUT BOUNDS", published_text(of("tighter/")));
    if (const auto range = of("range/"); !range.empty())
      section(
          "WITH STORED SCALES: THE LEAST BLOCK MAXIMUM, AS A SHARE OF THE TENSOR'S, FROM WHICH ON\n"
          "THE DUAL STAGE IS NO WORSE THAN MXFP8'S WORST CASE (just below, a witness is worse)",
          logarithms_text(range));
    section("ON A GIVEN BLOCK", published_text(of("every-block/")));
    section("THE KERNELS AS CODED, ON EVERY BLOCK OF BFLOAT16 NUMBERS",
            published_text(of("kernel/")));
    std::string rest;
    for (const char* kind : {"vanishes/", "residual/"})
      for (const analysis::Claim& c : of(kind)) rest += c.subject + ": " + c.statement + "\n";
    section("ALSO", rest);
    return out;
  }
};

}  // namespace

std::unique_ptr<VerifySubject> make_verify_arcquant() { return std::make_unique<VerifyArcquant>(); }

}  // namespace mxscope::reports
