// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/format.h"

namespace mxscope::spec {

/// The built-in rows, in the order of the table; the IEEE P3109 families come by rule instead.
const std::vector<Format>& builtin_formats();

/// The IEEE P3109 format of `bits` 3..15 and `precision` 1..bits-1 (signed) or 1..bits (unsigned).
/// Throws Error outside those ranges.
Format p3109_format(int bits, int precision, bool is_signed, bool extended);

/// Every P3109 format of the widths first..last, ordered by width, precision, signed before
/// unsigned, extended before finite.
std::vector<Format> p3109_formats(int first_bits, int last_bits);

/// A row by name or alias (ml_dtypes and PyTorch names included), or a P3109 name such as
/// "p3109_k8p3se". Throws Error that lists the nearest names.
const Format& find_format(std::string_view name);

/// The built-in rows and those a user adds at run time.
class FormatTable {
 public:
  FormatTable() : rows_(builtin_formats()) {}

  /// Adds a valid row; throws Error when its name is taken or the row contradicts itself.
  void add(Format format);

  /// Adds every [[format]] of a TOML file; throws Error naming file, line and field.
  void load(const std::string& path);

  /// As load, of a text; `name` stands for the file in errors.
  void load_text(std::string_view toml, std::string_view name);

  const std::vector<Format>& rows() const { return rows_; }

  /// As find_format, over all rows of the table.
  Format find(std::string_view name) const;

 private:
  std::vector<Format> rows_;
};

}  // namespace mxscope::spec
