// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Windows of products on floating-point lanes, one output a lane, with the processor set to round
// toward zero.
//
// A product of two operands is exact in a lane (at most 22 bits), and M + x with M = 2^p u, p the
// lanes' mantissa bits, rounds x >= 0 down to a multiple of u: one fused or separate multiply-add
// truncates a product to the window's unit u and sums it. Products of either sign take two sums: W
// of the magnitudes of all, and P of those that are positive, so that P - (W - P) is what is
// wanted. Each stays below 2 M because a step has few products. Positive products pick, by the sign
// of a, from two arrays, of max(b, 0) and of max(-b, 0). For those k whose products cannot lose a
// bit, one plain sum does.
//
// Infinities and NaNs make W infinite or NaN, and large sums are seen in the result; both are then
// computed again one by one.
#include "sim/mma_window_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/mma_window_simd.cpp"
#define HWY_WANT_AVX3_DL 1
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sim/mma_lanes-inl.h"
#include "sim/mma_steps-inl.h"
#include "spec/batch_lanes-inl.h"

#ifndef MXSCOPE_SIM_MMA_WINDOW_SIMD_ONCE
#define MXSCOPE_SIM_MMA_WINDOW_SIMD_ONCE

#include <algorithm>
#include <bit>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace mxscope::sim {

/// Rows of A that are unpacked at once, and about as many products along K.
inline constexpr std::int64_t kRowBlock = 256;
inline constexpr std::int64_t kChunk = 64;

inline std::uint32_t infinity_word(const WindowRule& rule, bool negative) {
  if (rule.half) return negative ? 0xFC00 : 0x7C00;
  return negative ? 0xFF800000 : 0x7F800000;
}

}  // namespace mxscope::sim

#endif  // MXSCOPE_SIM_MMA_WINDOW_SIMD_ONCE

HWY_BEFORE_NAMESPACE();
namespace mxscope::sim::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE

/// A finite output by the definition, in binary64.
template <typename T, typename X>
HWY_NOINLINE std::uint32_t odd_output(const WindowRule& rule, const StepRow<T, X>& a,
                                      const StepPanel<T, X>& b, int column, double c) {
  const auto product = [&](int k) {
    return static_cast<double>(a.value[k]) * static_cast<double>(b.value[k * kColumns + column]);
  };
  int largest = c == 0 ? rule.zero_addend : std::max(std::ilogb(c), rule.least_d);
  largest = std::max(largest, rule.least_exponent);
  for (int k = 0; k < rule.step_k; ++k) {
    constexpr int kSome = kTogether<X>;
    const int exponent =
        a.exponent[k] + b.exponent[(k / kSome * kColumns + column) * kSome + k % kSome];
    const bool ignored = sizeof(X) == 1 && !rule.zeros_count && exponent < -40;
    if (!ignored)
      largest = std::max(largest, exponent + (rule.block == 0 ? 0 : a.scale + b.scale[column]));
  }
  const double cut = power(largest + 52 - rule.kept_bits);
  const auto truncated = [&](double x) { return std::copysign((std::abs(x) + cut) - cut, x); };
  double sum = truncated(c);
  for (int k = 0; k < rule.step_k; ++k) sum += truncated(product(k));
  if (std::abs(sum) >= (rule.half ? 0x1p16 : 0x1p128))
    return infinity_word(rule, std::signbit(sum));
  if (std::abs(sum) >= 0x1p100)
    return (std::bit_cast<std::uint32_t>(static_cast<float>(sum / 4)) + (2U << 23)) & rule.keep;
  auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(sum));
  if (rule.half && static_cast<double>(std::bit_cast<float>(bits)) != sum) bits |= 1;
  HWY_ALIGN std::uint32_t words[kWords];
  hn::Store(words_of(rule, hn::Set(DF(), std::bit_cast<float>(bits))), DU(), words);
  return words[0];
}

