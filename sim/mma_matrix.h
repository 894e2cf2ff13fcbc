// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/mma_unit.h"

namespace mxscope::sim {

/// An operand as executors read it: rows of A, or columns of B, each with its k codes in order
/// ("TN"). A code takes the format's storage container (1, 2, 4 or 8 bytes, little-endian; TF32 as
/// the upper bits of a binary32 word); a scale takes one byte.
struct MmaMatrix {
  std::int64_t rows = 0;
  std::int64_t k = 0;
  std::span<const std::uint8_t> codes;   ///< rows * k * container bytes
  std::span<const std::uint8_t> scales;  ///< rows * scales_per_row(k); empty without scales
};

/// D = A B^T + C by the reference executor, one instruction after another along K in ascending
/// order. `d` holds C's words on entry and D's on return, row-major a.rows x b.rows, one per 64-bit
/// word. K that is no multiple of the instruction's is padded with zero codes (and scales of the
/// last block). Throws Error when spans have the wrong length or K differs.
void reference_mma(const Mma& mma, const MmaMatrix& a, const MmaMatrix& b,
                   std::span<std::uint64_t> d);

/// The same with unbounded integers in every rule; reference_mma uses 64 bits where that is enough.
void unbounded_mma(const Mma& mma, const MmaMatrix& a, const MmaMatrix& b,
                   std::span<std::uint64_t> d);

/// The same in fast arithmetic (SIMD where the processor has it), equal bit for bit; 32-bit words.
/// f64 is not among its formats: Error.
void fast_mma(const Mma& mma, const MmaMatrix& a, const MmaMatrix& b, std::span<std::uint32_t> d);

}  // namespace mxscope::sim
