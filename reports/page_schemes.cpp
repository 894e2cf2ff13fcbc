// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Schemes compared: error against bits, error against time, and what follows for each device.
#include <fmt/format.h>

#include <algorithm>

#include "reports/figures_trade_off.h"
#include "reports/page.h"
#include "reports/page_html.h"

namespace mxscope::reports {
namespace {

std::string html(const PageContent& content) {
  std::string out =
      "<p>The same layer, stored in different ways. A format with fewer bits is faster and errs "
      "more; whether that is worth it depends on the device, because not every tensor core runs "
      "every type at its own rate.</p>\n";
  out += figure_html(content, "trade_off_bits") + figure_html(content, "trade_off_time");
  out += "<h3>The fastest that is good enough</h3>\n" + choice_table(content);
  out += folded("All times and errors",
                figure_table(content.figure("trade_off_time"), {{"device", "device"},
                                                                {"scheme", "format"},
                                                                {"bits", "bits"},
                                                                {"sqnr_db", "SQNR, dB"},
                                                                {"us", "µs"},
                                                                {"kernel", "kernel"}}));
  return out;
}

}  // namespace

std::string choice_table(const PageContent& content) {
  constexpr double kLevels[] = {10, 15, 25, 28, 50};
  const std::vector<TradeOff> rows = trade_offs(content.figure("trade_off_time"));
  std::vector<HtmlColumn> columns = {{"device"}};
  for (const double level : kLevels)
    columns.push_back({fmt::format("at least {} dB", level), Align::kRight});
  HtmlTable table(columns);
  std::vector<std::string> seen;
  for (const TradeOff& row : rows) {
    if (std::find(seen.begin(), seen.end(), row.device) != seen.end()) continue;
    seen.push_back(row.device);
    std::vector<HtmlCell> cells = {
        fmt::format("<span class=\"nb\">{}</span>", escaped(row.device))};
    for (const double level : kLevels) {
      const TradeOff* const best = fastest(rows, row.device, level);
      cells.push_back(best == nullptr ? HtmlCell("–")
                                      : HtmlCell(fmt::format("<b>{}</b> {:.4g} µs",
                                                             escaped(best->scheme), best->us),
                                                 fmt::format("{:g}", best->us)));
    }
    table.add(std::move(cells));
  }
  return table.html();
}

PageSection schemes_section() {
  return {.id = "schemes",
          .title = "Schemes compared " + badge("computed"),
          .contents = "Schemes",
          .sources = {{"trade_off", 8, trade_off_figures}},
          .html = html};
}

}  // namespace mxscope::reports
