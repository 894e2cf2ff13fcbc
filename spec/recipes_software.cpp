// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Quantizers of real software, code for code: what each does that the documents do not say.
#include <fmt/format.h>

#include "spec/conversions.h"
#include "spec/formats.h"
#include "spec/recipe_rows.h"

namespace mxscope::spec {
namespace {

struct Element {
  const char* format;
  const char* mx;     ///< torchao, gfloat and Universal: "mxfp4"
  const char* plain;  ///< microxcaling: "fp4_e2m1"
};
constexpr Element kElements[] = {
    {"e4m3", "mxfp8_e4m3", "fp8_e4m3"}, {"e5m2", "mxfp8_e5m2", "fp8_e5m2"},
    {"e3m2", "mxfp6_e3m2", "fp6_e3m2"}, {"e2m3", "mxfp6_e2m3", "fp6_e2m3"},
    {"e2m1", "mxfp4", "fp4_e2m1"},      {"mxint8", "mxint8", "int8"}};

bool is_float(const Recipe& r) { return r.element.kind == FormatKind::kFloat; }

void add_torchao(std::vector<Recipe>& rows) {
  for (const Element& e : kElements) {
    if (e.format == std::string_view("mxint8")) continue;
    Recipe floor = mx_recipe("", e.format);
    floor.element_order = ElementOrder::kReciprocal;
    floor.zero_scale = ZeroScale::kArithmetic;
    floor.source = "torchao mx_tensor.py to_mx, ScaleCalculationMode.FLOOR";
    if (floor.element.has_nan())
      floor.element_policy.nan_sign = NanSign::kKeep;
    else
      floor.element_policy = find_conversion("ao_f32_to_f4_unpacked").policy;
    const auto row = [&](Recipe r, std::string_view mode) {
      r.name = fmt::format("torchao_{}_{}", e.mx, mode);
      rows.push_back(std::move(r));
    };
    row(floor, "floor");
    Recipe r = floor;
    r.scale_policy.rounding = Rounding::kUp;
    r.source = "torchao mx_tensor.py to_mx, ScaleCalculationMode.CEIL";
    row(r, "ceil");
    r.divisor = r.element.max_value();
    r.scale_order = ScaleOrder::kReciprocal;
    r.source = "torchao mx_tensor.py to_mx, ScaleCalculationMode.RCEIL";
    row(r, "rceil");
    r = floor;
    r.amax_shape = AmaxShape::kElementPrecision;
    r.source = "torchao mx_tensor.py to_mx, ScaleCalculationMode.EVEN";
    row(r, "even");
  }

  Recipe nv = nvfp4_recipe("torchao_nvfp4_1level");
  nv.element_policy = find_conversion("ao_f32_to_f4_unpacked").policy;
  nv.scale = find_format("e4m3");  // float8_e4m3fn, so that a NaN has a sign
  nv.scale_policy = named_policy("pytorch", nv.scale);
  nv.scale_floor = power_of_two(-6);
  nv.scale_ceiling = 448;
  nv.scale_order = ScaleOrder::kDivide;
  nv.element_order = ElementOrder::kReciprocalQuotient;
  nv.zero_scale = ZeroScale::kArithmetic;
  nv.source = "torchao nvfp4_tensor.py nvfp4_quantize without per_tensor_scale";
  rows.push_back(nv);
  nv.name = "torchao_nvfp4";
  nv.tensor_scale = TensorScale::kDecode;
  nv.tensor_target = 6 * 448;
  nv.source = "torchao nvfp4_tensor.py nvfp4_quantize with per_tensor_scale = amax/2688";
  rows.push_back(nv);
}

void add_microxcaling(std::vector<Recipe>& rows) {
  constexpr std::pair<const char*, Rounding> kRoundings[] = {{"nearest", Rounding::kNearestAway},
                                                             {"floor", Rounding::kTowardZero},
                                                             {"even", Rounding::kNearestEven}};
  for (const Element& e : kElements) {
    Recipe base = mx_recipe("", e.format);
    base.element.symmetric = !is_float(base);
    base.scale_policy.overflow = Overflow::kNan;
    base.scale_policy.directed_overflow = DirectedOverflow::kAlways;
    base.element_order = ElementOrder::kDivide;
    base.zero_scale = ZeroScale::kArithmetic;
    base.output = Precision::kF32;

    Recipe python = base;
    python.amax_shape = AmaxShape::kLog2F32;
    python.element_method = ElementMethod::kAddHalfF32;
    python.zero_sign = ZeroSign::kDropInput;
    Recipe cpp = base;
    cpp.zero_sign = ZeroSign::kDropResult;
    for (const auto& [suffix, rounding] : kRoundings) {
      python.element_policy.rounding = cpp.element_policy.rounding = rounding;
      python.name = fmt::format("microxcaling_{}_{}", e.plain, suffix);
      python.source = "microxcaling mx_ops.py _quantize_mx on a float32 tensor";
      rows.push_back(python);
      cpp.name = fmt::format("microxcalingcpp_{}_{}", e.plain, suffix);
      cpp.source = "microxcaling cpp/quantize.cuh and shared_exp.cuh (custom_cuda)";
      rows.push_back(cpp);
    }
    Recipe flush = python;
    flush.name += "_flush";
    flush.flush_below = power_of_two(-126);
    flush.source = "microxcaling mx_ops.py _quantize_mx, mx_flush_fp32_subnorms";
    rows.push_back(flush);
    Recipe bf16 = python;
    bf16.name += "_bf16in";
    bf16.input = bf16.intermediate = bf16.output = Precision::kBf16;
    bf16.amax_shape = AmaxShape::kLog2Bf16;
    bf16.element_method = ElementMethod::kAddHalfBf16;
    bf16.source = "microxcaling mx_ops.py _quantize_mx on a bfloat16 tensor";
    rows.push_back(bf16);
  }
}

void add_gfloat(std::vector<Recipe>& rows) {
  for (const Element& e : kElements) {
    Recipe r = mx_recipe(fmt::format("gfloat_{}_f64", e.mx), e.format);
    r.scale_policy.infinity = Overflow::kSaturate;
    r.element_policy = named_policy("gfloat", r.element);
    if (!r.element.has_nan()) r.element_policy.nan = NanRule::kError;
    r.source = "gfloat block.py quantize_block, compute_scale_amax, float64 arrays";
    rows.push_back(r);
    r.name = fmt::format("gfloat_{}_f32", e.mx);
    r.amax_shape = AmaxShape::kLog2F32;
    r.element_order = ElementOrder::kDivide;
    r.source = "gfloat block.py quantize_block, compute_scale_amax, float32 arrays";
    rows.push_back(r);
  }
}

void add_universal(std::vector<Recipe>& rows) {
  for (const Element& e : kElements) {
    Recipe r = mx_recipe(fmt::format("universal_{}", e.mx), e.format);
    r.element_policy = named_policy("universal", r.element);
    if (e.format == std::string_view("e4m3")) {
      r.name += "sat";
      r.element_policy.overflow = r.element_policy.infinity = Overflow::kSaturate;
    }
    if (!is_float(r)) {
      r.element = find_format("int8");
      r.element.symmetric = false;
      r.element_policy = {.rounding = Rounding::kNearestAway, .nan = NanRule::kZero};
      r.divisor = power_of_two(7);
    }
    r.scale_policy.infinity = Overflow::kSaturate;
    r.amax_nan = AmaxNan::kIgnore;
    r.amax_shape = AmaxShape::kLog2F32;
    r.zero_block_scale = static_cast<Code>(127 - floor_log2(r.divisor));
    r.zero_block_codes = true;
    r.element_order = ElementOrder::kReciprocal;
    r.scale_used = ScaleUsed::kUnclamped;
    r.source = "Universal mxfloat/mxblock_impl.hpp quantize";
    rows.push_back(r);
  }
  Recipe nv = nvfp4_recipe("universal_nvfp4");
  nv.element_policy = named_policy("universal", nv.element);
  nv.amax_nan = AmaxNan::kIgnore;
  nv.scale_order = ScaleOrder::kDivide;
  nv.element_order = ElementOrder::kDivide;
  nv.zero_block_scale = 0;
  nv.zero_block_codes = true;
  nv.zero_scale = ZeroScale::kLeast;
  nv.source = "Universal nvblock_impl.hpp quantize, tensor scale 1";
  rows.push_back(nv);
}

void add_transformer_engine(std::vector<Recipe>& rows) {
  for (const Element& e : kElements) {
    if (std::string_view(e.mx).substr(0, 5) != "mxfp8") continue;
    Recipe r = mx_recipe(fmt::format("te_{}", e.mx), e.format);
    r.scale_policy.rounding = Rounding::kUp;
    r.scale_policy.infinity = Overflow::kSaturate;
    r.divisor = r.element.max_value();
    r.scale_order = ScaleOrder::kReciprocal;
    r.element_order = ElementOrder::kReciprocal;
    r.source = "TransformerEngine ptx_arch_spec.cuh e8m0 and quantize_mxfp8.cuh";
    rows.push_back(r);
  }
  Recipe nv = nvfp4_recipe("te_nvfp4");
  nv.tensor_scale = TensorScale::kEncode;
  nv.tensor_target = 6 * 448;
  nv.scale_order = ScaleOrder::kFoldedReciprocal;
  nv.element_order = ElementOrder::kReciprocalOfDecode;
  nv.zero_scale = ZeroScale::kArithmetic;
  nv.zero_sign = ZeroSign::kDropInput;
  nv.source = "TransformerEngine NVFP4QuantizerRef._quantize_blockwise_reference";
  rows.push_back(nv);
  Recipe two = nv;
  two.name = "te_nvfp4_2d";
  two.block = {16, 16};
  rows.push_back(two);
  Recipe r = nv;
  r.scale_order = ScaleOrder::kDivideMultiply;
  r.scale_ceiling = 448;
  r.search = ScaleSearch::kFourOverSix;
  r.source = "TransformerEngine NVFP4QuantizerRef._quantize_blockwise_4over6_reference";
  for (const auto& [suffix, metric] :
       {std::pair{"mae", ErrorMetric::kMae}, {"mse", ErrorMetric::kMse}})
    for (const int target : {448, 256}) {
      r.name = fmt::format("te_4over6_{}{}", suffix, target);
      r.metric = metric;
      r.tensor_target = 6 * target;
      r.error_order = ErrorOrder::kInputF32;
      rows.push_back(r);
      r.name += "_fast";
      r.error_order = ErrorOrder::kScaledF16;
      rows.push_back(r);
    }
}

/// What epilogues that write quantized outputs do: cvt.rp.satfinite for E8M0 scales,
/// cvt.rn.satfinite for UE4M3 scales and all elements, whose NaNs become the largest number where
/// there is no NaN.
void add_cutlass(std::vector<Recipe>& rows) {
  constexpr const char* kSource =
      "CUTLASS 7107b055 sm100_visitor_store_tma_warpspecialized.hpp Sm100BlockScaleFactorRowStore "
      "on the device, norm_constant 1; its rcp.approx is taken as correctly rounded";
  for (const Element& e : kElements) {
    if (e.format == std::string_view("mxint8")) continue;
    Recipe r = mx_recipe(fmt::format("cutlass_{}", e.mx), e.format);
    r.element_policy =
        find_conversion(fmt::format("nv_{}_{}", e.format, r.element.has_nan() ? "sat" : "rn"))
            .policy;
    r.scale_policy.rounding = Rounding::kUp;
    r.scale_policy.infinity = Overflow::kSaturate;
    r.divisor = r.element.max_value();
    r.scale_order = ScaleOrder::kReciprocal;
    r.element_order = ElementOrder::kReciprocal;
    r.source = kSource;
    rows.push_back(r);
  }
  Recipe nv = nvfp4_recipe("cutlass_nvfp4");
  nv.element_policy = find_conversion("nv_e2m1_rn").policy;
  nv.scale_order = ScaleOrder::kReciprocal;
  nv.element_order = ElementOrder::kReciprocalOfDecode;
  nv.zero_scale = ZeroScale::kArithmetic;
  nv.source = kSource;
  rows.push_back(nv);
}

void add_arcquant(std::vector<Recipe>& rows) {
  Recipe r = nvfp4_recipe("arcquant_kernel");
  r.input = Precision::kBf16;
  r.tensor_scale = TensorScale::kDivideBf16;
  r.tensor_target = 6 * 448;
  r.scale_order = ScaleOrder::kDivide;
  r.scale_floor = power_of_two(-9);
  r.scale_ceiling = 448;
  r.element_order = ElementOrder::kReciprocal;
  r.source = "ARCQuant reorder.cu reorder_x_kernel, after x / (amax / 2688) in bfloat16";
  rows.push_back(r);
  r.name = "trtllm_arcquant";
  r.tensor_scale = TensorScale::kMultiplyBf16;
  r.scale_ceiling = std::nullopt;
  r.source =
      "TensorRT-LLM's port of ARCQuant with reordering: global scale 2688 / amax; its rcp.approx "
      "is "
      "taken as correctly rounded";
  rows.push_back(r);
}

/// ARCQuant's model/quantize.py: what its accuracy experiments without kernels run.
void add_arcquant_fake(std::vector<Recipe>& rows) {
  const auto fake = [](Recipe r) {
    r.scale_order = ScaleOrder::kDivide;
    r.scale_method = ScaleMethod::kLog2Plus;
    r.element_order = ElementOrder::kDivide;
    r.element_method = ElementMethod::kArgmin;
    r.zero_sign = ZeroSign::kDropResult;
    r.output = Precision::kF32;
    return r;
  };
  Recipe nv = fake(nvfp4_recipe("arcquant_fake_nvfp4"));
  nv.scale = find_format("ue5m3");  // the range where its scales, which have no subnormals, lie
  nv.scale_floor = round_to(parse_number("2e-3"), Precision::kF32).magnitude;
  nv.scale_ceiling = 448;
  nv.source = "ARCQuant model/quantize.py quantize_nvfp4_tensor";
  rows.push_back(nv);
  for (const Recipe& row : rows) {
    if (row.name != "hif4") continue;
    Recipe r = row;
    r.name = "arcquant_fake_hif4";
    r.scale_order = ScaleOrder::kDivide;
    r.element_order = ElementOrder::kReciprocal;
    r.element_method = ElementMethod::kArgmin;
    r.zero_sign = ZeroSign::kDropResult;
    r.output = Precision::kF32;
    r.source = "ARCQuant model/quantize.py quantize_hif4_tensor";
    rows.push_back(r);
    break;
  }
  for (const auto& [name, format] :
       {std::pair{"arcquant_fake_mxfp4", "e2m1"}, {"arcquant_fake_mxfp6", "e3m2"}}) {
    Recipe r = fake(mx_recipe(name, format));
    r.divisor = r.element.max_value();
    if (r.element.bits == 6) r.zero_sign = ZeroSign::kNegative;  // unique() keeps -0 of the two
    r.source = "ARCQuant model/quantize.py quantize_mxfp4_tensor and quantize_mxfp6_tensor";
    rows.push_back(r);
  }
}

void add_micromix(std::vector<Recipe>& rows) {
  for (const Element& e : kElements) {
    if (e.format == std::string_view("e5m2") || e.format == std::string_view("e2m3") ||
        e.format == std::string_view("mxint8"))
      continue;
    Recipe r = mx_recipe(fmt::format("micromix_{}", e.mx), e.format);
    r.input = Precision::kBf16;
    r.scale_policy.rounding = Rounding::kUp;
    r.divisor = r.element.max_value();
    r.scale_order = ScaleOrder::kDivide;
    r.zero_block_scale = 126;
    r.element_order = ElementOrder::kReciprocal;
    r.intermediate = Precision::kBf16;
    r.source =
        "MicroMix reorder.cu reorder_quantize_mixed_kernel; its ceil(log2f(amax / max)) equals "
        "this "
        "on every normal bfloat16 amax";
    rows.push_back(r);
  }
}

}  // namespace

void add_software_recipes(std::vector<Recipe>& rows) {
  add_torchao(rows);
  add_microxcaling(rows);
  add_gfloat(rows);
  add_universal(rows);
  add_transformer_engine(rows);
  add_cutlass(rows);
  add_arcquant(rows);
  add_arcquant_fake(rows);
  add_micromix(rows);
}

}  // namespace mxscope::spec
