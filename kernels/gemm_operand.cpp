// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Quantizes operands and brings their scales to where the unit, or the chain, applies them.
#include "kernels/gemm_operand.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/batch.h"
#include "spec/conversions.h"
#include "spec/error.h"

namespace mxscope::kernels {
namespace {

/// The recipe's scale of each block of `step` elements of a row, wherever its own blocks end.
template <typename Scale>
std::vector<Scale> scales_by(const TensorQuantizer& quantizer, std::int64_t step,
                             std::span<const Scale> scales) {
  const BlockGrid& grid = quantizer.grid();
  std::vector<Scale> out;
  const auto stride = static_cast<std::size_t>(step);
  for (std::size_t row = 0; row < grid.rows; ++row)
    for (std::size_t column = 0; column < grid.columns; column += stride)
      out.push_back(
          scales[row / grid.block_rows * grid.column_blocks() + column / grid.block_columns]);
  return out;
}

/// E4M3 and UE4M3 scales have one encoding where neither is negative.
bool same_scales(const spec::Format& recipe, const spec::Format& unit) {
  return recipe.name == unit.name || (recipe.name == "e4m3" && unit.name == "ue4m3");
}

/// quantize_matrix() tile by tile.
MatrixCodes by_tiles(const TensorQuantizer& quantizer, std::span<const float> values,
                     const std::function<void()>& between_tiles) {
  const BlockGrid& grid = quantizer.grid();
  const auto each = [&](const auto& visit) {
    for (const Tile& tile : quantizer.tiles()) {
      if (between_tiles) between_tiles();
      visit(tile, values.subspan(tile.first(grid), tile.elements()));
    }
  };
  MatrixCodes out;
  Maxima maxima;
  if (quantizer.needs_maxima())
    each([&](const Tile& tile, std::span<const float> part) {
      quantizer.merge(maxima, tile, quantizer.maxima(tile, part));
    });
  out.state = quantizer.state(maxima);
  out.codes.tile = {0, 0, grid.rows, grid.columns};
  out.codes.elements.resize(values.size());
  out.codes.scales.resize(grid.blocks());
  each([&](const Tile& tile, std::span<const float> part) {
    const TileCodes codes = quantizer.quantize(tile, part, out.state);
    if (!out.codes.refused) out.codes.refused = codes.refused;
    std::copy(codes.elements.begin(), codes.elements.end(),
              out.codes.elements.begin() + static_cast<std::ptrdiff_t>(tile.first(grid)));
    std::copy(codes.scales.begin(), codes.scales.end(),
              out.codes.scales.begin() + static_cast<std::ptrdiff_t>(quantizer.first_block(tile)));
  });
  return out;
}

void require_elements(const spec::Recipe& recipe) {
  if (recipe.kind != spec::BlockKind::kScaled)
    throw Error(fmt::format("recipe {}: no unit applies scales of several levels", recipe.name));
}

}  // namespace

GemmOperand coded_operand(const MatrixCodes& codes, std::int64_t rows, std::int64_t k,
                          const spec::Recipe& recipe, const sim::Mma& mma) {
  require_elements(recipe);
  const BlockRoutine routine(recipe);
  const TensorQuantizer quantizer(routine, static_cast<std::size_t>(rows),
                                  static_cast<std::size_t>(k));
  const std::span<const std::uint32_t> scales = codes.codes.scales;
  GemmOperand out{.rows = rows, .k = k, .codes = codes.codes.elements};
  if (recipe.has_tensor_scale()) out.tensor_scale = codes.state.factors.decode;
  const auto columns = static_cast<std::int64_t>(quantizer.grid().block_columns);
  if (mma.scale) {
    if (!same_scales(recipe.scale, *mma.scale))
      throw Error(fmt::format("recipe {} has scales in {}, and unit {} takes {} per {}",
                              recipe.name, recipe.scale.name, mma.unit.name, mma.scale->name,
                              mma.block));
    if (columns % mma.block != 0 && columns < k)
      throw Error(fmt::format("recipe {} has a scale for {} elements, and unit {} one for {}",
                              recipe.name, columns, mma.unit.name, mma.block));
    for (const std::uint32_t scale : scales_by(quantizer, mma.block, scales))
      out.scales.push_back(static_cast<std::uint8_t>(scale));
    return out;
  }
  if (recipe.scale.name != "fp32")
    throw Error(fmt::format(
        "recipe {} has block scales in {}, and unit {} takes none; write a recipe with scales in "
        "fp32, which are applied outside the unit",
        recipe.name, recipe.scale.name, mma.unit.name));
  if (scales.size() == 1) {
    out.tensor_scale *= routine.scale_value(scales.front());
    return out;
  }
  out.factor_block = columns;
  for (const std::uint32_t scale : scales_by(quantizer, columns, scales))
    out.factors.push_back(routine.scale_value(scale));
  return out;
}

GemmOperand quantized_operand(std::span<const float> values, std::int64_t rows, std::int64_t k,
                              const BlockRoutine& routine, const sim::Mma& mma,
                              const std::function<void()>& between_tiles) {
  require_elements(routine.recipe());
  const TensorQuantizer quantizer(routine, static_cast<std::size_t>(rows),
                                  static_cast<std::size_t>(k));
  const MatrixCodes codes = by_tiles(quantizer, values, between_tiles);
  if (codes.codes.refused)
    throw Error(fmt::format("recipe {} refuses the element at row {}, column {}",
                            routine.recipe().name, codes.codes.refused->row,
                            codes.codes.refused->column));
  return coded_operand(codes, rows, k, routine.recipe(), mma);
}

GemmOperand cast_operand(std::span<const float> values, std::int64_t rows, std::int64_t k,
                         const spec::Format& format, const sim::Mma& mma) {
  if (mma.scale)
    throw Error(fmt::format("unit {} takes block scales, which a cast does not give; name a recipe",
                            mma.unit.name));
  const spec::BatchCast cast(spec::kF32, format,
                             spec::named_policy(spec::default_policy_name(format), format));
  GemmOperand out{.rows = rows, .k = k};
  out.codes.resize(values.size() * static_cast<std::size_t>(cast.word_bytes()));
  cast.encode(values.data(), out.codes.data(), values.size());
  return out;
}

GemmOperand selected_rows(const GemmOperand& operand, std::span<const std::int64_t> rows) {
  GemmOperand out = operand;
  out.rows = static_cast<std::int64_t>(rows.size());
  const auto select = [&](const auto& from, auto& to) {
    to.clear();
    const auto per_row = static_cast<std::int64_t>(from.size()) / operand.rows;
    for (const std::int64_t row : rows)
      to.insert(to.end(), from.begin() + row * per_row, from.begin() + (row + 1) * per_row);
  };
  select(operand.codes, out.codes);
  select(operand.scales, out.scales);
  select(operand.factors, out.factors);
  return out;
}

std::string usual_recipe(const sim::Mma& mma, const spec::Format& element) {
  if (!mma.scale) return "";
  if (mma.scale->name == "ue4m3") return "nvfp4";
  if (element.name == "e2m1") return "mxfp4";
  return (element.bits == 6 ? "mxfp6_" : "mxfp8_") + element.name;
}

}  // namespace mxscope::kernels
