// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Activations on their way into a GEMM, a row at a time: normalized or gated, reordered, and
// quantized in segments of channels, with residuals where asked for, without a matrix in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/block_routine.h"
#include "kernels/fused_rows.h"
#include "spec/dual_stage.h"
#include "spec/packing.h"

namespace mxscope::kernels {

/// Some neighbouring channels, after reordering, and what they become.
struct FusedSegment {
  std::size_t channels = 0;
  spec::Recipe recipe;
  /// Each group of `granularity` channels is followed by its residuals, as in AugmentedLayout. The
  /// recipe is the stage's then.
  std::optional<spec::DualStage> dual = {};
  std::optional<spec::Packing> packing = {};  ///< default: the densest
};

/// A fused kernel. Rows have as many channels as the segments together.
struct FusedPlan {
  RowRule rule = {};
  std::vector<std::uint32_t> order = {};  ///< the channel that comes at each place; empty: as it is
  std::vector<FusedSegment> segments;
};

/// One recipe for all channels.
FusedPlan plain_plan(const spec::Recipe& recipe, std::vector<std::uint32_t> order);
/// ARCQuant's: the last channels in order are quantized twice. The segments' outputs lie in one row
/// of K + S channels.
FusedPlan dual_plan(const spec::DualStage& stage, std::size_t residual_channels,
                    std::vector<std::uint32_t> order);
/// MicroMix's: so many channels each of MXFP4, MXFP6 E3M2 and MXFP8 E4M3.
FusedPlan micromix_plan(std::size_t fp4, std::size_t fp6, std::size_t fp8,
                        std::vector<std::uint32_t> order);

/// Rows of float32 or of bfloat16, one after the other. `up` likewise, for Prologue::kSiluMul
/// alone.
struct FusedInput {
  const float* f32 = nullptr;
  const std::uint16_t* bf16 = nullptr;
  const float* up_f32 = nullptr;
  const std::uint16_t* up_bf16 = nullptr;
};

/// Where the codes of a segment go, and how many bytes there are from one row to the next.
struct SegmentOutput {
  std::uint8_t* elements = nullptr;
  std::size_t element_stride = 0;
  std::uint8_t* scales = nullptr;
  std::size_t scale_stride = 0;
};

/// Immutable after construction, safe to share between threads, which take some rows each: rows do
/// not depend on each other. Codes are those of quantize_plainly() on every back end.
class FusedQuantizer {
 public:
  /// `backend`: a name from spec::batch_backends(), or "auto". Throws Error for a plan that cannot
  /// be: an order that is no permutation, lengths that differ, recipes that are stochastic or HiF4,
  /// whose blocks have several rows or whose scales take more than a byte, blocks of a dual segment
  /// that are not of 16; and for an unknown back end.
  explicit FusedQuantizer(FusedPlan plan, std::string_view backend = "auto");
  FusedQuantizer(FusedQuantizer&&) noexcept;
  FusedQuantizer& operator=(FusedQuantizer&&) noexcept;
  ~FusedQuantizer();

  const FusedPlan& plan() const;
  std::size_t channels() const;
  /// Codes and scales that a segment gives for a row, and the bytes of the codes.
  std::size_t codes(std::size_t segment) const;
  std::size_t scales(std::size_t segment) const;
  std::size_t element_bytes(std::size_t segment) const;
  /// Whether all segments are quantized a vector at a time.
  bool is_fast() const;

  /// `tensor` holds for all segments. Returns the first row that a recipe refuses.
  std::optional<std::size_t> quantize(const FusedInput& input, std::size_t rows,
                                      const TensorFactors& tensor,
                                      std::span<const SegmentOutput> outputs) const;

  /// The same by apply_row_rule(), BlockRoutine and DualRoutine on blocks gathered one by one.
  std::optional<std::size_t> quantize_plainly(const FusedInput& input, std::size_t rows,
                                              const TensorFactors& tensor,
                                              std::span<const SegmentOutput> outputs) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace mxscope::kernels
