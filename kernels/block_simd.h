// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "spec/batch_lanes.h"

namespace mxscope::kernels {

/// How block scales follow from maxima, in binary32.
struct IdealScale {
  enum class Form : std::uint8_t {
    kDivide,          ///< a / divisor / decode
    kMultiply,        ///< a * factor
    kMultiplyDivide,  ///< a * factor / decode
    kDivideMultiply,  ///< a / divisor * factor
  };
  Form form = Form::kDivide;
  float divisor = 1;
  float factor = 1;
  float decode = 1;
  float floor = 0;
  float ceiling = 0;
  std::uint32_t half = 0;  ///< a is rounded to a multiple of 2 half patterns first, halves up
  std::uint32_t grid = 0;  ///< as in BlockKernels::multiply; 0 where the formula is exact
  float least = 0;         ///< scales below this one (before `floor`) are odd, and so are zero
                           ///< maxima, those that are not finite, and scales that are not
};

/// How elements are scaled by one factor for each 16 of them (a "piece").
enum class Scaling : std::uint8_t {
  kMultiply,          ///< x * factor
  kMultiplyPlusZero,  ///< the same, with +0 for -0
  kMultiplyNear,      ///< the same, where the product is only near the number that is to be rounded
  kDivide,            ///< x / factor
};

/// Scaling and a cast to nearest, ties to even, in one pass.
struct ElementCast {
  spec::LaneConstants<std::uint32_t> lanes;  ///< as fits_one_pass() wants them
  Scaling scaling = Scaling::kMultiply;
  std::uint32_t grid = 0;  ///< for kMultiplyNear, as in BlockKernels::multiply
  bool nibbles = false;    ///< codes go two a byte, the even one low
};

/// Whether BlockKernels::cast holds the conversion from binary32.
bool fits_one_pass(const spec::Codec& codec);

/// Beyond this magnitude scaled elements might overflow.
inline constexpr float kLargestScaled = 0x1p127F;

/// The parts of a block quantizer that read every element. Block lengths are multiples of 16, and
/// `factors` and `odd` have an entry for each piece of 16 elements.
struct BlockKernels {
  /// amax[b]: the largest magnitude of block b as a binary32 pattern; a NaN counts as its pattern.
  void (*amax)(const float* values, std::size_t blocks, std::size_t length, std::uint32_t* amax);

  /// ideal[b], and odd[b] (nonzero: the scale must come from elsewhere), for every maximum. Returns
  /// whether any is odd. The arrays are read and written up to a multiple of 16.
  bool (*ideal)(const IdealScale& rule, const std::uint32_t* amax, std::size_t blocks, float* ideal,
                std::uint32_t* odd);

  /// scaled = values * factors, rounded to binary32, with +0 for -0 if so asked. Where `grid` is
  /// not 0, sets odd for pieces with a product within 4 units in the last place of a number whose
  /// bits under `grid` are zero, but for zero itself, and returns whether there is any.
  bool (*multiply)(const float* values, std::size_t count, const float* factors, std::uint32_t grid,
                   bool drop_zero_sign, float* scaled, std::uint32_t* odd);

  /// scaled = values / factors, rounded to binary32.
  void (*divide)(const float* values, std::size_t count, const float* factors, float* scaled);

  /// The codes of the scaled elements; an infinite one gets the code of finite overflow, and a NaN
  /// any. With kMultiplyNear, `odd` and the result are as for multiply.
  bool (*cast)(const ElementCast& rule, const float* values, std::size_t count,
               const float* factors, std::uint8_t* codes, std::uint32_t* odd);

  /// Two 4-bit codes a byte, the even one low; count is even.
  void (*pack_nibbles)(const std::uint8_t* codes, std::size_t count, std::uint8_t* bytes);

  /// spec::Packing::kSixBitStream; count is a multiple of 16.
  void (*pack_six_bits)(const std::uint8_t* codes, std::size_t count, std::uint8_t* bytes);
};

/// The kernels for a target found by spec::find_target.
BlockKernels find_block_kernels(std::int64_t target);

}  // namespace mxscope::kernels
