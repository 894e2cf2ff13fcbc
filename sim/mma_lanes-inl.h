// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Steps of the window kernels on vectors, compiled once for each Highway target.

#if defined(MXSCOPE_SIM_MMA_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef MXSCOPE_SIM_MMA_LANES_INL_H
#undef MXSCOPE_SIM_MMA_LANES_INL_H
#else
#define MXSCOPE_SIM_MMA_LANES_INL_H
#endif

#include <hwy/highway.h>

#include "sim/mma_window_simd.h"

HWY_BEFORE_NAMESPACE();
namespace mxscope::sim::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE

namespace hn = hwy::HWY_NAMESPACE;

using DI = hn::CappedTag<std::int32_t, 16>;
using DU = hn::RebindToUnsigned<DI>;
using DF = hn::RebindToFloat<DI>;
using D16 = hn::Repartition<std::int16_t, DI>;
using D8 = hn::Repartition<std::int8_t, DI>;
using VI = hn::Vec<DI>;
using VU = hn::Vec<DU>;
using VF = hn::Vec<DF>;
constexpr int kWords = static_cast<int>(hn::MaxLanes(DI()));  ///< 32-bit lanes
constexpr int kColumns = static_cast<int>(kPanel);

HWY_INLINE VI exponent_of(VF value, int least) {
  const DI d;
  const VU field = hn::ShiftRight<23>(hn::BitCast(DU(), hn::Abs(value)));
  return hn::Max(hn::Sub(hn::BitCast(d, field), hn::Set(d, 127)), hn::Set(d, least));
}

/// Binary16 words to binary32, exactly.
HWY_INLINE VF from_half(VU word) {
  const DU d;
  const VU magnitude = hn::And(word, hn::Set(d, 0x7FFF));
  const VF value =
      hn::Mul(hn::BitCast(DF(), hn::ShiftLeft<13>(magnitude)), hn::Set(DF(), 0x1p112F));
  const auto special = hn::Gt(magnitude, hn::Set(d, 0x7BFF));
  VU bits = hn::BitCast(d, value);
  bits = hn::IfThenElse(special, hn::Or(bits, hn::Set(d, 0x7F800000)), bits);
  return hn::BitCast(DF(), hn::Or(bits, hn::ShiftLeft<16>(hn::And(word, hn::Set(d, 0x8000)))));
}

/// Binary32 to binary16 words, to nearest; values that are exact, or whose last bit says that they
/// are not. Zeros are +0.
HWY_INLINE VU to_half(VF value) {
  const DU d;
  const VU bits = hn::BitCast(d, value);
  const VU magnitude = hn::And(bits, hn::Set(d, 0x7FFFFFFF));
  const VU field = hn::ShiftRight<23>(magnitude);
  const VU low = hn::Set(d, 113);
  const auto beyond = [&](VU x, VU y) HWY_ATTR { return hn::Sub(hn::Max(x, y), y); };
  const VU fraction = hn::Or(hn::And(bits, hn::Set(d, 0x7FFFFF)), hn::Set(d, 0x800000));
  const VU shift = hn::Min(hn::Add(hn::Set(d, 13), beyond(low, field)), hn::Set(d, 26));
  const VU one = hn::Set(d, 1);
  const VU odd = hn::And(fraction >> shift, one);
  const VU half = hn::Sub(one << hn::Sub(shift, one), one);
  const VU kept = hn::Add(hn::Add(fraction, half), odd) >> shift;
  const VU binades = hn::ShiftLeft<10>(beyond(field, low));
  const VU code = hn::Min(hn::Add(kept, binades), hn::Set(d, 0x7C00));
  const VU sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 0x8000));
  return hn::IfThenZeroElse(hn::Eq(code, hn::Zero(d)), hn::Or(code, sign));
}

template <typename T>
using DT = hn::Repartition<T, DI>;
template <typename T>
using VT = hn::Vec<DT<T>>;
template <typename T>
constexpr int kLanes = static_cast<int>(hn::MaxLanes(DT<T>()));
template <typename T>
constexpr int kVectors = kWords / kLanes<T>;  ///< that hold what one of 32-bit lanes does

/// Part v of the lanes of a vector, as T.
HWY_INLINE VF widened(DT<float>, VF values, int) { return values; }
HWY_INLINE VT<double> widened(DT<double> d, VF values, int v) {
  const hn::Half<DF> half;
  return hn::PromoteTo(d, v == 0 ? hn::LowerHalf(half, values) : hn::UpperHalf(half, values));
}

