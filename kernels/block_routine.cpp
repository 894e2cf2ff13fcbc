// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The operations of spec/recipe.h on hardware floats; no contraction (-ffp-contract=off).
//
// Exact orders decide by a binary64 quotient a/b of exact products. If a and m b, where m is a
// rounding boundary (a value of the target, the middle of two, a stochastic threshold), have at
// most 52 significant bits each, a != m b implies a relative distance of 2^-52 or more, and the
// quotient, rounded by 2^-53, stays on its side of m. quotients_decide() counts the bits.
#include "kernels/block_routine.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "kernels/exact_number.h"
#include "kernels/narrowing.h"
#include "spec/batch.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/oracle.h"

namespace mxscope::kernels {

using spec::ElementMethod;
using spec::ElementOrder;
using spec::Outcome;
using spec::Precision;
using spec::Rational;
using spec::Recipe;
using spec::ScaleOrder;
using spec::TensorScale;

namespace {

constexpr int kDivisorBits = 8;
constexpr int kTargetBits = 12;
constexpr float kLargest = std::numeric_limits<float>::max();

bool is_binary32(const spec::Format& f) {
  return f.name == "fp32" && f.bits == 32 && f.exponent_bits == 8 && f.bias == 127;
}

/// For 0 <= x < 2^52, whatever the caller's rounding mode.
double nearest_even(double x) {
  const double low = std::floor(x);
  const double rest = x - low;
  return low + (rest > 0.5 || (rest == 0.5 && std::fmod(low, 2) != 0) ? 1 : 0);
}

/// Exact where fits(x, 53).
double as_double(const spec::Rational& x) { return x.convert_to<double>(); }
bool fits(const spec::Rational& x, int bits) {
  if (!spec::is_dyadic(x)) return false;
  const spec::Integer n = numerator(x);
  return n == 0 || static_cast<int>(msb(n)) - static_cast<int>(lsb(n)) < bits;
}

/// Significant bits of the format's rounding boundaries, at most.
int boundary_bits(const spec::Format& f, int random_bits) {
  return (f.kind == spec::FormatKind::kFloat ? f.precision() : f.magnitude_bits()) + 1 +
         random_bits;
}

/// The bound in the comment above: of a = x or x target, and of m b = m s S, m d S, S one binary32
/// number (that of a tensor scale, or its maximum).
bool quotients_decide(const Recipe& r) {
  constexpr int kMost = 52;
  constexpr int kF32Bits = 24;
  const bool narrow = r.scale.bits <= 8 && r.scale_used == spec::ScaleUsed::kStored;
  const int scale_bits = narrow ? boundary_bits(r.scale, 0) - 1 : kF32Bits;
  const int tensor_bits = r.has_tensor_scale() ? kF32Bits : 0;
  return kF32Bits + kTargetBits <= kMost &&
         (r.element_order != ElementOrder::kExact ||
          boundary_bits(r.element, r.random_bits) + scale_bits + tensor_bits <= kMost) &&
         (r.scale_order != ScaleOrder::kExact ||
          boundary_bits(r.scale, 0) + kDivisorBits + tensor_bits <= kMost);
}

/// Whether q s is a binary16 number for all codes.
bool products_fit_f16(const Recipe& r) {
  const Rational largest = r.element.max_value() * r.scale.max_value();
  const Rational least = r.element.min_positive() * r.scale.min_positive();
  return boundary_bits(r.element, 0) + boundary_bits(r.scale, 0) - 2 <= 11 && largest <= 65504 &&
         least >= spec::power_of_two(-24);
}

/// Whether every operation of the recipe is one rounding of hardware operands, or a quotient that
/// decides. Rounding an exact result first to binary64 or binary32 and then as the recipe says is
/// not the same.
bool binary64_decides(const Recipe& r) {
  const bool exact_orders =
      r.scale_order == ScaleOrder::kExact && r.element_order == ElementOrder::kExact;
  if (!quotients_decide(r)) return false;
  // S is then no binary32 number.
  if (r.tensor_scale == TensorScale::kExact && !exact_orders) return false;
  if (r.scale_order == ScaleOrder::kExact && r.scale_method == spec::ScaleMethod::kLog2Plus)
    return false;
  if (r.element_order == ElementOrder::kExact && r.element_method != ElementMethod::kCast &&
      r.intermediate == Precision::kExact)
    return false;
  if (r.search == spec::ScaleSearch::kNone || r.error_order == spec::ErrorOrder::kExact)
    return true;
  const bool has_factors = r.has_tensor_scale() && r.tensor_scale != TensorScale::kExact;
  return has_factors && (r.error_order != spec::ErrorOrder::kScaledF16 || products_fit_f16(r));
}

}  // namespace

BlockRoutine::BlockRoutine(const Recipe& recipe) : recipe_(recipe) {
  spec::validate(recipe_);
  const Recipe& r = recipe_;
  divisor_ = as_double(r.divisor);
  target_ = as_double(r.tensor_target);
  floor_ = r.scale_floor ? as_double(*r.scale_floor) : 0;
  ceiling_ = r.scale_ceiling ? as_double(*r.scale_ceiling) : 0;
  flush_below_ = r.flush_below ? as_double(*r.flush_below) : 0;
  element_max_ = as_double(r.element.max_value());
  const bool narrow_scale = r.scale.bits <= 8;
  const bool exact = r.element_order == ElementOrder::kExact || r.scale_order == ScaleOrder::kExact;
  fast_ = fits(r.divisor, kDivisorBits) && fits(r.tensor_target, kTargetBits) &&
          (!r.scale_floor || fits(*r.scale_floor, 24)) &&
          (!r.scale_ceiling || fits(*r.scale_ceiling, 24)) &&
          (narrow_scale || (is_binary32(r.scale) && !r.has_tensor_scale())) &&
          (!exact || r.random_bits <= 16) && r.input != Precision::kF64 &&
          r.input != Precision::kF16 && r.intermediate != Precision::kF16 &&
          r.intermediate != Precision::kF64;
  const bool bf16_amax = r.amax_shape == spec::AmaxShape::kLog2Bf16;
  const bool bf16_element = r.element_method == ElementMethod::kAddHalfBf16;
  const bool f32_logarithm = r.amax_shape == spec::AmaxShape::kLog2F32 ||
                             r.element_method == ElementMethod::kAddHalfF32 ||
                             r.scale_method == spec::ScaleMethod::kLog2Plus;
  if (!binary64_decides(r)) fast_ = false;
  // One table of logarithms, and HiF4 in the two orders that are written out below.
  if ((bf16_amax || bf16_element) && f32_logarithm) fast_ = false;
  if (r.kind == spec::BlockKind::kHif4 &&
      (r.has_tensor_scale() ||
       (r.element_order != ElementOrder::kExact && r.element_order != ElementOrder::kReciprocal)))
    fast_ = false;
  if (fast_) {
    try {
      scale_codec_ = spec::make_codec(spec::kF64, r.scale, r.scale_policy);
      spec::Policy numbers = r.element_policy;  // a NaN goes to the binary32 codec
      if (numbers.nan == spec::NanRule::kRebias) numbers.nan = spec::NanRule::kMaximum;
      element_codec_ = spec::make_codec(spec::kF64, r.element, numbers, r.random_bits);
      element_codec_f32_ = spec::make_codec(spec::kF32, r.element, r.element_policy, r.random_bits);
      if (r.element_method == ElementMethod::kCast && r.random_bits == 0 &&
          r.zero_sign == spec::ZeroSign::kKeep && r.element.storage_bits == 8 &&
          r.element.storage_shift == 0 && !spec::is_stochastic(r.element_policy.rounding))
        batch_ = std::make_shared<const spec::BatchCast>(spec::kF32, r.element, r.element_policy);
    } catch (const Error&) {
      fast_ = false;
    }
  }
  if (narrow_scale)
    for (spec::Code code = 0; code <= r.scale.code_mask(); ++code) {
      const spec::Number value = spec::decode(r.scale, code);
      scale_values_.push_back(value.kind == spec::NumberKind::kNan
                                  ? std::numeric_limits<float>::quiet_NaN()
                                  : nearest_f32(value));
    }
  for (spec::Code code = 0; code <= r.element.code_mask(); ++code)
    element_values_.push_back(nearest_f32(spec::decode(r.element, code)));
  if (r.element_method == ElementMethod::kArgmin)
    for (std::int64_t i = -r.element.max_ordinal(true); i <= r.element.max_ordinal(); ++i)
      ascending_.push_back(static_cast<std::uint8_t>(r.element.encode(i < 0, std::abs(i))));
  if ((bf16_amax || bf16_element || f32_logarithm) && fast_) {
    floor_log2_.emplace(f32_logarithm ? Precision::kF32 : Precision::kBf16,
                        RoundedLogarithm::Direction::kFloor);
    if (r.scale_method == spec::ScaleMethod::kLog2Plus)
      ceil_log2_.emplace(Precision::kF32, RoundedLogarithm::Direction::kCeiling);
  }
}

TensorFactors BlockRoutine::tensor_factors(float amax) const {
  TensorFactors out{.amax = amax};
  const spec::TensorScales exact = spec::tensor_scales(recipe_, number_of(amax));
  out.decode = nearest_f32(exact.decode);
  out.encode = nearest_f32(exact.encode);
  return out;
}

float BlockRoutine::prepared(float x, const TensorFactors& tensor) const {
  if (recipe_.input == Precision::kBf16) x = nearest_bf16(x);
  if (recipe_.tensor_scale == TensorScale::kDivideBf16) {
    // binary32 keeps enough bits of a quotient of a bfloat16 by a binary32 for one more rounding
    // only where it is not on a bfloat16 boundary; the binary64 quotient is exact enough.
    return nearest_bf16(static_cast<double>(x) / tensor.decode);
  }
  if (recipe_.tensor_scale == TensorScale::kMultiplyBf16) return nearest_bf16(x * tensor.encode);
  return x;
}

float BlockRoutine::block_amax(std::span<const float> values) const {
  std::uint32_t amax = 0;
  for (const float x : values) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFF;
    if (bits > 0x7F800000) {
      if (recipe_.amax_nan == spec::AmaxNan::kIgnore) continue;
      return x;
    }
    amax = std::max(amax, bits);
  }
  return std::bit_cast<float>(amax);
}

