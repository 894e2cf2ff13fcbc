// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/verify_subject.h"

#include "reports/claims_text.h"
#include "spec/names.h"

namespace mxscope::reports {

std::vector<std::unique_ptr<VerifySubject>> verify_subjects() {
  std::vector<std::unique_ptr<VerifySubject>> subjects;
  for (const auto make :
       {make_verify_codec, make_verify_recipes, make_verify_layout, make_verify_bounds,
        make_verify_arcquant, make_verify_micromix, make_verify_moments})
    subjects.push_back(make());
  return subjects;
}

std::string VerifySubject::text(const std::vector<analysis::Claim>& claims) const {
  return claims_text(claims);
}

std::unique_ptr<VerifySubject> find_verify_subject(const std::string& name) {
  std::vector<std::string> known;
  for (auto& subject : verify_subjects()) {
    if (subject->name() == name) return std::move(subject);
    known.push_back(subject->name());
  }
  throw spec::unknown_name("subject of mxscope verify", name, known);
}

}  // namespace mxscope::reports
