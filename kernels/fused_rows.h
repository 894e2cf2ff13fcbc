// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What a fused kernel does to a row before it is quantized, one operation at a time in binary32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mxscope::kernels {

/// The order in which the squares of a row are summed in binary32: K / per_thread threads, of which
/// thread t adds, one after the other, those of `load` neighbours from t `load` on, then of those
/// K / per_thread * load further on, and so on; then sums of threads s apart are added, s falling
/// by halves from the largest power of two below their number. Every product is rounded before it
/// is added; on bfloat16 rows it is exact, so that a fused multiply-add gives the same.
///   16, 8: ARCQuant rmsnorm.cu, for rows of at most 8192
///   32, 8: MicroMix rmsnorm.cu (mgemm/src, main), for rows of 4096; its tree begins 64 apart, so
///          that of 5120 it leaves out the last 32 of 160 threads, and of 3584 it reads past them
struct SquareSum {
  std::size_t per_thread = 16;
  std::size_t load = 8;

  bool operator==(const SquareSum&) const = default;
};

/// Throws Error unless `load` divides `per_thread` and that the row's length.
float sum_of_squares(std::span<const float> row, const SquareSum& order);

/// Its second half, of the threads' sums, which it overwrites.
float sum_of_threads(std::span<float> sums);

/// 1 / sqrt(sum / K + epsilon), each operation rounded. CUDA's rsqrtf, which the published kernels
/// call, may be off by two units in the last place; this is not.
float reciprocal_root(float sum, std::size_t length, float epsilon);

/// e^x, by the operations in the source and no fused ones: the same bits on every processor and in
/// every vector width. Measured: at most 1.03 units in the last place from e^x.
float exponential(float x);

/// x / (1 + e^-x).
float silu(float x);

enum class Prologue : std::uint8_t {
  kNone,
  kRmsNorm,  ///< ((x w) r), r = reciprocal_root(sum_of_squares)
  kSiluMul,  ///< silu(gate) up
};

/// A prologue and its parameters.
struct RowRule {
  Prologue prologue = Prologue::kNone;
  std::vector<float> weight = {};  ///< of kRmsNorm, one for each channel
  float epsilon = 1e-5F;
  SquareSum sum = {};
  bool to_bf16 = false;  ///< what the prologue gives is rounded to bfloat16, once
};

/// out = rule(x). `up` is read for kSiluMul alone. Of NaNs only 0x7FC00000 comes out of a prologue.
/// Throws Error where lengths differ.
void apply_row_rule(const RowRule& rule, std::span<const float> x, std::span<const float> up,
                    std::span<float> out);

}  // namespace mxscope::kernels