bool BlockRoutine::takes_logarithm() const {
  return recipe_.amax_shape == spec::AmaxShape::kLog2F32 ||
         recipe_.amax_shape == spec::AmaxShape::kLog2Bf16;
}

float BlockRoutine::shaped(float amax) const {
  if (amax == 0 || !std::isfinite(amax)) return amax;
  switch (recipe_.amax_shape) {
    case spec::AmaxShape::kAsIs:
      return amax;
    case spec::AmaxShape::kElementPrecision: {
      const std::uint32_t half = 1U << (22 - recipe_.element.mantissa_bits);
      return std::bit_cast<float>((std::bit_cast<std::uint32_t>(amax) + half) & ~(2 * half - 1));
    }
    case spec::AmaxShape::kLog2F32:
    case spec::AmaxShape::kLog2Bf16:
      break;
  }
  return static_cast<float>(std::ldexp(1.0, std::min((*floor_log2_)(amax), 127)));
}

double BlockRoutine::ideal_scale(float amax, const TensorFactors& t) const {
  // The logarithm of a number near the top may be 128, whose power binary32 lacks.
  double a = shaped(amax);
  if (takes_logarithm() && recipe_.scale_used == spec::ScaleUsed::kStored && std::isfinite(amax) &&
      amax != 0)
    a = std::ldexp(1.0, (*floor_log2_)(amax));
  const auto d = static_cast<float>(divisor_);
  const auto f = static_cast<float>(a);
  switch (recipe_.scale_order) {
    case ScaleOrder::kExact:
      if (recipe_.tensor_scale == TensorScale::kExact && t.amax != 0)
        return a * target_ / (divisor_ * t.amax);
      return a / (divisor_ * (recipe_.has_tensor_scale() ? t.decode : 1.0F));
    case ScaleOrder::kDivide:
      return f / d / t.decode;
    case ScaleOrder::kReciprocal:
      return f * (1.0F / d) / t.decode;
    case ScaleOrder::kFoldedReciprocal: {
      const float product = f * (t.encode * (1.0F / d));
      return kLargest < product ? kLargest : product;
    }
    case ScaleOrder::kDivideMultiply:
      return f / d * t.encode;
  }
  return 0;
}

