// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How far a sum along K on a matrix unit can be from the exact one, for given operands: from the
// unit's parameters and the operands' exponents alone, without running it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/k_chains.h"
#include "sim/mma_matrix.h"

namespace mxscope::analysis {

/// Bounds, rounded outward; infinite where a sum may leave the accumulator's range.
struct SumBound {
  double error = 0;      ///< |computed - exact|
  double magnitude = 0;  ///< of the computed sum and of the exact one
};

/// An operand with its binary32 factors, as kernels::GemmOperand has them.
struct ChainOperand {
  sim::MmaMatrix matrix;
  std::span<const float> factors;  ///< rows x ceil(k / factor_block), or empty
  std::int64_t factor_block = 0;
};

/// Each fused step of `step_k` products truncates a term t to multiples of the unit u = 2^(E - F),
/// E the largest exponent in the step: by less than u, by no more than |t|, and not at all where t
/// is a multiple of u. C is such a term; its exponent is at most that of the bound on its
/// magnitude. The sum is then truncated to the accumulator by less than its ulp (rounded: by half),
/// and not at all where all terms are multiples of that ulp. Truncation never enlarges, so the sum
/// of the terms' magnitudes bounds every accumulator. Promotions, parts of K and factors add a
/// binary32 rounding each. The bound is the sum of all of these; zero means that the sum is exact.
class ChainBound {
 public:
  /// Throws Error for units whose rule has no bound here: those of CDNA other than FMA chains, and
  /// binary64.
  ChainBound(const sim::Mma& mma, const sim::KOrder& order, const ChainOperand& a,
             const ChainOperand& b);

  /// Whether the unit's rule has a bound.
  static bool holds_for(const sim::Mma& mma);

  /// Of the sum of row i of A with row j of B, all parts together. Rows with a NaN or an infinity,
  /// among scales too, have an infinite bound.
  SumBound of(std::int64_t i, std::int64_t j) const;

 private:
  /// An element, with its block scale where products take it up one by one.
  struct Element {
    double magnitude = 0;
    std::int32_t exponent = 0;  ///< as windows see it
    std::int32_t grain = 0;     ///< 2^grain divides it
  };
  struct Rows {
    std::int64_t k = 0;
    std::vector<Element> elements;
    std::vector<std::int32_t> scale_exponents;  ///< of scaled groups, by block
    std::vector<bool> finite;
    ChainOperand operand;
  };
  /// What is known of a computed sum.
  struct State {
    double error = 0;
    double magnitude = 0;
    std::int32_t grain = 0;  ///< 2^grain divides it, if it is not zero
  };
  struct Terms;

  Rows rows_of(const ChainOperand& operand, const spec::Format& format,
               std::string_view name) const;
  State chain(const Rows& a, std::int64_t i, const Rows& b, std::int64_t j,
              const sim::KChain& range) const;
  Terms products(const Element* x, const Element* y, std::int64_t first, std::int64_t count,
                 std::int64_t phase) const;
  Terms groups(const Element* x, const Element* y, const std::int32_t* sx, const std::int32_t* sy,
               std::int64_t first, std::int64_t count) const;
  void window(const Terms& terms, State& c) const;
  void fma(const Element& x, const Element& y, State& c) const;
  void round_sum(State& s, int output_bits, bool nearest, const spec::Format& format) const;
  void add(State& sum, const State& x, double factor, double factor_error) const;

  sim::Mma mma_;
  std::vector<std::vector<sim::KChain>> parts_;
  Rows a_, b_;
};

}  // namespace mxscope::analysis
