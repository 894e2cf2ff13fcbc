// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "spec/error.h"

namespace mxscope::analysis {

/// Reads the lines of a text from anywhere, and says where it is in errors ("NAME:LINE: ...").
class TextLines {
 public:
  TextLines(std::istream& in, std::string name) : in_(in), name_(std::move(name)) {}

  /// The next line without its line end (LF or CRLF), or false at the end of the text. Throws
  /// Error for a line longer than 2^20 bytes, which would otherwise fill the memory.
  bool next(std::string& line);

  /// An error about the current line.
  Error error(const std::string& what) const;

 private:
  std::istream& in_;
  std::string name_;
  std::size_t number_ = 0;
};

/// The cells between separators; an empty line is one empty cell.
std::vector<std::string_view> split(std::string_view line, char separator);

/// Reads digits 0-9, a-f, A-F and nothing else; false where `text` is not that, or over 64 bits.
bool read_hex(std::string_view text, std::uint64_t& value);

/// The beginning of a text in quotes, made printable, for error messages of one line.
std::string excerpt(std::string_view text);

/// Whether every character is printable ASCII and none a space.
bool is_plain_name(std::string_view text);

}  // namespace mxscope::analysis
