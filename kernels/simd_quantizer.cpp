// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A few kilobytes at a time, out of the first-level cache: block maxima, their scales, a factor for
// each scale, and elements scaled and cast in one pass, or by the casts of spec/batch.h.
#include "kernels/simd_quantizer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/block_simd.h"
#include "kernels/narrowing.h"
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
constexpr float kLeastNormal = std::numeric_limits<float>::min();
constexpr float kLargest = std::numeric_limits<float>::max();
constexpr std::size_t kMaxPieces = kChunk / 16;
constexpr std::size_t kMaxLength = 1024;

bool holds(const Recipe& r) {
  const spec::Rounding mode = r.element_policy.rounding;
  return r.kind == spec::BlockKind::kScaled && r.block.rows == 1 && r.block.columns >= 16 &&
         r.block.columns % 16 == 0 && r.block.columns <= static_cast<int>(kMaxLength) &&
         r.scale.bits <= 8 && r.scale.storage_shift == 0 && r.element.storage_shift == 0 &&
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

/// What a scale code multiplies or divides elements by, for maxima up to a pattern.
struct Factor {
  float value = 0;
  std::uint32_t largest = 0;  ///< 0 where the factor is not ordinary
};

/// The factors of `pieces` pieces in each block; whether some maximum is too large for its own.
bool spread(const std::array<Factor, 256>& by_code, const std::uint8_t* scales,
            const std::uint32_t* amax, std::size_t blocks, std::size_t pieces, float* factors) {
  std::uint32_t excess = 0;
  const auto each = [&](const auto& put) {
    for (std::size_t b = 0; b < blocks; ++b) {
      const Factor f = by_code[scales[b]];
      excess |= amax[b] > f.largest ? 1 : 0;
      put(b, f.value);
    }
  };
  if (pieces == 1)
    each([&](std::size_t b, float f) { factors[b] = f; });
  else if (pieces == 2)
    each([&](std::size_t b, float f) { factors[2 * b] = factors[2 * b + 1] = f; });
  else
    each([&](std::size_t b, float f) { std::fill_n(factors + b * pieces, pieces, f); });
  return excess != 0;
}

}  // namespace

struct SimdQuantizer::Plan {
  BlockRoutine routine;
  BlockKernels kernels;
  spec::BatchCast scale_cast;
  spec::BatchCast element_cast;
  std::size_t length = 0;
  bool power_of_two_scale = false;
  bool one_pass = false;  ///< BlockKernels::cast holds the element cast
  ElementCast cast;
  bool any_maximum = false;  ///< a scaled element that overflows has the right code too
  float divisor = 1;
  double target = 1;
  float floor = 0;
  float ceiling = std::numeric_limits<float>::infinity();
  std::array<float, 256> scale_values{};

  /// The formula for block scales under one tensor's factors.
  IdealScale ideal_scale(const TensorFactors& t) const;
  /// What elements are multiplied or divided by.
  float factor(float s, const TensorFactors& t) const;

  std::array<Factor, 256> factors(const TensorFactors& t) const;

  /// The codes of a block whose products are too near a boundary.
  void encode_exactly(std::span<const float> values, std::uint8_t scale, const TensorFactors& t,
                      std::uint8_t* codes) const;

  /// Scales and casts. Returns whether any piece is odd.
  bool encode(const float* values, std::size_t count, const float* piece_factors,
              std::uint8_t* codes, bool nibbles, std::uint32_t* odd) const;
};

struct SimdQuantizer::Tables {
  TensorFactors tensor;
  std::array<Factor, 256> by_code;
  IdealScale rule;
};

