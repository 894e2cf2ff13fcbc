// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify layout: packing, scale layouts and residual channels lose nothing.
#include "analysis/layout_claims.h"
#include "reports/verify_subject.h"

namespace mxscope::reports {
namespace {

class VerifyLayout : public VerifySubject {
 public:
  std::string name() const override { return "layout"; }
  std::string summary() const override {
    return "Check that packing codes and laying out scales lose nothing";
  }
  std::string examples() const override {
    return "  mxscope verify layout\n"
           "  mxscope verify layout --only scale-layout\n";
  }
  std::vector<ClaimKind> kinds() const override {
    return {{"packing"}, {"scale-layout"}, {"channel-layout"}};
  }
  void add_options(CLI::App& command) override {
    command.add_flag("--quick", quick_, "Smaller bounds on shapes, for a glance");
  }
  void restore(const nlohmann::json& request) override { quick_ = request.at("quick").get<bool>(); }

  VerifyTasks tasks(Run& /*run*/) const override {
    analysis::LayoutBounds bounds;
    if (quick_) bounds = {.codes = 64, .rows = 140, .columns = 9, .channels = 512};
    return {analysis::layout_tasks(bounds), {{"quick", quick_}}};
  }

 private:
  bool quick_ = false;
};

}  // namespace

std::unique_ptr<VerifySubject> make_verify_layout() { return std::make_unique<VerifyLayout>(); }

}  // namespace mxscope::reports
