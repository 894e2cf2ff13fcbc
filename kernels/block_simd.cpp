// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Maxima of blocks by a transposing tree, and elements scaled and cast.
//
// The cast adds c = 2^(e + 23 - m) to a magnitude of exponent e (no less than the least), so that
// the processor rounds it to a multiple n of 2^(e - m), to nearest, ties to even; n is in the sum's
// low bits and e in its exponent field, and the code's ordinal is n + (e - emin) 2^m.
#include "kernels/block_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/block_simd.cpp"
#define HWY_WANT_AVX3_DL 1
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "spec/batch_lanes-inl.h"
#include "spec/packing.h"

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
  const VF least = hn::Set(d, rule.least);
  const VF infinity = hn::Inf(d);
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
    // Written so that a NaN is odd.
    const auto plain = hn::And(hn::Ge(scale, least), hn::Lt(hn::Max(a, scale), infinity));
    auto is_odd = hn::Or(hn::Not(hn::RebindMask(du, plain)), hn::Eq(bits, hn::Zero(du)));
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

template <Scaling kScaling>
HWY_INLINE VF scaled_by(VF values, VF factor) {
  if constexpr (kScaling == Scaling::kDivide) {
    return hn::Div(values, factor);
  } else if constexpr (kScaling == Scaling::kMultiplyPlusZero) {
    // -0 + 0 is +0, and nothing else changes (IEEE 754-2019 6.3).
    return hn::Add(hn::Mul(values, factor), hn::Zero(DF()));
  } else {
    return hn::Mul(values, factor);
  }
}

/// Distances -4..4 from a multiple of grid + 1 become 0..8.
HWY_INLINE VU distance_from_grid(VF product, VU grid) {
  const DU du;
  return hn::And(hn::Add(hn::BitCast(du, product), hn::Set(du, 4)), grid);
}

/// Marks the pieces that have a product too near the grid; `values` are whole pieces.
HWY_NOINLINE bool mark_near(const float* values, std::size_t count, const float* factors,
                            std::uint32_t grid, std::uint32_t* odd) {
  const DF d;
  const DU du;
  bool any = false;
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const VF product = hn::Mul(hn::LoadU(d, values + i), hn::Set(d, factors[i / 16]));
    const auto near = hn::Lt(distance_from_grid(product, hn::Set(du, grid)), hn::Set(du, 9));
    const auto zero = hn::RebindMask(du, hn::Eq(product, hn::Zero(d)));
    if (hn::AllFalse(du, hn::AndNot(zero, near))) continue;
    odd[i / 16] = 1;
    any = true;
  }
  return any;
}

template <Scaling kScaling>
void scale_all(const float* values, std::size_t count, const float* factors, float* scaled) {
  const DF d;
  // While this pass computes, the memory system fetches what the next one reads.
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    prefetch(values + kAhead + i);
    const VF factor = hn::Set(d, factors[i / 16]);
    hn::StoreU(scaled_by<kScaling>(hn::LoadU(d, values + i), factor), d, scaled + i);
  }
}

bool multiply_kernel(const float* values, std::size_t count, const float* factors,
                     std::uint32_t grid, bool drop_zero_sign, float* scaled, std::uint32_t* odd) {
  if (drop_zero_sign)
    scale_all<Scaling::kMultiplyPlusZero>(values, count, factors, scaled);
  else
    scale_all<Scaling::kMultiply>(values, count, factors, scaled);
  return grid != 0 && mark_near(values, count, factors, grid, odd);
}

void divide_kernel(const float* values, std::size_t count, const float* factors, float* scaled) {
  scale_all<Scaling::kDivide>(values, count, factors, scaled);
}

#if HWY_TARGET != HWY_SCALAR

using D16 = hn::Repartition<std::uint16_t, DU>;
using D8 = hn::Repartition<std::uint8_t, DU>;

/// Lanes are even | odd << 8: the even code stays, the odd one moves above it.
HWY_INLINE void store_nibbles(hn::Vec<D16> pairs, std::uint8_t* out) {
  const D16 d;
  const hn::Rebind<std::uint8_t, D16> half;
  const auto packed = hn::And(hn::Or(pairs, hn::ShiftRight<4>(pairs)), hn::Set(d, 0xFF));
  hn::StoreU(hn::DemoteTo(half, hn::BitCast(hn::RebindToSigned<D16>(), packed)), half, out);
}