/// The outputs that are not held, of a vector of columns. A plain sum of all terms is infinite or
/// NaN just when an operand makes the output so: rounding toward zero, finite ones never overflow.
template <typename T, typename X>
HWY_NOINLINE void odd_outputs(const WindowRule& rule, const StepRow<T, X>& a,
                              const StepPanel<T, X>& b, int column, hn::Mask<DF> held, VF c,
                              std::uint32_t* words) {
  const DI di;
  const DT<T> d;
  HWY_ALIGN std::int32_t kept[kWords];
  HWY_ALIGN float addends[kWords];
  HWY_ALIGN T sums[kWords];
  hn::Store(hn::VecFromMask(di, hn::RebindMask(di, held)), di, kept);
  hn::Store(c, DF(), addends);
  for (int v = 0; v < kVectors<T>; ++v) {
    VT<T> sum = widened(d, c, v);
    for (int k = 0; k < rule.step_k; ++k)
      sum = hn::MulAdd(hn::Set(d, a.value[k]),
                       hn::Load(d, b.value + k * kColumns + column + v * kLanes<T>), sum);
    hn::Store(sum, d, sums + v * kLanes<T>);
  }
  for (int i = 0; i < kWords; ++i) {
    if (kept[i] != 0) continue;
    if (std::isnan(sums[i]))
      words[i] = rule.half ? 0x7FFF : 0x7FFFFFFF;
    else if (std::isinf(sums[i]))
      words[i] = infinity_word(rule, std::signbit(sums[i]));
    else
      words[i] = odd_output(rule, a, b, column + i, static_cast<double>(addends[i]));
  }
}

/// The k whose products may lose bits in some output, a bit each.
struct Losing {
  std::uint64_t words[4] = {};
  int count = 0;
};

/// Calls body(k) for every k of a step whose bit is `wanted`, without a branch for the others.
template <typename Body>
HWY_INLINE void for_each_k(const Losing& losing, int step_k, bool wanted, const Body& body) {
  for (int first = 0; first < step_k; first += 64) {
    const int here = std::min(64, step_k - first);
    std::uint64_t bits = wanted ? losing.words[first / 64] : ~losing.words[first / 64];
    bits &= ~std::uint64_t{0} >> (64 - here);
    for (; bits != 0; bits &= bits - 1) body(first + std::countr_zero(bits));
  }
}

/// All products of the other k are multiples of the largest unit of any output.
template <typename T, typename X, int kRows>
HWY_INLINE Losing find_losing(const WindowRule& rule, const StepRow<T, X>* a,
                              const StepPanel<T, X>& b, const VI* largest) {
  const DI di;
  const D16 d16;
  VI most = largest[0];
  for (int r = 1; r < kRows; ++r) most = hn::Max(most, largest[r]);
  const int unit = hn::GetLane(hn::MaxOfLanes(di, most)) - rule.kept_bits;
  const auto whole = hn::Set(d16, static_cast<std::int16_t>(unit + rule.product_bits));
  constexpr int kSome = 2 * kWords;
  Losing out;
  for (int k = 0; k < rule.step_k; k += kSome) {
    auto least = hn::Load(d16, a[0].least + k);
    HWY_UNROLL(8)
    for (int r = 1; r < kRows; ++r) least = hn::Min(least, hn::Load(d16, a[r].least + k));
    least = hn::SaturatedAdd(least, hn::Load(d16, b.least + k));
    const auto mask = hn::Gt(whole, least);
    std::uint8_t bytes[8] = {};
    hn::StoreMaskBits(d16, mask, bytes);
    std::uint64_t bits;
    std::memcpy(&bits, bytes, sizeof bits);
    out.words[k / 64] |= bits << (k % 64);
    out.count += std::popcount(bits);
  }
  return out;
}