double BlockRoutine::clamped(double ideal) const {
  if (recipe_.scale_floor && ideal < floor_) return floor_;
  if (recipe_.scale_ceiling && ceiling_ < ideal) return ceiling_;
  return ideal;
}

void BlockRoutine::inputs(std::span<const float> values, const TensorFactors& tensor,
                          float* out) const {
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = prepared(values[i], tensor);
}

double BlockRoutine::unrounded_scale(std::span<const float> inputs,
                                     const TensorFactors& tensor) const {
  return clamped(ideal_scale(block_amax(inputs), tensor));
}

Outcome BlockRoutine::encode_scale(double ideal) const {
  ideal = clamped(ideal);
  if (recipe_.scale_method == spec::ScaleMethod::kLog2Plus && !std::isnan(ideal)) {
    if (std::isinf(ideal)) {
      ideal = std::ldexp(1.0, 127);
    } else {
      const float t = ideal == 0 ? 1e-9F : static_cast<float>(ideal);
      const float raised = t + 1e-9F;
      if (recipe_.scale.mantissa_bits == 0) {
        ideal = std::ldexp(1.0, std::clamp((*ceil_log2_)(raised), -127, 127));
      } else {
        const double unit = std::ldexp(1.0, (*floor_log2_)(raised)-recipe_.scale.mantissa_bits);
        ideal = nearest_even(t / unit) * unit;
      }
    }
  }
  return scale_codec_.encode(std::bit_cast<std::uint64_t>(ideal));
}

