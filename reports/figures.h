// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mxscope::reports {

/// What the cells of a column are; a Vega-Lite number is the double nearest to its cell.
enum class CellKind : std::uint8_t { kText, kNumber };

struct Column {
  std::string name;
  CellKind kind = CellKind::kText;
};

/// One picture: its data, exact where the data are exact, and how to draw them. Nothing in it
/// knows about files or HTML.
struct Figure {
  std::string name;     ///< file stem and anchor, [a-z0-9_]
  std::string title;    ///< what the reader should see, one sentence
  std::string caption;  ///< how to read it and how its numbers are known; plain text
  std::vector<Column> columns = {};
  std::vector<std::vector<std::string>> rows =
      {};                            ///< decimal text in number columns, "" for missing
  nlohmann::ordered_json spec = {};  ///< Vega-Lite 5 without $schema, config and data
  bool small = false;                ///< as wide as a phone's screen: scaled to its place
};

/// RFC 4180, with a header line.
std::string to_csv(const Figure& figure);

/// The whole Vega-Lite document, with the data inside and the house style.
std::string to_vega_lite(const Figure& figure);

// The figures, one or some of a kind in a file.
Figure number_line_linear();
Figure number_line_share();
Figure number_line_log();
Figure values_per_binade();
Figure dynamic_range();
Figure rounding_steps();
Figure scale_ties();
Figure scale_bottom();
Figure scale_top();
Figure stochastic_probability();
Figure stochastic_bias();
Figure error_in_ulp();
Figure relative_error();
Figure expected_error();
Figure recipe_sqnr();
Figure worst_error_by_share();
Figure worst_error_small(const Figure& by_share);
Figure worst_error_ranking();

}  // namespace mxscope::reports
