// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A figure as CSV and as a Vega-Lite document.
#include "reports/figures.h"

#include <cstdlib>

#include "reports/figures_style.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

nlohmann::ordered_json json_cell(const std::string& text, CellKind kind) {
  if (kind == CellKind::kText) return text;
  if (text.empty()) return nullptr;
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size()) throw Error("'" + text + "' in a figure is no number");
  if (number == static_cast<double>(static_cast<std::int64_t>(number)))
    return static_cast<std::int64_t>(number);
  return number;
}

}  // namespace

std::string to_csv(const Figure& figure) {
  std::string out;
  for (const Column& column : figure.columns) out += (out.empty() ? "" : ",") + column.name;
  out += '\n';
  for (const auto& row : figure.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ',';
      out += csv_cell(row[i]);
    }
    out += '\n';
  }
  return out;
}

std::string to_vega_lite(const Figure& figure) {
  nlohmann::ordered_json values = nlohmann::ordered_json::array();
  for (const auto& row : figure.rows) {
    nlohmann::ordered_json object;
    for (std::size_t i = 0; i < row.size(); ++i)
      object[figure.columns.at(i).name] = json_cell(row[i], figure.columns[i].kind);
    values.push_back(std::move(object));
  }
  nlohmann::ordered_json document;
  document["$schema"] = "https://vega.github.io/schema/vega-lite/v5.json";
  document["description"] = figure.title;
  document["config"] = house_style();
  document.update(figure.spec);
  // The data last and one row a line, so that a person can read the rest.
  std::string text = document.dump(2);
  text.resize(text.size() - 2);
  text += ",\n  \"data\": {\"values\": [\n";
  for (std::size_t i = 0; i < values.size(); ++i)
    text += values[i].dump() + (i + 1 < values.size() ? ",\n" : "\n");
  return text + "  ]}\n}\n";
}

}  // namespace mxscope::reports
