// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Lines and cells of text files that anybody may have written.
#include "analysis/text_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mxscope::analysis {
namespace {

constexpr std::size_t kLongestLine = std::size_t{1} << 20;
constexpr std::size_t kBlock = std::size_t{1} << 16;

}  // namespace

TextLines::TextLines(std::istream& in, std::string name)
    : TextLines(
          [&in](char* data, std::size_t size) {
            return static_cast<std::size_t>(
                in.rdbuf()->sgetn(data, static_cast<std::streamsize>(size)));
          },
          std::move(name)) {}

bool TextLines::next(std::string& line) {
  std::size_t searched = start_;
  while (true) {
    const std::size_t end = buffer_.find('\n', searched);
    const bool whole = end != std::string::npos;
    if ((whole ? end : buffer_.size()) - start_ > kLongestLine) {
      ++number_;
      throw error(fmt::format("the line is longer than {} bytes", kLongestLine));
    }
    if (whole || ended_) {
      if (!whole && start_ == buffer_.size()) return false;
      line = buffer_.substr(start_, whole ? end - start_ : end);
      start_ = whole ? end + 1 : buffer_.size();
      if (!line.empty() && line.back() == '\r') line.pop_back();
      ++number_;
      return true;
    }
    buffer_.erase(0, start_);
    start_ = 0;
    searched = buffer_.size();
    buffer_.resize(searched + kBlock);
    // One read, not a full block: a person or a pipe may be typing line by line.
    const std::size_t n = read_(buffer_.data() + searched, kBlock);
    buffer_.resize(searched + n);
    ended_ = n == 0;
  }
}

bool TextLines::next_row(std::string& line) {
  while (next(line))
    if (const std::string_view text = trimmed(line); !text.empty() && text[0] != '#') return true;
  return false;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Error TextLines::error(const std::string& what) const {
  return Error(fmt::format("{}:{}: {}", name_, std::max<std::size_t>(1, number_), what));
}

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> cells;
  for (;;) {
    const std::size_t end = line.find(separator);
    cells.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return cells;
    line.remove_prefix(end + 1);
  }
}

bool read_hex(std::string_view text, std::uint64_t& value) {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, 16);
  return !text.empty() && read.ec == std::errc{} && read.ptr == end;
}

std::string excerpt(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 24)) shown += c >= ' ' && c <= '~' ? c : '?';
  return "'" + shown + (text.size() > 24 ? "...'" : "'");
}

bool is_plain_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace mxscope::analysis
