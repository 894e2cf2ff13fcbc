// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify micromix: the thresholds between its formats, settled.
#include "analysis/micromix_claims.h"
#include "reports/bound_story.h"
#include "reports/verify_subject.h"

namespace mxscope::reports {
namespace {

class VerifyMicromix : public VerifySubject {
 public:
  std::string name() const override { return "micromix"; }
  std::string summary() const override {
    return "Settle MicroMix's thresholds between MXFP4, MXFP6 and MXFP8";
  }
  std::string examples() const override {
    return "  mxscope verify micromix\n"
           "  mxscope verify micromix --only threshold\n";
  }
  std::vector<ClaimKind> kinds() const override {
    return {{"threshold"}, {"signed"}, {"gamma"}, {"ranking"}, {"channel-counts"}};
  }
  void add_options(CLI::App& /*command*/) override {}
  void restore(const nlohmann::json& /*request*/) override {}
  VerifyTasks tasks(Run& /*run*/) const override { return {analysis::micromix_tasks()}; }

  std::string text(const std::vector<analysis::Claim>& claims) const override {
    const auto of = [&](const char* prefix) { return with_prefix(claims, prefix); };
    std::string out;
    const auto section = [&](const char* title, const std::string& body) {
      if (!body.empty()) out += (out.empty() ? "" : "\n") + std::string(title) + "\n\n" + body;
    };
    section("THRESHOLDS: DOES THE ERROR STAY WITHIN INT8'S, max|X| / 254?",
            published_text(of("threshold/")));
    section("SIGNED COMPARISON (equation 8)", published_text(of("signed/")));
    section("THE DERIVATION'S GAMMA", published_text(of("gamma/")));
    section("CHANNEL COUNTS", published_text(of("channel-counts")));
    std::string ranking;
    for (const analysis::Claim& c : of("ranking/")) ranking += c.statement + "\n";
    section("SCALE RULES", ranking);
    return out;
  }
};

}  // namespace

std::unique_ptr<VerifySubject> make_verify_micromix() { return std::make_unique<VerifyMicromix>(); }

}  // namespace mxscope::reports
