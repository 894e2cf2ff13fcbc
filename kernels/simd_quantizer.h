// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The recipes people run most, a few cache lines at a time; equal to BlockRoutine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernels/block_routine.h"
#include "spec/packing.h"

namespace mxscope::kernels {

/// Quantizes whole blocks that lie one after the other: rows whose length is a multiple of the
/// block. It holds recipes of one row, 16 to 1024 columns in multiples of 16, deterministic
/// nearest-even or toward-zero element casts, narrow scales and no search; make() says whether.
/// Blocks that are not ordinary (a zero, infinite, NaN, tiny or huge maximum; a quotient too near a
/// rounding boundary) go through BlockRoutine, so the codes are the same.
class SimdQuantizer {
 public:
  /// `backend`: a name from spec::batch_backends(), or "auto". Nothing where the recipe is not
  /// held; throws Error for an unknown back end.
  static std::optional<SimdQuantizer> make(const spec::Recipe& recipe,
                                           std::string_view backend = "auto");
  SimdQuantizer(SimdQuantizer&&) noexcept;
  SimdQuantizer& operator=(SimdQuantizer&&) noexcept;
  ~SimdQuantizer();

  /// What a tensor's factors make of the recipe, for callers with many short runs of blocks.
  struct Tables;
  std::shared_ptr<const Tables> tables(const TensorFactors& tensor) const;

  /// values: blocks * block_elements() floats. `scales`: a byte per block. `elements`: the packed
  /// codes, blocks * packed_bytes(packing, block_elements()) bytes. Returns the first refused
  /// block.
  std::optional<std::size_t> quantize(const float* values, std::size_t blocks,
                                      const TensorFactors& tensor, spec::Packing packing,
                                      std::uint8_t* elements, std::uint8_t* scales) const;
  /// The same; the tables are this quantizer's.
  std::optional<std::size_t> quantize(const float* values, std::size_t blocks, const Tables& tables,
                                      spec::Packing packing, std::uint8_t* elements,
                                      std::uint8_t* scales) const;

  const BlockRoutine& routine() const;

 private:
  struct Plan;
  explicit SimdQuantizer(std::unique_ptr<const Plan> plan);
  std::unique_ptr<const Plan> plan_;
};

}  // namespace mxscope::kernels