float BlockRoutine::scale_value(std::uint32_t code) const {
  return scale_values_.empty() ? std::bit_cast<float>(code) : scale_values_[code];
}

double BlockRoutine::by_adding_half(double v) const {
  if (!std::isfinite(v) || v == 0) return v;
  const bool bf16 = recipe_.element_method == ElementMethod::kAddHalfBf16;
  const auto round = [&](float x) { return bf16 ? nearest_bf16(x) : x; };
  const auto size = static_cast<float>(std::fabs(v));
  int exponent = 0;
  if (recipe_.element.kind == spec::FormatKind::kFloat) {
    exponent = recipe_.element.emin();
    if (size >= std::ldexp(1.0F, exponent)) exponent = std::max((*floor_log2_)(size), exponent);
  }
  const double unit = std::ldexp(1.0, exponent - recipe_.element.mantissa_bits);
  const float a = round(static_cast<float>(size / unit));
  const spec::Rounding mode = recipe_.element_policy.rounding;
  double whole = std::floor(mode == spec::Rounding::kTowardZero ? a : round(a + 0.5F));
  if (mode == spec::Rounding::kNearestEven && a >= 0.5F && std::fmod(round(a - 0.5F), 2.0F) == 0)
    whole -= 1;
  return std::copysign(whole * unit, v);
}

Outcome BlockRoutine::encode_by_search(float v) const {
  std::uint8_t best = ascending_.front();
  for (const std::uint8_t code : ascending_)
    if (std::fabs(v - element_values_[code]) < std::fabs(v - element_values_[best])) best = code;
  return {best};
}

Outcome BlockRoutine::encode_element(double v, std::uint32_t random) const {
  if (recipe_.intermediate == Precision::kBf16) v = nearest_bf16(v);
  if (recipe_.intermediate == Precision::kF32) v = static_cast<float>(v);
  if (recipe_.zero_sign == spec::ZeroSign::kDropInput && v == 0) v = 0;
  Outcome out;
  if (recipe_.element_method == ElementMethod::kArgmin) {
    out = encode_by_search(static_cast<float>(v));
  } else {
    if (recipe_.element_method != ElementMethod::kCast) v = by_adding_half(v);
    // A NaN's payload, which torchao's codes depend on, is that of binary32.
    out = std::isnan(v)
              ? element_codec_f32_.encode(std::bit_cast<std::uint32_t>(static_cast<float>(v)))
              : element_codec_.encode(std::bit_cast<std::uint64_t>(v), random);
  }
  const bool negative = recipe_.zero_sign == spec::ZeroSign::kNegative;
  if ((negative || recipe_.zero_sign == spec::ZeroSign::kDropResult) &&
      recipe_.element.classify(out.code) == spec::CodeClass::kZero)
    out.code = recipe_.element.encode(negative, 0);
  return out;
}

