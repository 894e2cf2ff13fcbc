// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Any text is refused with an Error, or read as a number whose text reads back as the same number.
#include <cstdlib>
#include <string_view>

#include "spec/error.h"
#include "spec/number.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace spec = mxscope::spec;
  spec::Number number;
  try {
    number = spec::parse_number({reinterpret_cast<const char*>(data), size});
  } catch (const mxscope::Error&) {
    return 0;
  }
  const std::string text = spec::to_text(number);
  spec::Number again;
  try {
    again = spec::parse_number(text);
  } catch (const mxscope::Error&) {
    // Operands within the limits can combine to a number whose own text is beyond them.
    constexpr std::size_t kSurelyWithinLimits = 4000;
    if (size < kSurelyWithinLimits && text.size() < kSurelyWithinLimits &&
        text.find("*2^") == std::string::npos)
      std::abort();
    return 0;
  }
  if (again.kind != number.kind || again.negative != number.negative ||
      again.magnitude != number.magnitude || spec::to_text(again) != text)
    std::abort();
  return 0;
}
