// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/rounded_logarithm.h"

#include <bit>

#include "kernels/exact_number.h"

namespace mxscope::kernels {

RoundedLogarithm::RoundedLogarithm(spec::Precision precision, Direction direction)
    : precision_(precision), direction_(direction) {
  for (std::uint32_t field = 1; field < 255; ++field) {
    std::uint32_t low = field << 23;
    std::uint32_t high = low + (1U << 23);  // its predecessor is the binade's last
    const std::int64_t first = static_cast<std::int64_t>(field) - 127;
    while (high - low > 1) {
      const std::uint32_t middle = low + (high - low) / 2;
      (exactly(std::bit_cast<float>(middle)) == first ? low : high) = middle;
    }
    jumps_[field] = high;
  }
}

std::int64_t RoundedLogarithm::exactly(float x) const {
  const spec::Rational magnitude = number_of(x).magnitude;
  return direction_ == Direction::kFloor ? spec::floor_rounded_log2(magnitude, precision_)
                                         : spec::ceil_rounded_log2(magnitude, precision_);
}

int RoundedLogarithm::operator()(float x) const {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t field = bits >> 23;
  if (field == 0) return static_cast<int>(exactly(x));
  return static_cast<int>(field) - 127 + (bits >= jumps_[field] ? 1 : 0);
}

}  // namespace mxscope::kernels
