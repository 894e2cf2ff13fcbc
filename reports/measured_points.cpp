// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/measured_points.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "reports/console.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::int64_t kMostExtent = std::int64_t{1} << 24;
constexpr double kMostUs = 1e12;
constexpr std::size_t kMostCells = 64;
constexpr std::size_t kMostShown = 40;

constexpr std::array kColumns = {"gpu",    "M",     "N",        "K",         "a_type",
                                 "b_type", "scale", "out_type", "library",   "metric",
                                 "value",  "unit",  "source",   "confidence"};

/// The records of RFC 4180: cells may be quoted, and then hold commas, line ends and doubled
/// quotes.
class Records {
 public:
  Records(std::string_view text, std::string_view file) : text_(text), file_(file) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") text_.remove_prefix(3);
  }

  /// The next record, or false at the end. Empty lines are skipped.
  bool next(std::vector<std::string>& cells) {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) step();
    if (at_ >= text_.size()) return false;
    line_ = next_line_;
    cells.assign(1, "");
    bool quoted = false;
    for (; at_ < text_.size(); step()) {
      const char c = text_[at_];
      if (quoted) {
        if (c != '"')
          cells.back() += c;
        else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"')
          cells.back() += text_[++at_];
        else
          quoted = false;
      } else if (c == '"' && cells.back().empty()) {
        quoted = true;
      } else if (c == ',') {
        if (cells.size() == kMostCells)
          throw Error(fmt::format("{}:{}: more than {} columns", file_, line_, kMostCells));
        cells.emplace_back();
      } else if (c == '\n') {
        step();
        return true;
      } else if (c != '\r') {
        cells.back() += c;
      }
    }
    if (quoted) throw Error(fmt::format("{}:{}: a quote is not closed", file_, line_));
    return true;
  }

  std::size_t line() const { return line_; }

 private:
  void step() {
    if (text_[at_] == '\n') ++next_line_;
    ++at_;
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  std::size_t line_ = 1, next_line_ = 1;
};

std::string shown(std::string_view text) {
  const std::string clean = printable(text.substr(0, kMostShown));
  return text.size() > kMostShown ? clean + "..." : clean;
}

/// One record, by the header's names.
class Row {
 public:
  Row(const std::vector<std::string>& header, const std::vector<std::string>& cells,
      std::string_view file, std::size_t line)
      : header_(header), cells_(cells), file_(file), line_(line) {
    if (cells.size() != header.size())
      throw Error(fmt::format("{}:{}: {} columns, but the header has {}", file, line, cells.size(),
                              header.size()));
  }

  Error error(std::string_view column, std::string_view problem) const {
    return Error(fmt::format("{}:{}: column {}: {}", file_, line_, column, problem));
  }

  const std::string* find(std::string_view column) const {
    const auto found = std::find(header_.begin(), header_.end(), column);
    return found == header_.end() ? nullptr
                                  : &cells_[static_cast<std::size_t>(found - header_.begin())];
  }

  const std::string& text(std::string_view column) const { return *find(column); }

  const std::string& filled(std::string_view column) const {
    const std::string& value = text(column);
    if (value.empty()) throw error(column, "is empty; fill it in");
    return value;
  }

  std::int64_t extent(std::string_view column) const {
    const std::string& cell = filled(column);
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (problem != std::errc() || end != cell.data() + cell.size() || value < 1 ||
        value > kMostExtent)
      throw error(column,
                  fmt::format("'{}' is not a whole number from 1 to {}", shown(cell), kMostExtent));
    return value;
  }

  double positive(std::string_view column) const {
    const std::string& cell = filled(column);
    double value = 0;
    const auto [end, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (problem != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value) ||
        value <= 0)
      throw error(column, fmt::format("'{}' is not a positive number", shown(cell)));
    return value;
  }

 private:
  const std::vector<std::string>& header_;
  const std::vector<std::string>& cells_;
  std::string_view file_;
  std::size_t line_;
};

double microseconds(const Row& row, double flop) {
  constexpr std::array<std::pair<std::string_view, double>, 4> kTimes = {
      {{"ns", 1e-3}, {"us", 1}, {"ms", 1e3}, {"s", 1e6}}};
  constexpr std::array<std::pair<std::string_view, double>, 3> kRates = {
      {{"GFLOPS", 1e3}, {"TFLOPS", 1e6}, {"PFLOPS", 1e9}}};  // FLOP per microsecond
  const std::string& metric = row.filled("metric");
  const std::string& unit = row.filled("unit");
  const double value = row.positive("value");
  std::optional<double> us;
  if (metric == "time") {
    for (const auto& [name, factor] : kTimes)
      if (name == unit) us = value * factor;
    if (!us) throw row.error("unit", "a time is in ns, us, ms or s");
  } else if (metric == "throughput") {
    for (const auto& [name, factor] : kRates)
      if (name == unit) us = flop / (value * factor);
    if (!us) throw row.error("unit", "a throughput is in GFLOPS, TFLOPS or PFLOPS");
  } else {
    throw row.error("metric", "must be time or throughput");
  }
  if (!(*us > 0) || *us > kMostUs) throw row.error("value", "gives no time from 0 to 10^12 us");
  return *us;
}

}  // namespace

std::vector<MeasuredPoint> read_points(std::string_view text, std::string_view file) {
  Records records(text, file);
  std::vector<std::string> header;
  if (!records.next(header)) throw Error(fmt::format("{}: is empty; it needs a header line", file));
  for (std::size_t i = 0; i < header.size(); ++i)
    if (std::find(header.begin(), header.begin() + static_cast<std::ptrdiff_t>(i), header[i]) !=
        header.begin() + static_cast<std::ptrdiff_t>(i))
      throw Error(fmt::format("{}:1: column '{}' stands twice", file, shown(header[i])));
  for (const char* column : kColumns)
    if (std::find(header.begin(), header.end(), column) == header.end())
      throw Error(fmt::format("{}:1: column {} is missing; the header is {}", file, column,
                              fmt::join(kColumns, ",")));
  std::vector<MeasuredPoint> points;
  std::vector<std::string> cells;
  while (records.next(cells)) {
    const Row row(header, cells, file, records.line());
    MeasuredPoint point;
    point.line = records.line();
    point.gpu = row.filled("gpu");
    point.m = row.extent("M");
    point.n = row.extent("N");
    point.k = row.extent("K");
    point.a_type = row.filled("a_type");
    point.b_type = row.filled("b_type");
    point.scale = row.text("scale");
    point.out_type = row.filled("out_type");
    point.library = row.text("library");
    point.us = microseconds(row, 2.0 * static_cast<double>(point.m) * static_cast<double>(point.n) *
                                     static_cast<double>(point.k));
    point.source = row.text("source");
    point.confidence = row.text("confidence");
    if (const std::string* config = row.find("config")) point.config = *config;
    if (const std::string* copies = row.find("weight_copies"); copies && !copies->empty())
      point.weight_copies = static_cast<int>(row.extent("weight_copies"));
    points.push_back(std::move(point));
  }
  if (points.empty()) throw Error(fmt::format("{}: holds no points", file));
  return points;
}

}  // namespace mxscope::reports
