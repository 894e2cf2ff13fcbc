// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// From bounds on the errors of quantized elements to bounds on an inner product and a GEMM: certain
// ones, and smaller ones that fail with a bounded probability. All are evaluated for given vectors,
// in rationals or rounded outward, so they hold without any tolerance.
#pragma once

#include <span>
#include <vector>

#include "spec/exact.h"

namespace mxscope::analysis {

/// |error of x_i| <= relative |x_i| + of_maximum M, with M the largest magnitude of the block of
/// `block` elements that x_i is in: what is proved about a recipe.
struct ElementModel {
  spec::Rational relative = 0;
  spec::Rational of_maximum = 0;
  std::size_t block = 32;
};

/// The model's bounds for a vector whose blocks start at its first element.
std::vector<spec::Rational> element_bounds(const ElementModel& model,
                                           std::span<const spec::Rational> x);

/// A vector and what is known of its quantized version: |error_i| <= error[i], and in stochastic
/// cases |E error_i| <= bias[i].
struct Operand {
  std::vector<spec::Rational> values;
  std::vector<spec::Rational> error;
  std::vector<spec::Rational> bias = {};  ///< empty: zeros
  /// ARCQuant: the elements whose residual was quantized too, in as many further terms of the sum;
  /// for them `error` is that of both stages together and `first_error` that of the first alone.
  std::vector<bool> augmented = {};              ///< empty: none
  std::vector<spec::Rational> first_error = {};  ///< as long as `augmented`

  std::size_t terms() const;  ///< K + S
};

/// How the sum is formed: products and additions rounded with |delta| <= unit in any order, without
/// underflow or overflow. With products that are exact (4-bit elements under 8-bit scales) only the
/// additions round.
struct Accumulation {
  spec::Rational unit = spec::power_of_two(-24);  ///< binary32, to nearest; 0: exact sums
  bool exact_products = true;

  /// Rounding errors in the path of any one product, at most.
  std::size_t roundings(std::size_t terms) const { return terms - (exact_products ? 1 : 0); }
};

/// n u / (1 - n u). Throws Error unless n u < 1. Source: Higham, Accuracy and Stability of
/// Numerical Algorithms, 2nd edition, lemma 3.1.
spec::Rational gamma_factor(std::size_t n, const spec::Rational& unit);

/// The parts of |computed - x . w|, each a bound.
struct CertainBound {
  spec::Rational quantization;  ///< sum |x_i| dw_i + |w_i| dx_i + dx_i dw_i
  spec::Rational accumulation;  ///< gamma_n sum |quantized x_i| |quantized w_i|, those bounded too

  spec::Rational total() const { return quantization + accumulation; }
};

/// Holds for every error within the bounds. `quantization` is attained where all x_i w_i have one
/// sign (every error then points away from zero). Source of `accumulation`: Higham 2002, (3.5),
/// any order of summation. Only x may be augmented: its second stage meets the same quantized w.
/// Throws Error where lengths differ.
CertainBound certain_bound(const Operand& x, const Operand& w, const Accumulation& accumulation);

/// A bound that fails with at most this probability, which may exceed 1 and then says nothing.
struct LikelyBound {
  spec::Rational quantization;
  spec::Rational accumulation;
  spec::Rational failure;  ///< upper bound on the probability that the total is exceeded

  spec::Rational total() const { return quantization + accumulation; }
};

/// With c_i = |x_i| dw_i + |w_i| dx_i + dx_i dw_i and b_i the same of the biases,
///
///   |quantized x . quantized w - x . w| <= sum b_i + lambda sqrt(sum c_i^2)
///
/// fails with probability at most 2 exp(-lambda^2 / 2), if the elements' errors are independent.
/// Stochastic rounding with random bits of its own for each element makes them so, of bias 0 with
/// ideal randomness, and `bias` for n bits (below 2^-n of a gap in P3109's forms); elements that
/// clip are biased by the whole of their error. For rounding to nearest, independence and zero bias
/// ("random signs") are an assumption. Source: Hoeffding 1963, theorem 2; each product's error lies
/// within c_i of 0, its mean within b_i.
///
/// Rounding errors of the sum: gamma~_n(lambda) = exp(lambda sqrt(n) u + n u^2 / (1 - u)) - 1 takes
/// the place of gamma_n; it fails with probability at most 2 K exp(-lambda^2 (1 - u)^2 / 2) if they
/// are mean-independent of mean zero: a fact for stochastic rounding (Connolly, Higham and Mary
/// 2021, theorem 4.6), an assumption for rounding to nearest (Higham and Mary 2019, theorems 2.4
/// and 3.1). K counts terms. lambda must be positive.
LikelyBound likely_bound(const Operand& x, const Operand& w, const Accumulation& accumulation,
                         const spec::Rational& lambda);

/// Every entry of X W^T, X by rows and W by rows (of output channels).
struct GemmBound {
  std::vector<CertainBound> certain;  ///< row-major
  std::vector<LikelyBound> likely;    ///< row-major
  spec::Rational failure;  ///< of any entry: the sum of the entries' (Boole), whose errors need not
                           ///< be independent of each other
};
GemmBound gemm_bound(std::span<const Operand> x, std::span<const Operand> w,
                     const Accumulation& accumulation, const spec::Rational& lambda);

}  // namespace mxscope::analysis