BlockOutput BlockRoutine::encode_with(const Block& block, Outcome scale,
                                      std::uint8_t* elements) const {
  const auto refuse = [&] {
    std::fill_n(elements, block.values.size(), std::uint8_t{0});
    return BlockOutput{.refused = true};
  };
  if (scale.refused) return refuse();
  BlockOutput out{.scale = static_cast<std::uint32_t>(scale.code)};
  float s = scale_value(out.scale);
  if (std::isnan(s)) s = std::fabs(s);
  if (s == 0 && recipe_.zero_scale == spec::ZeroScale::kZeroCodes) {
    std::fill_n(elements, block.values.size(), std::uint8_t{0});
    return out;
  }
  if (s == 0 && recipe_.zero_scale == spec::ZeroScale::kLeast) {
    out.scale = static_cast<std::uint32_t>(recipe_.scale.encode(false, 1));
    s = scale_value(out.scale);
  }
  if (recipe_.scale_used == spec::ScaleUsed::kUnclamped && std::isfinite(block.amax)) {
    const float a = shaped(block.amax);
    const float least = takes_logarithm() ? std::ldexp(1.0F, -127) : 0.0F;
    s = (a != 0 && a < least ? least : a) / static_cast<float>(divisor_);
  }
  const TensorFactors& t = block.tensor;
  const bool real_tensor = recipe_.tensor_scale == TensorScale::kExact && t.amax != 0;
  float multiplier = 0;
  double denominator = 1;
  switch (recipe_.element_order) {
    case ElementOrder::kExact:
      denominator =
          real_tensor ? static_cast<double>(s) * t.amax : static_cast<double>(s) * t.decode;
      break;
    case ElementOrder::kDivide:
      denominator = s * t.decode;
      break;
    case ElementOrder::kReciprocal:
      multiplier = 1.0F / (s * t.decode);
      break;
    case ElementOrder::kReciprocalOfDecode: {
      const float reciprocal = 1.0F / (s * (1.0F / t.encode));
      multiplier = kLargest < reciprocal ? kLargest : reciprocal;
      break;
    }
    case ElementOrder::kReciprocalQuotient:
      multiplier = 1.0F / t.decode / s;
      break;
  }
  if (batch_) return encode_batch(block, denominator, multiplier, elements) ? out : refuse();
  for (std::size_t i = 0; i < block.values.size(); ++i) {
    const double v = scaled(block, block.values[i], denominator, multiplier);
    const Outcome element = encode_element(v, block.random.empty() ? 0 : block.random[i]);
    if (element.refused) return refuse();
    elements[i] = static_cast<std::uint8_t>(element.code);
  }
  return out;
}

double BlockRoutine::scaled(const Block& block, float x, double denominator,
                            float multiplier) const {
  if (recipe_.element_order == ElementOrder::kExact) {
    const bool real_tensor = recipe_.tensor_scale == TensorScale::kExact && block.tensor.amax != 0;
    return (real_tensor ? x * target_ : static_cast<double>(x)) / denominator;
  }
  if (recipe_.element_order == ElementOrder::kDivide) return x / static_cast<float>(denominator);
  return x * multiplier;
}

float BlockRoutine::narrowed(double v) const {
  if (recipe_.intermediate == Precision::kBf16) return nearest_bf16(v);
  return recipe_.intermediate == Precision::kF32 ? static_cast<float>(v) : rounded_to_odd(v);
}

bool BlockRoutine::encode_batch(const Block& block, double denominator, float multiplier,
                                std::uint8_t* elements) const {
  constexpr std::size_t kSome = 256;
  std::array<float, kSome> narrow;
  for (std::size_t first = 0; first < block.values.size(); first += kSome) {
    const std::size_t count = std::min(kSome, block.values.size() - first);
    for (std::size_t i = 0; i < count; ++i) {
      const double v = scaled(block, block.values[first + i], denominator, multiplier);
      narrow[i] = narrowed(v);
    }
    if (batch_->encode(narrow.data(), elements + first, count)) return false;
  }
  return true;
}

BlockOutput BlockRoutine::quantize_hif4(const Block& block, std::uint8_t* elements) const {
  const Outcome scale = encode_scale(ideal_scale(block.amax, block.tensor));
  BlockOutput out{.scale = static_cast<std::uint32_t>(scale.code), .refused = scale.refused};
  const float s = scale_value(out.scale);
  const float reciprocal = 1.0F / s;
  const bool exact = recipe_.element_order == ElementOrder::kExact;
  const auto scaled = [&](float x) {
    return exact ? static_cast<double>(x) / s : static_cast<double>(x * reciprocal);
  };
  for (std::size_t i = 0; i < 8; ++i)
    if (!(scaled(block_amax(block.values.subspan(8 * i, 8))) < 4)) out.micro |= 1U << i;
  for (std::size_t i = 0; i < 16; ++i)
    if (!(scaled(block_amax(block.values.subspan(4 * i, 4))) <
          ((out.micro >> (i / 2) & 1) != 0 ? 4 : 2)))
      out.micro |= 1U << (8 + i);
  for (std::size_t i = 0; i < 64; ++i) {
    const unsigned extra = (out.micro >> (i / 8) & 1) + (out.micro >> (8 + i / 4) & 1);
    const Outcome element = encode_element(scaled(block.values[i]) / (1U << extra),
                                           block.random.empty() ? 0 : block.random[i]);
    elements[i] = static_cast<std::uint8_t>(element.code);
    out.refused = out.refused || element.refused;
  }
  if (!out.refused) return out;
  std::fill_n(elements, 64, std::uint8_t{0});
  return {.refused = true};
}

