// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "spec/names.h"

namespace mxscope::sim {

/// Without case, blanks, '-' and '_'.
inline std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (c != ' ' && c != '-' && c != '_')
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// The row of that name or alias, or the only one with that beginning, folded. Throws Error that
/// names the nearest, or those that begin so. `what`: "device".
template <typename Row>
const Row& find_named_row(std::string_view what, std::string_view name,
                          const std::vector<Row>& among) {
  const std::string wanted = folded(name);
  std::vector<std::string> begins, names;
  const Row* found = nullptr;
  for (const Row& row : among) {
    names.push_back(row.name);
    std::vector<std::string> own = row.aliases;
    own.push_back(row.name);
    bool begin = false;
    for (const std::string& one : own) {
      if (folded(one) == wanted) return row;
      begin = begin || (!wanted.empty() && folded(one).substr(0, wanted.size()) == wanted);
    }
    if (!begin) continue;
    begins.push_back(row.name);
    found = &row;
  }
  if (begins.size() == 1) return *found;
  if (begins.empty()) throw spec::unknown_name(what, name, names);
  throw Error(fmt::format("{} '{}' may be {}; give more of the name", what, name,
                          fmt::join(begins, " or ")));
}

}  // namespace mxscope::sim
