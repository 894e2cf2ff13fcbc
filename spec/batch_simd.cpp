// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// SIMD kernels for float formats of at most eight bits: integer operations on 16-bit lanes.
//
// A lane holds the magnitude of an input, its exponent above M mantissa bits. Binary32 is first
// reduced to its rounding cell (eight exponent and eight mantissa bits, the last one sticky), which
// no format with at most six mantissa bits can tell from the input itself. A normal result is then
// the lane rebased to the target's exponents; a subnormal one is the significand shifted right,
// by a multiplication whose low half is what was shifted out. Both have k = M - mantissa_bits
// bits below the code's last, and one rounding finishes them.
#include "spec/batch_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "spec/batch_simd.cpp"
#define HWY_WANT_AVX3_DL 1
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "spec/batch_lanes-inl.h"

#ifndef MXSCOPE_SPEC_BATCH_SIMD_ONCE
#define MXSCOPE_SPEC_BATCH_SIMD_ONCE

#include <bit>
#include <cstring>

namespace mxscope::spec {

// load_lanes takes the halves of a word in the order of a little-endian processor.
static_assert(std::endian::native == std::endian::little);

using NarrowFunction = void (*)(const LaneConstants<std::uint16_t>&, const std::uint8_t* from,
                                std::uint8_t* to, std::size_t count);

}  // namespace mxscope::spec

#endif  // MXSCOPE_SPEC_BATCH_SIMD_ONCE

HWY_BEFORE_NAMESPACE();
namespace mxscope::spec::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR

using D16 = hn::ScalableTag<std::uint16_t>;
using V16 = hn::Vec<D16>;
using D8 = hn::Repartition<std::uint8_t, D16>;
using Constants16 = LaneConstants<std::uint16_t>;

/// 2^(16 - t) for t = 1..8 in bits 8.. of `shift`: the multiplier that shifts right by t.
HWY_INLINE V16 shift_multiplier(V16 shift) {
  alignas(16) static constexpr std::uint8_t kPowers[16] = {0, 128, 64, 32, 16, 8, 4, 2, 1};
  const D8 d8;
  // The low byte of each index has its top bit set, which selects 0.
  const auto index = hn::BitCast(d8, hn::Or(shift, set(D16(), 0x80)));
  return hn::BitCast(D16(), hn::TableLookupBytesOr0(hn::LoadDup128(d8, kPowers), index));
}

/// The ordinal with k discarded bits below it.
template <int M>
HWY_INLINE V16 aligned_ordinal(V16 lane, const Constants16& c) {
  const D16 d;
  constexpr std::uint32_t kImplicit = 1U << M;
  constexpr std::uint32_t kExponentMask = 0xFFFF & ~(kImplicit - 1);
  const V16 normal = hn::Sub(lane, set(d, c.rebase));
  // Exponent field 0 has the scale of field 1, without the implicit bit.
  const V16 exponent = hn::Max(hn::And(lane, set(d, kExponentMask)), set(d, kImplicit));
  const V16 significand = hn::Add(hn::Sub(lane, exponent), set(d, kImplicit));
  V16 shift = hn::Min(hn::SaturatedSub(set(d, c.emin_field), exponent), set(d, c.max_shift));
  if constexpr (M > 8) shift = hn::ShiftRight<M - 8>(shift);
  const V16 multiplier = shift_multiplier(shift);
  const V16 kept = hn::MulHigh(significand, multiplier);
  const V16 lost = hn::Min(hn::Mul(significand, multiplier), set(d, 1));
  const V16 subnormal = hn::Or(kept, lost);
  return hn::IfThenElse(hn::Lt(lane, set(d, c.least_normal)), subnormal, normal);
}

/// Loads one vector of inputs as lanes, and their signs in the top bits.
template <int kSourceBytes>
HWY_INLINE void load_lanes(const std::uint8_t* from, V16& lane, V16& sign_bits) {
  const D16 d;
  const auto* words = reinterpret_cast<const std::uint16_t*>(from);
  if constexpr (kSourceBytes == 4) {
    const V16 first = hn::LoadU(d, words);
    const V16 second = hn::LoadU(d, words + hn::Lanes(d));
    sign_bits = hn::ConcatOdd(d, second, first);
    const V16 low = hn::ConcatEven(d, second, first);
    lane = hn::Or(hn::Add(sign_bits, sign_bits), hn::Min(low, set(d, 1)));
  } else {
    sign_bits = hn::LoadU(d, words);
    lane = hn::Add(sign_bits, sign_bits);
  }
}