/// One step of kRows rows and of a vector of columns.
template <typename T, typename X, int kRows>
HWY_INLINE void step(const WindowRule& rule, const StepRow<T, X>* a, const StepPanel<T, X>& b,
                     int column, std::uint32_t* const* words) {
  const DI di;
  const DT<T> d;
  const hn::Repartition<X, DI> dx;
  constexpr int kV = kVectors<T>;
  constexpr bool kSingle = std::is_same_v<T, float>;

  hn::Vec<decltype(dx)> most[kRows];
  HWY_UNROLL(8)
  for (int r = 0; r < kRows; ++r) most[r] = hn::Set(dx, std::numeric_limits<X>::min());
  for (int k = 0; k < rule.step_k; k += kTogether<X>) {
    const auto those = hn::Load(dx, b.exponent + k * kColumns + column * kTogether<X>);
    HWY_UNROLL(8)
    for (int r = 0; r < kRows; ++r) {
      std::int32_t some;
      std::memcpy(&some, a[r].exponent + k, sizeof some);
      most[r] = hn::Max(most[r], hn::SaturatedAdd(those, hn::BitCast(dx, hn::Set(di, some))));
    }
  }
  VI largest[kRows];
  VF given[kRows];
  VF c[kRows];
  HWY_UNROLL(8)
  for (int r = 0; r < kRows; ++r) {
    VI products = none_as_none(rule, largest_of(most[r]), X{});
    if (rule.block != 0)
      products =
          hn::Add(products, hn::Add(hn::Load(di, b.scale + column), hn::Set(di, a[r].scale)));
    const VU word = hn::LoadU(DU(), words[r] + column);
    const VF value = rule.half ? from_half(word) : hn::BitCast(DF(), word);
    const VI exponent = exponent_of(value, rule.least_d);
    const auto zero = hn::RebindMask(di, hn::Eq(value, hn::Zero(DF())));
    largest[r] = hn::Max(hn::Max(products, hn::Set(di, rule.least_exponent)),
                         hn::IfThenElse(zero, hn::Set(di, rule.zero_addend), exponent));
    const VI unit = hn::Sub(largest[r], hn::Set(di, rule.kept_bits));
    given[r] = value;
    c[r] = cut_addend(value, unit);
  }

  Losing losing;
  if constexpr (!kSingle) losing = find_losing<T, X, kRows>(rule, a, b, largest);
  const bool all = kSingle || 2 * losing.count >= rule.step_k;
  VT<T> sum[kRows][kV];
  HWY_UNROLL(8)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < kV; ++v) sum[r][v] = hn::Zero(d);
  }
  const auto add_whole = [&](int k) HWY_ATTR {
    const T* those = b.value + column + k * kColumns;
    HWY_UNROLL(8)
    for (int r = 0; r < kRows; ++r) {
      const VT<T> x = hn::Set(d, a[r].value[k]);
      HWY_UNROLL(8)
      for (int v = 0; v < kV; ++v)
        sum[r][v] = hn::MulAdd(x, hn::Load(d, those + v * kLanes<T>), sum[r][v]);
    }
  };
  if (losing.count == 0 && !all)
    for (int k = 0; k < rule.step_k; ++k) add_whole(k);
  else if (!all)
    for_each_k(losing, rule.step_k, false, add_whole);
  if (all || losing.count != 0) {
    VT<T> size[kRows][kV];
    VT<T> positive[kRows][kV];
    HWY_UNROLL(8)
    for (int r = 0; r < kRows; ++r) {
      HWY_UNROLL(8)
      for (int v = 0; v < kV; ++v)
        size[r][v] = positive[r][v] = cutter(d, largest[r], rule.kept_bits, v);
    }
    const auto add_cut = [&](int k) HWY_ATTR {
      const T* sizes = b.size + column + k * kColumns;
      const T* parts = b.part + column + 2 * k * kColumns;
      HWY_UNROLL(8)
      for (int r = 0; r < kRows; ++r) {
        const VT<T> x = hn::Set(d, a[r].size[k]);
        const T* part = parts + a[r].side[k];
        HWY_UNROLL(8)
        for (int v = 0; v < kV; ++v) {
          size[r][v] = hn::MulAdd(x, hn::Load(d, sizes + v * kLanes<T>), size[r][v]);
          positive[r][v] = hn::MulAdd(x, hn::Load(d, part + v * kLanes<T>), positive[r][v]);
        }
      }
    };
    if (all)
      for (int k = 0; k < rule.step_k; ++k) add_cut(k);
    else
      for_each_k(losing, rule.step_k, true, add_cut);
    HWY_UNROLL(8)
    for (int r = 0; r < kRows; ++r) {
      HWY_UNROLL(8)
      for (int v = 0; v < kV; ++v) {
        const VT<T> cut = cutter(d, largest[r], rule.kept_bits, v);
        const VT<T> p = hn::Sub(positive[r][v], cut);
        const VT<T> negative = hn::Sub(hn::Sub(size[r][v], cut), p);
        sum[r][v] = hn::Add(sum[r][v], hn::Sub(p, negative));
      }
    }
  }

  HWY_UNROLL(8)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < kV; ++v) sum[r][v] = hn::Add(sum[r][v], widened(d, c[r], v));
    const VF total = narrowed(sum[r], rule.half);
    // An infinite or NaN C may have been cut.
    const VF bound = hn::Set(DF(), 0x1p100F);
    const auto held = hn::And(hn::Lt(hn::Abs(total), bound), hn::Lt(hn::Abs(given[r]), bound));
    const VU word = words_of(rule, total);
    hn::StoreU(word, DU(), words[r] + column);
    if (HWY_UNLIKELY(!hn::AllTrue(DF(), held)))
      odd_outputs(rule, a[r], b, column, held, given[r], words[r] + column);
  }
}

