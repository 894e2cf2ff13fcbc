// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/claim.h"
#include "reports/conversion_matrix.h"
#include "reports/figures.h"
#include "reports/provenance.h"

namespace mxscope::reports {

/// Everything that the page shows; the page adds words and nothing else.
struct PageContent {
  Run run;
  std::vector<Figure> figures;
  std::map<std::string, std::string> svgs;  ///< by figure name; what is missing becomes a line
  std::string no_svg_reason;                ///< plain text: why pictures are missing, or ""
  std::vector<ConversionFamily> families;
  std::vector<analysis::Claim> bound_claims;  ///< bound_story_tasks()
  std::vector<analysis::Claim> claims;
  std::string claims_origin;      ///< plain text: where the claims come from
  nlohmann::json claims_run;      ///< of the program that checked them; empty where none is known
  nlohmann::json claims_request;  ///< what it was asked to check; empty as well
};

/// The whole page: one HTML document that needs nothing else. Equal content gives equal bytes.
std::string page_html(const PageContent& content);

// The sections, each an HTML fragment.
std::string encodings_section();
std::string error_table();
std::string recipes_section(const PageContent& content);
std::string bounds_section(const PageContent& content);
std::string conversions_section(const PageContent& content);
std::string two_step_section(const PageContent& content);
std::string claims_section(const PageContent& content);

/// <figure> with the picture, or a line that says why there is none and where its data lie.
std::string figure_html(const PageContent& content, std::string_view name);

/// The style sheet and the script, for the page's head.
std::string_view page_style();
std::string_view page_script();

}  // namespace mxscope::reports
