// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// TOML files from users, read field by field, with errors that name file, line and field.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "spec/error.h"

namespace mxscope::spec {

/// A value of a TOML document and the line it starts on, 0 for one that was not read from TOML and
/// has none. Dates and times are not represented.
struct TomlNode {
  using Array = std::vector<TomlNode>;
  using Table = std::map<std::string, TomlNode, std::less<>>;
  std::variant<std::string, std::int64_t, double, bool, Array, Table> value;
  unsigned line = 0;
};

/// Parses a TOML document; `file` names it in errors. Characters beyond ASCII may stand in comments
/// only. Throws Error for malformed text and for dates and times.
TomlNode parse_toml(std::string_view text, std::string_view file);

/// The text of a small file. Throws Error when it cannot be read or is larger than 1 MiB.
std::string read_small_file(const std::string& path);

/// One table, read by field name. Each reader throws Error when the field has the wrong type, or is
/// missing though required; finish() throws for fields nobody asked for, naming the near ones.
class TomlTable {
 public:
  /// `what` names the kind of table in errors, as in "format" or "recipe". Keeps references.
  TomlTable(const TomlNode& node, std::string_view file, std::string_view what);

  std::string text(std::string_view field, bool required = false);
  bool boolean(std::string_view field, bool otherwise);
  /// A finite number, written with a point or without.
  double number(std::string_view field, double otherwise, bool required = false);
  std::vector<std::string> texts(std::string_view field);

  template <typename Int>
  Int integer(std::string_view field, Int otherwise, bool required = false) {
    const std::int64_t value =
        integer_in(field, otherwise, required, std::numeric_limits<Int>::min(),
                   std::numeric_limits<Int>::max());
    return static_cast<Int>(value);
  }

  /// The node of `field`, for the caller to read; null when absent.
  const TomlNode* node(std::string_view field);
  /// The table `field`; an empty one when it is absent.
  TomlTable table(std::string_view field, bool required = false);
  void finish() const;

  bool has(std::string_view field) const { return table_.contains(field); }
  /// "file:line: field f: problem", at the field where it is present.
  Error error(std::string_view field, std::string_view problem) const;
  /// "file:line: problem", at the table's own line.
  Error error(std::string_view problem) const;

 private:
  std::int64_t integer_in(std::string_view field, std::int64_t otherwise, bool required,
                          std::int64_t low, std::int64_t high);
  const TomlNode* required_node(std::string_view field, bool required);

  const TomlNode::Table& table_;
  unsigned line_;
  std::string_view file_;
  std::string_view what_;
  std::vector<std::string> known_;
};

/// The number of a node, if it is one and finite.
std::optional<double> finite_number(const TomlNode& node);

/// Calls `read` on each table of the array of tables [[name]], the only thing `document` may hold.
/// Throws Error, with the table's line, for an empty document and for what `read` throws.
void for_each_table(const TomlNode& document, std::string_view file, std::string_view name,
                    const std::function<void(TomlTable&)>& read);

}  // namespace mxscope::spec
