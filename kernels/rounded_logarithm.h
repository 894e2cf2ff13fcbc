// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// floor(fl(log2 x)) and ceil(fl(log2 x)) of binary32 numbers without a logarithm.
#pragma once

#include <array>
#include <cstdint>

#include "spec/arithmetic.h"

namespace mxscope::kernels {

/// What spec::floor_rounded_log2 and ceil_rounded_log2 give, from a table of where in each binade
/// the rounded logarithm goes beyond that of the binade's start. Immutable, safe to share.
class RoundedLogarithm {
 public:
  enum class Direction : std::uint8_t { kFloor, kCeiling };

  /// The logarithm is rounded to `precision`, kF32 or kBf16, before it is taken to an integer.
  RoundedLogarithm(spec::Precision precision, Direction direction);

  /// x: positive and finite. Subnormal ones go through the exact path.
  int operator()(float x) const;

 private:
  std::int64_t exactly(float x) const;

  spec::Precision precision_;
  Direction direction_;
  std::array<std::uint32_t, 256> jumps_{};  ///< by exponent field: the first pattern beyond
};

}  // namespace mxscope::kernels
