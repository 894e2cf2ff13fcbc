// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

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
  std::uint32_t half = 0;     ///< a is rounded to a multiple of 2 half patterns first, halves up
  std::uint32_t grid = 0;     ///< as in BlockKernels::multiply; 0 where the formula is exact
  std::uint32_t least = 0;    ///< maxima below this pattern are odd
  std::uint32_t largest = 0;  ///< and so are those above this one
};

/// The parts of a block quantizer that read every element. Block lengths are multiples of 16.
struct BlockKernels {
  /// amax[b]: the largest magnitude of block b as a binary32 pattern; a NaN counts as its pattern.
  void (*amax)(const float* values, std::size_t blocks, std::size_t length, std::uint32_t* amax);

  /// ideal[b], and odd[b] (nonzero: the scale must come from elsewhere), for every maximum. Returns
  /// whether any is odd. The arrays are read and written up to a multiple of 16.
  bool (*ideal)(const IdealScale& rule, const std::uint32_t* amax, std::size_t blocks, float* ideal,
                std::uint32_t* odd);

  /// scaled = values * multipliers[b], rounded to binary32, with +0 for -0 if so asked. Where
  /// `grid` is not 0, sets odd[b] for blocks with a product within 4 units in the last place of a
  /// number whose bits under `grid` are zero (and for some of their neighbours), and returns
  /// whether there is any.
  bool (*multiply)(const float* values, std::size_t blocks, std::size_t length,
                   const float* multipliers, std::uint32_t grid, bool drop_zero_sign, float* scaled,
                   std::uint32_t* odd);

  /// scaled = values / divisors[b], rounded to binary32.
  void (*divide)(const float* values, std::size_t blocks, std::size_t length, const float* divisors,
                 float* scaled);

  /// Two 4-bit codes a byte, the even one low; count is even.
  void (*pack_nibbles)(const std::uint8_t* codes, std::size_t count, std::uint8_t* bytes);
};

/// The kernels for a target found by spec::find_target.
BlockKernels find_block_kernels(std::int64_t target);

}  // namespace mxscope::kernels
