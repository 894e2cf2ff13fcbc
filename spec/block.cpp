// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Every step is one operation on exact numbers, in the order that spec/recipe.h writes down.
#include "spec/block.h"

#include <algorithm>

#include "spec/error.h"
#include "spec/formats.h"
#include "spec/oracle.h"

namespace mxscope::spec {
namespace {

constexpr Precision kF32 = Precision::kF32;

Number one() { return Number::finite(1); }

Number largest_f32() {
  static const Number value = Number::finite(find_format("fp32").max_value());
  return value;
}

Number smaller(const Number& a, const Number& b) { return less(b, a) ? b : a; }

/// The maximum as the scale formula sees it. amax: not NaN, not infinite.
Number shape(const Recipe& recipe, AmaxShape how, const Number& amax) {
  if (amax.is_zero() || how == AmaxShape::kAsIs) return amax;
  if (how != AmaxShape::kElementPrecision) {
    const Precision precision = how == AmaxShape::kLog2Bf16 ? Precision::kBf16 : kF32;
    std::int64_t exponent = floor_rounded_log2(amax.magnitude, precision);
    if (recipe.scale_used == ScaleUsed::kUnclamped)
      exponent = std::clamp<std::int64_t>(exponent, -127, 127);
    return Number::finite(power_of_two(exponent));
  }
  // torchao adds half a unit to the binary32 pattern, so subnormals share one unit.
  const std::int64_t exponent = std::max<std::int64_t>(floor_log2(amax.magnitude), -126);
  const Rational quantum = power_of_two(exponent - recipe.element.mantissa_bits);
  const Rational raised = amax.magnitude / quantum + Rational(1, 2);
  const Rational rounded = Rational(Integer(numerator(raised) / denominator(raised))) * quantum;
  return rounded < power_of_two(128) ? Number::finite(rounded) : Number::infinity(false);
}

/// The block scale before it is rounded and clamped.
Number ideal_scale(const Recipe& recipe, const Number& amax, const TensorScales& tensor) {
  const Number d = Number::finite(recipe.divisor);
  const Number a = amax.kind == NumberKind::kFinite ? shape(recipe, recipe.amax_shape, amax) : amax;
  switch (recipe.scale_order) {
    case ScaleOrder::kExact:
      return divide(a, multiply(d, tensor.decode, Precision::kExact), Precision::kExact);
    case ScaleOrder::kDivide:
      return divide(divide(a, d, kF32), tensor.decode, kF32);
    case ScaleOrder::kReciprocal:
      return divide(multiply(a, divide(one(), d, kF32), kF32), tensor.decode, kF32);
    case ScaleOrder::kFoldedReciprocal:
      return smaller(multiply(a, multiply(tensor.encode, divide(one(), d, kF32), kF32), kF32),
                     largest_f32());
    case ScaleOrder::kDivideMultiply:
      return multiply(divide(a, d, kF32), tensor.encode, kF32);
  }
  throw std::logic_error("scale order");
}

/// ScaleMethod::kLog2Plus on a scale that is not a NaN.
Number log2_plus_scale(const Recipe& recipe, Number t) {
  const Number tiny = round_to(parse_number("1e-9"), kF32);
  if (t.kind == NumberKind::kInfinity) return Number::finite(power_of_two(127));
  if (t.is_zero()) t = tiny;
  const Rational raised = add(t, tiny, kF32).magnitude;
  const std::int64_t floor = floor_rounded_log2(raised, kF32);
  if (recipe.scale.mantissa_bits == 0) {
    const std::int64_t ceil = ceil_rounded_log2(raised, kF32);
    return Number::finite(power_of_two(std::clamp<std::int64_t>(ceil, -127, 127)));
  }
  const Rational unit = power_of_two(floor - recipe.scale.mantissa_bits);
  const Rational steps = t.magnitude / unit;
  return Number::finite(Rational(nearest_even(steps)) * unit);
}

Number clamped(const Recipe& recipe, const Number& scale) {
  if (recipe.scale_floor && less(scale, Number::finite(*recipe.scale_floor)))
    return Number::finite(*recipe.scale_floor);
  if (recipe.scale_ceiling && less(Number::finite(*recipe.scale_ceiling), scale))
    return Number::finite(*recipe.scale_ceiling);
  return scale;
}

/// The scale before it was clamped to the format's range: the shaped maximum over the divisor.
Number unclamped_scale(const Recipe& recipe, const Number& amax) {
  return divide(shape(recipe, recipe.amax_shape, amax), Number::finite(recipe.divisor), kF32);
}

Number scaled_element(const Recipe& recipe, const Number& x, const Number& s,
                      const TensorScales& tensor) {
  switch (recipe.element_order) {
    case ElementOrder::kExact:
      return divide(x, multiply(s, tensor.decode, Precision::kExact), Precision::kExact);
    case ElementOrder::kDivide:
      return divide(x, multiply(s, tensor.decode, kF32), kF32);
    case ElementOrder::kReciprocal:
      return multiply(x, divide(one(), multiply(s, tensor.decode, kF32), kF32), kF32);
    case ElementOrder::kReciprocalOfDecode: {
      const Number decode = multiply(s, divide(one(), tensor.encode, kF32), kF32);
      return multiply(x, smaller(divide(one(), decode, kF32), largest_f32()), kF32);
    }
    case ElementOrder::kReciprocalQuotient:
      return multiply(x, divide(divide(one(), tensor.decode, kF32), s, kF32), kF32);
  }
  throw std::logic_error("element order");
}

/// A magnitude rounded to a multiple of its binade's unit by adding a half, the binade found by a
/// logarithm that may be one too high (microxcaling elemwise_ops.py). The element format's own
/// rounding follows, and leaves such multiples alone.
Number round_by_adding_half(const Recipe& recipe, const Number& v) {
  if (v.kind != NumberKind::kFinite || v.is_zero()) return v;
  const Precision p =
      recipe.element_method == ElementMethod::kAddHalfBf16 ? Precision::kBf16 : kF32;
  std::int64_t exponent = 0;
  if (recipe.element.kind == FormatKind::kFloat)
    exponent = std::max<std::int64_t>(floor_rounded_log2(v.magnitude, p), recipe.element.emin());
  const Number unit = Number::finite(power_of_two(exponent - recipe.element.mantissa_bits));
  const Number half = Number::finite(Rational(1, 2));
  const Number a = divide(magnitude_of(v), unit, p);
  const auto floor_of = [](const Number& x) {
    return Integer(numerator(x.magnitude) / denominator(x.magnitude));
  };
  const Rounding mode = recipe.element_policy.rounding;
  Integer whole = floor_of(mode == Rounding::kTowardZero ? a : add(a, half, p));
  if (mode == Rounding::kNearestEven && !less(a, half)) {
    const Rational rest = subtract(a, half, p).magnitude;
    if (denominator(rest) == 1 && !bit_test(Integer(numerator(rest)), 0)) --whole;
  }
  Number out = v;
  out.magnitude = Rational(whole) * unit.magnitude;
  return out;
}

Outcome encode_scale(const Recipe& recipe, const Number& ideal) {
  Number scale = clamped(recipe, ideal);
  if (recipe.scale_method == ScaleMethod::kLog2Plus && scale.kind != NumberKind::kNan)
    scale = log2_plus_scale(recipe, scale);
  return cast(scale, recipe.scale, recipe.scale_policy);
}

/// ElementMethod::kArgmin. A NaN is nearest to the first value.
Outcome encode_by_search(const Recipe& recipe, const Number& v) {
  const Format& f = recipe.element;
  const auto nearer = [&](const Number& a, const Number& b) {
    return less(magnitude_of(subtract(v, a, kF32)), magnitude_of(subtract(v, b, kF32)));
  };
  Code best = f.encode(true, f.max_ordinal(true));
  for (std::int64_t i = 1 - f.max_ordinal(true); i <= f.max_ordinal(); ++i) {
    const Code code = f.encode(i < 0, std::abs(i));
    if (nearer(decode(f, code), decode(f, best))) best = code;
  }
  return {best};
}

Outcome encode_element(const Recipe& recipe, Number v, RandomBits random) {
  v = round_to(v, recipe.intermediate);
  if (recipe.zero_sign == ZeroSign::kDropInput && v.is_zero()) v.negative = false;
  const ElementMethod method = recipe.element_method;
  if (method == ElementMethod::kAddHalfF32 || method == ElementMethod::kAddHalfBf16)
    v = round_by_adding_half(recipe, v);
  Outcome out = method == ElementMethod::kArgmin
                    ? encode_by_search(recipe, v)
                    : cast(v, recipe.element, recipe.element_policy, random);
  const bool signs =
      recipe.zero_sign == ZeroSign::kDropResult || recipe.zero_sign == ZeroSign::kNegative;
  if (signs && recipe.element.classify(out.code) == CodeClass::kZero)
    out.code = recipe.element.encode(recipe.zero_sign == ZeroSign::kNegative, 0);
  return out;
}

BlockCodes refused_block(std::size_t count) {
  BlockCodes out;
  out.elements.assign(count, 0);
  out.refused = true;
  return out;
}

/// The elements under a scale that has been chosen.
BlockCodes encode_with(const Recipe& recipe, std::span<const Number> values, Outcome scale,
                       const Number& amax, const TensorScales& tensor,
                       std::span<const std::uint32_t> random) {
  if (scale.refused) return refused_block(values.size());
  BlockCodes out;
  out.scale = scale.code;
  out.elements.assign(values.size(), 0);
  Number s = decode(recipe.scale, out.scale);
  if (s.kind == NumberKind::kNan) s.negative = false;  // a scale is read as a magnitude
  if (s.is_zero()) {
    if (recipe.zero_scale == ZeroScale::kZeroCodes) return out;
    if (recipe.zero_scale == ZeroScale::kLeast) {
      out.scale = recipe.scale.encode(false, 1);
      s = decode(recipe.scale, out.scale);
    }
  }
  if (recipe.scale_used == ScaleUsed::kUnclamped && amax.kind == NumberKind::kFinite)
    s = unclamped_scale(recipe, amax);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const RandomBits bits = {.value = random.empty() ? 0 : random[i], .count = recipe.random_bits};
    const Outcome element =
        encode_element(recipe, scaled_element(recipe, values[i], s, tensor), bits);
    if (element.refused) return refused_block(values.size());
    out.elements[i] = static_cast<std::uint8_t>(element.code);
  }
  return out;
}

Number decoded_element(const Recipe& recipe, const BlockCodes& codes, std::size_t i) {
  Number q = decode(recipe.element, codes.elements[i]);
  if (recipe.kind != BlockKind::kHif4) return q;
  const int extra = static_cast<int>((codes.micro >> (i / 8)) & 1) +
                    static_cast<int>((codes.micro >> (8 + i / 4)) & 1);
  q.magnitude *= power_of_two(extra);
  return q;
}

Number element_error(const Recipe& recipe, const BlockCodes& codes, std::size_t i, const Number& x,
                     const TensorScales& tensor) {
  const Number q = decoded_element(recipe, codes, i);
  const Number s = decode(recipe.scale, codes.scale);
  if (recipe.error_order == ErrorOrder::kInputF32) {
    const Number scaled = multiply(multiply(q, s, kF32), tensor.amax, kF32);
    return subtract(divide(scaled, Number::finite(recipe.tensor_target), kF32), x, kF32);
  }
  if (recipe.error_order == ErrorOrder::kScaledF16)
    return subtract(multiply(q, s, Precision::kF16), multiply(x, tensor.encode, kF32), kF32);
  const Number decoded =
      multiply(multiply(q, s, Precision::kExact), tensor.decode, Precision::kExact);
  return subtract(decoded, x, Precision::kExact);
}

Number block_error(const Recipe& recipe, const BlockCodes& codes, std::span<const Number> values,
                   const TensorScales& tensor) {
  const Precision precision = recipe.error_order == ErrorOrder::kExact ? Precision::kExact : kF32;
  Number sum = Number::finite(0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Number error = element_error(recipe, codes, i, values[i], tensor);
    const Number size = magnitude_of(error);
    if (recipe.metric == ErrorMetric::kMax)
      sum = less(sum, size) || size.kind == NumberKind::kNan ? size : sum;
    else
      sum = add(sum, recipe.metric == ErrorMetric::kMse ? multiply(error, error, precision) : size,
                precision);
  }
  return sum;
}

BlockCodes four_over_six(const Recipe& recipe, std::span<const Number> values, const Number& amax,
                         const TensorScales& tensor, std::span<const std::uint32_t> random) {
  const Precision precision = recipe.scale_order == ScaleOrder::kExact ? Precision::kExact : kF32;
  const Number base = ideal_scale(recipe, amax, tensor);
  const Number wide = multiply(base, Number::finite(Rational(3, 2)), precision);
  const auto candidate = [&](const Number& scale) {
    return encode_with(recipe, values, encode_scale(recipe, scale), amax, tensor, random);
  };
  BlockCodes six = candidate(base);
  BlockCodes four = candidate(wide);
  if (six.refused || four.refused) return six.refused ? six : four;
  return less(block_error(recipe, four, values, tensor), block_error(recipe, six, values, tensor))
             ? four
             : six;
}

BlockCodes sweep(const Recipe& recipe, std::span<const Number> values, const Number& amax,
                 const TensorScales& tensor, std::span<const std::uint32_t> random) {
  std::optional<BlockCodes> best;
  Number least;
  for (std::int64_t ordinal = recipe.scale.zero ? 1 : 0; ordinal <= recipe.scale.max_ordinal();
       ++ordinal) {
    BlockCodes codes =
        encode_with(recipe, values, {recipe.scale.encode(false, ordinal)}, amax, tensor, random);
    if (codes.refused) return codes;
    const Number error = block_error(recipe, codes, values, tensor);
    if (best && !less(error, least)) continue;
    best = std::move(codes);
    least = error;
  }
  return *best;
}

/// HiF4 as its authors' quantizer has it: sub-block exponents from the maxima of 8 and of 4.
BlockCodes quantize_hif4(const Recipe& recipe, std::span<const Number> values, const Number& amax,
                         const TensorScales& tensor, std::span<const std::uint32_t> random) {
  if (values.size() != 64)
    throw Error("a HiF4 block has 64 elements; pad the last axis to a multiple of 64");
  const Outcome scale = encode_scale(recipe, ideal_scale(recipe, amax, tensor));
  BlockCodes out{.scale = scale.code, .elements = std::vector<std::uint8_t>(64)};
  const Number s = decode(recipe.scale, scale.code);
  const auto scaled_max = [&](std::size_t first, std::size_t count) {
    return scaled_element(recipe, block_amax(recipe, values.subspan(first, count)), s, tensor);
  };
  for (std::size_t i = 0; i < 8; ++i)
    if (!less(scaled_max(8 * i, 8), Number::finite(4))) out.micro |= std::uint32_t{1} << i;
  for (std::size_t i = 0; i < 16; ++i) {
    const Rational threshold = (out.micro >> (i / 2) & 1) != 0 ? 4 : 2;
    if (!less(scaled_max(4 * i, 4), Number::finite(threshold)))
      out.micro |= std::uint32_t{1} << (8 + i);
  }
  for (std::size_t i = 0; i < 64; ++i) {
    const int extra =
        static_cast<int>(out.micro >> (i / 8) & 1) + static_cast<int>(out.micro >> (8 + i / 4) & 1);
    Number v = scaled_element(recipe, values[i], s, tensor);
    if (v.kind == NumberKind::kFinite) v.magnitude /= power_of_two(extra);
    const Outcome element = encode_element(
        recipe, v, {.value = random.empty() ? 0 : random[i], .count = recipe.random_bits});
    out.elements[i] = static_cast<std::uint8_t>(element.code);
    if (element.refused || scale.refused) return refused_block(64);
  }
  return out;
}

}  // namespace

