// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// FP4 with block scales: integer dot products of blocks, one output a lane, with the processor set
// to round toward zero.
//
// A block's dot product (13 bits) times two scales (8 bits) is exact in binary32, and so is their
// sum P over a step as long as it stays below 2^24 of its unit u, the least product of scales times
// 2^-8. When moreover neither u nor the last bit of C is below the window's unit, nothing is
// truncated, and D is C + P rounded once. `low` and `high` bound the products of a step's scales
// from below and above by powers of two, and the conditions are stated with them. Other outputs
// are computed again by the definition, in binary64, which holds every sum.
#include "sim/mma_groups_simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/mma_groups_simd.cpp"
#define HWY_WANT_AVX3_DL 1
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "spec/batch_lanes-inl.h"

#ifndef MXSCOPE_SIM_MMA_GROUPS_SIMD_ONCE
#define MXSCOPE_SIM_MMA_GROUPS_SIMD_ONCE

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace mxscope::sim {

inline double group_power(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

}  // namespace mxscope::sim

#endif  // MXSCOPE_SIM_MMA_GROUPS_SIMD_ONCE

HWY_BEFORE_NAMESPACE();

// Highway finds AVX-512 VNNI with this target, but 1.0.3 does not let the compiler use it; Clang
// has no way to add it.
#undef MXSCOPE_SIM_VNNI
#if HWY_TARGET == HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL
#define MXSCOPE_SIM_VNNI 1
#pragma GCC push_options
#pragma GCC target("avx512vnni")
#else
#define MXSCOPE_SIM_VNNI 0
#endif

namespace mxscope::sim::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE

namespace hn = hwy::HWY_NAMESPACE;

using DI = hn::CappedTag<std::int32_t, 16>;
using DU = hn::RebindToUnsigned<DI>;
using DF = hn::RebindToFloat<DI>;
using D16 = hn::Repartition<std::int16_t, DI>;
using D8 = hn::Repartition<std::uint8_t, DI>;
using VI = hn::Vec<DI>;
using VF = hn::Vec<DF>;
using V16 = hn::Vec<D16>;
using V8 = hn::Vec<D8>;
constexpr int kWords = static_cast<int>(hn::MaxLanes(DI()));
constexpr int kColumns = static_cast<int>(kPanel);

#if MXSCOPE_SIM_VNNI

/// Sums of products of 8-bit integers, of four of B (unsigned) and of A (signed), on every lane.
class Dot {
 public:
  explicit Dot(std::int32_t start) : sum_(hn::Set(DI(), start)) {}
  HWY_INLINE void add(V8 b, VI a) { sum_.raw = _mm512_dpbusd_epi32(sum_.raw, b.raw, a.raw); }
  HWY_INLINE VI total() const { return sum_; }

 private:
  VI sum_;
};

#else

HWY_INLINE V16 pair_products(V8 b, VI a) {
#if HWY_TARGET <= HWY_AVX3
  return V16{_mm512_maddubs_epi16(b.raw, a.raw)};
#elif HWY_TARGET == HWY_AVX2
  return V16{_mm256_maddubs_epi16(b.raw, a.raw)};
#elif HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3
  return V16{_mm_maddubs_epi16(b.raw, a.raw)};
#else
  const D16 d;
  const V16 pairs_a = hn::BitCast(d, a);
  const V16 pairs_b = hn::BitCast(d, b);
  const V16 even =
      hn::Mul(hn::ShiftRight<8>(hn::ShiftLeft<8>(pairs_a)), hn::And(pairs_b, hn::Set(d, 0xFF)));
  return hn::Add(even, hn::Mul(hn::ShiftRight<8>(pairs_a), hn::ShiftRight<8>(pairs_b)));
#endif
}

/// As above; 32 products are below 2^14.
class Dot {
 public:
  explicit Dot(std::int32_t start) : start_(start), sum_(hn::Zero(D16())) {}
  HWY_INLINE void add(V8 b, VI a) { sum_ = hn::Add(sum_, pair_products(b, a)); }
  HWY_INLINE VI total() const {
    const VI pairs = hn::BitCast(DI(), sum_);
    const VI even = hn::ShiftRight<16>(hn::ShiftLeft<16>(pairs));
    return hn::Add(hn::Add(even, hn::ShiftRight<16>(pairs)), hn::Set(DI(), start_));
  }

 private:
  std::int32_t start_;
  V16 sum_;
};

#endif

/// One step at one row of A.
struct StepRow {
  const std::uint8_t* bytes;
  const std::int32_t* starts;
  const float* scales;
  const float* bounds;
};

/// One step of a panel of B, laid out as in A with 16 columns for each number.
struct StepPanel {
  const std::uint8_t* bytes;
  const float* scales;
  const float* bounds;
};

/// An output by the definition, in binary64. `e` gives the encoded exponent of a scale.
HWY_NOINLINE std::uint32_t odd_output(const GroupRule& rule, const StepRow& a, const StepPanel& b,
                                      int column, std::uint32_t word) {
  constexpr int kNone = -10000;
  const auto c = static_cast<double>(std::bit_cast<float>(word));
  const auto scale_exponent = [&](double scale) {
    return scale == 0 ? -126 : std::max(std::ilogb(scale), rule.least_scale);
  };
  double sum = 0;
  double terms[64];
  int largest = kNone;
  int largest_product = kNone;
  int used = 0;
  bool nan = std::isnan(c);
  for (int first = 0; first < rule.step_k; first += rule.group) {
    const double sa = 4 * static_cast<double>(a.scales[first / rule.block]);
    const double sb = static_cast<double>(b.scales[first / rule.block * kColumns + column]);
    nan = nan || std::isnan(sa) || std::isnan(sb);
    if (nan) return 0x7FFFFFFF;
    int dot = 0;
    int product = kNone;
    for (int k = first; k < first + rule.group; ++k) {
      const int x = static_cast<std::int8_t>(a.bytes[k]);
      const int y = b.bytes[(k / 4 * kColumns + column) * 4 + k % 4] - kElementBias;
      if (x == 0 || y == 0) continue;
      dot += x * y;
      // Doubled, 1 is E2M1's subnormal, whose exponent is that of 2 and 3.
      product = std::max(
          product, std::ilogb(std::max(std::abs(x), 2)) + std::ilogb(std::max(std::abs(y), 2)) - 2);
    }
    const int exponent = scale_exponent(sa) + scale_exponent(sb);
    terms[used++] = dot * sa * sb / 4;
    const bool zero = product == kNone || sa == 0 || sb == 0;
    if (zero && rule.zero_groups == ZeroTerms::kIgnored) continue;
    largest = std::max(largest, exponent);
    if (product != kNone) largest_product = std::max(largest_product, exponent + product);
  }
  if (std::isinf(c)) return word;
  const int late = c == 0 ? -126 : std::max(std::ilogb(c), -126);
  const int passed = largest_product == kNone ? largest : largest_product;
  const bool counted = c != 0 || rule.zero_addend == ZeroTerms::kCounted;
  if (counted && (rule.addend_window == AddendWindow::kRaises || late > passed))
    largest = std::max(largest, late);
  if (largest == kNone) return 0;
  const int unit =
      std::max(std::max(largest, rule.least_exponent) - rule.kept_bits, rule.least_unit);
  const double cut = group_power(unit + 52);
  const auto truncated = [&](double x) { return std::copysign((std::abs(x) + cut) - cut, x); };
  sum = truncated(c);
  for (int i = 0; i < used; ++i) sum += truncated(terms[i]);
  if (std::abs(sum) >= 0x1p128) return sum < 0 ? 0xFF800000 : 0x7F800000;
  std::uint32_t bits = std::bit_cast<std::uint32_t>(static_cast<float>(sum));
  if (std::abs(sum) >= 0x1p100)
    bits = std::bit_cast<std::uint32_t>(static_cast<float>(sum / 4)) + (2U << 23);
  bits &= rule.keep;
  return bits << 1 == 0 ? 0 : bits;
}

/// The factors of the fast path's conditions, as powers of two.
struct Room {
  float sum;     ///< partial sums are below low times this
  float window;  ///< high and C are at most low times this, so that products stay whole
  float addend;  ///< and C times this is at least high, so that C does

  explicit Room(const GroupRule& rule)
      : sum(static_cast<float>(group_power(22 - 2 * rule.scale_bits))),
        window(static_cast<float>(group_power(rule.kept_bits - 2 - 2 * rule.scale_bits))),
        addend(static_cast<float>(group_power(rule.kept_bits - 23))) {}
};

/// Vectors of outputs that have one which the fast path does not hold.
HWY_NOINLINE void odd_outputs(const GroupRule& rule, const StepRow& a, const StepPanel& b,
                              int column, VF c, hn::Mask<DF> held, std::uint32_t* words) {
  const DI d;
  HWY_ALIGN std::uint32_t before[kWords];
  HWY_ALIGN std::int32_t kept[kWords];
  hn::Store(hn::BitCast(DU(), c), DU(), before);
  hn::Store(hn::VecFromMask(d, hn::RebindMask(d, held)), d, kept);
  for (int i = 0; i < kWords; ++i)
    if (kept[i] == 0) words[i] = odd_output(rule, a, b, column + i, before[i]);
}

/// One step of kRows rows and the columns of a panel. kBlock and kBlocks are 0 where they are not
/// known in advance.
template <int kBlock, int kBlocks, int kRows>
HWY_INLINE void step(const GroupRule& rule, const Room& room, const StepRow* a, const StepPanel& b,
                     std::uint32_t* const* words) {
  const DF d;
  const DI di;
  const DU du;
  const int blocks = kBlocks == 0 ? rule.step_k / rule.block : kBlocks;
  const int quads = (kBlock == 0 ? rule.block : kBlock) / 4;
  for (int i = 0; i < kColumns; i += kWords) {
    VF sum[kRows];
    VF most[kRows];
    for (int g = 0; g < blocks; ++g) {
      const VF scale = hn::Load(d, b.scales + g * kColumns + i);
      HWY_UNROLL(8)
      for (int r = 0; r < kRows; ++r) {
        Dot dot(a[r].starts[g]);
        for (int q = g * quads; q < (g + 1) * quads; ++q) {
          std::int32_t four;
          std::memcpy(&four, a[r].bytes + 4 * q, sizeof four);
          dot.add(hn::Load(D8(), b.bytes + 4 * (q * kColumns + i)), hn::Set(di, four));
        }
        const VF scaled = hn::Mul(hn::ConvertTo(d, dot.total()), scale);
        const VF factor = hn::Set(d, a[r].scales[g]);
        if (g == 0) {
          sum[r] = hn::Mul(scaled, factor);
          most[r] = hn::Abs(sum[r]);
        } else {
          sum[r] = hn::MulAdd(scaled, factor, sum[r]);
          most[r] = hn::Max(most[r], hn::Abs(sum[r]));
        }
      }
    }
    const VF low_b = hn::Load(d, b.bounds + i);
    const VF high_b = hn::Load(d, b.bounds + kColumns + i);
    HWY_UNROLL(8)
    for (int r = 0; r < kRows; ++r) {
      const VF low = hn::Mul(low_b, hn::Set(d, a[r].bounds[0]));
      const VF high = hn::Mul(high_b, hn::Set(d, a[r].bounds[1]));
      const VF c = hn::BitCast(d, hn::LoadU(du, words[r] + i));
      const VF size = hn::Abs(c);
      const auto exact = hn::Lt(most[r], hn::Mul(low, hn::Set(d, room.sum)));
      const auto whole = hn::Le(hn::Max(size, high), hn::Mul(low, hn::Set(d, room.window)));
      const auto c_whole =
          hn::Or(hn::Ge(hn::Mul(size, hn::Set(d, room.addend)), high), hn::Eq(c, hn::Zero(d)));
      const auto held = hn::And(hn::And(exact, whole), c_whole);
      VF total = hn::Add(c, sum[r]);
      if (rule.keep != ~0U)
        total = hn::BitCast(d, hn::And(hn::BitCast(du, total), hn::Set(du, rule.keep)));
      total = hn::Add(total, hn::Zero(d));  // -0, as from a negative sum under a scale of 0, is +0
      hn::StoreU(hn::BitCast(du, total), du, words[r] + i);
      if (HWY_UNLIKELY(!hn::AllTrue(d, held))) odd_outputs(rule, a[r], b, i, c, held, words[r] + i);
    }
  }
}

template <int kBlock, int kBlocks>
void run_blocks(const GroupRule& rule, const PackedOperand& a, const PackedOperand& b,
                const MmaTile& tile, std::uint32_t* d) {
  constexpr int kRows = HWY_TARGET <= HWY_AVX3 ? 4 : 2;
  constexpr std::int64_t kRowBlock = 64;
  constexpr std::int64_t kChunk = 512;
  const Room room(rule);
  const std::int64_t padded = (tile.columns + kPanel - 1) / kPanel * kPanel;
  const std::int64_t steps = b.k / rule.step_k;
  const std::int64_t blocks = b.k / rule.block;
  const std::int64_t at_once = std::max<std::int64_t>(1, kChunk / rule.step_k);
  std::vector<std::uint32_t> outputs(static_cast<std::size_t>(kRowBlock * padded));
  for (std::int64_t top = tile.row; top < tile.row + tile.rows; top += kRowBlock) {
    const std::int64_t rows = std::min(kRowBlock, tile.row + tile.rows - top);
    for (std::int64_t r = 0; r < rows; ++r)
      std::copy_n(d + (top + r) * b.rows + tile.column, tile.columns, outputs.data() + r * padded);
    for (std::int64_t done = 0; done < steps; done += at_once)
      for (std::int64_t column = 0; column < padded; column += kPanel) {
        const std::int64_t panel = (tile.column + column) / kPanel;
        const auto part = [&](std::int64_t s) {
          const std::int64_t first_block = s * rule.step_k / rule.block;
          return StepPanel{b.bytes.data() + (panel * b.k + s * rule.step_k) * kPanel,
                           b.scales.data() + (panel * blocks + first_block) * kPanel,
                           b.bounds.data() + (panel * steps + s) * 2 * kPanel};
        };
        const auto row_part = [&](std::int64_t row, std::int64_t s) {
          const std::int64_t first_block = row * blocks + s * rule.step_k / rule.block;
          return StepRow{a.bytes.data() + row * a.k + s * rule.step_k,
                         a.integers.data() + first_block, a.scales.data() + first_block,
                         a.bounds.data() + (row * steps + s) * 2};
        };
        for (std::int64_t r = 0; r < rows;) {
          const bool together = r + kRows <= rows;
          const int count = together ? kRows : 1;
          for (std::int64_t s = done; s < std::min(steps, done + at_once); ++s) {
            StepRow parts[kRows];
            std::uint32_t* words[kRows];
            for (int i = 0; i < count; ++i) {
              parts[i] = row_part(top + r + i, s);
              words[i] = outputs.data() + (r + i) * padded + column;
            }
            if (together)
              step<kBlock, kBlocks, kRows>(rule, room, parts, part(s), words);
            else
              step<kBlock, kBlocks, 1>(rule, room, parts, part(s), words);
          }
          r += count;
        }
      }
    for (std::int64_t r = 0; r < rows; ++r)
      std::copy_n(outputs.data() + r * padded, tile.columns, d + (top + r) * b.rows + tile.column);
  }
}

void group_kernel(const GroupRule& rule, const PackedOperand& a, const PackedOperand& b,
                  const MmaTile& tile, std::uint32_t* d) {
  if (rule.step_k == 64 && rule.block == 16)
    run_blocks<16, 4>(rule, a, b, tile, d);
  else if (rule.step_k == 64 && rule.block == 32)
    run_blocks<32, 2>(rule, a, b, tile, d);
  else
    run_blocks<0, 0>(rule, a, b, tile, d);
}

GroupKernel find_groups() { return group_kernel; }

#else

GroupKernel find_groups() { return nullptr; }

#endif  // HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE

}  // namespace mxscope::sim::HWY_NAMESPACE

#if MXSCOPE_SIM_VNNI
#pragma GCC pop_options
#endif
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace mxscope::sim {

HWY_EXPORT(find_groups);

GroupKernel find_group_kernel(std::int64_t target) {
  return spec::table_entry(HWY_DISPATCH_TABLE(find_groups), target)();
}

}  // namespace mxscope::sim

#endif  // HWY_ONCE
