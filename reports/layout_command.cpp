// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope layout: where the block scales of a matrix lie, forwards and backwards.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/provenance.h"
#include "reports/table.h"
#include "spec/error.h"
#include "spec/scale_layout.h"

namespace mxscope::reports {
namespace {

using spec::ScaleLayout;
using spec::ScaleLayoutKind;
using spec::ScalePosition;

/// Scales whose every offset is in the JSON.
constexpr std::size_t kMostListed = std::size_t{1} << 20;
constexpr std::size_t kTileLines = 32;

struct Options {
  std::string shape;
  std::string layout = "128x4";
  std::string vec = "16";
  std::optional<std::string> at;
  std::optional<std::string> offset;
  bool json = false;
};

/// What was asked for.
struct Request {
  std::size_t elements = 0;  ///< of a row
  std::size_t vec = 16;
  ScaleLayout layout;

  /// "elements 32 to 47"
  std::string elements_of(std::size_t column) const {
    return fmt::format("elements {} to {}", column * vec,
                       std::min(elements, (column + 1) * vec) - 1);
  }
};

/// All of `text` as one or more numbers with `separator` between them, or nothing.
std::optional<std::vector<std::size_t>> numbers(std::string_view text, char separator) {
  std::vector<std::size_t> all;
  const char* const end = text.data() + text.size();
  for (const char* first = text.data();; ++first) {
    const auto [rest, error] = std::from_chars(first, end, all.emplace_back());
    if (error != std::errc{}) return std::nullopt;
    if (rest == end) return all;
    if (*rest != separator) return std::nullopt;
    first = rest;
  }
}

Request request_of(const Options& options) {
  const auto shape = numbers(options.shape, 'x');
  if (!shape || shape->size() != 2 || shape->at(0) == 0 || shape->at(1) == 0)
    throw Error(fmt::format("shape '{}': write ROWSxELEMENTS, such as 200x192", options.shape));
  const auto vec = numbers(options.vec, '\0');
  if (!vec)
    throw Error(
        fmt::format("--vec {}: write the elements per scale, such as 16 or 32", options.vec));
  const auto kind = spec::parse_scale_layout_kind(options.layout);
  return {shape->at(1), vec->front(),
          spec::make_scale_layout(kind, shape->at(0), shape->at(1), vec->front())};
}

ScalePosition position_of(const std::string& text, const ScaleLayout& layout) {
  const auto at = numbers(text, ',');
  if (!at || at->size() != 2)
    throw Error(
        fmt::format("--at {}: write ROW,COLUMN with the scale's column, such as 5,2", text));
  if (at->at(0) >= layout.rows || at->at(1) >= layout.columns)
    throw Error(fmt::format("--at {}: there are rows 0 to {} and scale columns 0 to {}", text,
                            layout.rows - 1, layout.columns - 1));
  return {at->at(0), at->at(1)};
}

std::size_t offset_of(const std::string& text, const ScaleLayout& layout) {
  const auto offset = numbers(text, '\0');
  if (!offset || offset->front() >= layout.bytes())
    throw Error(fmt::format("--offset {}: write a byte from 0 to {}", text, layout.bytes() - 1));
  return offset->front();
}

std::string formula(const ScaleLayout& layout) {
  if (layout.kind == ScaleLayoutKind::kLinear)
    return fmt::format("row * {} + column", layout.columns);
  return fmt::format(
      "row % 32 * 16 + row / 32 % 4 * 4 + column % 4 + column / 4 * {} + row / 128 * {}",
      spec::kScaleTileBytes, layout.padded_columns() * spec::kScaleTileRows);
}

/// "16..19": the bytes of a row's first scales, as many as a tile is wide, "" for a padding row.
std::string bytes_text(const ScaleLayout& layout, std::size_t row) {
  if (row >= layout.rows) return "";
  const std::size_t first = layout.offset(row, 0);
  const std::size_t count = std::min(layout.columns, spec::kScaleTileColumns);
  return count == 1 ? fmt::format("{}", first) : fmt::format("{}..{}", first, first + count - 1);
}

/// The first tile as it lies in memory, a line of 16 bytes to a line.
std::string tile_text(const ScaleLayout& layout) {
  const std::size_t across =
      layout.kind == ScaleLayoutKind::kLinear ? 1 : spec::kScaleTileRows / kTileLines;
  std::vector<Table::Column> columns;
  for (std::size_t i = 0; i < across; ++i) {
    columns.push_back({"row", true});
    columns.push_back({i + 1 < across ? "bytes    " : "bytes"});
  }
  Table table(std::move(columns));
  for (std::size_t line = 0; line < std::min(kTileLines, layout.rows); ++line) {
    std::vector<std::string> cells;
    for (std::size_t row = line; row < across * kTileLines; row += kTileLines) {
      const std::string bytes = bytes_text(layout, row);
      cells.push_back(bytes.empty() ? "-" : std::to_string(row));
      cells.push_back(bytes.empty() ? "padding" : bytes);
      if (across == 1) break;
    }
    table.add(std::move(cells));
  }
  return table.text();
}

void print_map(const Request& request) {
  const ScaleLayout& layout = request.layout;
  const bool tiled = layout.kind == ScaleLayoutKind::k128x4;
  const std::size_t padding = layout.bytes() - layout.scales();
  Table table({{""}, {""}});
  table.add({"elements", fmt::format("{} x {}, a scale for every {} of a row", layout.rows,
                                     request.elements, request.vec)});
  table.add({"scales", fmt::format("{} = {} rows x {} columns", layout.scales(), layout.rows,
                                   layout.columns)});
  table.add({"layout", std::string(to_string(layout.kind))});
  table.add({"bytes, linear", std::to_string(layout.scales())});
  if (tiled) {
    table.add({"bytes, 128x4", fmt::format("{} = {} x {} tiles of {}", layout.bytes(),
                                           layout.padded_rows() / spec::kScaleTileRows,
                                           layout.padded_columns() / spec::kScaleTileColumns,
                                           spec::kScaleTileBytes)});
    table.add({"padding", padding == 0
                              ? "none"
                              : fmt::format("{} bytes, zero, making {} rows x {} columns", padding,
                                            layout.padded_rows(), layout.padded_columns())});
  }
  table.add({"byte offset", formula(layout)});
  const std::size_t shown = std::min(layout.columns, spec::kScaleTileColumns);
  const std::string what = shown == 1 ? "column 0" : fmt::format("columns 0 to {}", shown - 1);
  print(table.text());
  if (tiled)
    print(fmt::format("\nthe first tile, 16 bytes a line: bytes of scale {} of each row\n", what));
  else
    print(fmt::format("\nbytes of scale {} of the first rows\n", what));
  print(tile_text(layout));
}

void print_scale(const Request& request, ScalePosition p, std::size_t offset) {
  print(fmt::format("byte {} (0x{:x}): row {}, scale column {}, {}\n", offset, offset, p.row,
                    p.column, request.elements_of(p.column)));
}

/// The padding byte's place among the padded rows and columns.
ScalePosition padded_position(const ScaleLayout& layout, std::size_t offset) {
  const ScaleLayout whole{layout.kind, layout.padded_rows(), layout.padded_columns()};
  return whole.position(offset).value();
}

void print_byte(const Request& request, std::size_t offset) {
  if (const auto position = request.layout.position(offset))
    return print_scale(request, *position, offset);
  const ScalePosition p = padded_position(request.layout, offset);
  print(fmt::format("byte {} (0x{:x}): padding, where row {}, scale column {} would be\n", offset,
                    offset, p.row, p.column));
}

nlohmann::json map_json(const Request& request) {
  const ScaleLayout& layout = request.layout;
  const ScaleLayout tiled{ScaleLayoutKind::k128x4, layout.rows, layout.columns};
  return {{"layout", to_string(layout.kind)},
          {"rows", layout.rows},
          {"elements", request.elements},
          {"elements_per_scale", request.vec},
          {"scale_columns", layout.columns},
          {"scales", layout.scales()},
          {"padded_rows", layout.padded_rows()},
          {"padded_scale_columns", layout.padded_columns()},
          {"bytes", layout.bytes()},
          {"bytes_linear", layout.scales()},
          {"bytes_128x4", tiled.bytes()},
          {"padding_bytes", layout.bytes() - layout.scales()},
          {"formula", formula(layout)}};
}

nlohmann::json scale_json(const Request& request, std::size_t offset) {
  const auto position = request.layout.position(offset);
  const ScalePosition p = position ? *position : padded_position(request.layout, offset);
  nlohmann::json json = {
      {"offset", offset}, {"row", p.row}, {"scale_column", p.column}, {"padding", !position}};
  if (position) {
    json["first_element"] = p.column * request.vec;
    json["last_element"] = std::min(request.elements, (p.column + 1) * request.vec) - 1;
  }
  return json;
}

/// Offsets by row and scale column.
nlohmann::json offsets_json(const ScaleLayout& layout) {
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t row = 0; row < layout.rows; ++row) {
    nlohmann::json offsets = nlohmann::json::array();
    for (std::size_t column = 0; column < layout.columns; ++column)
      offsets.push_back(layout.offset(row, column));
    rows.push_back(std::move(offsets));
  }
  return rows;
}

int run_layout(const Options& options, const Context& context) {
  const Request request = request_of(options);
  std::vector<std::size_t> asked;
  if (options.at) {
    const ScalePosition p = position_of(*options.at, request.layout);
    asked.push_back(request.layout.offset(p.row, p.column));
  }
  if (options.offset) asked.push_back(offset_of(*options.offset, request.layout));
  if (options.json) {
    nlohmann::json json = map_json(request);
    json["run"] = this_run(context.arguments);
    const bool complete = asked.empty() && request.layout.scales() <= kMostListed;
    json["offsets_complete"] = complete;
    if (complete) json["offsets"] = offsets_json(request.layout);
    for (const std::size_t offset : asked) json["asked"].push_back(scale_json(request, offset));
    print(json_text(json));
  } else if (asked.empty()) {
    print_map(request);
  } else {
    for (const std::size_t offset : asked) print_byte(request, offset);
  }
  return kAllHolds;
}

}  // namespace

void add_layout_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("layout", "Show where block scales lie in memory");
  command->add_option("SHAPE", o->shape, "Elements: ROWSxELEMENTS, such as 200x192")->required();
  command->add_option("--vec", o->vec, "Elements of a row per scale: NVFP4 16, MX 32")
      ->capture_default_str();
  command->add_option("--layout", o->layout, "128x4 (tcgen05, CUTLASS, cuBLAS) or linear")
      ->capture_default_str();
  command->add_option("--at", o->at, "The byte of one scale, by row and scale column")
      ->option_text("ROW,COLUMN");
  command->add_option("--offset", o->offset, "The scale at one byte")->option_text("N");
  command->add_flag("--json", o->json, "Write JSON, with the offset of every scale");
  command->footer(
      "Examples:\n"
      "  mxscope layout 200x192 --vec 16             sizes, formula, the first tile\n"
      "  mxscope layout 200x192 --at 133,5           one scale's byte\n"
      "  mxscope layout 200x192 --offset 2129        the scale at a byte\n"
      "  mxscope layout 4096x4096 --vec 32 --json    every offset, for programs");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_layout(*o, context); }; });
}

}  // namespace mxscope::reports
