// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "spec/codec.h"

namespace mxscope::spec {

/// A Codec as the constants of SIMD lanes. A lane of type T holds the magnitude of an input: its
/// exponent field above M mantissa bits ("in place" means shifted to that field).
template <typename T>
struct LaneConstants {
  T least_normal = 0;  ///< lanes from here on are normal in the target
  T rebase = 0;        ///< subtracted from them
  T emin_field = 0;    ///< exponent field of the target's least binade, in place
  T max_shift = 0;     ///< in place; right shifts beyond it leave less than half a step
  T infinity_lane = 0;
  T sign_mask = 0;
  T zero_sign = 0;  ///< sign_mask if there is a negative zero
  T max_ordinal = 0;
  T min_limit = 0;  ///< max_ordinal, or one more if that is what overflow gives
  std::array<T, 2> overflow{};
  std::array<T, 2> infinity{};
  std::array<T, 2> nan{};
  int discarded = 0;   ///< k: bits below the code's last in an aligned ordinal
  int sign_shift = 0;  ///< from the lane's top bit to the code's
  int random_bits = 0;
  int word_shift = 0;  ///< of the stored word (32-bit lanes only)
  bool plain = false;  ///< see codes_of in batch_lanes-inl.h
};

/// The deterministic roundings of a lane; kOutward is kUp where every input counts as positive.
enum class LaneRounding : std::uint8_t {
  kEven,
  kAway,
  kZero,
  kUp,
  kDown,
  kOdd,
  kHalfDown,
  kOutward,
};

/// The deterministic rounding of a codec, or nothing for the others.
std::optional<LaneRounding> lane_rounding(const Codec& codec);

/// Whether lanes can hold the conversion: a float with zero and subnormals whose least binade the
/// source has as a normal one, and outcomes that are codes.
bool fits_lanes(const Codec& codec);

/// The constants for lanes with `mantissa_bits` (M) mantissa bits.
template <typename T>
LaneConstants<T> lane_constants(const Codec& codec, int mantissa_bits);

/// The index of a Highway target ("AVX2") as a bit, or 0 if this processor does not support it.
std::int64_t find_target(std::string_view name);

}  // namespace mxscope::spec
