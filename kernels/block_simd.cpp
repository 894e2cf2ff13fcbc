// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Maxima of blocks by a transposing tree, and products with one multiplier a block.
#include "kernels/block_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/block_simd.cpp"
#define HWY_WANT_AVX3_DL 1
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "spec/batch_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mxscope::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using DF = hn::CappedTag<float, 16>;
using DU = hn::RebindToUnsigned<DF>;
using VF = hn::Vec<DF>;
using VU = hn::Vec<DU>;

/// How far ahead of the arithmetic the second-level cache is filled, in floats.
constexpr std::size_t kAhead = 8192;

HWY_INLINE void prefetch(const float* address) { __builtin_prefetch(address, 0, 2); }

HWY_INLINE VU magnitude(const float* values) {
  const DU du;
  return hn::And(hn::BitCast(du, hn::LoadU(DF(), values)), hn::Set(du, 0x7FFFFFFF));
}

/// Lane-wise maximum over one block.
HWY_INLINE VU block_maximum(const float* values, std::size_t length) {
  const DF d;
  const std::size_t lanes = hn::Lanes(d);
  VU out = magnitude(values);
  for (std::size_t i = lanes; i < length; i += lanes) out = hn::Max(out, magnitude(values + i));
  return out;
}

void amax_kernel(const float* values, std::size_t blocks, std::size_t length, std::uint32_t* amax) {
  const DF d;
  const DU du;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN std::uint32_t parts[16];
  std::size_t b = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::Repartition<std::uint64_t, DU> du64;
  for (; b + 4 <= blocks; b += 4) {
    const VU w = block_maximum(values + b * length, length);
    const VU x = block_maximum(values + (b + 1) * length, length);
    const VU y = block_maximum(values + (b + 2) * length, length);
    const VU z = block_maximum(values + (b + 3) * length, length);
    const VU wx = hn::Max(hn::InterleaveLower(du, w, x), hn::InterleaveUpper(du, w, x));
    const VU yz = hn::Max(hn::InterleaveLower(du, y, z), hn::InterleaveUpper(du, y, z));
    const auto low = hn::InterleaveLower(du64, hn::BitCast(du64, wx), hn::BitCast(du64, yz));
    const auto high = hn::InterleaveUpper(du64, hn::BitCast(du64, wx), hn::BitCast(du64, yz));
    hn::Store(hn::Max(hn::BitCast(du, low), hn::BitCast(du, high)), du, parts);
    const hn::Full128<std::uint32_t> d4;
    auto best = hn::Load(d4, parts);
    for (std::size_t i = 4; i < lanes; i += 4) best = hn::Max(best, hn::Load(d4, parts + i));
    hn::StoreU(best, d4, amax + b);
  }
#endif
  for (; b < blocks; ++b) {
    hn::Store(block_maximum(values + b * length, length), du, parts);
    std::uint32_t best = parts[0];
    for (std::size_t i = 1; i < lanes; ++i) best = best < parts[i] ? parts[i] : best;
    amax[b] = best;
  }
}

bool ideal_kernel(const IdealScale& rule, const std::uint32_t* amax, std::size_t blocks,
                  float* ideal, std::uint32_t* odd) {
  const DF d;
  const DU du;
  const VF divisor = hn::Set(d, rule.divisor);
  const VF factor = hn::Set(d, rule.factor);
  const VF decode = hn::Set(d, rule.decode);
  const VU half = hn::Set(du, rule.half);
  const VU kept = hn::Set(du, rule.half == 0 ? ~0U : ~(2 * rule.half - 1));
  VU any = hn::Zero(du);
  for (std::size_t b = 0; b < blocks; b += hn::Lanes(d)) {
    const VU bits = hn::LoadU(du, amax + b);
    const VF a = hn::BitCast(d, hn::And(hn::Add(bits, half), kept));
    VF scale = a;
    switch (rule.form) {
      case IdealScale::Form::kDivide:
        scale = hn::Div(hn::Div(a, divisor), decode);
        break;
      case IdealScale::Form::kMultiply:
        scale = hn::Mul(a, factor);
        break;
      case IdealScale::Form::kMultiplyDivide:
        scale = hn::Div(hn::Mul(a, factor), decode);
        break;
      case IdealScale::Form::kDivideMultiply:
        scale = hn::Mul(hn::Div(a, divisor), factor);
        break;
    }
    auto is_odd =
        hn::Or(hn::Lt(bits, hn::Set(du, rule.least)), hn::Gt(bits, hn::Set(du, rule.largest)));
    if (rule.grid != 0) {
      const VU distance =
          hn::And(hn::Add(hn::BitCast(du, scale), hn::Set(du, 4)), hn::Set(du, rule.grid));
      is_odd = hn::Or(is_odd, hn::Lt(distance, hn::Set(du, 9)));
    }
    scale = hn::Min(hn::Max(scale, hn::Set(d, rule.floor)), hn::Set(d, rule.ceiling));
    hn::StoreU(scale, d, ideal + b);
    const VU flags = hn::VecFromMask(du, is_odd);
    any = hn::Or(any, flags);
    hn::StoreU(flags, du, odd + b);
  }
  return !hn::AllTrue(du, hn::Eq(any, hn::Zero(du)));
}

