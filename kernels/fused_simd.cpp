// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The loops of fused_rows.cpp, of block inputs and of residuals, a vector at a time. Every
// operation is rounded as there, but for bf16 of a quotient or of a difference, which is rounded to
// binary32 first. That is monotonic and moves nothing past the middle of two bfloat16 numbers,
// which is binary32 itself: what comes to lie on one is told apart by the remainder, or left to the
// caller.
#include "kernels/fused_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/fused_simd.cpp"
#define HWY_WANT_AVX3_DL 1
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "kernels/exponential_terms.h"
#include "spec/batch_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mxscope::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using DF = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<DF>;
using DU = hn::RebindToUnsigned<DF>;
using VF = hn::Vec<DF>;
using VU = hn::Vec<DU>;

/// Calls body(i, lanes) for whole vectors, then for what is left.
template <typename Body, typename Rest>
HWY_INLINE void by_vectors(std::size_t count, const Body& body, const Rest& rest) {
  const std::size_t lanes = hn::Lanes(DF());
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) body(i);
  if (i < count) rest(i, count - i);
}

/// Up to a vector of floats from memory that ends there; zeros after them.
HWY_INLINE VF load_some(const float* from, std::size_t count) {
  HWY_ALIGN float some[16] = {};
  std::copy_n(from, count, some);
  return hn::Load(DF(), some);
}

HWY_INLINE void store_some(VF values, std::size_t count, float* to) {
  HWY_ALIGN float some[16];
  hn::Store(values, DF(), some);
  std::copy_n(some, count, to);
}

/// Nearest bfloat16, ties to even, of what is no NaN.
HWY_INLINE VF nearest_bf16(VF x) {
  const DU du;
  const VU bits = hn::BitCast(du, x);
  const VU odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
  const VU up = hn::Add(hn::Add(bits, hn::Set(du, 0x7FFF)), odd);
  return hn::BitCast(DF(), hn::And(up, hn::Set(du, 0xFFFF0000)));
}

/// All ones where x is infinite or NaN.
HWY_INLINE VU not_finite(VF x) {
  const DU du;
  const VU magnitude = hn::And(hn::BitCast(du, x), hn::Set(du, 0x7FFFFFFF));
  return hn::VecFromMask(du, hn::Gt(magnitude, hn::Set(du, 0x7F7FFFFF)));
}

/// All ones where x is in the middle of two bfloat16 numbers.
HWY_INLINE VU in_the_middle(VF x) {
  const DU du;
  const VU low = hn::And(hn::BitCast(du, x), hn::Set(du, 0xFFFF));
  return hn::VecFromMask(du, hn::Eq(low, hn::Set(du, 0x8000)));
}

HWY_INLINE bool any_of(VU flags) {
  const DU du;
  return !hn::AllTrue(du, hn::Eq(flags, hn::Zero(du)));
}

void gather_kernel(const float* row, const std::uint32_t* order, std::size_t count,
                   const float* next, float* out) {
  const DF d;
  const DI di;
  const auto* indices = reinterpret_cast<const std::int32_t*>(order);
  by_vectors(
      count,
      [&](std::size_t i) HWY_ATTR {
        __builtin_prefetch(next + i, 0, 2);
        hn::StoreU(hn::GatherIndex(d, row, hn::LoadU(di, indices + i)), d, out + i);
      },
      [&](std::size_t i, std::size_t some) HWY_ATTR {
        for (; some > 0; ++i, --some) out[i] = row[order[i]];
      });
}

void widen_kernel(const std::uint16_t* words, std::size_t count, float* out) {
  const DU du;
  const hn::Rebind<std::uint16_t, DU> d16;
  by_vectors(
      count,
      [&](std::size_t i) HWY_ATTR {
        __builtin_prefetch(words + 8192 + i, 0, 2);
        const VU wide = hn::PromoteTo(du, hn::LoadU(d16, words + i));
        hn::StoreU(hn::BitCast(DF(), hn::ShiftLeft<16>(wide)), DF(), out + i);
      },
      [&](std::size_t i, std::size_t some) HWY_ATTR {
        HWY_ALIGN std::uint32_t wide[16] = {};
        for (std::size_t j = 0; j < some; ++j)
          wide[j] = static_cast<std::uint32_t>(words[i + j]) << 16;
        store_some(hn::BitCast(DF(), hn::Load(du, wide)), some, out + i);
      });
}

#if HWY_NATIVE_FMA
constexpr bool kFuses = true;
#else
constexpr bool kFuses = false;
#endif