Number block_amax(const Recipe& recipe, std::span<const Number> values) {
  Number amax = Number::finite(0);
  for (const Number& x : values) {
    if (x.kind == NumberKind::kNan) {
      if (recipe.amax_nan == AmaxNan::kIgnore) continue;
      return x;
    }
    if (less(amax, magnitude_of(x))) amax = magnitude_of(x);
  }
  return amax;
}

TensorScales tensor_scales(const Recipe& recipe, const Number& tensor_amax) {
  TensorScales out{.amax = tensor_amax};
  const Number target = Number::finite(recipe.tensor_target);
  switch (recipe.tensor_scale) {
    case TensorScale::kNone:
      break;
    case TensorScale::kExact:
      if (tensor_amax.is_zero()) break;
      out.decode = divide(tensor_amax, target, Precision::kExact);
      out.encode = divide(one(), out.decode, Precision::kExact);
      break;
    case TensorScale::kDecode:
    case TensorScale::kDivideBf16:
      out.decode = divide(tensor_amax, target, kF32);
      out.encode = divide(one(), out.decode, kF32);
      break;
    case TensorScale::kEncode:
    case TensorScale::kMultiplyBf16:
      out.encode = smaller(divide(target, tensor_amax, kF32), largest_f32());
      if (out.encode.is_zero() || tensor_amax.is_zero()) out.encode = one();
      out.decode = divide(one(), out.encode, kF32);
      break;
  }
  return out;
}

