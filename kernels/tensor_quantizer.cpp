// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tiles of blocks: which ones there are, what each needs of the others, and their codes.
#include "kernels/tensor_quantizer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "spec/arithmetic.h"
#include "spec/formats.h"

namespace mxscope::kernels {
namespace {

constexpr std::uint32_t kMagnitude = 0x7FFFFFFF;
constexpr std::uint32_t kInfinity = 0x7F800000;

std::uint32_t magnitude_bits(float x) { return std::bit_cast<std::uint32_t>(x) & kMagnitude; }

/// The largest magnitude; the first NaN if there is one and it counts.
float largest(std::span<const float> values, bool ignore_nan) {
  std::uint32_t most = 0;
  for (const float x : values) most = std::max(most, magnitude_bits(x));
  if (most <= kInfinity) return std::bit_cast<float>(most);
  if (!ignore_nan)
    return *std::find_if(values.begin(), values.end(), [](float x) { return std::isnan(x); });
  most = 0;
  for (const float x : values)
    if (!std::isnan(x)) most = std::max(most, magnitude_bits(x));
  return std::bit_cast<float>(most);
}

/// What the recipe's first rounding does to the largest magnitude: rounding is monotonic.
float as_input(float amax, spec::Precision precision) {
  const bool narrow = precision == spec::Precision::kBf16 || precision == spec::Precision::kF16;
  if (!narrow || !std::isfinite(amax)) return amax;
  const spec::Number exact =
      spec::decode(spec::find_format("fp32"), std::bit_cast<std::uint32_t>(amax));
  const spec::Number rounded = spec::round_to(exact, precision);
  return rounded.kind == spec::NumberKind::kInfinity ? std::numeric_limits<float>::infinity()
                                                     : rounded.magnitude.convert_to<float>();
}

std::shared_ptr<const SimdQuantizer> simd_quantizer(const spec::Recipe& recipe) {
  auto simd = SimdQuantizer::make(recipe);
  return simd ? std::make_shared<const SimdQuantizer>(std::move(*simd)) : nullptr;
}

}  // namespace

BlockGrid block_grid(const spec::Recipe& recipe, std::size_t rows, std::size_t columns) {
  const auto extent = [](int block, std::size_t whole) {
    return block == 0 ? std::max<std::size_t>(whole, 1) : static_cast<std::size_t>(block);
  };
  return {rows, columns, extent(recipe.block.rows, rows), extent(recipe.block.columns, columns)};
}

TensorQuantizer::TensorQuantizer(const BlockRoutine& routine, std::size_t rows, std::size_t columns,
                                 spec::RandomStream random, std::size_t tile_elements)
    : TensorQuantizer(routine, simd_quantizer(routine.recipe()), rows, columns, random,
                      tile_elements) {}

TensorQuantizer::TensorQuantizer(const BlockRoutine& routine,
                                 std::shared_ptr<const SimdQuantizer> simd, std::size_t rows,
                                 std::size_t columns, spec::RandomStream random,
                                 std::size_t tile_elements)
    : routine_(&routine),
      simd_(std::move(simd)),
      grid_(block_grid(routine.recipe(), rows, columns)),
      random_(random) {
  if (rows > 0 && columns > 0) plan(tile_elements);
}

void TensorQuantizer::plan(std::size_t tile_elements) {
  const spec::Recipe& recipe = routine_->recipe();
  const std::size_t rows = grid_.rows;
  const std::size_t columns = grid_.columns;
  const std::size_t block_rows = std::min(grid_.block_rows, rows);
  const std::size_t block_columns = std::min(grid_.block_columns, columns);
  const std::size_t uncut = block_rows * (block_rows > 1 ? columns : block_columns);
  cuts_blocks_ = recipe.search == spec::ScaleSearch::kNone &&
                 recipe.kind == spec::BlockKind::kScaled && uncut > 16 * tile_elements;
  const bool any_column = rows == 1 || columns % 4 == 0;
  const std::size_t width =
      cuts_blocks_ ? std::size_t{4} : std::lcm(grid_.block_columns, std::size_t{4});
  if (columns > tile_elements && any_column && width < columns &&
      (cuts_blocks_ || block_rows == 1)) {
    const std::size_t step = std::max<std::size_t>(tile_elements / width, 1) * width;
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t column = 0; column < columns; column += step)
        tiles_.push_back({row, column, 1, std::min(step, columns - column)});
    return;
  }
  const std::size_t height = std::lcm(cuts_blocks_ ? std::size_t{1} : grid_.block_rows,
                                      columns % 4 == 0 ? std::size_t{1} : std::size_t{4});
  const std::size_t step = std::max<std::size_t>(tile_elements / columns / height, 1) * height;
  for (std::size_t row = 0; row < rows; row += step)
    tiles_.push_back({row, 0, std::min(step, rows - row), columns});
}

