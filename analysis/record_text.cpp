// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Hex words of records, written and read without streams or locales.
#include "analysis/record_text.h"

#include <fmt/format.h>

#include <cstring>

namespace mxscope::analysis {
namespace {

using spec::RecordLayout;
using spec::WordField;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool separates(char c) { return c == ' ' || c == '\t' || c == ','; }

/// The words of a line; the text at fault where it has something else.
std::string_view read_words(std::string_view line, std::vector<std::uint64_t>& words) {
  words.clear();
  for (std::size_t i = 0; i < line.size();) {
    if (separates(line[i])) {
      ++i;
      continue;
    }
    const std::size_t start = i;
    if (line.size() - i > 2 && line[i] == '0' && (line[i + 1] == 'x' || line[i + 1] == 'X')) i += 2;
    std::uint64_t word = 0;
    const std::size_t digits = i;
    for (; i < line.size() && digit_of(line[i]) >= 0; ++i) {
      if (word >> 60 != 0) return line.substr(start);
      word = word << 4 | static_cast<std::uint64_t>(digit_of(line[i]));
    }
    if (i == digits || (i < line.size() && !separates(line[i]))) return line.substr(start);
    words.push_back(word);
  }
  return {};
}

/// Fills a record; false, with the field at fault, for a word that its bytes do not hold.
const WordField* fill_record(const RecordLayout& layout, const std::uint64_t* words,
                             std::uint8_t* record) {
  for (const WordField& field : layout.fields) {
    const std::size_t bytes = field.word_bytes();
    for (std::size_t i = 0; i < field.count; ++i, ++words, record += bytes) {
      if (bytes < 8 && *words >> (8 * bytes) != 0) return &field;
      spec::write_word(record, bytes, 0, *words);
    }
  }
  return nullptr;
}

}  // namespace

void append_record(std::string& out, const RecordLayout& layout, const std::uint8_t* record) {
  constexpr char kDigits[] = "0123456789abcdef";
  bool first = true;
  for (const WordField& field : layout.fields) {
    const std::size_t bytes = field.word_bytes();
    for (std::size_t i = 0; i < field.count; ++i, record += bytes) {
      if (!first) out += ' ';
      first = false;
      for (std::size_t b = bytes; b-- > 0;) {
        out += kDigits[record[b] >> 4];
        out += kDigits[record[b] & 15];
      }
    }
  }
}

ResultLines::ResultLines(TextLines lines, const spec::Operation& operation, LineForm form)
    : lines_(std::move(lines)),
      input_(operation.input),
      result_(operation.result),
      form_(form),
      echoed_(operation.input.bytes()) {}

void ResultLines::detect(std::size_t words) {
  if (words == result_.words()) form_ = LineForm::kResults;
  if (words == input_.words() + result_.words()) form_ = LineForm::kEchoed;
  if (form_ == LineForm::kDetect)
    throw lines_.error(
        fmt::format("a line has {} words, where a result has {} and an input with "
                    "its result {}",
                    words, result_.words(), input_.words() + result_.words()));
}

bool ResultLines::next(const std::uint8_t* input, std::uint8_t* result) {
  if (!lines_.next_row(line_)) return false;
  if (const std::string_view bad = read_words(line_, words_); !bad.empty())
    throw lines_.error(fmt::format("{} is no hex word of at most 64 bits", excerpt(bad)));
  if (form_ == LineForm::kDetect) detect(words_.size());
  const std::size_t echoed = form_ == LineForm::kEchoed ? input_.words() : 0;
  if (words_.size() != echoed + result_.words())
    throw lines_.error(
        fmt::format("{} words instead of {}", words_.size(), echoed + result_.words()));
  const WordField* wide = nullptr;
  if (echoed > 0) {
    wide = fill_record(input_, words_.data(), echoed_.data());
    if (wide == nullptr && std::memcmp(echoed_.data(), input, echoed_.size()) != 0) {
      std::string wanted;
      append_record(wanted, input_, input);
      throw lines_.error(fmt::format(
          "the input is {} and should be {}; results are out of order, or of another level, seed "
          "or operation",
          excerpt(line_), excerpt(wanted)));
    }
  }
  if (wide == nullptr) wide = fill_record(result_, words_.data() + echoed, result);
  if (wide != nullptr)
    throw lines_.error(
        fmt::format("a word of {} has more than {} bytes", wide->name, wide->word_bytes()));
  return true;
}

}  // namespace mxscope::analysis
