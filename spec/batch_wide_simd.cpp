// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// SIMD kernels on 32-bit lanes, from binary32 and bfloat16: wide targets (bfloat16, binary16, TF32,
// wide P3109 rows) and every stochastic mode.
//
// The method is that of batch_simd.cpp without the reduction to cells: a lane is the input's own
// exponent and 23 mantissa bits, and n random bits are added to the top n discarded ones.
#include "spec/batch_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "spec/batch_wide_simd.cpp"
#define HWY_WANT_AVX3_DL 1
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "spec/batch_lanes-inl.h"

#ifndef MXSCOPE_SPEC_BATCH_WIDE_SIMD_ONCE
#define MXSCOPE_SPEC_BATCH_WIDE_SIMD_ONCE

#include <cstring>

namespace mxscope::spec {

/// A deterministic rounding, as in LaneRounding, or a stochastic form.
enum class WideRounding : std::uint8_t {
  kEven,
  kAway,
  kZero,
  kUp,
  kDown,
  kOdd,
  kHalfDown,
  kOutward,
  kCarry,      ///< StochasticA and the PTX carry form
  kHalfCarry,  ///< StochasticB
  kEvenCarry,  ///< StochasticC
  kOddCarry,   ///< StochasticOdd
};

// One is cast to the other by position.
static_assert(static_cast<int>(WideRounding::kEven) == static_cast<int>(LaneRounding::kEven) &&
              static_cast<int>(WideRounding::kOdd) == static_cast<int>(LaneRounding::kOdd) &&
              static_cast<int>(WideRounding::kOutward) == static_cast<int>(LaneRounding::kOutward));

/// `random` holds one value, or one for each input if `one_each`; unused if deterministic.
using WideFunction = void (*)(const LaneConstants<std::uint32_t>&, const std::uint8_t* from,
                              std::uint8_t* to, std::size_t word_bytes, std::size_t count,
                              const std::uint32_t* random, bool one_each);

}  // namespace mxscope::spec

#endif  // MXSCOPE_SPEC_BATCH_WIDE_SIMD_ONCE

HWY_BEFORE_NAMESPACE();
namespace mxscope::spec::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR

using D32 = hn::ScalableTag<std::uint32_t>;
using V32 = hn::Vec<D32>;
using Constants32 = LaneConstants<std::uint32_t>;

HWY_INLINE V32 aligned_ordinal(V32 lane, const Constants32& c) {
  const D32 d;
  // Exponent field 0 has the scale of field 1, without the implicit bit.
  const V32 field = hn::Max(hn::ShiftRight<23>(lane), set(d, 1));
  const V32 significand = hn::Sub(lane, hn::ShiftLeft<23>(hn::Sub(field, set(d, 1))));
  constexpr std::uint32_t kAllSticky = 25;
  const V32 emin = set(d, c.emin_field >> 23);
  const V32 shift = hn::Min(hn::Sub(hn::Max(emin, field), field), set(d, kAllSticky));
  const V32 kept = hn::Shr(significand, shift);
  const V32 exact = hn::Shl(kept, shift);
  const V32 subnormal = hn::IfThenElse(hn::Eq(exact, significand), kept, hn::Or(kept, set(d, 1)));
  return hn::IfThenElse(hn::Lt(lane, set(d, c.least_normal)), subnormal,
                        hn::Sub(lane, set(d, c.rebase)));
}

template <WideRounding kRounding>
HWY_INLINE V32 rounded_wide(V32 aligned, V32 sign_bits, V32 random, const Constants32& c) {
  const D32 d;
  if constexpr (kRounding < WideRounding::kCarry) {
    return rounded<static_cast<LaneRounding>(kRounding)>(d, aligned, sign_bits, c);
  } else {
    const int below = c.discarded - c.random_bits;
    V32 sum = aligned;
    if constexpr (kRounding == WideRounding::kHalfCarry) {
      const V32 twice = hn::Add(hn::Add(random, random), set(d, 1));
      return hn::ShiftRightSame(hn::Add(sum, hn::ShiftLeftSame(twice, below - 1)), c.discarded);
    } else if constexpr (kRounding != WideRounding::kCarry) {
      const V32 odd = hn::And(hn::ShiftRightSame(sum, below), set(d, 1));
      const V32 half = set(d, 1U << (below - 1));
      sum = kRounding == WideRounding::kEvenCarry
                ? hn::Add(sum, hn::Add(hn::Sub(half, set(d, 1)), odd))
                : hn::Add(sum, hn::Sub(half, odd));
      sum = hn::ShiftLeftSame(hn::ShiftRightSame(sum, below), below);
    }
    return hn::ShiftRightSame(hn::Add(sum, hn::ShiftLeftSame(random, below)), c.discarded);
  }
}

template <int kSourceBytes>
HWY_INLINE V32 load_f32(const std::uint8_t* from) {
  const D32 d;
  if constexpr (kSourceBytes == 4) {
    return hn::LoadU(d, reinterpret_cast<const std::uint32_t*>(from));
  } else {
    const hn::Rebind<std::uint16_t, D32> narrow;
    const auto words = hn::LoadU(narrow, reinterpret_cast<const std::uint16_t*>(from));
    return hn::ShiftLeft<16>(hn::PromoteTo(d, words));
  }
}

/// Words of 1, 2 or 4 bytes; the branch is the same for all of a batch.
HWY_INLINE void store_words(V32 word, std::size_t word_bytes, std::uint8_t* to) {
  const D32 d;
  const auto signed_word = hn::BitCast(hn::RebindToSigned<D32>(), word);
  if (word_bytes == 1) {
    const hn::Rebind<std::uint8_t, D32> narrow;
    hn::StoreU(hn::DemoteTo(narrow, signed_word), narrow, to);
  } else if (word_bytes == 2) {
    const hn::Rebind<std::uint16_t, D32> narrow;
    hn::StoreU(hn::DemoteTo(narrow, signed_word), narrow, reinterpret_cast<std::uint16_t*>(to));
  } else {
    hn::StoreU(word, d, reinterpret_cast<std::uint32_t*>(to));
  }
}

