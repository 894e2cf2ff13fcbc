// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// D = alpha A B^T + beta C + bias as kernels on matrix units compute it, bit for bit.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/gemm_operand.h"
#include "sim/k_chains.h"
#include "sim/mma_fast.h"

namespace mxscope::kernels {

enum class GemmOutput : std::uint8_t { kFp32, kBf16, kFp16 };

/// What becomes of the accumulators, in binary32 to nearest-even; fl() is one rounding:
///   t = fl(alpha s), or fl(alpha s + bias) with a bias; D = t, or fl(beta C + t) unless beta is 0;
/// then D is rounded to the output format. s is the sum over K, and alpha is multiplied by A's and
/// then B's tensor scale, each time rounded. Source: CUTLASS 3 and 4, Sm90LinearCombination and
/// Sm90LinCombPerColBias (fused multiply-add, the addend of C last).
struct Epilogue {
  float alpha = 1;
  float beta = 0;
  std::vector<float> addend;  ///< C, rows of A x rows of B; may be empty where beta is 0
  std::vector<float> bias;    ///< of each row of B (output channel); may be empty
  GemmOutput output = GemmOutput::kFp32;
};

/// Which of the two executors of sim runs the instructions; their words are the same.
enum class GemmExecutor : std::uint8_t { kFast, kReference };

/// Some outputs.
struct GemmTile {
  std::int64_t row = 0, rows = 0;
  std::int64_t column = 0, columns = 0;
};

/// The unit's instructions along K in the order that sim::KOrder says, each chain from an
/// accumulator of zero. A chain's result x joins the sum of its part, which starts at +0, as
/// fl(x + sum), or, where operands have factors, fl(fl(fa fb) x + sum); an integer accumulator
/// becomes binary32 first, rounded to nearest-even. The parts' sums are added to the first one's in
/// order. Tiles are independent, so any number of threads gives the same.
/// Immutable after construction.
class Gemm {
 public:
  /// Throws Error, naming what to change, where K differs, sizes are wrong, factors change within a
  /// chain, or the unit's results are not binary32, binary16 or int32.
  Gemm(sim::Mma mma, GemmOperand a, GemmOperand b, sim::KOrder order, Epilogue epilogue,
       GemmExecutor executor = GemmExecutor::kFast);

  std::int64_t m() const { return a_.rows; }
  std::int64_t n() const { return b_.rows; }
  std::int64_t k() const { return a_.k; }
  const sim::Mma& mma() const { return mma_; }
  const GemmOperand& a() const { return a_; }
  const GemmOperand& b() const { return b_; }
  const Epilogue& epilogue() const { return epilogue_; }
  const sim::KOrder& order() const { return order_; }

  /// alpha times both tensor scales.
  float whole_alpha() const;

  const std::vector<GemmTile>& tiles() const { return tiles_; }

  /// The tile's outputs, into their places in `d`, the whole m x n matrix, which are overwritten:
  /// patterns of binary32 numbers that the output format holds. NaN is the canonical 0x7FFFFFFF.
  void compute(const GemmTile& tile, std::span<std::uint32_t> d) const;

  /// "reference", or the back end of the fast executor.
  std::string_view engine() const { return fast_ ? fast_->engine() : "reference"; }

  /// All tiles, one after the other.
  std::vector<float> compute() const;

 private:
  /// A chain's operands, cut out of K.
  struct Chain {
    sim::KChain range;
    std::vector<std::uint8_t> a_codes, a_scales, b_codes, b_scales;  ///< for the reference
    sim::PackedOperand a, b;                                         ///< for the fast executor
  };

  void check() const;
  Chain cut(const sim::KChain& range) const;
  /// The chain's accumulators on a tile, row-major, as binary32. `d` as in compute(): room to work.
  std::vector<float> run(const Chain& chain, const GemmTile& tile,
                         std::span<std::uint32_t> d) const;
  std::vector<std::uint64_t> run_reference(const Chain& chain, const GemmTile& tile) const;
  std::vector<std::uint64_t> run_fast(const Chain& chain, const GemmTile& tile,
                                      std::span<std::uint32_t> d) const;
  float factor(const Chain& chain, std::int64_t row, std::int64_t column) const;
  float finish(float sum, std::int64_t row, std::int64_t column) const;

  sim::Mma mma_;
  GemmOperand a_, b_;
  sim::KOrder order_;
  Epilogue epilogue_;
  std::unique_ptr<const sim::FastMma> fast_;  ///< null: the reference
  std::vector<std::vector<Chain>> parts_;
  std::vector<GemmTile> tiles_;
};

/// Patterns as numbers.
std::vector<float> as_floats(std::span<const std::uint32_t> words);

/// x in the output format, to nearest-even, as a binary32 number.
float rounded_output(float x, GemmOutput output);

/// The instructions between promotions with which every chain lies within one factor; 0 where the
/// operands do not ask for any.
std::int64_t usual_promotion(const sim::Mma& mma, const GemmOperand& a, const GemmOperand& b);

}  // namespace mxscope::kernels
