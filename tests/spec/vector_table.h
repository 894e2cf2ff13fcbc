// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tables of conformance vectors: comment lines, a header, then a word and codes in hex per row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace mxscope::spec {

struct VectorTable {
  std::vector<std::string> columns;  ///< without the first, the input's
  std::string input;                 ///< the first column's name
  struct Row {
    std::uint64_t word = 0;
    std::vector<std::optional<std::uint64_t>> codes;  ///< nothing where the peer raised ("!!", "-")
  };
  std::vector<Row> rows;
};

inline std::vector<std::string> split_tabs(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, '\t');) cells.push_back(cell);
  return cells;
}

inline VectorTable read_vector_table(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  VectorTable table;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> cells = split_tabs(line);
    if (table.input.empty()) {
      table.input = cells[0];
      table.columns.assign(cells.begin() + 1, cells.end());
      continue;
    }
    if (cells.size() != table.columns.size() + 1)
      throw std::runtime_error("ragged row in " + path.string() + ": " + line);
    VectorTable::Row row;
    row.word = std::stoull(cells[0], nullptr, 16);
    for (std::size_t i = 1; i < cells.size(); ++i) {
      if (cells[i] == "!!" || cells[i] == "-")
        row.codes.emplace_back();
      else
        row.codes.emplace_back(std::stoull(cells[i], nullptr, 16));
    }
    table.rows.push_back(std::move(row));
  }
  if (table.rows.empty()) throw std::runtime_error("no rows in " + path.string());
  return table;
}

/// The folder of oracle data that MXSCOPE_VECTORS names, or nothing. Either the folder with the
/// files or the one above it.
inline std::optional<std::filesystem::path> oracle_folder() {
  const char* set = std::getenv("MXSCOPE_VECTORS");
  if (set == nullptr || *set == '\0') return std::nullopt;
  const std::filesystem::path path(set);
  return std::filesystem::exists(path / "formats") ? path / "formats" : path;
}

/// The files of a folder whose names begin and end so, in order.
inline std::vector<std::filesystem::path> files_named(const std::filesystem::path& folder,
                                                      const std::string& prefix,
                                                      const std::string& suffix) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.size() >= prefix.size() + suffix.size() && name.rfind(prefix, 0) == 0 &&
        name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0)
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace mxscope::spec
