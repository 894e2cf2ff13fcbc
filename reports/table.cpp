// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Aligned text tables.
#include "reports/table.h"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace mxscope::reports {
namespace {

constexpr std::size_t kTerminalWidth = 100;

/// Characters on a screen: UTF-8 continuation bytes take no place.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<std::string> lines_of(std::string_view title) {
  const auto split = title.find('\n');
  if (split == std::string_view::npos) return {"", std::string(title)};
  return {std::string(title.substr(0, split)), std::string(title.substr(split + 1))};
}

}  // namespace

void Table::add(std::vector<std::string> row) {
  row.resize(columns_.size());
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<std::vector<std::string>> lines;
  if (heading_) {
    std::vector<std::string> upper;
    std::vector<std::string> lower;
    for (const Column& c : columns_) {
      auto title = lines_of(c.title);
      upper.push_back(std::move(title[0]));
      lower.push_back(std::move(title[1]));
    }
    const auto is_empty = [](const std::string& s) { return s.empty(); };
    for (auto* line : {&upper, &lower})
      if (!std::all_of(line->begin(), line->end(), is_empty)) lines.push_back(std::move(*line));
  }
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  std::vector<std::size_t> widths(columns_.size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], width_of(line[i]));
  const std::size_t gaps = widths.empty() ? 0 : widths.size() - 1;
  const std::size_t content = std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  const bool tight = content + 2 * gaps > kTerminalWidth && content + gaps <= kTerminalWidth;
  std::string out;
  for (const auto& line : lines) {
    std::string padded;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) padded += tight ? " " : "  ";
      const std::string blanks(widths[i] - width_of(line[i]), ' ');
      padded += columns_[i].right ? blanks + line[i] : line[i] + blanks;
    }
    padded.erase(padded.find_last_not_of(' ') + 1);
    out += padded + "\n";
  }
  return out;
}

std::string Table::take_text() {
  std::string out = text();
  heading_ = false;
  rows_.clear();
  return out;
}

}  // namespace mxscope::reports
