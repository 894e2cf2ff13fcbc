// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The steps that SIMD kernels of both lane widths share, compiled once for each Highway target.

#if defined(MXSCOPE_SPEC_BATCH_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef MXSCOPE_SPEC_BATCH_LANES_INL_H
#undef MXSCOPE_SPEC_BATCH_LANES_INL_H
#else
#define MXSCOPE_SPEC_BATCH_LANES_INL_H
#endif

#include <hwy/highway.h>

#include "spec/batch_lanes.h"

HWY_BEFORE_NAMESPACE();
namespace mxscope::spec::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
using LanesOf = LaneConstants<hn::TFromD<D>>;

template <class D>
HWY_INLINE hn::Vec<D> set(D d, std::uint32_t value) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(value));
}

/// Drops the k low bits of an aligned ordinal. `sign_bits` has the input's sign in its top bit.
template <LaneRounding kRounding, class D>
HWY_INLINE hn::Vec<D> rounded(D d, hn::Vec<D> aligned, hn::Vec<D> sign_bits, const LanesOf<D>& c) {
  const int k = c.discarded;
  const std::uint32_t half = 1U << (k - 1);
  const std::uint32_t rest = (1U << k) - 1;
  if constexpr (kRounding == LaneRounding::kZero) {
    return hn::ShiftRightSame(aligned, k);
  } else if constexpr (kRounding == LaneRounding::kAway) {
    return hn::ShiftRightSame(hn::Add(aligned, set(d, half)), k);
  } else if constexpr (kRounding == LaneRounding::kHalfDown) {
    return hn::ShiftRightSame(hn::Add(aligned, set(d, half - 1)), k);
  } else if constexpr (kRounding == LaneRounding::kOutward) {
    return hn::ShiftRightSame(hn::Add(aligned, set(d, rest)), k);
  } else if constexpr (kRounding == LaneRounding::kEven) {
    const auto odd = hn::And(hn::ShiftRightSame(aligned, k), set(d, 1));
    return hn::ShiftRightSame(hn::Add(hn::Add(aligned, set(d, half - 1)), odd), k);
  } else if constexpr (kRounding == LaneRounding::kOdd) {
    const auto inexact = hn::Min(hn::And(aligned, set(d, rest)), set(d, 1));
    return hn::Or(hn::ShiftRightSame(aligned, k), inexact);
  } else {
    const hn::RebindToSigned<D> di;
    const auto negative = hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(di, sign_bits)));
    const auto away = kRounding == LaneRounding::kUp ? hn::AndNot(negative, set(d, rest))
                                                     : hn::And(negative, set(d, rest));
    return hn::ShiftRightSame(hn::Add(aligned, away), k);
  }
}

/// One vector of codes from rounded ordinals. kPlain: overflow is one of the two codes that Min can
/// give, whatever the sign, and the format has a negative zero.
template <bool kPlain, class D>
HWY_INLINE hn::Vec<D> codes_of(D d, hn::Vec<D> ordinal, hn::Vec<D> lane, hn::Vec<D> sign_bits,
                               const LanesOf<D>& c) {
  using T = hn::TFromD<D>;
  constexpr std::uint32_t kTopBit = 1U << (8 * sizeof(T) - 1);
  auto code = ordinal;
  auto sign = hn::And(hn::ShiftRightSame(sign_bits, c.sign_shift), set(d, c.sign_mask));
  const auto negative = hn::Ne(hn::And(sign_bits, set(d, kTopBit)), hn::Zero(d));
  const auto pick = [&](const std::array<T, 2>& pair) HWY_ATTR {
    return hn::IfThenElse(negative, set(d, pair[1]), set(d, pair[0]));
  };
  if constexpr (kPlain) {
    code = hn::Or(hn::Min(code, set(d, c.min_limit)), sign);
  } else {
    const auto over = hn::Gt(code, set(d, c.max_ordinal));
    const auto is_zero = hn::Eq(code, hn::Zero(d));
    sign = hn::IfThenElse(is_zero, hn::And(sign, set(d, c.zero_sign)), sign);
    code = hn::IfThenElse(over, pick(c.overflow), hn::Or(code, sign));
  }
  const auto special = hn::Gt(lane, set(d, c.infinity_lane - 1U));
  if (HWY_UNLIKELY(!hn::AllFalse(d, special))) {
    const auto infinite = hn::Eq(lane, set(d, c.infinity_lane));
    code = hn::IfThenElse(special, hn::IfThenElse(infinite, pick(c.infinity), pick(c.nan)), code);
  }
  return code;
}

}  // namespace mxscope::spec::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mxscope::spec {

/// The entry of a dispatch table for one target, without touching the process-wide choice.
template <typename F, std::size_t kSize>
F table_entry(F const (&table)[kSize], std::int64_t target) {
  if constexpr (kSize == 1) {
    return table[0];
  } else {
    hwy::ChosenTarget chosen;
    chosen.Update(target);
    return table[chosen.GetIndex()];
  }
}

}  // namespace mxscope::spec
#endif  // HWY_ONCE

#endif  // per-target include guard
