// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Numbers on the command line.
#include "reports/numbers.h"

#include <fmt/format.h>

#include <charconv>

#include "spec/number.h"

namespace mxscope::reports {

std::int64_t whole_number(const std::string& option, const std::string& text, std::int64_t low,
                          std::int64_t high) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end || value < low || value > high)
    throw Error(
        fmt::format("{} '{}': must be a whole number of {} to {}", option, text, low, high));
  return value;
}

spec::Rational positive_number(const std::string& option, const std::string& text) {
  const spec::Number number = spec::parse_number(text);
  if (number.kind != spec::NumberKind::kFinite || number.value() <= 0)
    throw Error(fmt::format("{} {}: must be a positive number", option, text));
  return number.value();
}

}  // namespace mxscope::reports
