// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The two loops around the codec in an exhaustive sweep, for the widest vectors of the processor:
// with narrower ones they would cost as much as the conversion itself.
#include "analysis/sweep_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "analysis/sweep_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace mxscope::analysis {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void FillAscending(std::uint32_t* inputs, std::size_t count, std::uint32_t first) {
  const hn::ScalableTag<std::uint32_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto step = hn::Set(d, static_cast<std::uint32_t>(lanes));
  auto next = hn::Iota(d, first);
  for (std::size_t i = 0; i < count; i += lanes) {
    hn::Store(next, d, inputs + i);
    next = hn::Add(next, step);
  }
}

std::size_t FirstOtherThan(std::uint8_t code, const std::uint8_t* bytes, std::size_t count) {
  const hn::ScalableTag<std::uint8_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto expected = hn::Set(d, code);
  std::size_t i = 0;
  // Four vectors at once: one test and branch for all of them.
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    const auto a = hn::Xor(hn::LoadU(d, bytes + i), expected);
    const auto b = hn::Xor(hn::LoadU(d, bytes + i + lanes), expected);
    const auto c = hn::Xor(hn::LoadU(d, bytes + i + 2 * lanes), expected);
    const auto e = hn::Xor(hn::LoadU(d, bytes + i + 3 * lanes), expected);
    const auto any = hn::Or(hn::Or(a, b), hn::Or(c, e));
    if (!hn::AllTrue(d, hn::Eq(any, hn::Zero(d)))) break;
  }
  for (; i < count; ++i)
    if (bytes[i] != code) return i;
  return count;
}

}  // namespace HWY_NAMESPACE
}  // namespace mxscope::analysis
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mxscope::analysis {

HWY_EXPORT(FillAscending);
HWY_EXPORT(FirstOtherThan);

void fill_ascending(std::uint32_t* inputs, std::size_t count, std::uint32_t first) {
  HWY_DYNAMIC_DISPATCH(FillAscending)(inputs, count, first);
}

std::size_t first_other_than(std::uint8_t code, const std::uint8_t* bytes, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(FirstOtherThan)(code, bytes, count);
}

}  // namespace mxscope::analysis
#endif  // HWY_ONCE
