// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The vector forms of what fused kernels do to rows before and between quantizations.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/fused_rows.h"

namespace mxscope::kernels {

/// How inputs become bfloat16, as the recipe's `input` and `tensor_scale` say.
struct InputRule {
  enum class Form : std::uint8_t {
    kNearest,   ///< bf16(x)
    kDivide,    ///< bf16(bf16(x) / factor)
    kMultiply,  ///< bf16(fl(bf16(x) factor))
  };
  Form form = Form::kNearest;
  bool round_first = true;  ///< false where x is a bfloat16 number already
  float factor = 1;
};

/// How the residuals of blocks of 16 follow from their codes.
struct ResidualRounding {
  bool to_bf16 = true;    ///< else to binary32
  bool any_scale = true;  ///< a scale may have 24 bits; else q s is a binary32 number
};

/// Counts are of elements. A "piece" is 16 of them; `odd` has an entry for each, set to 1 where the
/// results must come from elsewhere and left alone otherwise. Functions that take it return whether
/// there is any; the others that return bool, whether all results are finite, and else their
/// results do not count.
struct FusedKernels {
  /// out[i] = row[order[i]]. Meanwhile fetches as much of `next`, in order.
  void (*gather)(const float* row, const std::uint32_t* order, std::size_t count, const float* next,
                 float* out);

  /// bfloat16 to binary32.
  void (*widen)(const std::uint16_t* words, std::size_t count, float* out);

  /// Odd: results that are not finite, quotients of tiny numbers, and on processors that cannot
  /// fuse a multiplication and an addition, quotients in the middle of two bfloat16 numbers.
  bool (*inputs)(const InputRule& rule, const float* values, std::size_t count, float* out,
                 std::uint32_t* odd);

  /// The sums of the `threads` of SquareSum{per_thread, 8} before they are added to each other, for
  /// a number of threads that is a multiple of 16.
  void (*square_sums)(const float* row, std::size_t count, std::size_t threads, float* sums);

  /// apply_row_rule() with `root` known.
  bool (*normalize)(const float* row, const float* weight, float root, bool to_bf16,
                    std::size_t count, float* out);
  bool (*silu_mul)(const float* gate, const float* up, bool to_bf16, std::size_t count, float* out);

  /// x - q s of each piece, rounded once; `values` are those of all element codes. Odd: inputs that
  /// are not finite, results in the middle of two bfloat16 numbers, and on processors that cannot
  /// fuse a multiplication and an addition, all with `any_scale`.
  bool (*residuals)(const ResidualRounding& rounding, const float* inputs,
                    const std::uint8_t* codes, const float* values, const float* scales,
                    std::size_t count, float* out, std::uint32_t* odd);
};

/// The kernels for a target found by spec::find_target.
FusedKernels find_fused_kernels(std::int64_t target);

}  // namespace mxscope::kernels
