// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "spec/error.h"

namespace mxscope::analysis {

/// Reads the lines of a text from anywhere, and says where it is in errors ("NAME:LINE: ...").
class TextLines {
 public:
  /// Fills at most that many bytes and says how many; 0 at the end.
  using Read = std::function<std::size_t(char*, std::size_t)>;

  TextLines(Read read, std::string name) : read_(std::move(read)), name_(std::move(name)) {}
  TextLines(std::istream& in, std::string name);

  /// The next line without its line end (LF or CRLF), or false at the end of the text. Throws
  /// Error for a line longer than 2^20 bytes, which would otherwise fill the memory.
  bool next(std::string& line);

  /// As next(), of the lines that are neither blank nor a comment ("# ...").
  bool next_row(std::string& line);

  /// The number, from 1, of the line that came last.
  std::size_t number() const { return number_; }

  /// True when next() would have to read: a good moment to write what is known.
  bool would_read() const { return buffer_.find('\n', start_) == std::string::npos; }

  /// An error about the line that came last, or the first one.
  Error error(const std::string& what) const;

 private:
  Read read_;
  std::string name_;
  std::string buffer_;
  std::size_t start_ = 0;  ///< of what next() has not given yet
  std::size_t number_ = 0;
  bool ended_ = false;
};

/// The text without blanks at either end.
std::string_view trimmed(std::string_view text);

/// The cells between separators; an empty line is one empty cell.
std::vector<std::string_view> split(std::string_view line, char separator);

/// Reads digits 0-9, a-f, A-F and nothing else; false where `text` is not that, or over 64 bits.
bool read_hex(std::string_view text, std::uint64_t& value);

/// The beginning of a text in quotes, made printable, for error messages of one line.
std::string excerpt(std::string_view text);

/// Whether every character is printable ASCII and none a space.
bool is_plain_name(std::string_view text);

}  // namespace mxscope::analysis