std::size_t TensorQuantizer::first_block(const Tile& tile) const {
  return tile.first_row / grid_.block_rows * grid_.column_blocks() +
         tile.first_column / grid_.block_columns;
}

std::size_t TensorQuantizer::touched_blocks(const Tile& tile) const {
  const std::size_t last_row = (tile.first_row + tile.rows - 1) / grid_.block_rows;
  const std::size_t last_column = (tile.first_column + tile.columns - 1) / grid_.block_columns;
  return last_row * grid_.column_blocks() + last_column + 1 - first_block(tile);
}

Tile TensorQuantizer::part(const Tile& tile, std::size_t block) const {
  const std::size_t index = first_block(tile) + block;
  const std::size_t row = index / grid_.column_blocks() * grid_.block_rows;
  const std::size_t column = index % grid_.column_blocks() * grid_.block_columns;
  Tile out{std::max(row, tile.first_row), std::max(column, tile.first_column)};
  out.rows = std::min(row + grid_.block_rows, tile.first_row + tile.rows) - out.first_row;
  out.columns =
      std::min(column + grid_.block_columns, tile.first_column + tile.columns) - out.first_column;
  return out;
}

float TensorQuantizer::larger(float a, float b) const {
  if (std::isnan(a)) return a;
  return std::isnan(b) || magnitude_bits(b) > magnitude_bits(a) ? b : a;
}

Maxima TensorQuantizer::maxima(const Tile& tile, std::span<const float> values) const {
  const bool ignore_nan = routine_->recipe().amax_nan == spec::AmaxNan::kIgnore;
  Maxima out{.tensor = largest(values, ignore_nan)};
  if (!cuts_blocks_) return out;
  out.blocks.resize(touched_blocks(tile));
  for (std::size_t i = 0; i < out.blocks.size(); ++i) {
    const Tile p = part(tile, i);
    for (std::size_t row = 0; row < p.rows; ++row)
      out.blocks[i] =
          larger(out.blocks[i],
                 largest(values.subspan((p.first_row + row - tile.first_row) * tile.columns +
                                            p.first_column - tile.first_column,
                                        p.columns),
                         ignore_nan));
  }
  return out;
}

void TensorQuantizer::merge(Maxima& all, const Tile& tile, const Maxima& next) const {
  all.tensor = larger(all.tensor, next.tensor);
  if (!cuts_blocks_) return;
  all.blocks.resize(grid_.blocks());
  const std::size_t first = first_block(tile);
  for (std::size_t i = 0; i < next.blocks.size(); ++i)
    all.blocks[first + i] = larger(all.blocks[first + i], next.blocks[i]);
}

TensorState TensorQuantizer::state(const Maxima& maxima) const {
  TensorState out;
  if (routine_->recipe().has_tensor_scale())
    out.factors = routine_->tensor_factors(as_input(maxima.tensor, routine_->recipe().input));
  out.block_maxima = maxima.blocks;
  return out;
}

void TensorQuantizer::random_bits(std::size_t first, std::size_t count, std::uint32_t* bits) const {
  const int shift = 32 - routine_->recipe().random_bits;
  spec::PhiloxCounter words{};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = first + i;
    if (i == 0 || index % 4 == 0) words = random_.words(index / 4);
    bits[i] = words[index % 4] >> shift;
  }
}

TileCodes TensorQuantizer::quantize(const Tile& tile, std::span<const float> values,
                                    const TensorState& state) const {
  TileCodes out{.tile = tile};
  out.elements.resize(tile.elements());
  out.scales.resize(touched_blocks(tile));
  if (routine_->recipe().kind == spec::BlockKind::kHif4) out.micro.resize(out.scales.size());
  if (!quantize_whole_rows(values, state, out)) quantize_blocks(values, state, out);
  return out;
}

