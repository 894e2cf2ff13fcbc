// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Lines from a descriptor.
#include "reports/line_reader.h"

#include <fmt/format.h>

#include "reports/descriptor.h"
#include "reports/interrupt.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::size_t kMaxLine = 1000000;
constexpr std::size_t kBlock = 1 << 16;

}  // namespace

std::optional<std::string> LineReader::next() {
  throw_if_interrupted();
  while (true) {
    const std::size_t end = buffer_.find('\n', start_);
    if (end != std::string::npos || (ended_ && start_ < buffer_.size())) {
      std::string line = buffer_.substr(start_, end == std::string::npos ? end : end - start_);
      start_ = end == std::string::npos ? buffer_.size() : end + 1;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      ++number_;
      return line;
    }
    if (ended_) return std::nullopt;
    if (buffer_.size() - start_ > kMaxLine)
      throw Error(
          fmt::format("{}:{}: the line has more than {} bytes", name_, number_ + 1, kMaxLine));
    buffer_.erase(0, start_);
    start_ = 0;
    const std::size_t before = buffer_.size();
    buffer_.resize(before + kBlock);
    // One read, not a full block: a person or a pipe may be typing line by line.
    const std::size_t n = read_some(fd_, buffer_.data() + before, kBlock, name_);
    buffer_.resize(before + n);
    if (n == 0) ended_ = true;
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace mxscope::reports
