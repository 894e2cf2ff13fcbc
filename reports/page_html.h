// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/exact.h"

namespace mxscope::reports {

/// Text as HTML: & < > " and ' escaped.
std::string escaped(std::string_view text);

/// An exact value, as short as it can be said exactly: "448", "−0.5", "3·2<sup>−16</sup>".
std::string exact_html(const spec::Rational& value);

/// A sentence as HTML: escaped, "2^-9" and "2^-(n+1)" with a raised exponent.
std::string prose_html(std::string_view text);

/// "4,294,967,296".
std::string with_separators(std::uint64_t number);
std::string with_separators(std::string digits);

/// A cell: HTML, and what the column is sorted by ("" sorts by the text itself).
struct HtmlCell {
  std::string html;
  std::string key;

  HtmlCell(std::string html_text, std::string sort_key = "")  // NOLINT: cells convert from text
      : html(std::move(html_text)), key(std::move(sort_key)) {}
  HtmlCell(const char* html_text) : html(html_text) {}  // NOLINT
};

/// A sort key for a number: its double, as text.
std::string number_key(const spec::Rational& value);

enum class Align : std::uint8_t {
  kLeft,
  kRight,  ///< numbers
  kText,   ///< sentences: never narrower than a few words
};

struct HtmlColumn {
  std::string title;  ///< HTML
  Align align = Align::kLeft;
};

/// A table whose headings sort it when JavaScript runs.
class HtmlTable {
 public:
  explicit HtmlTable(std::vector<HtmlColumn> columns) : columns_(std::move(columns)) {}

  void add(std::vector<HtmlCell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  std::size_t size() const { return rows_.size(); }
  std::string html() const;

 private:
  std::vector<HtmlColumn> columns_;
  std::vector<std::vector<HtmlCell>> rows_;
};

/// How a section's numbers are known, as the coloured word used all over the page: "exact",
/// "definition", or a claim's result.
std::string badge(std::string_view word);

/// A closed <details> element.
std::string folded(std::string_view summary_html, std::string_view body_html);

}  // namespace mxscope::reports
