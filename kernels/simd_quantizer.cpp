// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A few kilobytes at a time: block maxima, their scales, one multiplier a block, products, and the
// casts of spec/batch.h, all out of the first-level cache.
#include "kernels/simd_quantizer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "kernels/block_simd.h"
#include "spec/batch.h"
#include "spec/batch_lanes.h"
#include "spec/batch_simd.h"
#include "spec/error.h"

namespace mxscope::kernels {

using spec::ElementOrder;
using spec::Recipe;
using spec::ScaleOrder;
using spec::TensorScale;

namespace {

constexpr std::size_t kChunk =
    2048;  ///< floats: the arrays and the next chunk fit a first-level cache
constexpr std::size_t kMaxBlocks = kChunk / 16;

// Maxima outside these bounds are not ordinary: what follows might leave binary32's normal range.
constexpr std::uint32_t kLeastOrdinary = (127 - 60) << 23;
constexpr std::uint32_t kLargestOrdinary = (127 + 60) << 23;

bool holds(const Recipe& r) {
  const spec::Rounding mode = r.element_policy.rounding;
  return r.kind == spec::BlockKind::kScaled && r.block.rows == 1 && r.block.columns >= 16 &&
         r.block.columns % 16 == 0 && r.block.columns <= 1024 && r.scale.bits <= 8 &&
         r.scale.storage_shift == 0 && r.element.storage_shift == 0 &&
         r.element.storage_bits == 8 && r.scale.storage_bits == 8 &&
         r.input == spec::Precision::kF32 && r.intermediate == spec::Precision::kExact &&
         r.search == spec::ScaleSearch::kNone && r.scale_method == spec::ScaleMethod::kCast &&
         r.element_method == spec::ElementMethod::kCast &&
         (r.zero_sign == spec::ZeroSign::kKeep || r.zero_sign == spec::ZeroSign::kDropInput) &&
         r.random_bits == 0 && !r.flush_below && r.scale_used == spec::ScaleUsed::kStored &&
         r.tensor_scale != TensorScale::kDivideBf16 &&
         r.tensor_scale != TensorScale::kMultiplyBf16 &&
         (r.amax_shape == spec::AmaxShape::kAsIs ||
          r.amax_shape == spec::AmaxShape::kElementPrecision) &&
         (mode == spec::Rounding::kNearestEven || mode == spec::Rounding::kNearestAway ||
          mode == spec::Rounding::kTowardZero);
}

}  // namespace

struct SimdQuantizer::Plan {
  BlockRoutine routine;
  BlockKernels kernels;
  spec::BatchCast scale_cast;
  spec::BatchCast element_cast;
  std::size_t length = 0;
  bool power_of_two_scale = false;
  bool drop_zero_sign = false;
  bool divides = false;    ///< elements are divided, not multiplied
  std::uint32_t grid = 0;  ///< nonzero: products are approximate, see BlockKernels::multiply
  float divisor = 1;
  double target = 1;
  float floor = 0;
  float ceiling = std::numeric_limits<float>::infinity();
  std::array<float, 256> scale_values{};

