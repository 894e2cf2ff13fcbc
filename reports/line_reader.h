// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mxscope::reports {

/// Lines of a descriptor, numbered from 1, without their ends ("\n" or "\r\n").
class LineReader {
 public:
  explicit LineReader(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  /// The next line; nothing at the end. Throws Error for lines of more than a million bytes.
  std::optional<std::string> next();

  std::size_t number() const { return number_; }  ///< of the line next() gave last

  /// True when next() would have to wait for more input: a good moment to write what is known.
  bool would_read() const { return buffer_.find('\n', start_) == std::string::npos; }

 private:
  int fd_;
  std::string name_;
  std::string buffer_;
  std::size_t start_ = 0;
  std::size_t number_ = 0;
  bool ended_ = false;
};

/// The text without blanks at either end.
std::string_view trimmed(std::string_view text);

}  // namespace mxscope::reports
