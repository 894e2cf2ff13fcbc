// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Which worker does what: raster order, split-K and stream-K (Osama et al., PPoPP 2023).
#include <algorithm>

#include "sim/program.h"

namespace mxscope::sim {
namespace {

using Deal = std::vector<std::vector<WorkUnit>>;

WorkUnit piece(WorkUnit tile, std::int64_t first, std::int64_t last, std::int32_t others) {
  tile.first_block = static_cast<std::int32_t>(first);
  tile.last_block = static_cast<std::int32_t>(last);
  tile.others = others;
  return tile;
}

/// Deals the blocks of the tiles from `first` on evenly; the unit with a tile's last block stores.
void deal_evenly(const Program& program, std::int64_t first, Deal& work) {
  const auto workers = static_cast<std::int64_t>(work.size());
  const std::int64_t total = (program.tiles() - first) * program.blocks;
  const auto start = [&](std::int64_t worker) {
    return total / workers * worker + std::min(worker, total % workers);
  };
  for (std::int64_t tile = first, worker = 0; tile < program.tiles(); ++tile) {
    const std::int64_t begin = (tile - first) * program.blocks, end = begin + program.blocks;
    std::int32_t pieces = 0;
    for (std::int64_t at = begin; at < end;) {
      while (start(worker + 1) <= at) ++worker;
      const std::int64_t stop = std::min(end, start(worker + 1));
      const bool last = stop == end;
      work[static_cast<std::size_t>(worker)].push_back(
          piece(tile_at(program, tile), at - begin, stop - begin, last ? pieces : -1));
      ++pieces;
      at = stop;
    }
  }
}

}  // namespace

WorkUnit tile_at(const Program& program, std::int64_t i) {
  const std::int64_t raster = std::min<std::int64_t>(program.config.raster, program.tiles_m);
  const std::int64_t group = i / (raster * program.tiles_n);
  const std::int64_t rows = std::min(raster, program.tiles_m - group * raster);
  const std::int64_t rest = i - group * raster * program.tiles_n;
  WorkUnit unit;
  unit.tile_m = static_cast<std::int32_t>(group * raster + rest % rows);
  unit.tile_n = static_cast<std::int32_t>(rest / rows);
  unit.last_block = static_cast<std::int32_t>(program.blocks);
  return unit;
}

std::vector<std::vector<WorkUnit>> deal_units(const Program& program, std::int64_t workers) {
  const std::int64_t slices = std::min<std::int64_t>(program.config.split_k, program.blocks);
  const std::int64_t tiles = program.tiles();
  Deal work(static_cast<std::size_t>(workers));
  std::int64_t whole = tiles;
  if (program.config.stream_k && tiles % workers != 0)
    whole = std::max<std::int64_t>(0, tiles / workers - 1) * workers;
  std::int64_t next = 0;
  for (std::int64_t tile = 0; tile < whole; ++tile)
    for (std::int64_t slice = 0; slice < slices; ++slice, ++next) {
      const bool last = slice + 1 == slices;
      work[static_cast<std::size_t>(next % workers)].push_back(
          piece(tile_at(program, tile), program.blocks * slice / slices,
                program.blocks * (slice + 1) / slices,
                last ? static_cast<std::int32_t>(slices - 1) : -1));
    }
  deal_evenly(program, whole, work);
  return work;
}

}  // namespace mxscope::sim
