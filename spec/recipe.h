// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How a block of reals becomes codes: every decision that two quantizers can differ in is a field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/arithmetic.h"
#include "spec/format.h"
#include "spec/policy.h"

namespace mxscope::spec {

/// The shape of the elements that share a scale; 0 stands for the tensor's whole extent.
struct BlockShape {
  int rows = 1;
  int columns = 32;

  bool operator==(const BlockShape&) const = default;
};

/// What the block's magnitudes, taken together, do with a NaN.
enum class AmaxNan : std::uint8_t {
  kPropagate,  ///< one NaN makes the maximum NaN
  kIgnore,     ///< comparisons with NaN are false, so it is skipped
  kError,      ///< refuse the block
};

/// What happens to the maximum before the scale is derived from it.
enum class AmaxShape : std::uint8_t {
  kAsIs,
  kElementPrecision,  ///< rounded half up to the element's significand (torchao EVEN)
  kLog2F32,           ///< 2^floor(log2f(amax)): the binary32 logarithm may round up to an integer
  kLog2Bf16,          ///< the same with the logarithm rounded again to bfloat16
};

/// The operations that give the block scale from amax, the divisor d and the tensor scale S (decode
/// direction) or E (encode direction, about 1/S). fl() rounds to binary32.
enum class ScaleOrder : std::uint8_t {
  kExact,             ///< amax / (d S)
  kDivide,            ///< fl(fl(amax / d) / S)                  torchao, ARCQuant
  kReciprocal,        ///< fl(amax fl(1 / d))                    torchao RCEIL, TransformerEngine MX
  kFoldedReciprocal,  ///< fl(amax fl(E fl(1 / d)))              TransformerEngine NVFP4
  kDivideMultiply,    ///< fl(fl(amax / d) E)                    TransformerEngine four-over-six
};

/// The operations that scale an element x by the stored block scale s.
enum class ElementOrder : std::uint8_t {
  kExact,               ///< x / (s S)
  kDivide,              ///< fl(x / fl(s S))
  kReciprocal,          ///< fl(x fl(1 / fl(s S)))                   ARCQuant, MicroMix
  kReciprocalOfDecode,  ///< fl(x min(fl(1 / fl(s fl(1 / E))), largest))  TransformerEngine NVFP4
  kReciprocalQuotient,  ///< fl(x fl(fl(1 / S) / s))                 torchao NVFP4
};

/// The scale that elements are divided by, where it is not the stored one.
enum class ScaleUsed : std::uint8_t {
  kStored,
  kUnclamped,  ///< the shaped amax, its exponent clamped to -127..127, over the divisor: what the
               ///< stored scale was before it was clamped to the format's range (Universal)
};

/// The float32 scale of a whole tensor (or row, with row_scaled).
enum class TensorScale : std::uint8_t {
  kNone,        ///< S = 1
  kExact,       ///< S = amax / target, a real number
  kDecode,      ///< S = fl(amax / target)                               torchao
  kEncode,      ///< E = min(fl(target / amax), largest), 1 if that is 0 or amax is 0; S = fl(1 / E)
  kDivideBf16,  ///< S = fl(amax / target) and x becomes bf16(x / S) first   ARCQuant
  kMultiplyBf16,  ///< E = fl(target / amax) and x becomes bf16(fl(x E)) first  TensorRT-LLM
};

/// How the block scale is rounded to the scale format.
enum class ScaleMethod : std::uint8_t {
  kCast,      ///< the exact cast under the scale policy
  kLog2Plus,  ///< t = scale, or 1e-9 for 0; e = log2f(fl(t + 1e-9)); precision 1: 2^ceil(e), within
              ///< 2^-127..2^127; else t to the nearest of 2^floor(e) (1 + m 2^-mantissa_bits), ties
              ///< to even m (ARCQuant's fake quantization)
};

/// How a scaled element is rounded to the element format.
enum class ElementMethod : std::uint8_t {
  kCast,         ///< the exact cast under the element policy
  kArgmin,       ///< the first value of least |fl(v - value)| in ascending order, in binary32: ties
                 ///< go toward -infinity, and so does what is too large to tell the values apart
  kAddHalfF32,   ///< a in units of the binade that floor(log2) finds; floor(fl(a + 1/2)), less one
                 ///< for rne when fl(a - 1/2) is even; floor(a) for rtz; all in binary32
  kAddHalfBf16,  ///< the same in bfloat16 (microxcaling on bfloat16 tensors)
};

/// Which zeros lose their sign.
enum class ZeroSign : std::uint8_t {
  kKeep,
  kDropInput,   ///< -0 before rounding becomes +0
  kDropResult,  ///< whatever rounds to -0 too
  kNegative,    ///< every zero is -0
};

/// What a block gets whose scale rounds to zero.
enum class ZeroScale : std::uint8_t {
  kArithmetic,  ///< the operations above, as IEEE 754 has them
  kZeroCodes,   ///< every element becomes the code of +0
  kLeast,       ///< the least positive scale instead (Universal)
};

/// How the scale is chosen where one formula does not give it.
enum class ScaleSearch : std::uint8_t {
  kNone,
  kFourOverSix,  ///< the formula's scale, or that of 1.5 times its value if its error is less
  kSweep,        ///< the code of least error among all; ties to the lowest code
};

/// The error that a search compares.
enum class ErrorMetric : std::uint8_t { kMse, kMae, kMax };

/// The arithmetic of that error.
enum class ErrorOrder : std::uint8_t {
  kExact,
  kInputF32,   ///< fl(fl(fl(q s) amax_tensor) / target) - x, summed in order in binary32
  kScaledF16,  ///< q s as binary16, minus fl(x E), summed in order in binary32
};

/// The arrangement of scales in a block.
enum class BlockKind : std::uint8_t {
  kScaled,  ///< one scale
  kHif4,    ///< HiF4: a scale for 64, one more exponent bit for each 8 and another for each 4
};

/// A quantizer. The formulas above are its operations; `divisor` is what a block's largest
/// magnitude is mapped to: the element's largest value, 2^emax for OCP's floor rule.
struct Recipe {
  std::string name = {};
  std::string source = {};  ///< which software or document, and where in it
  BlockKind kind = BlockKind::kScaled;