/// Four vectors of floats at a time, which give one vector of codes.
template <Scaling kScaling, bool kNibbles>
bool cast_all(const ElementCast& given, const float* values, std::size_t count,
              const float* factors, std::uint8_t* codes, std::uint32_t* odd) {
  const DF d;
  const DU du;
  const D16 d16;
  const D8 d8;
  const spec::LaneConstants<std::uint32_t> c = given.lanes;
  const int fraction = c.discarded;
  const auto zero_ordinal = ((c.emin_field >> 23) + static_cast<std::uint32_t>(fraction))
                            << (23 - fraction);
  const VF least = hn::BitCast(d, hn::Set(du, c.emin_field));
  const VF shifter = hn::Set(d, static_cast<float>(1U << fraction));
  const VU exponents = hn::Set(du, 0x7F800000);
  const VU grid = hn::Set(du, given.grid);
  const auto limit = hn::Set(d16, static_cast<std::uint16_t>(c.min_limit + zero_ordinal));
  const auto first = hn::Set(d8, static_cast<std::uint8_t>(zero_ordinal));
  const auto sign_mask = hn::Set(d8, static_cast<std::uint8_t>(c.sign_mask));
  const int sign_shift = c.sign_shift - 24;  // from the top bit of a byte
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t step = 4 * lanes;

  const auto scaled = [&](const float* in, const float* factor, std::size_t i) HWY_ATTR {
    return scaled_by<kScaling>(hn::LoadU(d, in + i), hn::Set(d, factor[i / 16]));
  };
  const auto ordinals = [&](VF x) HWY_ATTR {
    const VF size = hn::Abs(x);
    const VF power = hn::BitCast(d, hn::And(hn::BitCast(du, x), exponents));
    const VU sum = hn::BitCast(du, hn::MulAdd(hn::Max(power, least), shifter, size));
    return hn::BitCast(d16, hn::Add(hn::ShiftRightSame(sum, fraction), sum));
  };
  const auto convert = [&](const float* in, const float* factor, std::uint8_t* out) HWY_ATTR {
    const VF x0 = scaled(in, factor, 0);
    const VF x1 = scaled(in, factor, lanes);
    const VF x2 = scaled(in, factor, 2 * lanes);
    const VF x3 = scaled(in, factor, 3 * lanes);
    const auto low = hn::Min(hn::ConcatEven(d16, ordinals(x1), ordinals(x0)), limit);
    const auto high = hn::Min(hn::ConcatEven(d16, ordinals(x3), ordinals(x2)), limit);
    const auto ordinal =
        hn::Sub(hn::ConcatEven(d8, hn::BitCast(d8, high), hn::BitCast(d8, low)), first);
    const auto tops = [&](VF high_half, VF low_half) HWY_ATTR {
      return hn::BitCast(
          d8, hn::ConcatOdd(d16, hn::BitCast(d16, high_half), hn::BitCast(d16, low_half)));
    };
    const auto signs = hn::ConcatOdd(d8, tops(x3, x2), tops(x1, x0));
    const auto moved = hn::BitCast(d8, hn::ShiftRightSame(hn::BitCast(d16, signs), sign_shift));
    const auto code = hn::Or(ordinal, hn::And(moved, sign_mask));
    if constexpr (kNibbles)
      store_nibbles(hn::BitCast(d16, code), out);
    else
      hn::StoreU(code, d8, out);
    if constexpr (kScaling != Scaling::kMultiplyNear) return false;
    const VU nearest = hn::Min(hn::Min(distance_from_grid(x0, grid), distance_from_grid(x1, grid)),
                               hn::Min(distance_from_grid(x2, grid), distance_from_grid(x3, grid)));
    return !hn::AllFalse(du, hn::Lt(nearest, hn::Set(du, 9)));
  };

  constexpr std::size_t kPerByte = kNibbles ? 2 : 1;
  bool any = false;
  std::size_t i = 0;
  for (; i + step <= count; i += step) {
    for (std::size_t line = 0; line < step; line += 16) prefetch(values + kAhead + i + line);
    if (HWY_UNLIKELY(convert(values + i, factors + i / 16, codes + i / kPerByte)))
      any |= mark_near(values + i, step, factors + i / 16, given.grid, odd + i / 16);
  }
  if (i == count) return any;
  HWY_ALIGN float in[64] = {};
  HWY_ALIGN float last_factors[4] = {1, 1, 1, 1};
  HWY_ALIGN std::uint8_t out[64];
  std::copy_n(values + i, count - i, in);
  std::copy_n(factors + i / 16, (count - i) / 16, last_factors);
  if (convert(in, last_factors, out))
    any |= mark_near(values + i, count - i, factors + i / 16, given.grid, odd + i / 16);
  std::copy_n(out, (count - i) / kPerByte, codes + i / kPerByte);
  return any;
}