IdealScale SimdQuantizer::Plan::ideal_scale(const TensorFactors& t) const {
  using Form = IdealScale::Form;
  const Recipe& r = routine.recipe();
  IdealScale out{.divisor = divisor, .floor = floor, .ceiling = ceiling};
  if (r.amax_shape == spec::AmaxShape::kElementPrecision)
    out.half = 1U << (22 - r.element.mantissa_bits);
  switch (r.scale_order) {
    case ScaleOrder::kExact:
      // A quotient by so short a divisor never rounds onto a boundary: the argument in
      // block_routine.cpp with 2^-24 for 2^-53.
      // But for subnormal ones.
      out.form = Form::kDivide;
      out.least = kLeastNormal;
      if (r.tensor_scale == TensorScale::kNone) break;
      out.form = Form::kMultiply;
      out.factor = static_cast<float>(r.tensor_scale == TensorScale::kExact
                                          ? target / (static_cast<double>(divisor) * t.amax)
                                          : 1.0 / (static_cast<double>(divisor) * t.decode));
      out.grid = (1U << (22 - r.scale.mantissa_bits)) - 1;
      if (!(out.factor >= kLeastNormal)) out.least = std::numeric_limits<float>::infinity();
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
      out.ceiling = std::min(ceiling, kLargest);
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
      if (r.tensor_scale == TensorScale::kNone)
        return cast.scaling == Scaling::kDivide ? s : 1.0F / s;
      return static_cast<float>(r.tensor_scale == TensorScale::kExact
                                    ? target / (static_cast<double>(s) * t.amax)
                                    : 1.0 / (static_cast<double>(s) * t.decode));
    case ElementOrder::kDivide:
      return s * t.decode;
    case ElementOrder::kReciprocal:
      return 1.0F / (s * t.decode);
    case ElementOrder::kReciprocalOfDecode:
      return std::min(1.0F / (s * (1.0F / t.encode)), kLargest);
    case ElementOrder::kReciprocalQuotient:
      return 1.0F / t.decode / s;
  }
  return 0;
}

std::array<Factor, 256> SimdQuantizer::Plan::factors(const TensorFactors& t) const {
  std::array<Factor, 256> out;
  // A subnormal factor is not as near its number as products that are only near need it.
  const float least = cast.scaling == Scaling::kMultiplyNear ? kLeastNormal : 0;
  for (std::uint32_t code = 0; code <= routine.recipe().scale.code_mask(); ++code) {
    const float f = factor(scale_values[code], t);
    if (!(f > 0 && f >= least && f <= kLargest)) continue;
    const float largest = any_maximum                        ? kLargest
                          : cast.scaling == Scaling::kDivide ? kLargestScaled * f
                                                             : kLargestScaled / f;
    out[code] = {f, std::bit_cast<std::uint32_t>(largest)};
  }
  return out;
}

bool SimdQuantizer::Plan::encode(const float* values, std::size_t count, const float* piece_factors,
                                 std::uint8_t* codes, bool nibbles, std::uint32_t* odd) const {
  if (one_pass) {
    ElementCast rule = cast;
    rule.nibbles = nibbles;
    return kernels.cast(rule, values, count, piece_factors, codes, odd);
  }
  alignas(64) float scaled[kChunk];
  alignas(64) std::uint8_t bytes[kChunk];
  bool any = false;
  if (cast.scaling == Scaling::kDivide)
    kernels.divide(values, count, piece_factors, scaled);
  else
    any = kernels.multiply(values, count, piece_factors, cast.grid,
                           cast.scaling == Scaling::kMultiplyPlusZero, scaled, odd);
  element_cast.encode(scaled, nibbles ? bytes : codes, count);
  if (nibbles) kernels.pack_nibbles(bytes, count, codes);
  return any;
}

void SimdQuantizer::Plan::encode_exactly(std::span<const float> values, std::uint8_t scale,
                                         const TensorFactors& t, std::uint8_t* codes) const {
  // The quotients of block_routine.cpp, which decide; to odd, no cast sees that they are rounded.
  const bool real_tensor = routine.recipe().tensor_scale == TensorScale::kExact;
  const double numerator = real_tensor ? target : 1;
  const double denominator =
      static_cast<double>(scale_values[scale]) * (real_tensor ? t.amax : t.decode);
  std::array<float, kMaxLength> quotients;
  for (std::size_t i = 0; i < values.size(); ++i)
    quotients[i] = rounded_to_odd(values[i] * numerator / denominator);
  element_cast.encode(quotients.data(), codes, values.size());
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
  const bool divides = recipe.element_order == ElementOrder::kDivide ||
                       (exact && recipe.tensor_scale == TensorScale::kNone && !exact_product);
  const bool drops = recipe.zero_sign == spec::ZeroSign::kDropInput;
  // A product that underflows is a zero, and must not lose the sign of the number it stands for.
  if (drops && (divides || exact)) return std::nullopt;
  if (divides) {
    plan.cast.scaling = Scaling::kDivide;
  } else if (exact && !exact_product) {
    plan.cast.scaling = Scaling::kMultiplyNear;
    plan.cast.grid = (1U << (22 - recipe.element.mantissa_bits)) - 1;
  } else if (drops) {
    plan.cast.scaling = Scaling::kMultiplyPlusZero;
  }
  const spec::Codec codec = spec::make_codec(spec::kF32, recipe.element, numbers);
  plan.one_pass = fits_one_pass(codec);
  if (plan.one_pass) {
    plan.cast.lanes = spec::lane_constants<std::uint32_t>(codec, 23);
    // An infinity gets overflow's code from the cast. In exact orders it stands for a number.
    const auto& c = plan.cast.lanes;
    plan.any_maximum = exact || c.infinity == c.overflow;
  }
  for (std::uint32_t code = 0; code <= recipe.scale.code_mask(); ++code)
    plan.scale_values[code] = plan.routine.scale_value(code);
  return SimdQuantizer(std::make_unique<const Plan>(std::move(plan)));
}

