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

}  // namespace

bool TextLines::next(std::string& line) {
  line.clear();
  if (in_.eof()) return false;
  ++number_;
  // std::getline would read a line of any length into memory.
  using Traits = std::istream::traits_type;
  std::streambuf& buffer = *in_.rdbuf();
  for (auto c = buffer.sbumpc(); c != '\n'; c = buffer.sbumpc()) {
    if (Traits::eq_int_type(c, Traits::eof())) {
      in_.setstate(std::ios::eofbit);
      if (line.empty()) return false;
      break;
    }
    if (line.size() == kLongestLine)
      throw error(fmt::format("the line is longer than {} bytes", kLongestLine));
    line += Traits::to_char_type(c);
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return true;
}

Error TextLines::error(const std::string& what) const {
  return Error(fmt::format("{}:{}: {}", name_, number_, what));
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
