// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// From a codec to the constants of its SIMD lanes, and the choice of kernel.
#include "spec/batch_lanes.h"

#define HWY_WANT_AVX3_DL 1
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "spec/batch_simd.h"

namespace mxscope::spec {
namespace {

std::vector<std::int64_t> targets() {
  std::vector<std::int64_t> out;
  for (std::int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1) {
    const std::int64_t target = left & -left;
    if (target != HWY_EMU128 && target != HWY_SCALAR) out.push_back(target);
  }
  return out;
}

}  // namespace

std::optional<LaneRounding> lane_rounding(const Codec& codec) {
  switch (codec.rounding) {
    case Rounding::kNearestEven:
      if (codec.mantissa_bits > 0 || codec.tie == TieP1::kEvenCode) return LaneRounding::kEven;
      return codec.tie == TieP1::kUp ? LaneRounding::kAway : LaneRounding::kHalfDown;
    case Rounding::kNearestAway:
      return LaneRounding::kAway;
    case Rounding::kTowardZero:
      return LaneRounding::kZero;
    case Rounding::kUp:
      return codec.negative_as_positive ? LaneRounding::kOutward : LaneRounding::kUp;
    case Rounding::kDown:
      return codec.negative_as_positive ? LaneRounding::kZero : LaneRounding::kDown;
    case Rounding::kToOdd:
      return LaneRounding::kOdd;
    default:
      return std::nullopt;
  }
}

bool fits_lanes(const Codec& c) {
  const int field = c.emin + c.source.bias();
  const bool refuses = c.overflow[0].refused || c.overflow[1].refused || c.infinity[0].refused ||
                       c.infinity[1].refused || c.nan[0].refused || c.nan[1].refused;
  const bool nan_is_fixed = c.nan_rule != NanRule::kPayload && c.nan_rule != NanRule::kRebias;
  const bool sign_is_plain = !c.negative_fixed_outcome && !c.negative_rounds_first &&
                             (c.sign_mask != 0 || c.negative_as_positive);
  return !c.fixed_point && c.denormal_grid && !c.zero_is_lowest && field >= 1 &&
         field < (1 << c.source.exponent_bits) - 1 && !refuses && nan_is_fixed && sign_is_plain;
}

template <typename T>
LaneConstants<T> lane_constants(const Codec& codec, int m) {
  LaneConstants<T> c;
  const auto field = static_cast<std::uint64_t>(codec.emin + codec.source.bias());
  const auto in_place = [&](std::uint64_t value) { return static_cast<T>(value << m); };
  // In the source's least binade no shift is needed, with or without the implicit bit.
  c.least_normal = field == 1 ? T{0} : in_place(field);
  c.rebase = in_place(field - 1);
  c.emin_field = in_place(field);
  c.max_shift =
      in_place(std::min<std::uint64_t>(static_cast<std::uint64_t>(codec.mantissa_bits) + 2,
                                       std::uint64_t{std::numeric_limits<T>::max()} >> m));
  c.infinity_lane = in_place((std::uint64_t{1} << codec.source.exponent_bits) - 1);
  c.discarded = m - codec.mantissa_bits;
  c.sign_shift = std::numeric_limits<T>::digits - static_cast<int>(std::bit_width(codec.code_mask));
  c.random_bits = codec.random_bits;
  const bool drops_sign = codec.negative_as_positive;
  c.sign_mask = drops_sign ? T{0} : static_cast<T>(codec.sign_mask);
  c.zero_sign = drops_sign ? T{0} : static_cast<T>(codec.rounded_to_zero[1].code);
  c.max_ordinal = static_cast<T>(codec.max_ordinal[0]);
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    const std::size_t from = drops_sign ? 0 : side;
    c.overflow[side] = static_cast<T>(codec.overflow[from].code);
    c.infinity[side] = static_cast<T>(codec.infinity[from].code);
    c.nan[side] = static_cast<T>(codec.nan[side].code);
  }
  c.min_limit = c.overflow[0];
  const bool near_limit =
      c.overflow[0] == c.max_ordinal || c.overflow[0] == static_cast<T>(c.max_ordinal + 1);
  const bool mirrored = c.overflow[1] == (c.overflow[0] | c.sign_mask);
  c.plain = near_limit && mirrored && c.zero_sign == c.sign_mask;
  return c;
}

template LaneConstants<std::uint16_t> lane_constants(const Codec&, int);
template LaneConstants<std::uint32_t> lane_constants(const Codec&, int);

std::int64_t find_target(std::string_view name) {
  for (const std::int64_t target : targets())
    if (hwy::TargetName(target) == name) return target;
  return 0;
}

std::vector<std::string> simd_targets() {
  std::vector<std::string> names;
  for (const std::int64_t target : targets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

SimdKernel find_simd_kernel(const Codec& codec, WordLayout words, std::string_view target_name) {
  const std::int64_t target = find_target(target_name);
  if (target == 0 || !fits_lanes(codec)) return {};
  if (SimdKernel kernel = find_narrow_kernel(codec, words, target)) return kernel;
  return find_wide_kernel(codec, words, target);
}

}  // namespace mxscope::spec
