// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What the window kernels read of operands, step by step: values with their scales, magnitudes,
// exponents; compiled once for each Highway target.

#ifndef MXSCOPE_SIM_MMA_STEPS_ONCE
#define MXSCOPE_SIM_MMA_STEPS_ONCE

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "sim/mma_operand.h"
#include "sim/mma_window_simd.h"

namespace mxscope::sim {

inline double power(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// One step of a row of A. T are the lanes of sums, and X holds exponents.
template <typename T, typename X>
struct StepRow {
  const T* value;             ///< by k
  const T* size;              ///< |value|
  const std::uint16_t* side;  ///< which part of B makes products positive: 0 or kPanel
  const X* exponent;          ///< by k, padded to a multiple of kTogether<X>
  const std::int16_t* least;  ///< by k, as exponent with the scale's; of zero very large
  std::int32_t scale = 0;     ///< exponent that `exponent` lacks
};

/// One step of a panel of B.
template <typename T, typename X>
struct StepPanel {
  const T* value;             ///< by k and column
  const T* size;              ///< |value|
  const T* part;              ///< by k: max(value, 0), then max(-value, 0)
  const X* exponent;          ///< kTogether<X> of k for each column in turn
  const std::int16_t* least;  ///< by k: the smallest of the columns', as in StepRow
  const std::int32_t* scale;
};

/// Exponents of neighbours along K that share a 32-bit lane.
template <typename X>
inline constexpr int kTogether = static_cast<int>(4 / sizeof(X));

/// Exponents that make no maximum, of one operand: beyond a step's end, and of ignored zeros.
template <typename X>
inline constexpr X kBeyond = sizeof(X) == 1 ? -128 : -16000;
template <typename X>
inline constexpr int kIgnoredZero = sizeof(X) == 1 ? -60 : -8000;

}  // namespace mxscope::sim

#endif  // MXSCOPE_SIM_MMA_STEPS_ONCE

#if defined(MXSCOPE_SIM_MMA_STEPS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef MXSCOPE_SIM_MMA_STEPS_INL_H
#undef MXSCOPE_SIM_MMA_STEPS_INL_H
#else
#define MXSCOPE_SIM_MMA_STEPS_INL_H
#endif

#include "sim/mma_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mxscope::sim::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE

/// Memory for a chunk of steps of some rows and of a panel.
template <typename T, typename X>
class Scratch {
 public:
  Scratch(const WindowRule& rule, std::int64_t rows, std::int64_t steps)
      : rule_(rule),
        steps_(steps),
        k_(steps * rule.step_k),
        padded_((rule.step_k + kTogether<X> - 1) / kTogether<X> * kTogether<X>),
        zero_exponent_(rule.zeros_count ? kZeroExponent : kIgnoredZero<X>),
        a_value_(size(rows * k_)),
        a_size_(size(rows * k_)),
        a_side_(size(rows * k_)),
        a_exponent_(size(rows * steps * padded_), kBeyond<X>),
        many_((rule.step_k + 31) / 32 * 32),
        a_least_(size(rows * steps * many_), kNoLeast),
        a_scale_(size(rows * steps)),
        b_value_(size(kPanel * k_)),
        b_size_(size(kPanel * k_)),
        b_part_(size(2 * kPanel * k_)),
        b_exponent_(size(kPanel * steps * padded_), kBeyond<X>),
        b_least_(size(steps * many_), kNoLeast),
        b_scale_(size(kPanel * steps)) {}

  void unpack_row(const PackedOperand& a, std::int64_t row, std::int64_t first, std::int64_t slot) {
    const float* values = a.values.data() + row * a.k + first;
    const std::int64_t blocks = rule_.block == 0 ? 0 : (a.k + rule_.block - 1) / rule_.block;
    for (std::int64_t s = 0; s < steps_; ++s) {
      std::int16_t* least = a_least_.data() + (slot * steps_ + s) * many_;
      std::int32_t scale = 0;
      X* exponents = a_exponent_.data() + (slot * steps_ + s) * padded_;
      const std::int64_t to = slot * k_ + s * rule_.step_k;
      for (std::int64_t k = 0; k < rule_.step_k; ++k) {
        const std::int64_t at = s * rule_.step_k + k;
        if (blocks != 0) scale = a.integers[size(row * blocks + (first + at) / rule_.block)];
        const auto bits = std::bit_cast<std::uint32_t>(values[at]);
        const std::int32_t field = static_cast<std::int32_t>(bits >> 23 & 0xFF) - 127;
        const bool zero = bits << 1 == 0;
        const std::int32_t exponent = std::max(field, rule_.least_a);
        exponents[k] = static_cast<X>((zero ? zero_exponent_ : exponent) + (kOwnScale ? scale : 0));
        least[k] = zero ? kNoLeast : static_cast<std::int16_t>(exponent + scale);
        const T value = blocks == 0
                            ? static_cast<T>(values[at])
                            : static_cast<T>(static_cast<double>(values[at]) * power(scale));
        a_value_[size(to + k)] = value;
        a_size_[size(to + k)] = std::abs(value);
        a_side_[size(to + k)] = static_cast<std::uint16_t>((bits >> 31) * kPanel);
      }
      a_scale_[size(slot * steps_ + s)] = kOwnScale ? 0 : scale;
    }
  }