template <WideRounding kRounding, int kSourceBytes>
void run_wide(const Constants32& constants, const std::uint8_t* from, std::uint8_t* to,
              std::size_t word_bytes, std::size_t count, const std::uint32_t* random,
              bool one_each) {
  const Constants32 c = constants;
  const D32 d;
  const std::size_t lanes = hn::Lanes(d);
  if (count == 0) return;
  const V32 shared = random == nullptr ? hn::Zero(d) : hn::Set(d, random[0]);
  const auto convert = [&](const std::uint8_t* in, std::uint8_t* out,
                           const std::uint32_t* each) HWY_ATTR {
    const V32 f32 = load_f32<kSourceBytes>(in);
    const V32 bits = one_each ? hn::LoadU(d, each) : shared;
    const V32 lane = hn::And(f32, set(d, 0x7FFFFFFF));
    const V32 ordinal = rounded_wide<kRounding>(aligned_ordinal(lane, c), f32, bits, c);
    const V32 code = codes_of<false>(d, ordinal, lane, f32, c);
    store_words(hn::ShiftLeftSame(code, c.word_shift), word_bytes, out);
  };
  std::size_t done = 0;
  for (; done + lanes <= count; done += lanes)
    convert(from + done * kSourceBytes, to + done * word_bytes, one_each ? random + done : random);
  if (done == count) return;
  HWY_ALIGN std::uint8_t in[hn::MaxLanes(D32()) * kSourceBytes] = {};
  HWY_ALIGN std::uint8_t out[hn::MaxLanes(D32()) * sizeof(std::uint32_t)];
  HWY_ALIGN std::uint32_t each[hn::MaxLanes(D32())] = {};
  std::memcpy(in, from + done * kSourceBytes, (count - done) * kSourceBytes);
  if (one_each) std::memcpy(each, random + done, (count - done) * sizeof(std::uint32_t));
  convert(in, out, each);
  std::memcpy(to + done * word_bytes, out, (count - done) * word_bytes);
}

template <WideRounding kRounding>
WideFunction by_source(Source source) {
  return source == kF32 ? run_wide<kRounding, 4> : run_wide<kRounding, 2>;
}

WideFunction find_wide(WideRounding rounding, Source source) {
  switch (rounding) {
    case WideRounding::kEven:
      return by_source<WideRounding::kEven>(source);
    case WideRounding::kAway:
      return by_source<WideRounding::kAway>(source);
    case WideRounding::kZero:
      return by_source<WideRounding::kZero>(source);
    case WideRounding::kUp:
      return by_source<WideRounding::kUp>(source);
    case WideRounding::kDown:
      return by_source<WideRounding::kDown>(source);
    case WideRounding::kOdd:
      return by_source<WideRounding::kOdd>(source);
    case WideRounding::kHalfDown:
      return by_source<WideRounding::kHalfDown>(source);
    case WideRounding::kOutward:
      return by_source<WideRounding::kOutward>(source);
    case WideRounding::kCarry:
      return by_source<WideRounding::kCarry>(source);
    case WideRounding::kHalfCarry:
      return by_source<WideRounding::kHalfCarry>(source);
    case WideRounding::kEvenCarry:
      return by_source<WideRounding::kEvenCarry>(source);
    case WideRounding::kOddCarry:
      break;
  }
  return by_source<WideRounding::kOddCarry>(source);
}

#else

WideFunction find_wide(WideRounding, Source) { return nullptr; }

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace mxscope::spec::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace mxscope::spec {
namespace {

std::optional<WideRounding> wide_rounding(const Codec& codec) {
  switch (codec.rounding) {
    case Rounding::kStochasticA:
    case Rounding::kStochasticCarry:
      return WideRounding::kCarry;
    case Rounding::kStochasticB:
      return WideRounding::kHalfCarry;
    case Rounding::kStochasticC:
      return WideRounding::kEvenCarry;
    case Rounding::kStochasticOdd:
      return WideRounding::kOddCarry;
    default:
      break;
  }
  const auto rounding = lane_rounding(codec);
  if (!rounding) return std::nullopt;
  return static_cast<WideRounding>(*rounding);
}

}  // namespace

HWY_EXPORT(find_wide);

SimdKernel find_wide_kernel(const Codec& codec, WordLayout words, std::int64_t target) {
  const auto rounding = wide_rounding(codec);
  // Below the kept bits: n random ones, a guard and a sticky bit for the inner rounding.
  const bool held = (codec.source == kF32 || codec.source == kBf16) && words.bytes <= 4 &&
                    codec.mantissa_bits + codec.random_bits <= 21 && codec.code_mask <= 0xFFFFFFFF;
  if (!rounding || !held) return {};
  auto constants = lane_constants<std::uint32_t>(codec, 23);
  constants.word_shift = words.shift;
  const WideFunction function =
      table_entry(HWY_DISPATCH_TABLE(find_wide), target)(*rounding, codec.source);
  const auto bytes = static_cast<std::size_t>(words.bytes);
  return [constants, function, bytes](const void* source, void* codes, std::size_t count,
                                      std::span<const std::uint32_t> random) {
    function(constants, static_cast<const std::uint8_t*>(source), static_cast<std::uint8_t*>(codes),
             bytes, count, random.data(), random.size() > 1);
  };
}

}  // namespace mxscope::spec

#endif  // HWY_ONCE
