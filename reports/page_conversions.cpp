// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Real software's conversions side by side: what becomes of special inputs, and how many inputs
// differ.
#include <fmt/format.h>

#include "reports/figures_style.h"
#include "reports/page.h"
#include "reports/page_html.h"
#include "spec/formats.h"
#include "spec/number.h"
#include "spec/oracle.h"

namespace mxscope::reports {
namespace {

struct SpecialInput {
  spec::Code code;
  const char* label;
};

constexpr SpecialInput kSpecialInputs[] = {
    {0x00000000, "0"},  {0x80000000, "−0"},      {0x00000001, "2<sup>−149</sup>"},
    {0xBF800000, "−1"}, {0x7F7FFFFF, "largest"}, {0x7F800000, "∞"},
    {0xFF800000, "−∞"}, {0x7FC00000, "NaN"},     {0xFFC00000, "−NaN"},
};

std::string value_html(const spec::Format& format, const spec::Outcome& outcome) {
  if (outcome.refused) return "refused";
  const spec::Number number = spec::decode(format, outcome.code);
  if (number.kind == spec::NumberKind::kNan) return "NaN";
  if (number.kind == spec::NumberKind::kInfinity) return number.negative ? "−∞" : "∞";
  if (number.is_zero()) return number.negative ? "−0" : "0";
  return exact_html(number.value());
}

std::string special_inputs_table(const ConversionFamily& family) {
  const spec::Format& source = spec::find_format("fp32");
  const spec::Format& target = spec::find_format(family.format);
  std::vector<HtmlColumn> columns = {{"conversion"}};
  for (const SpecialInput& input : kSpecialInputs) columns.push_back({input.label, Align::kRight});
  HtmlTable table(std::move(columns));
  for (const spec::Conversion& c : family.conversions) {
    std::vector<HtmlCell> row = {HtmlCell(
        fmt::format("<code title=\"{}\">{}</code>", escaped(c.source), escaped(c.name)), c.name)};
    for (const SpecialInput& input : kSpecialInputs) {
      const spec::Outcome outcome =
          spec::cast(spec::decode(source, input.code), target, c.policy, c.random);
      if (outcome.refused)
        row.emplace_back("refused");
      else
        row.emplace_back(
            fmt::format("{} <small>{:02X}</small>", value_html(target, outcome), outcome.code),
            std::to_string(outcome.code));
    }
    table.add(std::move(row));
  }
  return table.html();
}

std::string joined_names(const ConversionFamily& family, const std::vector<std::size_t>& set) {
  std::string out;
  for (const std::size_t i : set)
    out += fmt::format("{}<code>{}</code>", out.empty() ? "" : " = ",
                       escaped(family.conversions[i].name));
  return out;
}

/// Counts below the diagonal, one row and column for each set of equal conversions.
std::string matrix(const ConversionFamily& family) {
  const auto& sets = family.equal_sets;
  std::string out = "<div class=\"wide\"><table class=\"matrix\"><thead><tr><th></th><th></th>";
  for (std::size_t i = 0; i + 1 < sets.size(); ++i)
    out += fmt::format("<th class=\"r\">{}</th>", i + 1);
  out += "</tr></thead>\n<tbody>\n";
  for (std::size_t i = 0; i < sets.size(); ++i) {
    out += fmt::format("<tr><th>{}</th><th style=\"font-weight:400\">{}</th>", i + 1,
                       joined_names(family, sets[i]));
    for (std::size_t j = 0; j + 1 < sets.size(); ++j)
      out +=
          j < i ? fmt::format("<td>{}</td>", with_separators(family.differing(i, j))) : "<td></td>";
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + escaped(word);
  return out;
}

/// Every class of inputs on which two different conversions disagree.
std::string differences_table(const ConversionFamily& family) {
  HtmlTable table({{"a"},
                   {"b"},
                   {"inputs"},
                   {"that differ", Align::kRight},
                   {"first one", Align::kRight},
                   {"a gives", Align::kRight},
                   {"b gives", Align::kRight},
                   {"policy fields that explain it"}});
  const spec::Format& target = spec::find_format(family.format);
  const spec::Format& source = spec::find_format("fp32");
  for (const auto& pair : family.pairs) {
    for (const analysis::Difference& d : pair.comparison.differences) {
      const spec::Number first = spec::decode(source, d.first);
      std::string witness = fmt::format("{:08X}", d.first);
      if (first.kind == spec::NumberKind::kFinite)
        witness += " ≈ " + spec::to_approximate_text(first.value(), 9);
      table.add({fmt::format("<code>{}</code>", escaped(family.first_of(pair.a).name)),
                 fmt::format("<code>{}</code>", escaped(family.first_of(pair.b).name)),
                 escaped(d.input_class),
                 HtmlCell(with_separators(d.inputs), std::to_string(d.inputs)),
                 HtmlCell(witness, std::to_string(d.first)), value_html(target, d.first_a),
                 value_html(target, d.first_b), joined(d.fields)});
    }
  }
  const std::size_t rows = table.size();
  return folded(
      fmt::format("Class by class: {} disagreements, each with its first input and the policy "
                  "fields that explain it",
                  rows),
      table.html());
}

/// Which software each conversion is of, and how the row here is known.
std::string evidence_table(const ConversionFamily& family) {
  HtmlTable table({{"conversion"}, {"of", Align::kText}, {"how it is known", Align::kText}});
  for (const spec::Conversion& c : family.conversions)
    table.add(
        {fmt::format("<code>{}</code>", escaped(c.name)), escaped(c.source), escaped(c.evidence)});
  return folded("Where each conversion is from, and how it is known", table.html());
}

}  // namespace

std::string conversions_html(const PageContent& content) {
  std::string out =
      "<h3 id=\"software\">What real software does " + badge("exhaustive") +
      "</h3>\n"
      "<p>Conversions from binary32 that libraries publish, as policies here, compared on all "
      "2<sup>32</sup> inputs. Each triangle counts the inputs on which two of them give "
      "different codes; names joined by = agree on every input, NaNs included. A large count is "
      "usually one rule at work: an overflow rule decides nearly half of all bit patterns. The "
      "list below each triangle takes the counts apart.</p>\n";
  for (const ConversionFamily& family : content.families) {
    out += fmt::format("<h4>To {}</h4>\n", display_name(spec::find_format(family.format)));
    out += matrix(family);
    out += "<p class=\"small\">Special inputs: the value, then the code in hex.</p>\n";
    out += special_inputs_table(family);
    out += differences_table(family);
    out += evidence_table(family);
  }
  return out;
}

}  // namespace mxscope::reports
