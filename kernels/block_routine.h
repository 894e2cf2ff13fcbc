// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// One block at a time in hardware arithmetic: every recipe, equal to spec's exact path.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "kernels/rounded_logarithm.h"
#include "spec/block.h"
#include "spec/codec.h"

namespace mxscope::spec {
class BatchCast;
}

namespace mxscope::kernels {

/// The scales of a tensor in binary32, from its largest magnitude.
struct TensorFactors {
  float amax = 1;
  float decode = 1;  ///< S; for TensorScale::kExact the nearest binary32, used for decoding only
  float encode = 1;  ///< E
};

/// Where the codes of a block go. `elements` has one byte for each value.
struct BlockOutput {
  std::uint32_t scale = 0;
  std::uint32_t micro = 0;
  bool refused = false;
};

/// A recipe compiled to binary32 and binary64 operations in the recipe's own order. Where the
/// recipe is exact, binary64 quotients decide: operands have few enough bits that a quotient which
/// is not on a rounding boundary never rounds onto one (see block_routine.cpp). Recipes and blocks
/// that binary64 cannot decide go through the exact path. Immutable after construction, safe to
/// share between threads.
class BlockRoutine {
 public:
  /// Throws Error as spec::validate does.
  explicit BlockRoutine(const spec::Recipe& recipe);

  TensorFactors tensor_factors(float tensor_amax) const;

  /// values: float32, in the order of the block's elements; `random` as spec::quantize_block's.
  BlockOutput quantize(std::span<const float> values, const TensorFactors& tensor,
                       std::uint8_t* elements, std::span<const std::uint32_t> random = {}) const;

  /// q s S of each element, rounded to binary32 once (the recipe's `output` first, if narrower).
  void dequantize(const BlockOutput& codes, const std::uint8_t* elements, std::size_t count,
                  const TensorFactors& tensor, float* values) const;

  /// The value of a scale code, and of an element code.
  float scale_value(std::uint32_t code) const;
  float element_value(std::uint32_t code) const { return element_values_[code]; }

  /// What spec::block_inputs gives, in hardware arithmetic.
  void inputs(std::span<const float> values, const TensorFactors& tensor, float* out) const;

  /// The scale of a block of such inputs before it is rounded to the scale's format.
  double unrounded_scale(std::span<const float> inputs, const TensorFactors& tensor) const;

  const spec::Recipe& recipe() const { return recipe_; }
  /// False where every block goes through the exact path, which is thousands of times slower.
  bool is_fast() const { return fast_; }

 private:
  struct Block {
    std::span<const float> values;
    float amax = 0;
    const TensorFactors& tensor;
    std::span<const std::uint32_t> random;
  };

  BlockOutput quantize_exactly(std::span<const float> values, const TensorFactors& tensor,
                               std::uint8_t* elements, std::span<const std::uint32_t> random) const;
  float prepared(float x, const TensorFactors& tensor) const;
  float block_amax(std::span<const float> values) const;
  bool takes_logarithm() const;
  float shaped(float amax) const;
  double clamped(double ideal) const;
  spec::Outcome encode_scale(double ideal) const;
  double ideal_scale(float amax, const TensorFactors& tensor) const;
  BlockOutput encode_with(const Block& block, spec::Outcome scale, std::uint8_t* elements) const;
  spec::Outcome encode_element(double v, std::uint32_t random) const;
  spec::Outcome encode_by_search(float v) const;
  double scaled(const Block& block, float x, double denominator, float multiplier) const;
  /// A scaled element rounded to `intermediate`, or to odd.
  float narrowed(double v) const;
  /// All quotients or products at once, where no element needs a rule of its own; false on refusal.
  bool encode_batch(const Block& block, double denominator, float multiplier,
                    std::uint8_t* elements) const;
  double by_adding_half(double v) const;
  BlockOutput quantize_hif4(const Block& block, std::uint8_t* elements) const;
  /// The candidate of least error; false where binary64 cannot tell which that is.
  bool search(const Block& block, double ideal, std::uint8_t* elements, BlockOutput& out) const;
  double error_of(const Block& block, const BlockOutput& codes, const std::uint8_t* elements,
                  std::size_t i) const;
  template <typename Real>
  Real block_error(const Block& block, const BlockOutput& codes,
                   const std::uint8_t* elements) const;
  double error_doubt(const Block& block, const BlockOutput& codes) const;

  spec::Recipe recipe_;
  bool fast_ = true;
  double divisor_ = 1;
  double target_ = 1;
  double floor_ = 0;
  double ceiling_ = 0;
  double flush_below_ = 0;
  double element_max_ = 0;
  spec::Codec scale_codec_;                       ///< from binary64
  spec::Codec element_codec_;                     ///< from binary64
  spec::Codec element_codec_f32_;                 ///< from binary32
  std::shared_ptr<const spec::BatchCast> batch_;  ///< null where elements are cast one at a time
  std::vector<float> scale_values_;
  std::vector<float> element_values_;
  std::vector<std::uint8_t> ascending_;         ///< element codes by value, for searches
  std::optional<RoundedLogarithm> floor_log2_;  ///< where the recipe takes logarithms
  std::optional<RoundedLogarithm> ceil_log2_;
};

}  // namespace mxscope::kernels
