// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/matrix_view.h"

namespace mxscope::kernels {

/// A made-up linear layer, activations in the manner of large language models'.
struct SyntheticLayer {
  Matrix activations;  ///< tokens x channels
  Matrix weights;      ///< outputs x channels
};

/// Activation (i, j) = t(i, j) scale(j) gain(j), rounded to bfloat16, where
///   t      n / sqrt((n1^2 + ... + n5^2) / 5) of six independent n: Student's t of 5 degrees,
///   nearly scale  of a channel: p(0.866 n), which is log-normal, nearly gain   1, but for the
///   round(K / 250) channels (one at least) of the least random words p(u), u
///          uniform over 4.25 .. 6.75: 20 to 110
///   n      the sum of four uniform numbers of 16 bits, of mean 0 and variance 1
///   p(x)   2^floor(x) (1 + x - floor(x))
/// Weights are n / sqrt(K), rounded to bfloat16. Random words are Philox4x32-10's of the seed;
/// streams 0 activations, 1 scales, 2 gains, 3 weights. Operations of IEEE 754 alone, so the same
/// numbers everywhere.
SyntheticLayer synthetic_layer(std::int64_t tokens, std::int64_t outputs, std::int64_t channels,
                               std::uint64_t seed);

}  // namespace mxscope::kernels
