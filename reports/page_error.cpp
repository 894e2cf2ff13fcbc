// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The error to expect: of one conversion, and of block recipes on random data.
#include <fmt/format.h>

#include <algorithm>

#include "reports/figures_steps.h"
#include "reports/figures_style.h"
#include "reports/page.h"
#include "reports/page_html.h"
#include "spec/formats.h"

namespace mxscope::reports {
namespace {

using spec::Rational;

std::string error_table() {
  HtmlTable table({{"format"},
                   {"mode"},
                   {"largest error, ulp", Align::kRight},
                   {"largest relative error, normal range", Align::kRight},
                   {"attained at", Align::kRight}});
  using spec::Rounding;
  for (const char* name :
       {"e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "e4m3fnuz", "e5m2fnuz", "e3m4ieee"}) {
    const spec::Format& format = spec::find_format(name);
    const Rational ulp = spec::power_of_two(-format.mantissa_bits);
    for (const Rounding mode : {Rounding::kNearestEven, Rounding::kTowardZero}) {
      const spec::Policy policy = plain_policy(format, mode);
      Rational worst_ulp = 0;
      Rational worst_relative = 0;
      Rational at = 0;
      bool attained = true;
      // The error is linear between decision points, so its extremes are at their one-sided limits.
      for (const Step& step : steps_between(format, policy, 1, 2))
        for (const Rational& x : {step.from, step.to}) {
          const Rational error = abs(step.value - x);
          worst_ulp = std::max(worst_ulp, Rational(error / ulp));
          if (error / x <= worst_relative) continue;
          worst_relative = error / x;
          at = x;
          attained = converted(x, format, policy) == step.value;
        }
      const std::string where = fmt::format("{} · 2<sup>k</sup>", exact_html(at));
      table.add({display_name(format), heading(mode),
                 HtmlCell(exact_html(worst_ulp), number_key(worst_ulp)),
                 HtmlCell(exact_html(worst_relative), number_key(worst_relative)),
                 attained ? where : "approached at " + where});
    }
  }
  return table.html();
}

std::vector<Figure> relative() { return {relative_error()}; }
std::vector<Figure> expected() { return {expected_error()}; }
std::vector<Figure> recipes() { return {recipe_sqnr()}; }

/// A row for each recipe, a column for each density.
std::string expected_table(const Figure& figure) {
  std::vector<std::string> densities;
  for (const auto& row : figure.rows)
    if (std::find(densities.begin(), densities.end(), row[1]) == densities.end())
      densities.push_back(row[1]);
  std::vector<HtmlColumn> columns = {{"recipe"}, {"bits", Align::kRight}};
  for (const std::string& d : densities)
    columns.push_back({fmt::format("SQNR, dB<br>{}", escaped(d)), Align::kRight});
  HtmlTable table(columns);
  for (const auto& first : figure.rows) {
    if (first[1] != densities.front()) continue;
    std::vector<HtmlCell> cells = {fmt::format("<code>{}</code>", escaped(first[0])), first[2]};
    for (const std::string& d : densities)
      for (const auto& row : figure.rows)
        if (row[0] == first[0] && row[1] == d) cells.emplace_back(row[3]);
    table.add(std::move(cells));
  }
  return table.html();
}

std::string html(const PageContent& content) {
  std::string out =
      "<p>The worst case says what cannot happen; this says what does on average. A block of "
      "independent random numbers gets the scale that its own largest magnitude asks for, and the "
      "expectation over all such blocks has a closed form.</p>\n";
  out += figure_html(content, "expected_error");
  out += folded("The same as a table", expected_table(content.figure("expected_error")));
  out += recipes_html(content);
  out += "<h3 id=\"one-number\">One number at a time " + badge("exact") + "</h3>\n";
  out += figure_html(content, "relative_error");
  out += "<h4>Largest errors in the normal range</h4>\n" + error_table();
  return out;
}

}  // namespace

PageSection error_section() {
  return {.id = "error",
          .title = "Expected error " + badge("proved"),
          .contents = "Expected error",
          .sources = {{"expected_error", 4, expected},
                      {"recipe_sqnr", 10, recipes},
                      {"relative_error", 1, relative}},
          .html = html};
}

}  // namespace mxscope::reports
