// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace mxscope::reports {

/// A table of text with aligned columns and no blanks at line ends. Columns are two blanks apart,
/// or one where that keeps the table within a terminal of 100 columns.
class Table {
 public:
  struct Column {
    std::string title;  ///< "\n" starts a second title line; all titles empty: no heading
    bool right = false;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Adds a row; missing cells are empty.
  void add(std::vector<std::string> row);

  bool empty() const { return rows_.empty(); }

  /// The heading and the rows, each line ended. Columns are as wide as their widest cell.
  std::string text() const;

  /// As text(), of the rows added since the last call, the heading once: for endless input.
  std::string take_text();

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  bool heading_ = true;
};

}  // namespace mxscope::reports
