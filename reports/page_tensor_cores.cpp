// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What matrix instructions compute: every unit, what its sums lose, and what nobody has settled.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "reports/figures_tensor_core.h"
#include "reports/page.h"
#include "reports/page_html.h"
#include "reports/unit_words.h"

namespace mxscope::reports {
namespace {

using sim::MmaUnit;

std::string code(std::string_view text) { return fmt::format("<code>{}</code>", escaped(text)); }

/// Published outputs, an ISA's text, or another model.
std::string known(const MmaUnit& unit) {
  const std::string word = evidence_word(unit);
  return fmt::format("<span class=\"badge {}\" title=\"{}\">{}</span>",
                     word == "GPU outputs" ? "measured"
                     : word == "ISA"       ? "definition"
                                           : "cited",
                     escaped(unit.evidence), word);
}

std::string units_table() {
  HtmlTable table({{"unit"},
                   {"device"},
                   {"A and B"},
                   {"block scales"},
                   {"C, D"},
                   {"K", Align::kRight},
                   {"products a step", Align::kRight},
                   {"kept bits", Align::kRight},
                   {"order of operations, and where C joins", Align::kText},
                   {"last rounding"},
                   {"open", Align::kRight},
                   {"known by"}});
  for (const MmaUnit& unit : sim::mma_units())
    table.add({code(unit.name), escaped(unit.device), escaped(operands_text(unit)),
               escaped(scales_text(unit)), escaped(unit.d_format), std::to_string(unit.k),
               std::to_string(unit.step_k), has_window(unit) ? std::to_string(unit.kept_bits) : "",
               escaped(words_of(unit.rule).sentence), escaped(rounding_text(unit)),
               unit.open.empty() ? "" : std::to_string(unit.open.size()), known(unit)});
  return table.html();
}

/// The fields that nothing published settles, with the units that have them open.
std::string open_table() {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> units;
  for (const MmaUnit& unit : sim::mma_units())
    for (const std::string& field : unit.open) {
      if (units[field].empty()) order.push_back(field);
      units[field].push_back(unit.name);
    }
  HtmlTable table(
      {{"field"}, {"may be"}, {"units", Align::kRight}, {"of them, for example", Align::kText}});
  for (const std::string& field : order) {
    const auto& names = units[field];
    const std::size_t shown = std::min<std::size_t>(names.size(), 3);
    std::vector<std::string> some(names.begin(),
                                  names.begin() + static_cast<std::ptrdiff_t>(shown));
    table.add({code(field), escaped(sim::field_values(field)), std::to_string(names.size()),
               fmt::format("{}", fmt::join(some, ", "))});
  }
  return table.html();
}

std::string evidence_table() {
  HtmlTable table({{"unit"}, {"instruction", Align::kText}, {"evidence", Align::kText}});
  for (const MmaUnit& unit : sim::mma_units())
    table.add({code(unit.name), code(unit.instruction), escaped(unit.evidence)});
  return table.html();
}

std::string html(const PageContent& content) {
  const std::vector<MmaUnit>& units = sim::mma_units();
  const auto with = [&](std::string_view word) {
    return std::count_if(units.begin(), units.end(),
                         [&](const MmaUnit& u) { return evidence_word(u) == word; });
  };
  const auto open =
      std::count_if(units.begin(), units.end(), [](const MmaUnit& u) { return !u.open.empty(); });
  std::string out = fmt::format(
      "<p>Matrix instructions do not add in binary32. Most align the products of a step, and C, to "
      "the largest exponent, keep some bits below it, cut the rest off and round once. Each of the "
      "{} units here is a row of data that runs bit for bit; {} of them agree with published "
      "outputs of real GPUs, {} are read in an ISA or follow exactly from it, the others are "
      "models. {} have fields that no published output settles: those are choices, listed below, "
      "and <code>mxscope probe</code> writes the CUDA program that would settle them.</p>\n",
      units.size(), with("GPU outputs"), with("ISA"), open);
  out += figure_html(content, "kept_bits");
  out += "<h3>Open questions</h3>\n" + open_table();
  out += "<h3>Every unit</h3>\n" + units_table();
  return out + folded("The instruction and the evidence of each", evidence_table());
}

std::vector<Figure> figures() { return {kept_bits()}; }

}  // namespace

PageSection tensor_cores_section() {
  return {.id = "tensor-cores",
          .title = "Tensor cores " + badge("measured"),
          .contents = "Tensor cores",
          .sources = {{"kept_bits", 6, figures}},
          .html = html};
}

}  // namespace mxscope::reports