template <bool kNibbles>
bool cast_by_scaling(const ElementCast& rule, const float* values, std::size_t count,
                     const float* factors, std::uint8_t* codes, std::uint32_t* odd) {
  switch (rule.scaling) {
    case Scaling::kMultiply:
      return cast_all<Scaling::kMultiply, kNibbles>(rule, values, count, factors, codes, odd);
    case Scaling::kMultiplyPlusZero:
      return cast_all<Scaling::kMultiplyPlusZero, kNibbles>(rule, values, count, factors, codes,
                                                            odd);
    case Scaling::kMultiplyNear:
      return cast_all<Scaling::kMultiplyNear, kNibbles>(rule, values, count, factors, codes, odd);
    case Scaling::kDivide:
      break;
  }
  return cast_all<Scaling::kDivide, kNibbles>(rule, values, count, factors, codes, odd);
}

bool cast_kernel(const ElementCast& rule, const float* values, std::size_t count,
                 const float* factors, std::uint8_t* codes, std::uint32_t* odd) {
  return rule.nibbles ? cast_by_scaling<true>(rule, values, count, factors, codes, odd)
                      : cast_by_scaling<false>(rule, values, count, factors, codes, odd);
}

#else

bool cast_kernel(const ElementCast&, const float*, std::size_t, const float*, std::uint8_t*,
                 std::uint32_t*) {
  return false;  // find_target never gives this target
}

#endif  // HWY_TARGET != HWY_SCALAR

void pack_nibbles_kernel(const std::uint8_t* codes, std::size_t count, std::uint8_t* bytes) {
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const D16 d;
  const std::size_t step = 2 * hn::Lanes(d);
  for (; i + step <= count; i += step)
    store_nibbles(hn::LoadU(d, reinterpret_cast<const std::uint16_t*>(codes + i)), bytes + i / 2);
#endif
  for (; i < count; i += 2) bytes[i / 2] = static_cast<std::uint8_t>(codes[i] | codes[i + 1] << 4);
}

void pack_six_bits_kernel(const std::uint8_t* codes, std::size_t count, std::uint8_t* bytes) {
#if HWY_TARGET != HWY_SCALAR
  // Neighbours are joined to 12 and then 24 bits, and every fourth byte is left out.
  alignas(16) static constexpr std::uint8_t kThreeOfFour[16] = {
      0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0x80, 0x80, 0x80, 0x80};
  const hn::Full128<std::uint8_t> d8;
  const hn::Full128<std::uint16_t> d16;
  const hn::Full128<std::uint32_t> d32;
  const auto three_of_four = hn::Load(d8, kThreeOfFour);
  const auto packed = [&](std::size_t i) HWY_ATTR {
    const auto x = hn::BitCast(d16, hn::LoadU(d8, codes + i));
    const auto pairs = hn::BitCast(d32, hn::Or(hn::And(x, hn::Set(d16, 0x3F)),
                                               hn::And(hn::ShiftRight<2>(x), hn::Set(d16, 0xFC0))));
    const auto fours = hn::Or(hn::And(pairs, hn::Set(d32, 0xFFF)),
                              hn::And(hn::ShiftRight<4>(pairs), hn::Set(d32, 0xFFF000)));
    return hn::TableLookupBytesOr0(hn::BitCast(d8, fours), three_of_four);
  };
  std::size_t i = 0;
  for (; i + 32 <= count; i += 16, bytes += 12) hn::StoreU(packed(i), d8, bytes);
  if (i == count) return;
  alignas(16) std::uint8_t last[16];
  hn::Store(packed(i), d8, last);
  std::copy_n(last, 12, bytes);
#else
  spec::pack(spec::Packing::kSixBitStream, {codes, count}, {bytes, count / 4 * 3});
#endif
}

BlockKernels kernels() {
  return {amax_kernel, ideal_kernel,        multiply_kernel,     divide_kernel,
          cast_kernel, pack_nibbles_kernel, pack_six_bits_kernel};
}

}  // namespace mxscope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace mxscope::kernels {

HWY_EXPORT(kernels);

bool fits_one_pass(const spec::Codec& codec) {
  if (codec.source != spec::kF32 || codec.mantissa_bits < 1 || codec.mantissa_bits > 6 ||
      codec.code_mask > 0xFF || codec.random_bits != 0 || !spec::fits_lanes(codec) ||
      spec::lane_rounding(codec) != spec::LaneRounding::kEven)
    return false;
  const auto c = spec::lane_constants<std::uint32_t>(codec, 23);
  // Where the sum overflows, the field of infinity must be beyond the format's last binade.
  const auto last = (c.emin_field >> 23) + (c.max_ordinal >> codec.mantissa_bits);
  return c.plain && last + static_cast<std::uint32_t>(c.discarded) < 254;
}

BlockKernels find_block_kernels(std::int64_t target) {
  return spec::table_entry(HWY_DISPATCH_TABLE(kernels), target)();
}

}  // namespace mxscope::kernels

#endif  // HWY_ONCE