bool multiply_kernel(const float* values, std::size_t blocks, std::size_t length,
                     const float* multipliers, std::uint32_t grid, bool drop_zero_sign,
                     float* scaled, std::uint32_t* odd) {
  const DF d;
  const DU du;
  const std::size_t lanes = hn::Lanes(d);
  // While this pass computes, the memory system fetches what the next one reads.
  const float* ahead = values + kAhead;
  // -0 + 0 is +0, -0 - 0 is -0, and nothing else changes (IEEE 754-2019 6.3).
  const VF zero_of_sign = hn::Set(d, drop_zero_sign ? 0.0F : -0.0F);
  if (grid == 0) {
    for (std::size_t b = 0; b < blocks; ++b) {
      const VF m = hn::Set(d, multipliers[b]);
      for (std::size_t i = b * length; i < (b + 1) * length; i += lanes) {
        prefetch(ahead + i);
        hn::StoreU(hn::Add(hn::Mul(hn::LoadU(d, values + i), m), zero_of_sign), d, scaled + i);
      }
    }
    return false;
  }
  const VU four = hn::Set(du, 4);
  const VU mask = hn::Set(du, grid);
  bool any = false;
  // One test for eight blocks: a near miss is rare, and the eight are then done again.
  for (std::size_t first = 0; first < blocks; first += 8) {
    const std::size_t last = first + 8 < blocks ? first + 8 : blocks;
    VU least = mask;
    for (std::size_t b = first; b < last; ++b) {
      const VF m = hn::Set(d, multipliers[b]);
      for (std::size_t i = b * length; i < (b + 1) * length; i += lanes) {
        prefetch(ahead + i);
        const VF product = hn::Add(hn::Mul(hn::LoadU(d, values + i), m), zero_of_sign);
        hn::StoreU(product, d, scaled + i);
        // Distances -4..4 from a multiple of grid + 1 become 0..8; only x = 0 gives a zero.
        const VU distance = hn::And(hn::Add(hn::BitCast(du, product), four), mask);
        const auto zero = hn::RebindMask(du, hn::Eq(product, hn::Zero(d)));
        least = hn::Min(least, hn::IfThenElse(zero, mask, distance));
      }
    }
    if (hn::AllFalse(du, hn::Lt(least, hn::Set(du, 9)))) continue;
    any = true;
    for (std::size_t b = first; b < last; ++b) odd[b] = 1;
  }
  return any;
}

void divide_kernel(const float* values, std::size_t blocks, std::size_t length,
                   const float* divisors, float* scaled) {
  const DF d;
  const std::size_t lanes = hn::Lanes(d);
  const float* ahead = values + kAhead;
  for (std::size_t b = 0; b < blocks; ++b) {
    const VF s = hn::Set(d, divisors[b]);
    for (std::size_t i = 0; i < length; i += lanes) {
      prefetch(ahead + b * length + i);
      hn::StoreU(hn::Div(hn::LoadU(d, values + b * length + i), s), d, scaled + b * length + i);
    }
  }
}

void pack_nibbles_kernel(const std::uint8_t* codes, std::size_t count, std::uint8_t* bytes) {
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<std::uint16_t> d;
  const hn::Rebind<std::uint8_t, decltype(d)> half;
  const std::size_t step = 2 * hn::Lanes(d);
  for (; i + step <= count; i += step) {
    // A lane is even | odd << 8; the even code stays, the odd one moves above it.
    const auto pairs = hn::LoadU(d, reinterpret_cast<const std::uint16_t*>(codes + i));
    const auto packed = hn::And(hn::Or(pairs, hn::ShiftRight<4>(pairs)), hn::Set(d, 0xFF));
    hn::StoreU(hn::DemoteTo(half, hn::BitCast(hn::RebindToSigned<decltype(d)>(), packed)), half,
               bytes + i / 2);
  }
#endif
  for (; i < count; i += 2) bytes[i / 2] = static_cast<std::uint8_t>(codes[i] | codes[i + 1] << 4);
}

BlockKernels kernels() {
  return {amax_kernel, ideal_kernel, multiply_kernel, divide_kernel, pack_nibbles_kernel};
}

}  // namespace mxscope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace mxscope::kernels {

HWY_EXPORT(kernels);

BlockKernels find_block_kernels(std::int64_t target) {
  return spec::table_entry(HWY_DISPATCH_TABLE(kernels), target)();
}

}  // namespace mxscope::kernels

#endif  // HWY_ONCE