/// words = words + sums in binary32, to nearest; zeros are +0 because no sum is -0.
HWY_NOINLINE void add_nearest(const float* sums, std::uint32_t* words) {
  for (int i = 0; i < kColumns; ++i) {
    const float sum = sums[i] + std::bit_cast<float>(words[i]);
    words[i] = std::isnan(sum) ? 0x7FFFFFFF : std::bit_cast<std::uint32_t>(sum);
  }
}

/// The same in binary16, with the processor set to round toward zero.
void add_nearest_half(const WindowRule& rule, const std::uint32_t* halves, std::uint32_t* words) {
  HWY_ALIGN float x[kColumns];
  HWY_ALIGN float y[kColumns];
  HWY_ALIGN float sums[kColumns];
  for (int i = 0; i < kColumns; i += kWords) {
    hn::Store(from_half(hn::LoadU(DU(), halves + i)), DF(), x + i);
    hn::Store(from_half(hn::LoadU(DU(), words + i)), DF(), y + i);
  }
  for (int i = 0; i < kColumns; ++i) {
    const double sum = static_cast<double>(x[i]) + static_cast<double>(y[i]);
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(sum));
    const bool lost = static_cast<double>(std::bit_cast<float>(bits)) != sum;
    sums[i] = std::bit_cast<float>(bits | (lost ? 1 : 0));
  }
  for (int i = 0; i < kColumns; i += kWords)
    hn::StoreU(words_of(rule, hn::Load(DF(), sums + i)), DU(), words + i);
  for (int i = 0; i < kColumns; ++i)
    if (std::isnan(sums[i])) words[i] = 0x7FFF;
}

