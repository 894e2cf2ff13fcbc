// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The exact error of one conversion, and its measure in units of the last place.
#include "reports/conversion_error.h"

#include <algorithm>

namespace mxscope::reports {
namespace {

using spec::Rational;
using spec::to_approximate_text;
using spec::to_text;

}  // namespace

Rational ulp_at(const spec::Format& format, const Rational& magnitude) {
  if (format.kind == spec::FormatKind::kFixed) return spec::power_of_two(-format.mantissa_bits);
  const std::int64_t lowest = format.emin();
  const std::int64_t highest = format.emax();
  std::int64_t exponent = magnitude == 0 ? lowest : spec::floor_log2(magnitude);
  exponent = std::clamp(exponent, std::min(lowest, highest), highest);
  if (format.subnormals) exponent = std::max(exponent, lowest);
  return spec::power_of_two(exponent - format.mantissa_bits);
}

std::string brief_text(const Rational& value, std::size_t width) {
  std::string exact = to_text(value);
  return exact.size() <= width ? exact : "~" + to_approximate_text(value, 6);
}

}  // namespace mxscope::reports
