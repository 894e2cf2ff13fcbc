// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The verification table: claims by kind, summed up, then each of them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "reports/page.h"
#include "reports/page_html.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;
using analysis::Result;

constexpr std::array kResults = {Result::kProved, Result::kExhaustive, Result::kMeasured,
                                 Result::kRefuted};

constexpr std::size_t kMostRows = 250;  ///< of one table

struct Kind {
  std::string name;  ///< the claim's id up to its first slash
  std::vector<const Claim*> claims;

  std::size_t count(Result result) const {
    return static_cast<std::size_t>(std::count_if(
        claims.begin(), claims.end(), [&](const Claim* c) { return c->result == result; }));
  }
};

/// Kinds in order of their first claim, so that a page follows its file.
std::vector<Kind> kinds_of(const std::vector<Claim>& claims) {
  std::vector<Kind> kinds;
  for (const Claim& claim : claims) {
    const std::string name = claim.id.substr(0, claim.id.find('/'));
    auto it =
        std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name == name; });
    if (it == kinds.end()) it = kinds.insert(kinds.end(), {name, {}});
    it->claims.push_back(&claim);
  }
  return kinds;
}

/// A count that may pass 2^64 when summed.
std::string summed_cases(const Kind& kind) {
  spec::Integer sum = 0;
  for (const Claim* claim : kind.claims) sum += claim->cases;
  return with_separators(sum.str());
}

std::string claim_table(const PageContent& content, const std::vector<const Claim*>& claims) {
  HtmlTable table({{"known"},
                   {"subject"},
                   {"statement", Align::kText},
                   {"domain"},
                   {"bound", Align::kRight},
                   {"witness", Align::kRight},
                   {"cases", Align::kRight}});
  for (const Claim* c : claims)
    table.add(
        {evidence_html(content, *c), fmt::format("<code>{}</code>", escaped(c->subject)),
         fmt::format("<span title=\"{}\">{}</span>", escaped(c->method), prose_html(c->statement)),
         prose_html(c->domain), prose_html(c->bound), escaped(c->witness),
         HtmlCell(with_separators(c->cases), std::to_string(c->cases))});
  return table.html();
}

/// A kind of thousands of claims would be most of the page: a line for each subject instead.
std::string subject_table(const Kind& kind) {
  std::vector<std::string> order;
  std::map<std::string, Kind> subjects;
  for (const Claim* c : kind.claims) {
    if (!subjects.contains(c->subject)) order.push_back(c->subject);
    subjects[c->subject].claims.push_back(c);
  }
  std::vector<HtmlColumn> columns = {{"subject"}, {"claims", Align::kRight}};
  for (const Result r : kResults)
    columns.push_back({std::string(analysis::to_string(r)), Align::kRight});
  columns.push_back({"inputs covered", Align::kRight});
  columns.push_back({"the first of them", Align::kText});
  HtmlTable table(columns);
  for (const std::string& name : order) {
    const Kind& one = subjects.at(name);
    std::vector<HtmlCell> row = {fmt::format("<code>{}</code>", escaped(name)),
                                 std::to_string(one.claims.size())};
    for (const Result r : kResults)
      row.emplace_back(one.count(r) == 0 ? "" : std::to_string(one.count(r)));
    row.emplace_back(summed_cases(one));
    row.emplace_back(prose_html(one.claims.front()->statement));
    table.add(std::move(row));
  }
  return table.html();
}

/// "a, b", "3", "yes": a value of a request, whatever its type.
std::string value_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_array())
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string text;
  for (const nlohmann::json& item : value) text += (text.empty() ? "" : ", ") + value_text(item);
  return text.empty() ? "all" : text;
}

/// The program, processor and arguments behind the claims: they may be others than this page's.
std::string verification_table(const PageContent& content) {
  if (content.claims_run.empty())
    return "<p>The file does not say which program checked them.</p>\n";
  HtmlTable table({{"checked by", Align::kText}, {"", Align::kText}});
  const auto add = [&](const char* title, const nlohmann::json& from, const char* field) {
    if (from.contains(field)) table.add({title, escaped(value_text(from.at(field)))});
  };
  const nlohmann::json& run = content.claims_run;
  add("version", run, "version");
  add("commit", run, "commit");
  add("program, SHA-256", run, "program_sha256");
  add("compiler", run, "compiler");
  add("flags", run, "flags");
  add("processor", run, "cpu");
  if (run.contains("arguments") && run.at("arguments").is_array()) {
    std::string line = "mxscope";
    for (const nlohmann::json& word : run.at("arguments")) line += " " + value_text(word);
    table.add({"arguments", fmt::format("<code>{}</code>", escaped(line))});
  }
  for (const auto& [field, value] : content.claims_request.items())
    table.add({"request: " + escaped(field), escaped(value_text(value))});
  return folded("The program that checked them, and what it was asked", table.html());
}

std::string html(const PageContent& content) {
  std::string out = fmt::format(
      "<p>{} Every claim is in <a href=\"data/claims.json\">data/claims.json</a>, and those of the "
      "worst case in <a href=\"data/bounds.json\">data/bounds.json</a>.</p>\n",
      escaped(content.claims_origin));
  out += verification_table(content);
  const std::vector<Claim> all = all_claims(content);
  const std::vector<Kind> kinds = kinds_of(all);
  std::vector<HtmlColumn> columns = {{"kind of claim"}};
  for (const Result r : kResults)
    columns.push_back({std::string(analysis::to_string(r)), Align::kRight});
  columns.push_back({"inputs covered", Align::kRight});
  HtmlTable summary(std::move(columns));
  for (const Kind& kind : kinds) {
    std::vector<HtmlCell> row = {HtmlCell(fmt::format("<b>{}</b>", escaped(kind.name)))};
    for (const Result r : kResults)
      row.emplace_back(kind.count(r) == 0 ? "" : std::to_string(kind.count(r)));
    row.emplace_back(summed_cases(kind));
    summary.add(std::move(row));
  }
  out += summary.html();
  std::vector<const Claim*> refuted;
  for (const Claim& claim : all)
    if (!claim.holds()) refuted.push_back(&claim);
  if (refuted.empty()) {
    out += fmt::format("<p>All {} claims hold.</p>\n", all.size());
  } else {
    out += fmt::format("<p><b>{} of {} claims are refuted:</b></p>\n", refuted.size(), all.size());
    out += claim_table(content, refuted);
  }
  out +=
      "<input class=\"filter\" data-of=\"all-claims\" type=\"search\" placeholder=\"Find claims: "
      "words of "
      "theirs\" aria-label=\"Find claims\" hidden>\n<div id=\"all-claims\">\n";
  for (const Kind& kind : kinds) {
    const bool each = kind.claims.size() <= kMostRows;
    out += folded(fmt::format("{}: {} claims{}", escaped(kind.name),
                              with_separators(kind.claims.size()), each ? "" : ", by subject"),
                  each ? claim_table(content, kind.claims) : subject_table(kind));
  }
  return out + "</div>\n";
}

}  // namespace

PageSection claims_section() {
  return {.id = "claims",
          .title = "Appendix: every claim",
          .contents = "Claims",
          .bounds = true,
          .claims = true,
          .html = html};
}

}  // namespace mxscope::reports