template <LaneRounding kRounding, int M, bool kPlain, int kSourceBytes>
void run(const Constants16& constants, const std::uint8_t* from, std::uint8_t* to,
         std::size_t count) {
  const Constants16 c = constants;  // the stores below cannot change a local
  const D16 d;
  const D8 d8;
  const std::size_t lanes = hn::Lanes(d);
  const auto convert = [&](const std::uint8_t* in, std::uint8_t* out) HWY_ATTR {
    V16 lane0, lane1, sign0, sign1;
    load_lanes<kSourceBytes>(in, lane0, sign0);
    load_lanes<kSourceBytes>(in + lanes * kSourceBytes, lane1, sign1);
    const V16 ordinal0 = rounded<kRounding>(d, aligned_ordinal<M>(lane0, c), sign0, c);
    const V16 ordinal1 = rounded<kRounding>(d, aligned_ordinal<M>(lane1, c), sign1, c);
    const V16 code0 = codes_of<kPlain>(d, ordinal0, lane0, sign0, c);
    const V16 code1 = codes_of<kPlain>(d, ordinal1, lane1, sign1, c);
    hn::StoreU(hn::ConcatEven(d8, hn::BitCast(d8, code1), hn::BitCast(d8, code0)), d8, out);
  };
  const std::size_t step = 2 * lanes;
  std::size_t done = 0;
  for (; done + step <= count; done += step) convert(from + done * kSourceBytes, to + done);
  if (done == count) return;
  HWY_ALIGN std::uint8_t in[2 * hn::MaxLanes(D16()) * kSourceBytes] = {};
  HWY_ALIGN std::uint8_t out[2 * hn::MaxLanes(D16())];
  std::memcpy(in, from + done * kSourceBytes, (count - done) * kSourceBytes);
  convert(in, out);
  std::memcpy(to + done, out, count - done);
}

template <LaneRounding kRounding>
NarrowFunction choose(Source source, bool plain) {
  if (source == kF32) return plain ? run<kRounding, 8, true, 4> : run<kRounding, 8, false, 4>;
  if (source == kBf16) return plain ? run<kRounding, 8, true, 2> : run<kRounding, 8, false, 2>;
  return plain ? run<kRounding, 11, true, 2> : run<kRounding, 11, false, 2>;
}

NarrowFunction find_narrow(LaneRounding rounding, Source source, bool plain) {
  switch (rounding) {
    case LaneRounding::kEven:
      return choose<LaneRounding::kEven>(source, plain);
    case LaneRounding::kAway:
      return choose<LaneRounding::kAway>(source, plain);
    case LaneRounding::kZero:
      return choose<LaneRounding::kZero>(source, plain);
    case LaneRounding::kUp:
      return choose<LaneRounding::kUp>(source, plain);
    case LaneRounding::kDown:
      return choose<LaneRounding::kDown>(source, plain);
    case LaneRounding::kOdd:
      return choose<LaneRounding::kOdd>(source, plain);
    case LaneRounding::kHalfDown:
      return choose<LaneRounding::kHalfDown>(source, plain);
    case LaneRounding::kOutward:
      break;
  }
  return choose<LaneRounding::kOutward>(source, plain);
}

#else

NarrowFunction find_narrow(LaneRounding, Source, bool) { return nullptr; }

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace mxscope::spec::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace mxscope::spec {

HWY_EXPORT(find_narrow);

SimdKernel find_narrow_kernel(const Codec& codec, WordLayout words, std::int64_t target) {
  const auto rounding = lane_rounding(codec);
  const bool held =
      words.bytes == 1 && words.shift == 0 && codec.mantissa_bits <= 6 && codec.source != kF64;
  if (!rounding || !held) return {};
  const auto constants = lane_constants<std::uint16_t>(codec, codec.source == kF16 ? 11 : 8);
  const NarrowFunction function = table_entry(HWY_DISPATCH_TABLE(find_narrow), target)(
      *rounding, codec.source, constants.plain);
  return [constants, function](const void* source, void* codes, std::size_t count,
                               std::span<const std::uint32_t>) {
    function(constants, static_cast<const std::uint8_t*>(source), static_cast<std::uint8_t*>(codes),
             count);
  };
}

}  // namespace mxscope::spec

#endif  // HWY_ONCE