/// 2^(exponent + p - kept_bits): adding it cuts to multiples of 2^(exponent - kept_bits). Binary32
/// cannot hold the largest ones; sums beside those are seen to be odd.
HWY_INLINE VF cutter(DT<float>, VI exponents, int kept_bits, int) {
  const DI d;
  return hn::BitCast(DF(), hn::ShiftLeft<23>(hn::Add(hn::Min(exponents, hn::Set(d, 103)),
                                                     hn::Set(d, 127 + 23 - kept_bits))));
}
HWY_INLINE VT<double> cutter(DT<double> d, VI exponents, int kept_bits, int v) {
  const hn::Half<DI> half;
  const hn::Repartition<std::int64_t, DI> d64;
  const auto exponent =
      hn::PromoteTo(d64, v == 0 ? hn::LowerHalf(half, exponents) : hn::UpperHalf(half, exponents));
  return hn::BitCast(d, hn::ShiftLeft<52>(hn::Add(exponent, hn::Set(d64, 1023 + 52 - kept_bits))));
}

/// Sums in binary32, toward zero; with `sticky` the last bit says that bits were lost.
HWY_INLINE VF narrowed(const VF* sums, bool) { return sums[0]; }
HWY_INLINE VF narrowed(const VT<double>* sums, bool sticky) {
  const DT<double> d;
  const hn::Half<DF> half;
  const auto low = hn::DemoteTo(half, sums[0]);
  const auto high = hn::DemoteTo(half, sums[1]);
  VF value = hn::Combine(DF(), high, low);
  if (sticky) {
    const auto lost_low = hn::DemoteTo(half, hn::Sub(sums[0], hn::PromoteTo(d, low)));
    const auto lost_high = hn::DemoteTo(half, hn::Sub(sums[1], hn::PromoteTo(d, high)));
    const VF lost = hn::Combine(DF(), lost_high, lost_low);
    const VF one = hn::BitCast(DF(), hn::Set(DU(), 1));
    value = hn::Or(value, hn::IfThenZeroElse(hn::Eq(lost, hn::Zero(DF())), one));
  }
  return value;
}

HWY_INLINE VU words_of(const WindowRule& rule, VF sum) {
  const DU d;
  if (rule.half) return to_half(sum);
  const VF kept = hn::BitCast(DF(), hn::And(hn::BitCast(d, sum), hn::Set(d, rule.keep)));
  return hn::BitCast(d, hn::Add(kept, hn::Zero(DF())));  // -0 + 0 = +0
}

/// C without what is below 2^unit, toward zero.
HWY_INLINE VF cut_addend(VF c, VI unit) {
  const DI d;
  const VI last = hn::Sub(exponent_of(c, -126), hn::Set(d, 23));
  const VI lost = hn::Max(hn::Sub(unit, last), hn::Zero(d));
  const VU mask = hn::Set(DU(), ~0U) << hn::BitCast(DU(), hn::Min(lost, hn::Set(d, 24)));
  const VF kept = hn::And(c, hn::BitCast(DF(), mask));
  return hn::IfThenZeroElse(hn::RebindMask(DF(), hn::Gt(lost, hn::Set(d, 23))), kept);
}

/// The largest of the exponents in each 32-bit lane; very low where they are all ignored.
HWY_INLINE VI largest_of(hn::Vec<D16> exponents) {
  const VI pair = hn::BitCast(DI(), exponents);
  return hn::Max(hn::ShiftRight<16>(pair), hn::ShiftRight<16>(hn::ShiftLeft<16>(pair)));
}
HWY_INLINE VI largest_of(hn::Vec<D8> exponents) {
  const DI d;
  const D8 d8;
  const auto pairs =
      hn::Max(exponents, hn::BitCast(d8, hn::ShiftRight<16>(hn::BitCast(d, exponents))));
  const auto one = hn::Max(pairs, hn::BitCast(d8, hn::ShiftRight<8>(hn::BitCast(d, pairs))));
  return hn::ShiftRight<24>(hn::ShiftLeft<24>(hn::BitCast(d, one)));
}
HWY_INLINE VI none_as_none(const WindowRule& rule, VI largest, std::int16_t) {
  (void)rule;
  return largest;
}
HWY_INLINE VI none_as_none(const WindowRule& rule, VI largest, std::int8_t) {
  const DI d;
  if (rule.zeros_count) return largest;
  // No product has an exponent below twice -16, and none with an ignored zero one from -45.
  return hn::IfThenElse(hn::Gt(hn::Set(d, -40), largest), hn::Set(d, -8000), largest);
}

#endif  // HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE

}  // namespace mxscope::sim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
