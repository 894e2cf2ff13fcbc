// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Real matrices as the operands of a matrix unit.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/tensor_quantizer.h"
#include "sim/mma_matrix.h"

namespace mxscope::kernels {

/// Rows of A, or rows of B as weights are stored (output channels): k codes each, with whatever
/// scales them.
struct GemmOperand {
  std::int64_t rows = 0;
  std::int64_t k = 0;
  std::vector<std::uint8_t> codes;   ///< in containers, as sim::MmaMatrix has them
  std::vector<std::uint8_t> scales;  ///< one byte for each block of the unit's; empty without
  float tensor_scale = 1;            ///< binary32, of the whole matrix: multiplies into alpha
  /// Binary32 scales of `factor_block` elements of a row, rows x ceil(k / factor_block), which no
  /// unit applies: they multiply the accumulator where a chain ends. Empty: ones.
  std::vector<float> factors;
  std::int64_t factor_block = 0;

  sim::MmaMatrix matrix() const { return {rows, k, codes, scales}; }
  std::int64_t factors_per_row() const {
    return factor_block == 0 ? 0 : (k + factor_block - 1) / factor_block;
  }
};

/// The codes of a matrix under a recipe, for a unit bound to the recipe's formats. Scales that the
/// unit does not apply must be binary32: one of a tensor becomes `tensor_scale`, those of rows or
/// blocks `factors`. Throws Error, naming the recipe, where the unit's scales are of another format
/// or block, and for elements that the recipe refuses. `between_tiles` is called now and then and
/// may throw, to stop.
GemmOperand quantized_operand(std::span<const float> values, std::int64_t rows, std::int64_t k,
                              const BlockRoutine& routine, const sim::Mma& mma,
                              const std::function<void()>& between_tiles = {});

/// The same of codes that were quantized before.
GemmOperand coded_operand(const MatrixCodes& codes, std::int64_t rows, std::int64_t k,
                          const spec::Recipe& recipe, const sim::Mma& mma);

/// Elements rounded to a format without any scale, as the format's own specification converts.
/// Throws Error for units that take block scales.
GemmOperand cast_operand(std::span<const float> values, std::int64_t rows, std::int64_t k,
                         const spec::Format& format, const sim::Mma& mma);

/// Some of an operand's rows, in the order of the list.
GemmOperand selected_rows(const GemmOperand& operand, std::span<const std::int64_t> rows);

/// What a unit's operands are quantized with where nobody asks for a recipe: "nvfp4", "mxfp4",
/// "mxfp8_e4m3", ...; "" for units without block scales, whose operands are cast.
std::string usual_recipe(const sim::Mma& mma, const spec::Format& element);

}  // namespace mxscope::kernels
