// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/mma_matrix.h"

namespace mxscope::sim {

/// Memory that starts at a cache line.
template <typename T>
struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};

  LineAllocator() = default;
  template <typename U>
  LineAllocator(const LineAllocator<U>&) {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kLine));
  }
  void deallocate(T* memory, std::size_t) { ::operator delete(memory, kLine); }
  bool operator==(const LineAllocator&) const = default;
};
template <typename T>
using Lines = std::vector<T, LineAllocator<T>>;

/// An operand decoded and laid out for the kernels of one FastMma; A's and B's layouts differ.
struct PackedOperand {
  std::int64_t rows = 0;
  std::int64_t k = 0;            ///< padded to the instruction's
  Lines<float> values;           ///< of windows: A's row by row, B's in panels of kPanel columns
  Lines<std::uint8_t> bytes;     ///< of scaled groups, and of integers
  Lines<std::int32_t> integers;  ///< of windows: exponents of scales
  Lines<float> scales;           ///< of scaled groups; and the next: mma_groups_simd.h
  Lines<float> bounds;
  Lines<std::uint8_t> codes;  ///< for the reference executor: as given
  Lines<std::uint8_t> scale_codes;
};

/// The outputs that a call computes. `column` is a multiple of kPanel.
struct MmaTile {
  std::int64_t row = 0, rows = 0;
  std::int64_t column = 0, columns = 0;
};

/// The columns of B that kernels hold side by side.
inline constexpr std::int64_t kPanel = 16;

/// The executor behind fast_mma, for callers that keep packed operands or share a matrix among
/// threads. Immutable after construction and safe to share. Kernels hold the windows, scaled groups
/// and integers of every row of mma_units(); CDNA's rules, FMA chains, and combinations of
/// parameters that no row has (a step that is no part of the instruction, groups that straddle
/// scales, ...) run on the reference executor, as does everything where there is no SIMD. engine()
/// says which it is.
class FastMma {
 public:
  /// `backend` is a name from spec::batch_backends(), or "auto" for the fastest. Throws Error for
  /// an unknown one, and for accumulators wider than 32 bits.
  explicit FastMma(const Mma& mma, std::string_view backend = "auto");
  FastMma(FastMma&&) noexcept;
  FastMma& operator=(FastMma&&) noexcept;
  ~FastMma();

  /// Throw Error when spans have the wrong length.
  PackedOperand pack_a(const MmaMatrix& a) const;
  PackedOperand pack_b(const MmaMatrix& b) const;

  /// D = A B^T + C on a tile; `d` is the whole matrix, a.rows x b.rows words, row-major. Throws
  /// Error when K or the length of `d` does not match, or the tile is not inside.
  void run(const PackedOperand& a, const PackedOperand& b, const MmaTile& tile,
           std::span<std::uint32_t> d) const;

  /// "reference", or the back end.
  std::string_view engine() const;

 private:
  struct Plan;
  std::unique_ptr<const Plan> plan_;
};

}  // namespace mxscope::sim
