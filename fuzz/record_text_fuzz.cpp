// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Any stream of results is refused with an Error, or gives one record a line.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "analysis/record_text.h"
#include "spec/error.h"

namespace {

namespace analysis = mxscope::analysis;
namespace spec = mxscope::spec;

spec::Operation records() {
  spec::Operation out;
  out.input.fields = {{"x", "", 32, 1}, {"random", "", 8, 1}};
  out.result.fields = {{"scale", "", 8, 1}, {"elements", "", 16, 2}, {"wide", "", 64, 1}};
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const spec::Operation operation = records();
  if (size < 6) return 0;
  const auto form = static_cast<analysis::LineForm>(data[0] % 3);
  const std::vector<std::uint8_t> input(data + 1, data + 6);
  const std::string text(reinterpret_cast<const char*>(data) + 6, size - 6);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  std::istringstream in(text);
  std::vector<std::uint8_t> result(operation.result.bytes());
  std::size_t read = 0;
  try {
    analysis::ResultLines results(analysis::TextLines(in, "fuzz"), operation, form);
    while (results.next(input.data(), result.data())) {
      if (++read > lines || results.line() > lines) std::abort();
      // What was read is written again, and read again as the same.
      std::string again;
      analysis::append_record(again, operation.result, result.data());
      std::istringstream second(again);
      analysis::ResultLines repeated(analysis::TextLines(second, "fuzz"), operation,
                                     analysis::LineForm::kResults);
      std::vector<std::uint8_t> same(result.size());
      if (!repeated.next(input.data(), same.data()) || same != result) std::abort();
    }
  } catch (const mxscope::Error&) {
  }
  return 0;
}