/// A quotient in the middle of two bfloat16 numbers becomes the next number on the side where the
/// exact one is: the remainder, which a fused operation gives exactly, has the sign of x beyond it.
HWY_INLINE VF off_the_middle(VF quotient, VF divisor, VF x, VU middle) {
  const DU du;
  const DF d;
  const VF rest = hn::NegMulAdd(quotient, divisor, x);
  const VU bits = hn::BitCast(du, quotient);
  const auto exact = hn::RebindMask(du, hn::Eq(rest, hn::Zero(d)));
  // All ones, which is -1, where the signs differ, else 1.
  const auto apart = hn::BroadcastSignBit(hn::BitCast(DI(), hn::Xor(rest, x)));
  const VU step = hn::Or(hn::BitCast(du, apart), hn::Set(du, 1));
  const VU moved = hn::Add(bits, hn::IfThenZeroElse(exact, step));
  return hn::BitCast(d, hn::Or(hn::And(middle, moved), hn::AndNot(middle, bits)));
}

template <InputRule::Form kForm, bool kRoundFirst>
bool inputs_of(float factor, const float* values, std::size_t count, float* out,
               std::uint32_t* odd) {
  const DF d;
  const DU du;
  const VF f = hn::Set(d, factor);
  // Remainders of quotients above are no smaller than binary32 has them.
  const VU least = hn::BitCast(du, hn::Set(d, 0x1p-90F));
  VU any = hn::Zero(du);
  const auto each = [&](VF x, std::size_t i) HWY_ATTR {
    VU flags = not_finite(x);
    if (kRoundFirst) x = nearest_bf16(x);
    if constexpr (kForm == InputRule::Form::kDivide) {
      const VF quotient = hn::Div(x, f);
      const VU middle = in_the_middle(quotient);
      if (HWY_UNLIKELY(any_of(middle))) {
        const VU size = hn::And(hn::BitCast(du, x), hn::Set(du, 0x7FFFFFFF));
        const VU doubtful = kFuses ? hn::VecFromMask(du, hn::Lt(size, least)) : hn::Set(du, ~0U);
        flags = hn::Or(flags, hn::And(middle, doubtful));
        x = off_the_middle(quotient, f, x, middle);
      } else {
        x = quotient;
      }
    }
    if constexpr (kForm == InputRule::Form::kMultiply) x = hn::Mul(x, f);
    if constexpr (kForm != InputRule::Form::kNearest) {
      flags = hn::Or(flags, not_finite(x));
      x = nearest_bf16(x);
    }
    flags = hn::Or(flags, not_finite(x));
    any = hn::Or(any, flags);
    if (HWY_UNLIKELY(any_of(flags))) odd[i / 16] = 1;
    return x;
  };
  by_vectors(
      count,
      [&](std::size_t i) HWY_ATTR { hn::StoreU(each(hn::LoadU(d, values + i), i), d, out + i); },
      [&](std::size_t i, std::size_t some)
          HWY_ATTR { store_some(each(load_some(values + i, some), i), some, out + i); });
  return any_of(any);
}

bool inputs_kernel(const InputRule& rule, const float* values, std::size_t count, float* out,
                   std::uint32_t* odd) {
  using Form = InputRule::Form;
  const auto run = [&](auto first) {
    switch (rule.form) {
      case Form::kDivide:
        return inputs_of<Form::kDivide, first.value>(rule.factor, values, count, out, odd);
      case Form::kMultiply:
        return inputs_of<Form::kMultiply, first.value>(rule.factor, values, count, out, odd);
      case Form::kNearest:
        break;
    }
    return inputs_of<Form::kNearest, first.value>(rule.factor, values, count, out, odd);
  };
  return rule.round_first ? run(std::true_type()) : run(std::false_type());
}

#if HWY_TARGET != HWY_SCALAR

/// Lanes are threads: eight neighbours of each come out of two deinterleaving loads.
void square_sums_kernel(const float* row, std::size_t count, std::size_t threads, float* sums) {
  const DF d;
  const std::size_t lanes = hn::Lanes(d);
  std::fill_n(sums, threads, 0.0F);
  for (std::size_t first = 0; first < count; first += 8 * threads)
    for (std::size_t t = 0; t < threads; t += lanes) {
      const float* from = row + first + 8 * t;
      VF x0, x1, x2, x3, y0, y1, y2, y3;
      hn::LoadInterleaved4(d, from, x0, x1, x2, x3);
      hn::LoadInterleaved4(d, from + 4 * lanes, y0, y1, y2, y3);
      VF sum = hn::LoadU(d, sums + t);
      const auto add = [&](VF x) HWY_ATTR { sum = hn::Add(sum, hn::Mul(x, x)); };
      add(hn::ConcatEven(d, y0, x0));
      add(hn::ConcatEven(d, y1, x1));
      add(hn::ConcatEven(d, y2, x2));
      add(hn::ConcatEven(d, y3, x3));
      add(hn::ConcatOdd(d, y0, x0));
      add(hn::ConcatOdd(d, y1, x1));
      add(hn::ConcatOdd(d, y2, x2));
      add(hn::ConcatOdd(d, y3, x3));
      hn::StoreU(sum, d, sums + t);
    }
}

#else

void square_sums_kernel(const float*, std::size_t, std::size_t, float*) {
}  // find_target never gives this target

#endif