bool TensorQuantizer::quantize_whole_rows(std::span<const float> values, const TensorState& state,
                                          TileCodes& out) const {
  if (!simd_ || cuts_blocks_ || out.tile.columns != grid_.columns) return false;
  const auto length = static_cast<std::size_t>(routine_->recipe().block.columns);
  if (grid_.columns % length != 0) return false;
  std::vector<std::uint8_t> scales(out.scales.size());
  // Which element to blame for a refusal is for the other path to find.
  if (simd_->quantize(values.data(), scales.size(), state.factors, spec::Packing::kByte,
                      out.elements.data(), scales.data()))
    return false;
  std::copy(scales.begin(), scales.end(), out.scales.begin());
  return true;
}

/// Any recipe, one block at a time. The scale of a block depends on its elements through their
/// maximum alone, so a part of one stands for all of it once that maximum is put before it.
void TensorQuantizer::quantize_blocks(std::span<const float> values, const TensorState& state,
                                      TileCodes& out) const {
  const spec::Recipe& recipe = routine_->recipe();
  const Tile& tile = out.tile;
  const bool hif4 = recipe.kind == spec::BlockKind::kHif4;
  const std::size_t lead = state.block_maxima.empty() ? 0 : 1;
  std::vector<float> inputs;
  std::vector<std::uint8_t> codes;
  std::vector<std::uint32_t> random;
  for (std::size_t b = 0; b < out.scales.size(); ++b) {
    const Tile p = part(tile, b);
    const auto offset = [&](std::size_t row) {
      return (p.first_row + row - tile.first_row) * tile.columns + p.first_column -
             tile.first_column;
    };
    const std::size_t count = lead + p.elements();
    if (recipe.random_bits > 0) {
      random.assign(hif4 ? 64 : count, 0);
      for (std::size_t row = 0; row < p.rows; ++row)
        random_bits((p.first_row + row) * grid_.columns + p.first_column, p.columns,
                    random.data() + lead + row * p.columns);
    }
    BlockOutput block;
    if (p.rows == 1 && lead == 0 && !(hif4 && count < 64)) {
      block = routine_->quantize(values.subspan(offset(0), count), state.factors,
                                 out.elements.data() + offset(0), random);
    } else {
      inputs.clear();
      if (lead == 1) inputs.push_back(state.block_maxima[first_block(tile) + b]);
      for (std::size_t row = 0; row < p.rows; ++row) {
        const auto line = values.subspan(offset(row), p.columns);
        inputs.insert(inputs.end(), line.begin(), line.end());
      }
      if (hif4) inputs.resize(64);
      codes.resize(inputs.size());
      block = routine_->quantize(inputs, state.factors, codes.data(), random);
      for (std::size_t row = 0; row < p.rows; ++row)
        std::copy_n(codes.data() + lead + row * p.columns, p.columns,
                    out.elements.data() + offset(row));
    }
    out.scales[b] = block.scale;
    if (hif4) out.micro[b] = block.micro;
    if (!block.refused || out.refused) continue;
    out.refused = Refusal{p.first_row, p.first_column};
    for (std::size_t i = p.elements(); i-- > 0;)
      if (!std::isfinite(values[offset(i / p.columns) + i % p.columns]))
        out.refused = Refusal{p.first_row + i / p.columns, p.first_column + i % p.columns};
  }
}

void TensorQuantizer::dequantize(const TileCodes& codes, const TensorState& state,
                                 std::span<float> values) const {
  const Tile& tile = codes.tile;
  for (std::size_t b = 0; b < codes.scales.size(); ++b) {
    const Tile p = part(tile, b);
    const BlockOutput block{.scale = codes.scales[b],
                            .micro = codes.micro.empty() ? 0 : codes.micro[b]};
    for (std::size_t row = 0; row < p.rows; ++row) {
      const std::size_t offset =
          (p.first_row + row - tile.first_row) * tile.columns + p.first_column - tile.first_column;
      routine_->dequantize(block, codes.elements.data() + offset, p.columns, state.factors,
                           values.data() + offset);
    }
  }
}

MatrixCodes quantize_matrix(const TensorQuantizer& quantizer, std::span<const float> values) {
  const BlockGrid& grid = quantizer.grid();
  const Tile all{0, 0, grid.rows, grid.columns};
  MatrixCodes out;
  if (all.elements() == 0) return out;
  Maxima maxima;
  if (quantizer.needs_maxima()) maxima = quantizer.maxima(all, values);
  out.state = quantizer.state(maxima);
  out.codes = quantizer.quantize(all, values, out.state);
  return out;
}

}  // namespace mxscope::kernels
