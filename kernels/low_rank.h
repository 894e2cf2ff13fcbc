// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/matrix_view.h"

namespace mxscope::kernels {

/// W ~ up down: outputs x rank times rank x channels, both of binary16 numbers.
struct LowRank {
  Matrix up;
  Matrix down;
};

/// The best approximation of the rank in the Frobenius norm (Eckart and Young 1936), by Eigen's
/// divide-and-conquer singular value decomposition in binary64; the singular values go half to each
/// factor, which are rounded to binary16. Throws Error for a rank above the smaller extent and for
/// factors beyond binary16's range.
LowRank low_rank(const MatrixView& weights, std::int64_t rank);

/// weights - up down, the product and the difference in binary64, rounded once.
Matrix without_low_rank(const MatrixView& weights, const LowRank& factors);

}  // namespace mxscope::kernels
