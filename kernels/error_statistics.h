// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What quantizing a tensor loses: sums that do not depend on threads, and counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "kernels/tensor_quantizer.h"

namespace mxscope::kernels {

/// A sum in two binary64 numbers, the second what rounding took from the first (Knuth's TwoSum).
/// Source: Knuth, The Art of Computer Programming 2, 4.2.2 theorem B; Neumaier 1974.
class CompensatedSum {
 public:
  void add(double x) {
    const double sum = high_ + x;
    const double part = sum - high_;
    low_ += (high_ - (sum - part)) + (x - part);
    high_ = sum;
  }
  void add(const CompensatedSum& other) {
    add(other.high_);
    low_ += other.low_;
  }
  double value() const { return high_ + low_; }

 private:
  double high_ = 0;
  double low_ = 0;
};

/// How often each code occurs.
using CodeCounts = std::map<std::uint32_t, std::uint64_t>;

/// The block of the largest sum of squared errors; the first of several.
struct WorstBlock {
  double squared_error = -1;  ///< negative: no block yet
  std::size_t row = 0;        ///< of the block's first element
  std::size_t column = 0;
  std::size_t tensor = 0;  ///< set by whoever merges tensors
};

/// Of the elements x whose value q after quantizing is finite. An input that is not finite, and one
/// that quantizing made so, are counted instead.
struct ErrorStatistics {
  std::uint64_t elements = 0;  ///< all of them
  std::uint64_t blocks = 0;
  std::uint64_t not_finite = 0;   ///< inputs that are infinite or NaN
  std::uint64_t lost = 0;         ///< finite inputs that became infinite or NaN
  std::uint64_t clipped = 0;      ///< |x| above the largest magnitude of its block's grid
  std::uint64_t underflowed = 0;  ///< x != 0 became 0
  CompensatedSum squares;         ///< of x^2
  CompensatedSum value_squares;   ///< of q^2
  CompensatedSum products;        ///< of x q
  CompensatedSum squared_errors;  ///< of (q - x)^2
  double largest = 0;             ///< finite |x|
  double largest_error = 0;       ///< |q - x|
  WorstBlock worst;
  CodeCounts codes;
  CodeCounts scales;
  double bits = 0;  ///< that elements, scales and tensor scales take, packed
  /// Of each block where tiles cut blocks; finish() makes `worst` of them.
  std::vector<double> cut_blocks;

  std::uint64_t measured() const { return elements - not_finite - lost; }
  double mse() const;      ///< NaN where nothing was measured
  double sqnr_db() const;  ///< infinite where nothing is lost, NaN where nothing was measured
  double cosine() const;   ///< 1 for tensors of zeros
  double largest_error_over_amax() const;
  double bits_per_element() const;
};

/// Of the codes with counts: Shannon's entropy in bits.
double entropy_bits(const CodeCounts& counts);

/// The tile's part of the statistics. `decoded`: what quantizer.dequantize() gives for the codes.
ErrorStatistics tile_statistics(const TensorQuantizer& quantizer, const TensorState& state,
                                std::span<const float> values, const TileCodes& codes,
                                std::span<const float> decoded);

/// The sums of any elements, without what blocks and codes tell.
ErrorStatistics value_statistics(std::span<const float> values, std::span<const float> decoded);

/// Adds the next tile's, in the order of the tiles, which makes the sums independent of threads.
void merge(ErrorStatistics& all, const ErrorStatistics& next);

/// After a tensor's last tile: the worst of cut blocks, and the bits.
void finish(ErrorStatistics& all, const TensorQuantizer& quantizer);

}  // namespace mxscope::kernels
