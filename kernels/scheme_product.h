// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Y = X W^T of quantized operands: each part's product by its matrix unit, bit for bit, and how
// the parts add up.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/scheme_operands.h"

namespace mxscope::kernels {

/// What runs the products.
enum class SchemeExecutor : std::uint8_t {
  kFast,       ///< each part's unit; parts without one: as kValues
  kReference,  ///< the same by the reference executor
  kValues,     ///< sums of the values' products in binary64, in ascending order of channels; then
               ///< rounded to binary32 and added up as if a unit had made them
};

/// x y^T of binary32 numbers: products are exact in binary64, sums are rounded to it, channel after
/// channel.
class ValueProduct {
 public:
  ValueProduct(const MatrixView& x, const MatrixView& y);
  std::vector<double> compute(const GemmTile& tile) const;

 private:
  Matrix x_;
  std::vector<float> y_;  ///< channels x outputs
  std::int64_t outputs_ = 0;
};

/// Immutable after construction; tiles are independent, so any number of threads gives the same.
class SchemeProduct {
 public:
  /// Throws Error as Gemm does.
  SchemeProduct(const Scheme& scheme, const LayerPlan& plan, const spec::RecipeTable& recipes,
                const QuantizedMatrix& x, const QuantizedMatrix& w, SchemeExecutor executor);

  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  const std::vector<GemmTile>& tiles() const { return tiles_; }

  /// The tile's outputs into their places in `d`, the whole rows x columns matrix, as binary32
  /// numbers that the output format holds.
  void compute(const GemmTile& tile, std::span<std::uint32_t> d) const;

  /// All tiles, one after the other.
  std::vector<float> compute() const;

  /// The unit of each product with channels, or "values": "sm120.mma.mxf4, sm120.mma.mxf8f6f4".
  std::string made_by() const;

 private:
  /// Exactly one of the two.
  struct Stage {
    std::unique_ptr<const Gemm> gemm;
    std::unique_ptr<const ValueProduct> values;
  };

  std::vector<float> stage(const Stage& stage, const GemmTile& tile,
                           std::span<std::uint32_t> d) const;
  void add_low_rank(const QuantizedMatrix& x, const LowRank& factors, SchemeExecutor executor);

  std::int64_t rows_ = 0, columns_ = 0;
  GemmOutput between_, output_;
  std::vector<Stage> stages_;
  std::vector<GemmTile> tiles_;
};

/// Some rows of a quantized matrix, in the order of the list.
QuantizedMatrix selected_rows(const QuantizedMatrix& matrix, std::span<const std::int64_t> rows);

}  // namespace mxscope::kernels
