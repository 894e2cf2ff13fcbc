// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The report: its sections, what each needs, and the page they make.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
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
  std::vector<std::string> sections;  ///< ids, in the order of the page
  std::vector<Figure> figures;
  std::map<std::string, std::string> svgs;  ///< by figure name; what is missing becomes a line
  std::string no_svg_reason;                ///< plain text: why pictures are missing, or ""
  std::vector<ConversionFamily> families;
  std::vector<analysis::Claim> bound_claims;  ///< bound_story_tasks()
  std::set<std::string> certificates;         ///< ids of claims that have one in certificates/
  std::vector<analysis::Claim> claims;
  std::string claims_origin;      ///< plain text: where the claims come from
  nlohmann::json claims_run;      ///< of the program that checked them; empty where none is known
  nlohmann::json claims_request;  ///< what it was asked to check; empty as well

  bool has(std::string_view section) const;
  const Figure& figure(std::string_view name) const;  ///< throws Error for one that is not there
};

/// Figures that are computed together.
struct FigureSource {
  std::string_view name;
  double seconds = 1;  ///< about, for progress
  std::vector<Figure> (*make)() = nullptr;
};

/// A part of the page. Adding one is a file reports/page_NAME.cpp and a line in page_sections().
struct PageSection {
  std::string_view id;        ///< of --sections, and the anchor
  std::string title;          ///< HTML
  std::string_view contents;  ///< the title in the table of contents
  std::vector<FigureSource> sources = {};
  bool bounds = false;    ///< reads bound_claims
  bool families = false;  ///< reads families
  bool claims = false;    ///< reads claims
  /// What stands below the section's heading, as HTML.
  std::string (*html)(const PageContent&) = nullptr;
};

PageSection summary_section();
PageSection formats_section();
PageSection rounding_section();
PageSection bounds_section();
PageSection error_section();
PageSection tensor_cores_section();
PageSection schemes_section();
PageSection timing_section();
PageSection pipeline_section();
PageSection claims_section();

/// All of them, in the order of the page.
const std::vector<PageSection>& page_sections();

/// The sections of that ids, in the order of the page; all for none. Throws Error that names them.
std::vector<PageSection> chosen_sections(const std::vector<std::string>& ids);

/// The figures' sources that sections need, each once.
std::vector<FigureSource> sources_of(const std::vector<PageSection>& sections);

/// The whole page: one HTML document that needs nothing else. Equal content gives equal bytes.
std::string page_html(const PageContent& content);

// Parts of sections.
std::string conversions_html(const PageContent& content);
std::string two_step_html(const PageContent& content);
std::string recipes_html(const PageContent& content);

/// For each device and some signal to noise, the fastest scheme that has it.
std::string choice_table(const PageContent& content);

/// <figure> with the picture, or a line that says why there is none and where its data lie.
std::string figure_html(const PageContent& content, std::string_view name);

/// The rows of a figure as a table, with these columns: the figure's name for each, and a heading.
std::string figure_table(const Figure& figure,
                         const std::vector<std::pair<std::string, std::string>>& columns);

/// The badge of what is true of a published statement.
std::string verdict_badge(const analysis::Claim& claim);

/// A claim's id, linked to its certificate where there is one.
std::string evidence_html(const PageContent& content, const analysis::Claim& claim);

/// Those of the worst case and the others, each once.
std::vector<analysis::Claim> all_claims(const PageContent& content);

/// The file of a claim's certificate in the folder of certificates.
std::string certificate_name(std::string_view claim_id);

/// The style sheet and the script, for the page's head and end.
std::string page_style();
std::string_view page_script();

}  // namespace mxscope::reports