  /// The formula for block scales under one tensor's factors.
  IdealScale ideal_scale(const TensorFactors& t) const;
  /// What elements are multiplied or divided by.
  float factor(float s, const TensorFactors& t) const;
};

IdealScale SimdQuantizer::Plan::ideal_scale(const TensorFactors& t) const {
  using Form = IdealScale::Form;
  const Recipe& r = routine.recipe();
  IdealScale out{.divisor = divisor, .floor = floor, .ceiling = ceiling};
  out.least = kLeastOrdinary;
  out.largest = kLargestOrdinary;
  if (r.amax_shape == spec::AmaxShape::kElementPrecision)
    out.half = 1U << (22 - r.element.mantissa_bits);
  switch (r.scale_order) {
    case ScaleOrder::kExact:
      // A quotient by so short a divisor never rounds onto a boundary: the argument in
      // block_routine.cpp with 2^-24 for 2^-53.
      out.form = Form::kDivide;
      if (r.tensor_scale == TensorScale::kNone) break;
      out.form = Form::kMultiply;
      out.factor = static_cast<float>(r.tensor_scale == TensorScale::kExact
                                          ? target / (static_cast<double>(divisor) * t.amax)
                                          : 1.0 / (static_cast<double>(divisor) * t.decode));
      out.grid = (1U << (22 - r.scale.mantissa_bits)) - 1;
      break;
    case ScaleOrder::kDivide:
      out.decode = t.decode;
      break;
    case ScaleOrder::kReciprocal:
      out.form = Form::kMultiplyDivide;
      out.factor = 1.0F / divisor;
      out.decode = t.decode;
      break;
    case ScaleOrder::kFoldedReciprocal:
      out.form = Form::kMultiply;
      out.factor = t.encode * (1.0F / divisor);
      out.ceiling = std::min(ceiling, std::numeric_limits<float>::max());
      break;
    case ScaleOrder::kDivideMultiply:
      out.form = Form::kDivideMultiply;
      out.factor = t.encode;
      break;
  }
  return out;
}

float SimdQuantizer::Plan::factor(float s, const TensorFactors& t) const {
  const Recipe& r = routine.recipe();
  switch (r.element_order) {
    case ElementOrder::kExact:
      if (r.tensor_scale == TensorScale::kNone) return divides ? s : 1.0F / s;
      return static_cast<float>(r.tensor_scale == TensorScale::kExact
                                    ? target / (static_cast<double>(s) * t.amax)
                                    : 1.0 / (static_cast<double>(s) * t.decode));
    case ElementOrder::kDivide:
      return s * t.decode;
    case ElementOrder::kReciprocal:
      return 1.0F / (s * t.decode);
    case ElementOrder::kReciprocalOfDecode:
      return std::min(1.0F / (s * (1.0F / t.encode)), std::numeric_limits<float>::max());
    case ElementOrder::kReciprocalQuotient:
      return 1.0F / t.decode / s;
  }
  return 0;
}

SimdQuantizer::SimdQuantizer(std::unique_ptr<const Plan> plan) : plan_(std::move(plan)) {}
SimdQuantizer::SimdQuantizer(SimdQuantizer&&) noexcept = default;
SimdQuantizer& SimdQuantizer::operator=(SimdQuantizer&&) noexcept = default;
SimdQuantizer::~SimdQuantizer() = default;

const BlockRoutine& SimdQuantizer::routine() const { return plan_->routine; }

std::optional<SimdQuantizer> SimdQuantizer::make(const Recipe& recipe, std::string_view backend) {
  std::string name(backend);
  const auto targets = spec::simd_targets();
  if (name == "auto") name = targets.empty() ? "portable" : targets.front();
  BlockRoutine routine(recipe);
  if (!holds(recipe) || !routine.is_fast() || name == "portable") {
    if (name != "portable" && spec::find_target(name) == 0)
      throw Error("there is no back end '" + name + "' on this processor");
    return std::nullopt;
  }
  const std::int64_t target = spec::find_target(name);
  if (target == 0) throw Error("there is no back end '" + name + "' on this processor");
  spec::Policy numbers = recipe.element_policy;  // blocks with a NaN are not ordinary
  if (numbers.nan == spec::NanRule::kRebias || numbers.nan == spec::NanRule::kError)
    numbers.nan = spec::NanRule::kMaximum;
  Plan plan{.routine = std::move(routine),
            .kernels = find_block_kernels(target),
            .scale_cast = {spec::kF32, recipe.scale, recipe.scale_policy, 0, name},
            .element_cast = {spec::kF32, recipe.element, numbers, 0, name}};
  plan.length = static_cast<std::size_t>(recipe.block.columns);
  plan.power_of_two_scale = recipe.scale.mantissa_bits == 0;
  plan.divisor = recipe.divisor.convert_to<float>();
  plan.target = recipe.tensor_target.convert_to<double>();
  if (recipe.scale_floor) plan.floor = recipe.scale_floor->convert_to<float>();
  if (recipe.scale_ceiling) plan.ceiling = recipe.scale_ceiling->convert_to<float>();
  const bool exact = recipe.element_order == ElementOrder::kExact;
  const bool exact_product = plan.power_of_two_scale && recipe.tensor_scale == TensorScale::kNone;
  plan.divides = recipe.element_order == ElementOrder::kDivide ||
                 (exact && recipe.tensor_scale == TensorScale::kNone && !exact_product);
  plan.drop_zero_sign = recipe.zero_sign == spec::ZeroSign::kDropInput;
  if (plan.drop_zero_sign && plan.divides) return std::nullopt;
  if (exact && !exact_product && !plan.divides)
    plan.grid = (1U << (22 - recipe.element.mantissa_bits)) - 1;
  for (std::uint32_t code = 0; code <= recipe.scale.code_mask(); ++code)
    plan.scale_values[code] = plan.routine.scale_value(code);
  return SimdQuantizer(std::make_unique<const Plan>(std::move(plan)));
}

std::optional<std::size_t> SimdQuantizer::quantize(const float* values, std::size_t blocks,
                                                   const TensorFactors& tensor,
                                                   spec::Packing packing, std::uint8_t* elements,
                                                   std::uint8_t* scales) const {
  const Plan& p = *plan_;
  alignas(64) float scaled[kChunk];
  alignas(64) std::uint8_t codes[kChunk];
  alignas(64) std::uint32_t amax[kMaxBlocks] = {};
  alignas(64) float ideal[kMaxBlocks];
  alignas(64) float factors[kMaxBlocks];
  alignas(64) std::uint32_t odd[kMaxBlocks];
  // What elements are multiplied or divided by, for each scale code; 0 where that is not ordinary.
  float by_code[256] = {};
  for (std::uint32_t code = 0; code <= p.routine.recipe().scale.code_mask(); ++code) {
    const float factor = p.factor(p.scale_values[code], tensor);
    if (factor > 0x1p-70F && factor < 0x1p70F) by_code[code] = factor;
  }
  const IdealScale rule = p.ideal_scale(tensor);
  std::optional<std::size_t> refused;
  const std::size_t step = kChunk / p.length;
  const std::size_t packed = spec::packed_bytes(packing, p.length);
  for (std::size_t first = 0; first < blocks; first += step) {
    const std::size_t count = std::min(step, blocks - first);
    const float* from = values + first * p.length;
    p.kernels.amax(from, count, p.length, amax);
    bool any_odd = p.kernels.ideal(rule, amax, count, ideal, odd);
    p.scale_cast.encode(ideal, scales + first, count);
    for (std::size_t b = 0; b < count; ++b) {
      factors[b] = by_code[scales[first + b]];
      any_odd |= factors[b] == 0;
    }
    if (p.divides)
      p.kernels.divide(from, count, p.length, factors, scaled);
    else
      any_odd |=
          p.kernels.multiply(from, count, p.length, factors, p.grid, p.drop_zero_sign, scaled, odd);
    p.element_cast.encode(scaled, codes, count * p.length);
    for (std::size_t b = 0; any_odd && b < count; ++b) {
      if (odd[b] == 0 && factors[b] != 0) continue;
      const BlockOutput out =
          p.routine.quantize({from + b * p.length, p.length}, tensor, codes + b * p.length);
      scales[first + b] = static_cast<std::uint8_t>(out.scale);
      if (out.refused && !refused) refused = first + b;
    }
    if (packing == spec::Packing::kNibble)
      p.kernels.pack_nibbles(codes, count * p.length, elements + first * packed);
    else if (packing == spec::Packing::kByte)
      std::copy_n(codes, count * p.length, elements + first * packed);
    else
      spec::pack(packing, {codes, count * p.length}, {elements + first * packed, count * packed});
  }
  return refused;
}

}  // namespace mxscope::kernels