  Format element = {};
  Policy element_policy = {};
  Format scale = {};  ///< FP32 for scales stored as float32
  Policy scale_policy = {};
  BlockShape block = {};

  Precision input = Precision::kF32;  ///< each x is rounded to this first
  TensorScale tensor_scale = TensorScale::kNone;
  Rational tensor_target = 1;  ///< the magnitude that the tensor's largest is mapped to: 6 * 448

  AmaxNan amax_nan = AmaxNan::kPropagate;
  AmaxShape amax_shape = AmaxShape::kAsIs;
  Rational divisor = 1;
  ScaleOrder scale_order = ScaleOrder::kExact;
  std::optional<Rational> scale_floor = {};    ///< the scale is raised to this before rounding
  std::optional<Rational> scale_ceiling = {};  ///< and lowered to this
  ScaleMethod scale_method = ScaleMethod::kCast;
  std::optional<Code> zero_block_scale = {};  ///< the scale of a block of zeros
  bool zero_block_codes = false;              ///< and its elements are +0, whatever their signs
  ZeroScale zero_scale = ZeroScale::kZeroCodes;
  std::optional<Rational> flush_below = {};  ///< amax below this: the block counts as zeros

  ElementOrder element_order = ElementOrder::kExact;
  ScaleUsed scale_used = ScaleUsed::kStored;
  Precision intermediate = Precision::kExact;  ///< scaled elements are rounded to this too
  ElementMethod element_method = ElementMethod::kCast;
  ZeroSign zero_sign = ZeroSign::kKeep;
  Precision output = Precision::kExact;  ///< decoded values are rounded to this

  ScaleSearch search = ScaleSearch::kNone;
  ErrorMetric metric = ErrorMetric::kMse;
  ErrorOrder error_order = ErrorOrder::kExact;

  int random_bits = 0;  ///< of each element, for stochastic element rounding

  bool has_tensor_scale() const { return tensor_scale != TensorScale::kNone; }
  /// Elements sharing one scale, or 0 where that depends on the tensor.
  int block_elements() const { return block.rows * block.columns; }
};

/// Throws Error naming the field when the recipe contradicts itself.
void validate(const Recipe& recipe);

/// One field as text: {"scale_order", "reciprocal"}; policies as {"element.rounding", "rne"}.
struct RecipeField {
  std::string name;
  std::string value;
};
std::vector<RecipeField> describe(const Recipe& recipe);

/// `from` with the named field taken over from `to`. Throws Error for an unknown field.
Recipe with_field(Recipe from, const Recipe& to, std::string_view field);

/// Sets a field by name and text. Throws Error that lists what there is.
void set_field(Recipe& recipe, std::string_view field, std::string_view value);

}  // namespace mxscope::spec
