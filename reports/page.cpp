// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The report page, top to bottom.
#include "reports/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/page_html.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

std::string head() {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += "<title>mxscope: block-scaled formats, measured and proved</title>\n<style>";
  return out + page_style() + "</style>\n</head>\n<body>\n<div class=\"page\">\n";
}

std::string contents_html(const std::vector<PageSection>& sections) {
  std::string out = "<nav aria-label=\"Contents\"><b>mxscope report</b>";
  for (const PageSection& s : sections)
    out += fmt::format("<a href=\"#{}\">{}</a>", s.id, s.contents);
  return out + "</nav>\n<main>\n";
}

std::string legend() {
  std::string out = "<dl class=\"legend\">\n";
  const auto entry = [&](const char* word, const char* text) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", badge(word), text);
  };
  entry("definition", "follows from the encoding that the cited clause defines");
  entry("exact", "computed with rational arithmetic, at the points shown");
  entry("proved", "an argument whose finitely many cases were all checked");
  entry("exhaustive", "every input of the stated domain was tried");
  entry("measured", "some inputs were tried: evidence, not proof");
  entry("computed", "by a model whose inputs are cited or marked as assumed; no measurement");
  entry("cited", "somebody else’s measurement or statement, with its source");
  entry("assumed", "nobody has measured it");
  entry("refuted", "a witness contradicts the statement");
  return out + "</dl>\n";
}

std::string footer(const PageContent& content) {
  std::string arguments;
  for (const std::string& argument : content.run.arguments) arguments += " " + escaped(argument);
  std::string inputs;
  for (const InputFile& input : content.run.inputs)
    inputs += fmt::format("; read {} bytes, SHA-256 <code>{}</code>", input.bytes, input.sha256);
  return fmt::format(
      "<footer><p>How numbers are known, on every page of this report:</p>\n{}<p>mxscope {}, "
      "commit <code>{}</code>, {}, made with <code>mxscope{}</code>{}. The rows behind each "
      "picture are beside it as CSV, with the Vega-Lite document that draws them; the "
      "processor and the time it took are in <code>data/provenance.json</code>.</p></footer>\n"
      "</main>\n</div>\n<script>{}</script>\n</body>\n</html>\n",
      legend(), escaped(content.run.version), escaped(content.run.commit),
      escaped(content.run.compiler), arguments, inputs, page_script());
}

}  // namespace

bool PageContent::has(std::string_view section) const {
  return std::find(sections.begin(), sections.end(), section) != sections.end();
}

const Figure& PageContent::figure(std::string_view name) const {
  const auto it =
      std::find_if(figures.begin(), figures.end(), [&](const Figure& f) { return f.name == name; });
  if (it == figures.end()) throw Error(fmt::format("the page has no figure '{}'", name));
  return *it;
}

const std::vector<PageSection>& page_sections() {
  static const std::vector<PageSection> sections = {
      summary_section(),  formats_section(),      rounding_section(), bounds_section(),
      error_section(),    tensor_cores_section(), schemes_section(),  timing_section(),
      pipeline_section(), claims_section()};
  return sections;
}

std::vector<PageSection> chosen_sections(const std::vector<std::string>& ids) {
  if (ids.empty()) return page_sections();
  std::vector<PageSection> chosen;
  std::string all;
  for (const PageSection& s : page_sections()) {
    all += (all.empty() ? "" : ", ") + std::string(s.id);
    if (std::find(ids.begin(), ids.end(), s.id) != ids.end()) chosen.push_back(s);
  }
  for (const std::string& id : ids)
    if (std::none_of(chosen.begin(), chosen.end(),
                     [&](const PageSection& s) { return s.id == id; }))
      throw Error(fmt::format("--sections {}: there is no such section; they are {}", id, all));
  return chosen;
}

std::vector<FigureSource> sources_of(const std::vector<PageSection>& sections) {
  std::vector<FigureSource> sources;
  for (const PageSection& section : sections)
    for (const FigureSource& source : section.sources)
      if (std::none_of(sources.begin(), sources.end(),
                       [&](const FigureSource& s) { return s.name == source.name; }))
        sources.push_back(source);
  return sources;
}

std::string figure_html(const PageContent& content, std::string_view name) {
  const Figure& figure = content.figure(name);
  std::string out =
      fmt::format("<figure id=\"fig-{}\"{}><h3>{}</h3>\n", figure.name,
                  figure.small ? " class=\"small-figure\"" : "", prose_html(figure.title));
  const auto svg = content.svgs.find(figure.name);
  if (svg != content.svgs.end())
    out += fmt::format("<div class=\"picture\">{}</div>\n", svg->second);
  else
    out += fmt::format(
        "<p class=\"nopicture\">No picture: {}. The data are in <code>figures/{}.csv</code>, the "
        "Vega-Lite document in <code>figures/{}.vl.json</code>.</p>\n",
        escaped(content.no_svg_reason), figure.name, figure.name);
  return out +
         fmt::format("<figcaption>{} <a href=\"figures/{}.csv\">Data</a></figcaption></figure>\n",
                     prose_html(figure.caption), figure.name);
}

std::string figure_table(const Figure& figure,
                         const std::vector<std::pair<std::string, std::string>>& columns) {
  std::vector<HtmlColumn> headings;
  std::vector<std::size_t> places;
  for (const auto& [name, title] : columns) {
    const auto found =
        std::find_if(figure.columns.begin(), figure.columns.end(),
                     [&, &wanted = name](const Column& c) { return c.name == wanted; });
    if (found == figure.columns.end())
      throw Error(fmt::format("figure {} has no column {}", figure.name, name));
    places.push_back(static_cast<std::size_t>(found - figure.columns.begin()));
    headings.push_back({title, found->kind == CellKind::kNumber ? Align::kRight : Align::kLeft});
  }
  HtmlTable table(std::move(headings));
  for (const auto& row : figure.rows) {
    std::vector<HtmlCell> cells;
    for (const std::size_t i : places)
      cells.emplace_back(row[i].empty() ? "–" : prose_html(row[i]));
    table.add(std::move(cells));
  }
  return table.html();
}

std::vector<analysis::Claim> all_claims(const PageContent& content) {
  std::vector<analysis::Claim> all = content.bound_claims;
  std::set<std::string> ids;
  for (const analysis::Claim& c : all) ids.insert(c.id);
  for (const analysis::Claim& c : content.claims)
    if (ids.insert(c.id).second) all.push_back(c);
  return all;
}

std::string certificate_name(std::string_view claim_id) {
  std::string name(claim_id);
  std::replace(name.begin(), name.end(), '/', '.');
  return name + ".json";
}

std::string evidence_html(const PageContent& content, const analysis::Claim& claim) {
  const std::string word = badge(analysis::to_string(claim.result));
  if (!content.certificates.contains(claim.id)) return word;
  return fmt::format("{} <a href=\"certificates/{}\">certificate</a>", word,
                     escaped(certificate_name(claim.id)));
}

std::string page_html(const PageContent& content) {
  const std::vector<PageSection> sections = chosen_sections(content.sections);
  std::string out = head() + contents_html(sections);
  for (const PageSection& s : sections) {
    out += fmt::format("<section id=\"{}\">\n", s.id);
    if (!s.title.empty())
      out += fmt::format("<h2>{}<a class=\"anchor\" href=\"#{}\" aria-label=\"Link\">#</a></h2>\n",
                         s.title, s.id);
    out += s.html(content) + "</section>\n";
  }
  return out + footer(content);
}

}  // namespace mxscope::reports
