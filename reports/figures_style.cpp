// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The look that all figures share, and the texts of their axes.
#include "reports/figures_style.h"

#include <fmt/format.h>

namespace mxscope::reports {

using nlohmann::ordered_json;

const std::vector<PaletteColour>& palette() {
  static const std::vector<PaletteColour> colours = {
      {kInk, "#e6e9ed"},    {kMuted, "#9aa4b1"}, {kGrid, "#2c333c"},    {kBlue, "#5fb2f0"},
      {kOrange, "#f79654"}, {kGreen, "#3fc99c"}, {kRed, "#ee86bb"},     {kViolet, "#ac9ff2"},
      {kGold, "#dfb944"},   {kPale, "#4d6f9c"},  {"#ffffff", "#14171b"}};
  return colours;
}

ordered_json with_tips(ordered_json mark) {
  mark["aria"] = true;
  return mark;
}

ordered_json house_style() {
  const ordered_json text = {{"labelColor", kMuted}, {"titleColor", kInk}};
  return {{"background", nullptr},
          {"font", "sans-serif"},
          {"aria", false},
          {"padding", {{"left", 14}, {"right", 14}, {"top", 4}, {"bottom", 4}}},
          {"view", {{"stroke", nullptr}}},
          {"axis",
           {{"labelColor", kMuted},
            {"titleColor", kInk},
            {"titleFontWeight", "normal"},
            {"titleFontSize", 12},
            {"labelFontSize", 11},
            {"gridColor", kGrid},
            {"domainColor", kMuted},
            {"tickColor", kMuted}}},
          {"header",
           {{"labelColor", kInk},
            {"titleColor", kInk},
            {"labelFontSize", 12},
            {"titleFontSize", 12},
            {"labelFontWeight", "bold"}}},
          {"legend",
           {{"labelColor", kInk},
            {"titleColor", kInk},
            {"titleFontWeight", "normal"},
            {"labelFontSize", 11},
            {"labelLimit", 400},
            {"columnPadding", 26},
            {"orient", "top"}}},
          {"range", {{"category", {kBlue, kOrange, kGreen, kViolet, kRed, kGold, kMuted}}}}};
}

ordered_json position(const std::string& field, const std::string& type, const std::string& title) {
  return {{"field", field},
          {"type", type},
          {"title", title.empty() ? ordered_json() : ordered_json(title)}};
}

ordered_json plain_axis(const std::vector<double>& ticks) {
  return {{"values", ticks}, {"labelExpr", "replace('' + datum.value, '-', '−')"}};
}

std::string power_text(int exponent) {
  static const char* const kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = "2";
  for (const char c : std::to_string(exponent)) text += c == '-' ? "⁻" : kDigits[c - '0'];
  return text;
}

std::string power_label(int first, int last) {
  std::string table = "{";
  for (int e = first; e <= last; ++e)
    table += fmt::format("{}'{}':'{}'", e == first ? "" : ",", e, power_text(e));
  return table + "}[round(datum.value)]";
}

ordered_json binade_axis(int first, int last, int step) {
  ordered_json values = ordered_json::array();
  std::string labels = "{";
  for (int e = first; e <= last; e += step) {
    const std::string value = decimal(spec::power_of_two(e));
    values.push_back(std::stod(value));
    labels += fmt::format("{}'{}':'{}'", e == first ? "" : ",", e, power_text(e));
  }
  return {{"values", values}, {"labelExpr", labels + "}[round(log(datum.value)/LN2)]"}};
}

std::string decimal(const spec::Rational& value) {
  const std::string exact = spec::to_text(value);
  if (exact.find_first_of("/*") == std::string::npos) return exact;
  return spec::to_approximate_text(value, 17);
}

std::string display_name(const spec::Format& format) {
  std::string name = format.name;
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (name.starts_with("P3109_")) name.replace(0, 6, "P3109 ");
  const auto end = name.find("IEEE");
  if (end != std::string::npos) name = name.substr(0, end) + " (IEEE style)";
  return name;
}

}  // namespace mxscope::reports
