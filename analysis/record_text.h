// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Records as text: a case a line, words in hex with blanks between them.
#pragma once

#include <cstdint>
#include <string>

#include "analysis/text_lines.h"
#include "spec/operation.h"

namespace mxscope::analysis {

/// Appends the words of a record, each with all the digits of its bytes ("3f800000 0000007f"); no
/// line end.
void append_record(std::string& out, const spec::RecordLayout& layout, const std::uint8_t* record);

/// What a line of results has.
enum class LineForm : std::uint8_t {
  kDetect,   ///< whichever of the two has as many words as the first line
  kResults,  ///< the result alone
  kEchoed,   ///< the input, then the result
};

/// Reads results line by line: hex words in either case, "0x" allowed, separated by blanks, tabs or
/// commas; blank lines and those that begin with # do not count.
class ResultLines {
 public:
  ResultLines(TextLines lines, const spec::Operation& operation, LineForm form);

  /// Reads the result of the next case, whose input is `input`. False at the end. Throws Error that
  /// names the line for what is no record, and for an echoed input that is not this one.
  bool next(const std::uint8_t* input, std::uint8_t* result);

  /// The number of the line that came last.
  std::size_t line() const { return lines_.number(); }

 private:
  void detect(std::size_t words);

  TextLines lines_;
  const spec::RecordLayout& input_;
  const spec::RecordLayout& result_;
  LineForm form_;
  std::string line_;
  std::vector<std::uint64_t> words_;
  std::vector<std::uint8_t> echoed_;
};

}  // namespace mxscope::analysis
