// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The exact error of one conversion, and its measure in units of the last place.
#include "reports/conversion_error.h"

#include <algorithm>

namespace mxscope::reports {
namespace {

using spec::Integer;
using spec::Rational;
using spec::to_approximate_text;
using spec::to_text;

/// floor(log2(magnitude)) of a positive rational.
std::int64_t floor_log2(const Rational& magnitude) {
  const Integer num = numerator(magnitude);
  const Integer den = denominator(magnitude);
  const auto estimate = static_cast<std::int64_t>(msb(num)) - static_cast<std::int64_t>(msb(den));
  return magnitude < spec::power_of_two(estimate) ? estimate - 1 : estimate;
}

}  // namespace

Rational ulp_at(const spec::Format& format, const Rational& magnitude) {
  if (format.kind == spec::FormatKind::kFixed) return spec::power_of_two(-format.mantissa_bits);
  const std::int64_t lowest = format.emin();
  const std::int64_t highest = format.emax();
  std::int64_t exponent = magnitude == 0 ? lowest : floor_log2(magnitude);
  exponent = std::clamp(exponent, std::min(lowest, highest), highest);
  if (format.subnormals) exponent = std::max(exponent, lowest);
  return spec::power_of_two(exponent - format.mantissa_bits);
}

std::string brief_text(const Rational& value, std::size_t width) {
  std::string exact = to_text(value);
  return exact.size() <= width ? exact : "~" + to_approximate_text(value, 6);
}

}  // namespace mxscope::reports
