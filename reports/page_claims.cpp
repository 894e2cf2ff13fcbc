// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The verification table: claims by kind, summed up, then each of them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reports/page.h"
#include "reports/page_html.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;
using analysis::Result;

constexpr std::array kResults = {Result::kProved, Result::kExhaustive, Result::kMeasured,
                                 Result::kRefuted};

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

std::string claim_table(const std::vector<const Claim*>& claims) {
  HtmlTable table({{"known"},
                   {"subject"},
                   {"statement", Align::kText},
                   {"domain"},
                   {"bound", Align::kRight},
                   {"witness", Align::kRight},
                   {"cases", Align::kRight}});
  for (const Claim* c : claims)
    table.add(
        {badge(analysis::to_string(c->result)), fmt::format("<code>{}</code>", escaped(c->subject)),
         fmt::format("<span title=\"{}\">{}</span>", escaped(c->method), prose_html(c->statement)),
         prose_html(c->domain), prose_html(c->bound), escaped(c->witness),
         HtmlCell(with_separators(c->cases), std::to_string(c->cases))});
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

}  // namespace

std::string claims_section(const PageContent& content) {
  std::string out = "<h2 id=\"verification\">Verification</h2>\n";
  out += fmt::format("<p>{} Every claim is in <code>data/claims.json</code>.</p>\n",
                     escaped(content.claims_origin));
  out += verification_table(content);
  if (content.claims.empty()) return out;
  const std::vector<Kind> kinds = kinds_of(content.claims);
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
  for (const Claim& claim : content.claims)
    if (!claim.holds()) refuted.push_back(&claim);
  if (refuted.empty()) {
    out += fmt::format("<p>All {} claims hold.</p>\n", content.claims.size());
  } else {
    out += fmt::format("<p><b>{} of {} claims are refuted:</b></p>\n", refuted.size(),
                       content.claims.size());
    out += claim_table(refuted);
  }
  for (const Kind& kind : kinds)
    out += folded(fmt::format("{}: all {} claims", escaped(kind.name), kind.claims.size()),
                  claim_table(kind.claims));
  return out;
}

}  // namespace mxscope::reports
