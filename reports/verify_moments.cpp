// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify moments: expected errors have the digits that mxscope moments prints.
#include "analysis/moment_claims.h"
#include "reports/verify_subject.h"

namespace mxscope::reports {
namespace {

class VerifyMoments : public VerifySubject {
 public:
  std::string name() const override { return "moments"; }
  std::string summary() const override {
    return "Check expected errors of formats and recipes by quadrature";
  }
  std::string examples() const override {
    return "  mxscope verify moments\n"
           "  mxscope verify moments --only optimal-scale\n";
  }
  std::vector<ClaimKind> kinds() const override {
    return {{"block-moments"}, {"scalar-moments"}, {"optimal-scale"}};
  }
  void add_options(CLI::App& /*command*/) override {}
  void restore(const nlohmann::json& /*request*/) override {}
  VerifyTasks tasks(Run& /*run*/) const override { return {analysis::moment_tasks()}; }
};

}  // namespace

std::unique_ptr<VerifySubject> make_verify_moments() { return std::make_unique<VerifyMoments>(); }

}  // namespace mxscope::reports