std::vector<Number> block_inputs(const Recipe& recipe, std::span<const Number> values,
                                 const TensorScales& tensor) {
  std::vector<Number> inputs;
  inputs.reserve(values.size());
  for (const Number& x : values) {
    Number in = round_to(x, recipe.input);
    if (recipe.tensor_scale == TensorScale::kDivideBf16)
      in = divide(in, tensor.decode, Precision::kBf16);
    if (recipe.tensor_scale == TensorScale::kMultiplyBf16)
      in = round_to(multiply(in, tensor.encode, kF32), Precision::kBf16);
    inputs.push_back(in);
  }
  return inputs;
}

BlockCodes quantize_block(const Recipe& recipe, std::span<const Number> values,
                          const TensorScales& given, std::span<const std::uint32_t> random) {
  if (random.size() != (recipe.random_bits > 0 ? values.size() : 0))
    throw Error("stochastic recipes take the random bits of every element, others none");
  std::vector<Number> inputs = block_inputs(recipe, values, given);
  TensorScales tensor = given;
  if (recipe.tensor_scale == TensorScale::kDivideBf16 ||
      recipe.tensor_scale == TensorScale::kMultiplyBf16)
    tensor = {};

  Number amax = block_amax(recipe, inputs);
  if (amax.kind == NumberKind::kNan && recipe.amax_nan == AmaxNan::kError)
    return refused_block(values.size());
  if (recipe.flush_below && amax.kind == NumberKind::kFinite &&
      less(shape(recipe, recipe.amax_shape, amax), Number::finite(*recipe.flush_below))) {
    for (Number& x : inputs) x.magnitude = 0;
    amax.magnitude = 0;
  }
  if (recipe.kind == BlockKind::kHif4) return quantize_hif4(recipe, inputs, amax, tensor, random);
  if (amax.is_zero() && recipe.zero_block_scale) {
    if (recipe.zero_block_codes) {
      BlockCodes out;
      out.scale = *recipe.zero_block_scale;
      out.elements.assign(values.size(), 0);
      return out;
    }
    return encode_with(recipe, inputs, {*recipe.zero_block_scale}, amax, tensor, random);
  }
  if (recipe.search == ScaleSearch::kFourOverSix)
    return four_over_six(recipe, inputs, amax, tensor, random);
  if (recipe.search == ScaleSearch::kSweep && amax.kind == NumberKind::kFinite)
    return sweep(recipe, inputs, amax, tensor, random);
  const Outcome scale = encode_scale(recipe, ideal_scale(recipe, amax, tensor));
  return encode_with(recipe, inputs, scale, amax, tensor, random);
}

std::vector<Number> dequantize_block(const Recipe& recipe, const BlockCodes& codes,
                                     const TensorScales& tensor) {
  const Number s = multiply(decode(recipe.scale, codes.scale), tensor.decode, Precision::kExact);
  std::vector<Number> out;
  out.reserve(codes.elements.size());
  for (std::size_t i = 0; i < codes.elements.size(); ++i)
    out.push_back(multiply(decoded_element(recipe, codes, i), s, recipe.output));
  return out;
}

std::vector<Number> block_residual(const Recipe& recipe, std::span<const Number> values,
                                   const BlockCodes& codes, const TensorScales& tensor,
                                   const ResidualRule& rule) {
  Number s = decode(recipe.scale, codes.scale);
  if (rule.unrounded_scale)
    s = clamped(recipe, ideal_scale(recipe, block_amax(recipe, values), tensor));
  s = multiply(s, tensor.decode, Precision::kExact);
  std::vector<Number> out;
  out.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    out.push_back(subtract(values[i],
                           multiply(decoded_element(recipe, codes, i), s, Precision::kExact),
                           rule.precision));
  return out;
}

}  // namespace mxscope::spec