std::shared_ptr<const SimdQuantizer::Tables> SimdQuantizer::tables(
    const TensorFactors& tensor) const {
  return std::make_shared<const Tables>(
      Tables{tensor, plan_->factors(tensor), plan_->ideal_scale(tensor)});
}

std::optional<std::size_t> SimdQuantizer::quantize(const float* values, std::size_t blocks,
                                                   const TensorFactors& tensor,
                                                   spec::Packing packing, std::uint8_t* elements,
                                                   std::uint8_t* scales) const {
  return quantize(values, blocks, *tables(tensor), packing, elements, scales);
}

std::optional<std::size_t> SimdQuantizer::quantize(const float* values, std::size_t blocks,
                                                   const Tables& tables, spec::Packing packing,
                                                   std::uint8_t* elements,
                                                   std::uint8_t* scales) const {
  const Plan& p = *plan_;
  alignas(64) std::uint8_t codes[kChunk];
  alignas(64) std::uint32_t amax[kMaxPieces] = {};
  alignas(64) float ideal[kMaxPieces];
  alignas(64) std::uint32_t odd[kMaxPieces];
  alignas(64) float piece_factors[kMaxPieces];
  alignas(64) std::uint32_t odd_pieces[kMaxPieces] = {};
  const auto& by_code = tables.by_code;
  std::optional<std::size_t> refused;
  const std::size_t pieces = p.length / 16;
  const std::size_t step = kChunk / p.length;
  const std::size_t packed = spec::packed_bytes(packing, p.length);
  const bool zero_codes = p.routine.recipe().zero_scale == spec::ZeroScale::kZeroCodes;
  const bool streams = packing == spec::Packing::kSixBitStream;
  for (std::size_t first = 0; first < blocks; first += step) {
    const std::size_t count = std::min(step, blocks - first);
    const float* from = values + first * p.length;
    std::uint8_t* to = elements + first * packed;
    p.kernels.amax(from, count, p.length, amax);
    bool any_odd = p.kernels.ideal(tables.rule, amax, count, ideal, odd);
    p.scale_cast.encode(ideal, scales + first, count);
    any_odd |= spread(by_code, scales + first, amax, count, pieces, piece_factors);
    any_odd |= p.encode(from, count * p.length, piece_factors, streams ? codes : to,
                        packing == spec::Packing::kNibble, odd_pieces);
    for (std::size_t b = 0; any_odd && b < count; ++b) {
      const std::uint8_t scale = scales[first + b];
      const bool has_factor = odd[b] == 0 && amax[b] <= by_code[scale].largest;
      std::uint32_t near = 0;
      for (std::size_t i = b * pieces; i < (b + 1) * pieces; ++i)
        near |= std::exchange(odd_pieces[i], 0);
      if (has_factor && near == 0) continue;
      const std::span block(from + b * p.length, p.length);
      std::uint8_t* one = streams ? codes + b * p.length : codes;
      if (has_factor) {
        p.encode_exactly(block, scale, tables.tensor, one);
      } else if (odd[b] == 0 && p.scale_values[scale] == 0 && zero_codes) {
        std::fill_n(one, p.length, std::uint8_t{0});
      } else {
        const BlockOutput out = p.routine.quantize(block, tables.tensor, one);
        scales[first + b] = static_cast<std::uint8_t>(out.scale);
        if (out.refused && !refused) refused = first + b;
      }
      if (!streams) spec::pack(packing, {one, p.length}, {to + b * packed, packed});
    }
    if (streams) p.kernels.pack_six_bits(codes, count * p.length, to);
  }
  return refused;
}

}  // namespace mxscope::kernels
