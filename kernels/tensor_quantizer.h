// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A row-major float32 matrix under a recipe, a tile at a time: bounded memory, any thread count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "kernels/block_routine.h"
#include "kernels/simd_quantizer.h"
#include "spec/philox.h"

namespace mxscope::kernels {

/// A matrix cut into blocks from its first element on; those at the right and lower edge may be
/// smaller. Blocks are numbered by rows.
struct BlockGrid {
  std::size_t rows = 0;  ///< of elements
  std::size_t columns = 0;
  std::size_t block_rows = 1;
  std::size_t block_columns = 1;

  std::size_t row_blocks() const { return (rows + block_rows - 1) / block_rows; }
  std::size_t column_blocks() const { return (columns + block_columns - 1) / block_columns; }
  std::size_t blocks() const { return row_blocks() * column_blocks(); }
};

/// The recipe's blocks, with a whole extent where its block has 0 rows or columns.
BlockGrid block_grid(const spec::Recipe& recipe, std::size_t rows, std::size_t columns);

/// Some whole rows of a matrix, or a part of one row.
struct Tile {
  std::size_t first_row = 0;
  std::size_t first_column = 0;
  std::size_t rows = 0;
  std::size_t columns = 0;

  std::size_t elements() const { return rows * columns; }
  /// Index of the first element in the matrix.
  std::size_t first(const BlockGrid& grid) const { return first_row * grid.columns + first_column; }
};

/// What a first pass over a matrix finds.
struct Maxima {
  float tensor = 0;
  std::vector<float> blocks;  ///< of each block where tiles cut blocks, else empty
};

/// What quantizing a tile needs to know of the rest of the matrix.
struct TensorState {
  TensorFactors factors;
  std::vector<float> block_maxima;
};

/// The first element to blame for a refusal: the block's first NaN or infinity, else its first.
struct Refusal {
  std::size_t row = 0;
  std::size_t column = 0;
};

/// The codes of a tile's elements, row-major, one a byte, and of the blocks it touches, by rows.
struct TileCodes {
  Tile tile;
  std::vector<std::uint8_t> elements;
  std::vector<std::uint32_t> scales;
  std::vector<std::uint32_t> micro;  ///< HiF4 only
  std::optional<Refusal> refused;    ///< the codes are then meaningless
};

/// The tiles' borders depend on the recipe and the matrix alone, and so does all that follows.
/// A block too large for a tile is cut, its maximum found in a first pass; one that also searches
/// for its scale is not, and makes a large tile. HiF4's last block of a row is filled with zeros.
/// Immutable after construction, safe to share between threads. `routine` must outlive it.
class TensorQuantizer {
 public:
  /// About how many elements a tile has; up to 16 times as many rather than cut a block.
  static constexpr std::size_t kTileElements = std::size_t{1} << 18;

  /// `random` is for stochastic recipes.
  TensorQuantizer(const BlockRoutine& routine, std::size_t rows, std::size_t columns,
                  spec::RandomStream random = {}, std::size_t tile_elements = kTileElements);

  /// The same with what SimdQuantizer::make() gave for the recipe, null where it gave nothing:
  /// compiling a recipe takes longer than quantizing a small matrix.
  TensorQuantizer(const BlockRoutine& routine, std::shared_ptr<const SimdQuantizer> simd,
                  std::size_t rows, std::size_t columns, spec::RandomStream random = {},
                  std::size_t tile_elements = kTileElements);

  const BlockRoutine& routine() const { return *routine_; }
  const BlockGrid& grid() const { return grid_; }

  /// In row-major order. The index of each one's first element is a multiple of 4, so that packed
  /// codes start at a byte.
  const std::vector<Tile>& tiles() const { return tiles_; }
  bool cuts_blocks() const { return cuts_blocks_; }

  bool needs_maxima() const { return cuts_blocks_ || routine_->recipe().has_tensor_scale(); }
  /// Of a tile; NaNs count as in spec::block_amax, but kError lets them through to quantize().
  Maxima maxima(const Tile& tile, std::span<const float> values) const;
  /// Adds the maxima of the next tile: in order, so that of several NaNs the first one counts.
  void merge(Maxima& all, const Tile& tile, const Maxima& next) const;
  TensorState state(const Maxima& maxima) const;

  TileCodes quantize(const Tile& tile, std::span<const float> values,
                     const TensorState& state) const;

  /// The values of a tile's codes, row-major, each rounded to binary32 once.
  void dequantize(const TileCodes& codes, const TensorState& state, std::span<float> values) const;

  /// The blocks that a tile touches: their number, and the number of the first in the matrix. They
  /// are the blocks from there on, for a tile is whole rows or within one row.
  std::size_t first_block(const Tile& tile) const;
  std::size_t touched_blocks(const Tile& tile) const;

  /// The part of a touched block, 0 the first, that lies in the tile; in coordinates of the matrix.
  Tile part(const Tile& tile, std::size_t block) const;

 private:
  /// The recipes that SimdQuantizer holds, on tiles of whole blocks; false where they are not.
  bool quantize_whole_rows(std::span<const float> values, const TensorState& state,
                           TileCodes& out) const;
  void quantize_blocks(std::span<const float> values, const TensorState& state,
                       TileCodes& out) const;
  void plan(std::size_t tile_elements);
  float larger(float a, float b) const;
  void random_bits(std::size_t first, std::size_t count, std::uint32_t* bits) const;

  const BlockRoutine* routine_;
  std::shared_ptr<const SimdQuantizer> simd_;
  BlockGrid grid_;
  spec::RandomStream random_;
  std::vector<Tile> tiles_;
  bool cuts_blocks_ = false;
};

/// A whole matrix as one tile.
struct MatrixCodes {
  TileCodes codes;
  TensorState state;
};
MatrixCodes quantize_matrix(const TensorQuantizer& quantizer, std::span<const float> values);

}  // namespace mxscope::kernels