  void unpack_panel(const PackedOperand& b, std::int64_t panel, std::int64_t first) {
    const DI di;
    const DT<T> d;
    constexpr int kSome = kTogether<X>;
    constexpr std::uint32_t kMask = sizeof(X) == 1 ? 0xFF : 0xFFFF;
    const float* values = b.values.data() + (panel * b.k + first) * kPanel;
    const std::int64_t blocks = rule_.block == 0 ? 0 : (b.k + rule_.block - 1) / rule_.block;
    HWY_ALIGN std::int32_t scales[kColumns] = {};
    HWY_ALIGN double powers[kColumns];
    for (std::int64_t s = 0; s < steps_; ++s) {
      std::int32_t* own_scale = b_scale_.data() + s * kPanel;
      for (std::int64_t k = 0; k < rule_.step_k; ++k) {
        const std::int64_t at = s * rule_.step_k + k;
        if (blocks != 0 && (k == 0 || (first + at) % rule_.block == 0)) {
          std::copy_n(b.integers.data() + (panel * blocks + (first + at) / rule_.block) * kPanel,
                      kPanel, scales);
          for (int i = 0; i < kColumns; ++i) powers[i] = power(scales[i]);
        }
        if (!kOwnScale && k == 0) std::copy_n(scales, kPanel, own_scale);
        VI least = hn::Set(di, kNoLeast);
        // Neighbours along K share a word, the first one low.
        const int shift = static_cast<int>(k % kSome) * (32 / kSome);
        const VI others = hn::Set(di, static_cast<std::int32_t>(~(kMask << shift)));
        X* to = b_exponent_.data() + (s * padded_ + k / kSome * kSome) * kPanel;
        for (int i = 0; i < kColumns; i += kWords) {
          const VF value = hn::LoadU(DF(), values + at * kPanel + i);
          const VI scale = hn::Load(di, scales + i);
          const VI exponent = exponent_of(value, rule_.least_b);
          const auto zero = hn::RebindMask(di, hn::Eq(value, hn::Zero(DF())));
          const VI counted = hn::IfThenElse(zero, hn::Set(di, zero_exponent_), exponent);
          const VI own = hn::And(kOwnScale ? hn::Add(counted, scale) : counted,
                                 hn::Set(di, static_cast<std::int32_t>(kMask)));
          auto* word = reinterpret_cast<std::int32_t*>(to + i * kSome);
          hn::Store(hn::Or(hn::And(hn::Load(di, word), others), hn::ShiftLeftSame(own, shift)), di,
                    word);
          least =
              hn::Min(least, hn::IfThenElse(zero, hn::Set(di, kNoLeast), hn::Add(exponent, scale)));
          for (int v = 0; v < kVectors<T>; ++v) {
            VT<T> part = widened(d, value, v);
            if constexpr (kVectors<T> != 1)
              if (blocks != 0) part = hn::Mul(part, hn::Load(d, powers + i + v * kLanes<T>));
            const std::int64_t place = i + v * kLanes<T>;
            hn::Store(part, d, b_value_.data() + at * kPanel + place);
            hn::Store(hn::Abs(part), d, b_size_.data() + at * kPanel + place);
            hn::Store(hn::Max(part, hn::Zero(d)), d, b_part_.data() + 2 * at * kPanel + place);
            hn::Store(hn::Max(hn::Neg(part), hn::Zero(d)), d,
                      b_part_.data() + (2 * at + 1) * kPanel + place);
          }
        }
        b_least_[size(s * many_ + k)] =
            static_cast<std::int16_t>(hn::GetLane(hn::MinOfLanes(di, least)));
      }
    }
  }

  StepRow<T, X> row(std::int64_t slot, std::int64_t s) const {
    const std::int64_t at = slot * k_ + s * rule_.step_k;
    const std::int64_t step = slot * steps_ + s;
    return {a_value_.data() + at,
            a_size_.data() + at,
            a_side_.data() + at,
            a_exponent_.data() + step * padded_,
            a_least_.data() + step * many_,
            a_scale_[size(step)]};
  }

  StepPanel<T, X> panel(std::int64_t s) const {
    const std::int64_t at = s * rule_.step_k * kPanel;
    return {b_value_.data() + at,        b_size_.data() + at,
            b_part_.data() + 2 * at,     b_exponent_.data() + s * padded_ * kPanel,
            b_least_.data() + s * many_, b_scale_.data() + s * kPanel};
  }

 private:
  static constexpr std::int16_t kNoLeast = 16000;
  static constexpr bool kOwnScale = sizeof(X) == 2;  ///< exponents have their scale's in them

  static constexpr std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

  const WindowRule& rule_;
  std::int64_t steps_, k_, padded_;
  int zero_exponent_;
  Lines<T> a_value_, a_size_;
  Lines<std::uint16_t> a_side_;
  Lines<X> a_exponent_;
  std::int64_t many_;  ///< step_k, padded to any vector
  Lines<std::int16_t> a_least_;
  Lines<std::int32_t> a_scale_;
  Lines<T> b_value_, b_size_, b_part_;
  Lines<X> b_exponent_;
  Lines<std::int16_t> b_least_;
  Lines<std::int32_t> b_scale_;
};

#endif  // HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE

}  // namespace mxscope::sim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
