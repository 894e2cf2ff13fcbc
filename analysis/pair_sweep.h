// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A block quantizer whose codes depend on a block's maximum and one element at a time, against the
// exact path on every such pair of bfloat16 numbers.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "spec/recipe.h"

namespace mxscope::analysis {

/// The program under test, as its caller runs it on whole blocks that lie one after the other.
struct BlockQuantizer {
  static constexpr std::uint64_t kRefused = std::uint64_t{1} << 32;  ///< in place of a scale

  std::string path;         ///< which program: "AVX3_ZEN4", "block by block"
  std::size_t length = 16;  ///< values of a block, at least 2
  /// A byte for each value, a scale for each block (HiF4: with its exponent bits from bit 8 on).
  /// `tensor_amax`: the tensor's largest magnitude.
  std::function<void(std::span<const float> values, float tensor_amax,
                     std::span<std::uint8_t> elements, std::span<std::uint64_t> scales)>
      quantize;
};

/// A block maximum and an element of it, as bfloat16 patterns.
struct Bf16Pair {
  std::uint16_t amax = 0;
  std::uint16_t element = 0;

  std::string text() const;  ///< "amax 0x3f80, element 0xbf00"
  bool operator==(const Bf16Pair&) const = default;
};

/// Which pairs: block maxima 0, stride, 2 stride ... up to the tensor's, each with every element of
/// no greater magnitude, of both signs.
struct PairDomain {
  std::uint16_t tensor_amax = kLargestBf16;  ///< for recipes without a tensor scale a bound only
  int stride = 1;

  static constexpr std::uint16_t kLargestBf16 = 0x7F7F;
};

struct PairDisagreement {
  Bf16Pair pair;
  bool is_scale = false;
  std::uint64_t exact = 0;
  std::uint64_t fast = 0;

  std::string text() const;
};

struct ErrorRatio {
  spec::Rational value = 0;  ///< |x - Q(x)| / amax
  Bf16Pair pair;             ///< the first one that attains it
};

struct PairSweep {
  std::uint64_t cases = 0;  ///< pairs given to the quantizer, but for those after a disagreement
  std::uint64_t exact_cases = 0;  ///< of these, pairs whose exact code was computed by itself
  std::optional<PairDisagreement> disagreement;  ///< the first one; the sweep ends there
  ErrorRatio worst;                              ///< of all pairs
  ErrorRatio inner;                              ///< of those whose scale is_unclamped_scale()
  std::optional<Bf16Pair> not_finite;            ///< a pair whose Q(x) is not, left out of both
  bool finished = true;                          ///< false: `stop` came first
};

/// Whether the scale is between the least and the greatest that the recipe has, so that it was not
/// clamped to one of them.
bool is_unclamped_scale(const spec::Recipe& recipe, spec::Code scale);

/// Whether the codes are a function of (block maximum, element, tensor maximum) that sweep_pairs()
/// knows how to decide: one scale from the maximum alone, elements one at a time, nothing random,
/// nothing refused; and a rounding of elements that is monotone (the exact cast), or else scales
/// that are powers of two.
bool reduces_to_pairs(const spec::Recipe& recipe);

/// Compares the quantizer's scale and element codes with the exact path's on every pair of the
/// domain. The exact scale is computed for every maximum. Where maxima share a scale the exact
/// element codes are the same (spec/recipe.h: elements see the stored scale, not the maximum), so
/// they are decided once, and not at every element:
///  - for exact casts the code is monotone in x, being a chain of monotone operations, so exact
///    codes at both ends of a run of equal codes decide the whole run;
///  - where the scaled element depends on the quotient x / s alone (exact orders; scales that are
///    powers of two), the code of x under s is that of x / 2 under s / 2, and only elements
///    without such a twin are decided.
/// Throws std::logic_error when an exact code contradicts this reasoning.
PairSweep sweep_pairs(const spec::Recipe& recipe, const BlockQuantizer& quantizer,
                      const PairDomain& domain, const std::atomic<bool>& stop);

/// Blocks whose maximum is infinite or NaN, with every bfloat16 pattern as the element beside it:
/// 2 x 65536 pairs, each through the exact path.
PairSweep sweep_special_pairs(const spec::Recipe& recipe, const BlockQuantizer& quantizer,
                              const std::atomic<bool>& stop);

}  // namespace mxscope::analysis