BlockOutput BlockRoutine::quantize_exactly(std::span<const float> values,
                                           const TensorFactors& tensor, std::uint8_t* elements,
                                           std::span<const std::uint32_t> random) const {
  std::vector<spec::Number> numbers;
  numbers.reserve(values.size());
  for (const float x : values) numbers.push_back(number_of(x));
  const spec::BlockCodes codes = spec::quantize_block(
      recipe_, numbers, spec::tensor_scales(recipe_, number_of(tensor.amax)), random);
  std::copy(codes.elements.begin(), codes.elements.end(), elements);
  return {static_cast<std::uint32_t>(codes.scale), codes.micro, codes.refused};
}

BlockOutput BlockRoutine::quantize(std::span<const float> values, const TensorFactors& given,
                                   std::uint8_t* elements,
                                   std::span<const std::uint32_t> random) const {
  if (random.size() != (recipe_.random_bits > 0 ? values.size() : 0))
    throw Error("stochastic recipes take the random bits of every element, others none");
  if (!fast_) return quantize_exactly(values, given, elements, random);
  const bool rescaled = recipe_.tensor_scale == TensorScale::kDivideBf16 ||
                        recipe_.tensor_scale == TensorScale::kMultiplyBf16;
  const TensorFactors tensor = rescaled || !recipe_.has_tensor_scale() ? TensorFactors{} : given;
  std::vector<float> changed;
  std::span<const float> inputs = values;
  if (rescaled || recipe_.input == Precision::kBf16) {
    changed.assign(values.begin(), values.end());
    for (float& x : changed) x = prepared(x, given);
    inputs = changed;
  }
  float amax = block_amax(inputs);
  if (std::isnan(amax) && recipe_.amax_nan == spec::AmaxNan::kError) {
    std::fill_n(elements, values.size(), std::uint8_t{0});
    return {.refused = true};
  }
  if (recipe_.flush_below && std::isfinite(amax) && shaped(amax) < flush_below_) {
    changed.assign(inputs.begin(), inputs.end());
    for (float& x : changed) x = std::copysign(0.0F, x);
    inputs = changed;
    amax = 0;
  }
  const Block block{inputs, amax, tensor, random};
  if (recipe_.kind == spec::BlockKind::kHif4) {
    if (values.size() != 64)
      throw Error("a HiF4 block has 64 elements; pad the last axis to a multiple of 64");
    return quantize_hif4(block, elements);
  }
  if (amax == 0 && recipe_.zero_block_scale) {
    if (!recipe_.zero_block_codes) return encode_with(block, {*recipe_.zero_block_scale}, elements);
    std::fill_n(elements, values.size(), std::uint8_t{0});
    return {.scale = static_cast<std::uint32_t>(*recipe_.zero_block_scale)};
  }
  const double ideal = ideal_scale(amax, tensor);
  const bool sweep = recipe_.search == spec::ScaleSearch::kSweep && std::isfinite(amax);
  if (sweep || recipe_.search == spec::ScaleSearch::kFourOverSix) {
    BlockOutput out;
    return search(block, ideal, elements, out) ? out
                                               : quantize_exactly(values, given, elements, random);
  }
  return encode_with(block, encode_scale(ideal), elements);
}

void BlockRoutine::dequantize(const BlockOutput& codes, const std::uint8_t* elements,
                              std::size_t count, const TensorFactors& tensor, float* values) const {
  // q s has at most 32 bits and S 24: the binary64 product of the first two is exact, and the last
  // is exact too except under TensorScale::kExact, where amax and the target stand for S.
  const double s = scale_value(codes.scale);
  const bool real_tensor = recipe_.tensor_scale == TensorScale::kExact && tensor.amax != 0;
  for (std::size_t i = 0; i < count; ++i) {
    double q = element_values_[elements[i]];
    if (recipe_.kind == spec::BlockKind::kHif4)
      q *= 1U << ((codes.micro >> (i / 8) & 1) + (codes.micro >> (8 + i / 4) & 1));
    const double exact = real_tensor ? q * s * tensor.amax / target_ : q * s * tensor.decode;
    auto rounded = static_cast<float>(exact);
    if (recipe_.output == Precision::kBf16) rounded = nearest_bf16(rounded);
    values[i] = rounded;
  }
}

}  // namespace mxscope::kernels