template <typename T, typename X>
void run_lanes(const WindowRule& rule, const PackedOperand& a, const PackedOperand& b,
               const MmaTile& tile, std::uint32_t* d) {
  // Rows share what they read of B where there are registers for their sums.
  constexpr int kRows = HWY_TARGET <= HWY_AVX3 ? 4 : 2;
  const std::int64_t padded = (tile.columns + kPanel - 1) / kPanel * kPanel;
  const std::int64_t whole = b.k / rule.step_k;
  const std::int64_t steps =
      rule.split ? 2 : std::clamp<std::int64_t>(kChunk / rule.step_k, 1, whole);
  const std::int64_t most = std::min(kRowBlock, tile.rows);
  Scratch<T, X> scratch(rule, most, steps);
  Scratch<T, X> rest(rule, most, whole % steps);
  std::vector<std::uint32_t> block(static_cast<std::size_t>(most * padded));
  std::vector<std::uint32_t> halves(static_cast<std::size_t>(most * kPanel));
  for (std::int64_t top = tile.row; top < tile.row + tile.rows; top += kRowBlock) {
    const std::int64_t rows = std::min(kRowBlock, tile.row + tile.rows - top);
    for (std::int64_t r = 0; r < rows; ++r)
      std::copy_n(d + (top + r) * b.rows + tile.column, tile.columns, block.data() + r * padded);
    for (std::int64_t done = 0; done < whole; done += steps) {
      const std::int64_t count = std::min(steps, whole - done);
      Scratch<T, X>& chunk = count == steps ? scratch : rest;
      for (std::int64_t r = 0; r < rows; ++r) chunk.unpack_row(a, top + r, done * rule.step_k, r);
      for (std::int64_t column = 0; column < padded; column += kPanel) {
        chunk.unpack_panel(b, (tile.column + column) / kPanel, done * rule.step_k);
        std::uint32_t* const first = rule.split ? halves.data() : block.data() + column;
        const std::int64_t stride = rule.split ? kPanel : padded;
        if (rule.split) std::fill(halves.begin(), halves.end(), 0);
        for (std::int64_t r = 0; r < rows;) {
          const bool together = r + kRows <= rows;
          for (std::int64_t s = 0; s < count; ++s) {
            StepRow<T, X> parts[kRows];
            std::uint32_t* words[kRows];
            for (int i = 0; i < (together ? kRows : 1); ++i) {
              parts[i] = chunk.row(r + i, s);
              words[i] = first + (r + i) * stride;
            }
            for (int i = 0; i < kColumns; i += kWords)
              if (together)
                step<T, X, kRows>(rule, parts, chunk.panel(s), i, words);
              else
                step<T, X, 1>(rule, parts, chunk.panel(s), i, words);
          }
          r += together ? kRows : 1;
        }
        if (!rule.split) continue;
        if (!rule.half) std::fesetround(FE_TONEAREST);
        for (std::int64_t r = 0; r < rows; ++r) {
          const std::uint32_t* sums = halves.data() + r * kPanel;
          std::uint32_t* words = block.data() + r * padded + column;
          if (rule.half)
            add_nearest_half(rule, sums, words);
          else
            add_nearest(reinterpret_cast<const float*>(sums), words);
        }
        std::fesetround(FE_TOWARDZERO);
      }
    }
    for (std::int64_t r = 0; r < rows; ++r)
      std::copy_n(block.data() + r * padded, tile.columns, d + (top + r) * b.rows + tile.column);
  }
}

void window_kernel(const WindowRule& rule, const PackedOperand& a, const PackedOperand& b,
                   const MmaTile& tile, std::uint32_t* d) {
  if (rule.single)
    run_lanes<float, std::int8_t>(rule, a, b, tile, d);
  else if (rule.small_exponents)
    run_lanes<double, std::int8_t>(rule, a, b, tile, d);
  else
    run_lanes<double, std::int16_t>(rule, a, b, tile, d);
}

WindowKernel find_kernel() { return window_kernel; }

#else

WindowKernel find_kernel() { return nullptr; }

#endif  // HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE

}  // namespace mxscope::sim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace mxscope::sim {

HWY_EXPORT(find_kernel);

WindowKernel find_window_kernel(std::int64_t target) {
  return spec::table_entry(HWY_DISPATCH_TABLE(find_kernel), target)();
}

}  // namespace mxscope::sim

#endif  // HWY_ONCE
