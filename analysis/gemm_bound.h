// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// From the bound on a sum along K to one on an output of a GEMM.
#pragma once

#include <span>

#include "analysis/chain_bound.h"
#include "spec/exact.h"

namespace mxscope::analysis {

/// The numbers that one output's epilogue works with: t = fl(alpha s) or fl(alpha s + bias), then
/// fl(beta c + t) unless beta is 0, all in binary32 to nearest, then the output's rounding.
struct EpilogueTerms {
  double alpha = 1;        ///< as computed, with the operands' tensor scales
  double alpha_error = 0;  ///< at most this far from the exact product of those
  double beta = 0, addend = 0, bias = 0;
  int output_bits = 23;  ///< fraction bits of the output format
  int output_emin = -126;
};

/// |output - (exact alpha * exact sum + beta c + bias)|, rounded outward; `output` is the computed
/// one, whose ulp bounds the last rounding.
double output_bound(const SumBound& sum, const EpilogueTerms& terms, double output);

/// sum |x| dw + |w| dx + dx dw over an inner product, rounded outward: what elements off by dx and
/// dw do to it. analysis::certain_bound() in inner_product.h is the same in rationals.
double elements_bound(std::span<const float> x, std::span<const float> dx, std::span<const float> w,
                      std::span<const float> dw);

}  // namespace mxscope::analysis
