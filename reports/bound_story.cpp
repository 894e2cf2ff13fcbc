// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/bound_story.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/arcquant_claims.h"
#include "analysis/micromix_claims.h"
#include "reports/console.h"
#include "reports/table.h"
#include "spec/exact.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;
using analysis::Verdict;

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

double as_double(const std::string& fraction) {
  return spec::Rational(fraction).convert_to<double>();
}

std::string verdict_text(const Claim& claim) {
  const std::string text = fmt::format("{:<23}", to_string(claim.verdict));
  if (!claim.holds()) return coloured(Colour::kBad, fmt::format("{:<23}", "OUR CLAIM FAILS"));
  return claim.verdict == Verdict::kRefuted ? coloured(Colour::kBad, text)
                                            : coloured(Colour::kGood, text);
}

}  // namespace

std::vector<analysis::Task> bound_story_tasks(analysis::CertificateSink sink) {
  std::vector<spec::Recipe> recipes;
  for (const spec::Recipe& r : spec::named_recipes())
    if (analysis::not_over_reals(r).empty()) recipes.push_back(r);
  std::vector<analysis::Task> tasks = analysis::bound_tasks(recipes, std::move(sink));
  std::erase_if(tasks, [](const analysis::Task& t) { return !t.id.ends_with("/unbounded"); });
  for (auto more : {analysis::arcquant_tasks(), analysis::micromix_tasks()})
    std::move(more.begin(), more.end(), std::back_inserter(tasks));
  return tasks;
}

std::vector<Claim> with_prefix(const std::vector<Claim>& claims, std::string_view prefix) {
  std::vector<Claim> out;
  for (const Claim& c : claims)
    if (c.id.compare(0, prefix.size(), prefix) == 0) out.push_back(c);
  return out;
}

std::string published_text(const std::vector<Claim>& claims) {
  std::vector<std::string> statements;
  for (const Claim& c : claims)
    if (c.verdict != Verdict::kNone) add_once(statements, c.published);
  std::string out;
  for (const std::string& published : statements) {
    out += published + "\n";
    for (const Claim& c : claims) {
      if (c.published != published) continue;
      out += fmt::format("  {}{}: {}", verdict_text(c), c.subject, c.statement);
      if (c.verdict == Verdict::kRefuted && !c.witness.empty())
        out += fmt::format("; block {}", c.witness);
      out += "\n";
    }
  }
  return out;
}

std::string bounds_text(const std::vector<Claim>& claims) {
  Table table({{"of the block's maximum"}, {"", true}, {"claim"}, {"witness"}});
  for (const Claim& c : claims)
    table.add({c.bound, fmt::format("{:.5f}", as_double(c.bound)),
               c.holds() ? c.id : coloured(Colour::kBad, c.id + " FAILS"), c.witness});
  return table.text();
}

std::string logarithms_text(const std::vector<Claim>& claims) {
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  const auto parts = [](const Claim& c) {
    const std::size_t last = c.id.rfind('/');
    const std::size_t first = c.id.rfind('/', last - 1);
    return std::pair{c.id.substr(first + 1, last - first - 1), c.id.substr(last + 1)};
  };
  for (const Claim& c : claims) {
    add_once(rows, parts(c).first);
    add_once(columns, parts(c).second);
  }
  std::vector<Table::Column> headings = {{""}};
  for (const std::string& column : columns) {
    const std::size_t split = column.find('_');
    headings.push_back({column.substr(0, split) + "\n" +
                            (split == std::string::npos ? "" : column.substr(split + 1)),
                        true});
  }
  Table table(headings);
  for (const std::string& row : rows) {
    std::vector<std::string> cells = {row};
    for (const std::string& column : columns) {
      const auto found = std::find_if(claims.begin(), claims.end(), [&](const Claim& c) {
        return parts(c) == std::pair{row, column};
      });
      cells.push_back(found == claims.end() ? ""
                      : found->bound.empty()
                          ? "never"
                          : fmt::format("2^{:.2f}", std::log2(as_double(found->bound))));
    }
    table.add(std::move(cells));
  }
  return table.text();
}

}  // namespace mxscope::reports