bool normalize_kernel(const float* row, const float* weight, float root, bool to_bf16,
                      std::size_t count, float* out) {
  const DF d;
  const VF r = hn::Set(d, root);
  VU bad = hn::Zero(DU());
  const auto each = [&](VF x, VF w) HWY_ATTR {
    VF y = hn::Mul(hn::Mul(x, w), r);
    bad = hn::Or(bad, not_finite(y));
    if (to_bf16) y = nearest_bf16(y);
    bad = hn::Or(bad, not_finite(y));
    return y;
  };
  by_vectors(
      count,
      [&](std::size_t i) HWY_ATTR {
        hn::StoreU(each(hn::LoadU(d, row + i), hn::LoadU(d, weight + i)), d, out + i);
      },
      [&](std::size_t i, std::size_t some) HWY_ATTR {
        store_some(each(load_some(row + i, some), load_some(weight + i, some)), some, out + i);
      });
  return !any_of(bad);
}

HWY_INLINE VF silu_of(VF x) {
  const DF d;
  const DI di;
  VF t = hn::Neg(x);
  t = hn::Min(hn::Max(t, hn::Set(d, kLeastExponent)), hn::Set(d, kMostExponent));
  const VF shift = hn::Set(d, kToInteger);
  const VF n = hn::Sub(hn::Add(hn::Mul(t, hn::Set(d, kLog2E)), shift), shift);
  const VF r =
      hn::Sub(hn::Sub(t, hn::Mul(n, hn::Set(d, kLn2High))), hn::Mul(n, hn::Set(d, kLn2Low)));
  VF p = hn::Set(d, kSeries[5]);
  HWY_UNROLL(5)
  for (int i = 4; i >= 0; --i) p = hn::Add(hn::Mul(p, r), hn::Set(d, kSeries[i]));
  const VF one = hn::Set(d, 1.0F);
  const VF e = hn::Add(hn::Add(hn::Mul(p, hn::Mul(r, r)), r), one);
  const auto whole = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(whole);
  const auto power = [&](hn::Vec<DI> exponent) HWY_ATTR {
    return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(exponent, hn::Set(di, 127))));
  };
  const VF exponential = hn::Mul(hn::Mul(e, power(half)), power(hn::Sub(whole, half)));
  return hn::Div(x, hn::Add(one, exponential));
}

bool silu_mul_kernel(const float* gate, const float* up, bool to_bf16, std::size_t count,
                     float* out) {
  const DF d;
  VU bad = hn::Zero(DU());
  const auto each = [&](VF g, VF u) HWY_ATTR {
    VF y = hn::Mul(silu_of(g), u);
    // A NaN or an infinite gate is seen in itself: Min and Max may drop it.
    bad = hn::Or(bad, hn::Or(not_finite(g), not_finite(y)));
    if (to_bf16) y = nearest_bf16(y);
    bad = hn::Or(bad, not_finite(y));
    return y;
  };
  by_vectors(
      count,
      [&](std::size_t i) HWY_ATTR {
        __builtin_prefetch(gate + 4096 + i, 0, 2);
        __builtin_prefetch(up + 4096 + i, 0, 2);
        hn::StoreU(each(hn::LoadU(d, gate + i), hn::LoadU(d, up + i)), d, out + i);
      },
      [&](std::size_t i, std::size_t some) HWY_ATTR {
        store_some(each(load_some(gate + i, some), load_some(up + i, some)), some, out + i);
      });
  return !any_of(bad);
}

bool residuals_kernel(const ResidualRounding& rounding, const float* inputs,
                      const std::uint8_t* codes, const float* values, const float* scales,
                      std::size_t count, float* out, std::uint32_t* odd) {
  const DF d;
  const DI di;
  const hn::Rebind<std::uint8_t, DF> d8;
  VU any = hn::Zero(DU());
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const VF x = hn::LoadU(d, inputs + i);
    const VF q = hn::GatherIndex(d, values, hn::PromoteTo(di, hn::LoadU(d8, codes + i)));
    VF y = hn::NegMulAdd(q, hn::Set(d, scales[i / 16]), x);
    VU flags = hn::Or(not_finite(x), not_finite(y));
    if (rounding.to_bf16) {
      flags = hn::Or(flags, in_the_middle(y));
      y = nearest_bf16(y);
    }
    if (!kFuses && rounding.any_scale) flags = hn::Set(DU(), ~0U);
    hn::StoreU(y, d, out + i);
    any = hn::Or(any, flags);
    if (HWY_UNLIKELY(any_of(flags))) odd[i / 16] = 1;
  }
  return any_of(any);
}

FusedKernels fused_kernels() {
  return {gather_kernel,    widen_kernel,    inputs_kernel,   square_sums_kernel,
          normalize_kernel, silu_mul_kernel, residuals_kernel};
}

}  // namespace mxscope::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace mxscope::kernels {

HWY_EXPORT(fused_kernels);

FusedKernels find_fused_kernels(std::int64_t target) {
  return spec::table_entry(HWY_DISPATCH_TABLE(fused_kernels), target)();
}

}  // namespace mxscope::kernels

#endif  // HWY_ONCE
