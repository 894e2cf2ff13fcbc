// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Rotations of channels by Hadamard matrices, of any number of channels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/matrix_view.h"

namespace mxscope::kernels {

/// A Hadamard matrix of the order, entries 1 and -1, rows after one another; empty where neither
/// Sylvester's construction (powers of two) nor Paley's two give one: q + 1 for primes q = 3 mod 4,
/// 2 (q + 1) for primes q = 1 mod 4. Source: R. E. A. C. Paley, On Orthogonal Matrices (1933).
std::vector<std::int8_t> hadamard_matrix(std::int64_t order);

/// x becomes (x D) H / sqrt(n) in blocks of n channels, where D holds random signs (the lowest bits
/// of Philox words of the seed, stream 0) and H is symmetric up to the order of its rows. Channels
/// that are left after whole blocks are not rotated.
///   all channels, K = m 2^a: H = H_m (x) H_2^a with the least m for which there is an H_m; without
///   any, blocks of the largest power of two that divides K.
/// Arithmetic is binary32: H_2^a by butterflies of distance 1, 2, 4, ...; then the rows of H_m,
/// whose terms are added in ascending order; then one multiplication by fl(1 / sqrt(n)). The same
/// order everywhere, so the same bits.
class HadamardRotation {
 public:
  /// `block`: a power of two, or 0 for all channels.
  HadamardRotation(std::int64_t channels, std::int64_t block, bool random_signs,
                   std::uint64_t seed);

  std::int64_t block() const { return order_ * power_; }  ///< n
  std::int64_t order() const { return order_; }           ///< m

  /// Each row of the matrix; X and W alike, for X Q (W Q)^T = X W^T.
  void apply(Matrix& matrix) const;

 private:
  void rotate(std::span<float> block, std::vector<float>& room) const;

  std::int64_t channels_ = 0;
  std::int64_t power_ = 1;  ///< 2^a
  std::int64_t order_ = 1;
  std::vector<std::int8_t> matrix_;  ///< H_m; empty for m = 1
  std::vector<float> signs_;         ///< of each channel; empty: none change
};

}  // namespace mxscope::kernels
