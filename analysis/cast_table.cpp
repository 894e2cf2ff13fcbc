// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tables of somebody's conversions: read with care, checked against the oracle.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/conformance.h"
#include "analysis/text_lines.h"
#include "spec/codec.h"
#include "spec/conversions.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

constexpr std::size_t kMostColumns = 4096;
constexpr std::size_t kMostCells = std::size_t{1} << 26;
constexpr std::size_t kShownMismatches = 5;

void read_header(const std::string& line, const TextLines& lines, CastTable& table) {
  const std::vector<std::string_view> cells = split(line, '\t');
  if (std::none_of(spec::kSources.begin(), spec::kSources.end(),
                   [&](const spec::SourceRow& row) { return row.format == cells[0]; }))
    throw lines.error(
        fmt::format("the header begins with {}, and should with the source of the inputs: "
                    "fp32, bf16, fp16 or fp64, then a tab and the conversions' names",
                    excerpt(cells[0])));
  if (cells.size() < 2)
    throw lines.error("the header names no conversion; names follow the source after tabs");
  if (cells.size() - 1 > kMostColumns)
    throw lines.error(fmt::format("the header has more than {} columns", kMostColumns));
  table.source = cells[0];
  for (std::size_t i = 1; i < cells.size(); ++i) {
    if (cells[i].empty()) throw lines.error(fmt::format("column {} has no name", i + 1));
    if (!is_plain_name(cells[i]))
      throw lines.error(
          fmt::format("column {} has the name {}, and names are printable ASCII "
                      "without spaces",
                      i + 1, excerpt(cells[i])));
    table.columns.emplace_back(cells[i]);
  }
}

void read_row(const std::string& line, const TextLines& lines, int bits, CastTable& table) {
  const std::vector<std::string_view> cells = split(line, '\t');
  if (cells.size() != table.columns.size() + 1)
    throw lines.error(
        fmt::format("{} cells, and the header has {}", cells.size(), table.columns.size() + 1));
  std::uint64_t input = 0;
  if (!read_hex(cells[0], input))
    throw lines.error(
        fmt::format("the input {} is not a hex number of at most 64 bits", excerpt(cells[0])));
  if (bits < 64 && (input >> bits) != 0)
    throw lines.error(fmt::format("the input {} has more than the {} bits of {}", excerpt(cells[0]),
                                  bits, table.source));
  table.inputs.push_back(input);
  for (std::size_t i = 1; i < cells.size(); ++i) {
    spec::Outcome outcome;
    if (cells[i] == "!!")
      outcome.refused = true;
    else if (!read_hex(cells[i], outcome.code))
      throw lines.error(fmt::format("{} in column {} is neither a hex code nor !!",
                                    excerpt(cells[i]), table.columns[i - 1]));
    table.outcomes[i - 1].push_back(outcome);
  }
}

CastColumnResult check_column(const CastTable& table, std::size_t column, const std::string& family,
                              const std::atomic<bool>& stop) {
  CastColumnResult result;
  result.column = table.columns[column];
  try {
    const spec::Format& source = spec::find_format(table.source);
    const spec::Conversion conversion = spec::find_conversion(result.column, family);
    const spec::Format format = spec::find_format(conversion.format);
    // Many inputs are cheaper to look up than to convert one by one.
    const bool by_map = format.bits <= 8 && table.inputs.size() > 512;
    std::vector<spec::Run> runs;
    if (by_map) runs = spec::step_map(source, format, conversion.policy, conversion.random);
    for (std::size_t row = 0; row < table.inputs.size() && !stop; ++row) {
      const std::uint64_t input = table.inputs[row];
      const spec::Outcome& expected = table.outcomes[column][row];
      const spec::Outcome actual = by_map ? spec::lookup(runs, input)
                                          : spec::cast(spec::decode(source, input), format,
                                                       conversion.policy, conversion.random);
      ++result.cases;
      if (actual == expected) continue;
      ++result.mismatches;
      if (result.first.size() < kShownMismatches) result.first.push_back({input, expected, actual});
    }
  } catch (const Error& error) {
    result.error = error.what();
  }
  return result;
}

}  // namespace

CastTable read_cast_table(std::istream& in, const std::string& name,
                          const std::atomic<bool>& stop) {
  CastTable table;
  std::string line;
  TextLines lines(in, name);
  if (!lines.next_row(line)) throw lines.error("the file is empty");
  read_header(line, lines, table);
  table.outcomes.resize(table.columns.size());
  const int bits = spec::find_format(table.source).bits;
  while (!stop && lines.next_row(line)) {
    if ((table.inputs.size() + 1) * (table.columns.size() + 1) > kMostCells)
      throw lines.error(fmt::format("the table has more than {} cells", kMostCells));
    read_row(line, lines, bits, table);
  }
  return table;
}

std::vector<CastColumnResult> check_cast_table(const CastTable& table, const std::string& family,
                                               const std::atomic<bool>& stop) {
  std::vector<CastColumnResult> results;
  for (std::size_t i = 0; i < table.columns.size() && !stop; ++i)
    results.push_back(check_column(table, i, family, stop));
  return results;
}

}  // namespace mxscope::analysis
