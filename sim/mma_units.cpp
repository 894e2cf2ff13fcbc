// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The matrix instructions, one row each. Instruction names follow PTX ISA 9.0 (9.7.14 to 9.7.16)
// and AMD's CDNA ISA manuals; how each row's arithmetic is known is in its `evidence`.

#include "sim/mma_unit.h"

namespace mxscope::sim {
namespace {

using Formats = std::vector<std::string>;

// Sources, as `evidence` names them.
constexpr std::string_view kModel = "read in source: MMA-Sim c7851383 (arXiv 2511.10909)";
constexpr std::string_view kSilicon =
    "; equal to real GPU outputs published with arXiv 2512.07004 (MATLAB-tensor-core b12b5a70): ";
constexpr std::string_view kWords =
    "; equal to the words captured on B200 in sf-tensor/tcgen05 8fce64d";

std::string text(std::string_view first, std::string_view second = {},
                 std::string_view third = {}) {
  return std::string(first) + std::string(second) + std::string(third);
}

// What no published output settles, by rule.
const Formats kOpenWindow = {"zero_products", "zero_addend", "least_exponent"};
const Formats kOpenNarrow = {"zero_addend",
                             "least_exponent"};  // fp16's and fp8's zeros are too small
const Formats kOpenGroups = {"group", "zero_groups", "addend_window", "zero_addend", "least_unit"};

/// The row with a binary16 accumulator: rounded to nearest, once per step.
MmaUnit half_accumulator(MmaUnit unit, std::string evidence) {
  unit.name += ".f16acc";
  for (std::size_t at = unit.instruction.find(".f32"); at != std::string::npos;
       at = unit.instruction.find(".f32"))
    unit.instruction.replace(at, 4, ".f16");  // D and C alike
  unit.d_format = "fp16";
  unit.evidence = std::move(evidence);
  return unit;
}

void add_volta_to_ada(std::vector<MmaUnit>& rows) {
  const MmaUnit volta = {.name = "sm70.mma.f16",
                         .device = "Volta V100",
                         .target = "sm_70",
                         .instruction = "mma.sync.m8n8k4.row.col.f32.f16.f16.f32",
                         .a_formats = {"fp16"},
                         .m = 8,
                         .n = 8,
                         .k = 4,
                         .step_k = 4,
                         .kept_bits = 23,
                         .evidence = text(kModel, kSilicon, "V100"),
                         .open = kOpenNarrow};
  rows.push_back(volta);
  rows.push_back(half_accumulator(volta, text(kModel, kSilicon, "V100")));

  const MmaUnit turing = {.name = "sm75.mma.f16",
                          .device = "Turing T4, RTX 20",
                          .target = "sm_75",
                          .instruction = "mma.sync.m16n8k8.row.col.f32.f16.f16.f32",
                          .a_formats = {"fp16"},
                          .k = 8,
                          .step_k = 8,
                          .kept_bits = 24,
                          .evidence = text(kModel),
                          .open = kOpenNarrow};
  rows.push_back(turing);
  rows.push_back(half_accumulator(turing, text(kModel)));

  struct Part {
    std::string prefix, device, target, gpus;
  };
  for (const Part& part : {Part{"sm80", "Ampere A100, A2", "sm_80", "A100 and A2"},
                           Part{"sm89", "Ada L40S, RTX 40", "sm_89", "L40S and Ada"}}) {
    const std::string evidence =
        text(kModel, kSilicon, part.gpus + ", one step of two (the chaining is the model's)");
    const MmaUnit f16 = {.name = part.prefix + ".mma.f16",
                         .device = part.device,
                         .target = part.target,
                         .instruction = "mma.sync.m16n8k16.row.col.f32.f16.f16.f32",
                         .a_formats = {"fp16"},
                         .step_k = 8,
                         .kept_bits = 24,
                         .evidence = evidence,
                         .open = kOpenNarrow};
    rows.push_back(f16);
    rows.push_back(half_accumulator(f16, evidence));
    MmaUnit bf16 = f16;
    bf16.name = part.prefix + ".mma.bf16";
    bf16.instruction = "mma.sync.m16n8k16.row.col.f32.bf16.bf16.f32";
    bf16.a_formats = {"bf16"};
    bf16.open = kOpenWindow;
    rows.push_back(bf16);
    MmaUnit tf32 = bf16;
    tf32.name = part.prefix + ".mma.tf32";
    tf32.instruction = "mma.sync.m16n8k8.row.col.f32.tf32.tf32.f32";
    tf32.a_formats = {"tf32"};
    tf32.k = 8;
    tf32.step_k = 4;
    rows.push_back(tf32);
  }

  const std::string fp8_evidence = text(kModel, kSilicon, "Ada and L40S");
  const MmaUnit fp8 = {.name = "sm89.mma.fp8",
                       .device = "Ada L40S, RTX 40",
                       .target = "sm_89",
                       .instruction = "mma.sync.m16n8k32.row.col.f32.{e4m3,e5m2}.{e4m3,e5m2}.f32",
                       .a_formats = {"e4m3", "e5m2"},
                       .mixed = true,
                       .k = 32,
                       .step_k = 16,
                       .kept_bits = 13,
                       .output_bits = 13,
                       .evidence = fp8_evidence,
                       .open = kOpenNarrow};
  rows.push_back(fp8);
  rows.push_back(half_accumulator(fp8, fp8_evidence));
}

/// f16, bf16 and tf32 as Hopper's and Blackwell's tensor cores have them: one step, 25 kept bits.
void add_wide_steps(std::vector<MmaUnit>& rows, const MmaUnit& pattern, std::string_view shape_k16,
                    std::string_view shape_k8, bool c_type_named) {
  const auto spelled = [&](std::string_view shape, std::string_view type) {
    return pattern.instruction + std::string(shape) + ".f32." + std::string(type) + "." +
           std::string(type) + (c_type_named ? ".f32" : "");
  };
  MmaUnit unit = pattern;
  unit.name = pattern.name + ".f16";
  unit.instruction = spelled(shape_k16, "f16");
  unit.a_formats = {"fp16"};
  unit.open = kOpenNarrow;
  rows.push_back(unit);
  rows.push_back(half_accumulator(unit, pattern.evidence));
  unit.name = pattern.name + ".bf16";
  unit.instruction = spelled(shape_k16, "bf16");
  unit.a_formats = {"bf16"};
  unit.open = kOpenWindow;
  rows.push_back(unit);
  unit.name = pattern.name + ".tf32";
  unit.instruction = spelled(shape_k8, "tf32");
  unit.a_formats = {"tf32"};
  unit.k = unit.step_k = 8;
  rows.push_back(unit);
}

void add_hopper(std::vector<MmaUnit>& rows) {
  add_wide_steps(rows,
                 {.name = "sm90.mma",
                  .device = "Hopper H100, H200",
                  .target = "sm_90",
                  .instruction = "mma.sync.",
                  .evidence = text(kModel, kSilicon, "H100 and H200")},
                 "m16n8k16.row.col", "m16n8k8.row.col", true);
  add_wide_steps(rows,
                 {.name = "sm90.wgmma",
                  .device = "Hopper H100, H200",
                  .target = "sm_90a",
                  .instruction = "wgmma.mma_async.sync.aligned.",
                  .m = 64,
                  .evidence = text(kModel,
                                   "; the mma.sync path of the same cores equals H100's and "
                                   "H200's outputs")},
                 "m64n8k16", "m64n8k8", false);

  const MmaUnit fp8 = {
      .name = "sm90.wgmma.fp8",
      .device = "Hopper H100, H200",
      .target = "sm_90a",
      .instruction = "wgmma.mma_async.sync.aligned.m64n8k32.f32.{e4m3,e5m2}.{e4m3,e5m2}",
      .a_formats = {"e4m3", "e5m2"},
      .mixed = true,
      .m = 64,
      .k = 32,
      .step_k = 32,
      .kept_bits = 13,
      .output_bits = 13,
      .evidence = text(kModel, kSilicon, "H100 and H200 with C = 0"),
      .open = kOpenNarrow};
  rows.push_back(fp8);
  rows.push_back(half_accumulator(fp8, text(kModel)));
}

/// FP8 mma.sync of data-centre parts, which is no native path.
void add_split_fp8(std::vector<MmaUnit>& rows, std::string prefix, std::string device,
                   std::string target, std::string gpus) {
  const std::string evidence =
      "inferred from real GPU outputs published with arXiv 2512.07004 and equal to all of them: " +
      gpus;
  const MmaUnit fp8 = {.name = prefix + ".mma.fp8",
                       .device = std::move(device),
                       .target = std::move(target),
                       .instruction = "mma.sync.m16n8k32.row.col.f32.{e4m3,e5m2}.{e4m3,e5m2}.f32",
                       .a_formats = {"e4m3", "e5m2"},
                       .mixed = true,
                       .k = 32,
                       .rule = MmaRule::kSplitWindows,
                       .step_k = 32,
                       .evidence = evidence,
                       .open = {"zero_addend", "least_exponent"}};
  rows.push_back(fp8);
  rows.push_back(half_accumulator(fp8, evidence));
}

void add_blackwell(std::vector<MmaUnit>& rows) {
  add_wide_steps(rows,
                 {.name = "sm100.mma",
                  .device = "Blackwell B200",
                  .target = "sm_100",
                  .instruction = "mma.sync.",
                  .evidence = text(kModel, kSilicon, "B200")},
                 "m16n8k16.row.col", "m16n8k8.row.col", true);
  add_split_fp8(rows, "sm100", "Blackwell B200", "sm_100", "B200, both accumulators");
  add_wide_steps(rows,
                 {.name = "sm100.tcgen05",
                  .device = "Blackwell B200",
                  .target = "sm_100a",
                  .instruction = "tcgen05.mma.kind::{f16,tf32} ",
                  .m = 64,
                  .evidence = text(kModel, kWords)},
                 "m64n8k16", "m64n8k8", false);
  add_wide_steps(rows,
                 {.name = "sm120.mma",
                  .device = "RTX Blackwell (GB20x)",
                  .target = "sm_120",
                  .instruction = "mma.sync.",
                  .evidence = text(kModel, "; arXiv 2512.07004 models the RTX PRO 6000 as B200")},
                 "m16n8k16.row.col", "m16n8k8.row.col", true);

  const Formats narrow = {"e4m3", "e5m2", "e2m3", "e3m2", "e2m1"};
  struct Part {
    std::string prefix, device, target, instruction, evidence, by_analogy;
    int m;
  };
  const Part parts[] = {
      {"sm100.tcgen05.", "Blackwell B200", "sm_100a", "tcgen05.mma.", text(kModel, kWords), "", 64},
      {"sm120.mma.", "RTX Blackwell (GB20x)", "sm_120a", "mma.sync.", text(kModel),
       "; e2m3, e3m2 and e2m1 by analogy with B200; no output of this part is published", 16}};
  for (const Part& part : parts) {
    const bool tcgen05 = part.m == 64;
    MmaUnit unit = {
        .name = part.prefix + "f8f6f4",
        .device = part.device,
        .target = part.target,
        .instruction =
            part.instruction + (tcgen05 ? "kind::f8f6f4 f32" : "m16n8k32.row.col.kind::f8f6f4.f32"),
        .a_formats = narrow,
        .mixed = true,
        .m = part.m,
        .k = 32,
        .step_k = 32,
        .evidence = part.evidence + part.by_analogy,
        .open = kOpenNarrow};
    rows.push_back(unit);
    MmaUnit half = half_accumulator(unit, part.evidence + part.by_analogy);
    if (tcgen05) half.instruction = "tcgen05.mma.kind::f8f6f4 f16";
    rows.push_back(half);

    unit.m = tcgen05 ? 128 : 16;
    unit.name = part.prefix + "mxf8f6f4";
    unit.instruction = part.instruction + (tcgen05 ? "kind::mxf8f6f4.block_scale"
                                                   : "m16n8k32.row.col.kind::mxf8f6f4.block_scale."
                                                     "scale_vec::1X.f32");
    unit.scales = {{"e8m0", 32}};
    unit.open = kOpenWindow;
    rows.push_back(unit);

    unit.rule = MmaRule::kScaledGroups;
    unit.a_formats = {"e2m1"};
    unit.mixed = false;
    unit.k = unit.step_k = 64;
    unit.kept_bits = 35;
    unit.evidence = part.evidence + (tcgen05 ? "; the two models differ on the open points"
                                             : "; no output of this part is published");
    unit.open = kOpenGroups;
    unit.name = part.prefix + "mxf4";
    unit.instruction =
        part.instruction + (tcgen05 ? "kind::mxf4.block_scale"
                                    : "m16n8k64.row.col.kind::mxf4.block_scale.scale_vec::2X.f32");
    rows.push_back(unit);

    unit.name = part.prefix + "mxf4nvf4";
    unit.instruction =
        part.instruction +
        (tcgen05 ? "kind::mxf4nvf4.block_scale.{block16,block32}"
                 : "m16n8k64.row.col.kind::mxf4nvf4.block_scale.scale_vec::{4X,2X}.f32");
    unit.scales = {{"ue4m3", 16}, {"e8m0", 32}};
    if (tcgen05) unit.scales.push_back({"e8m0", 16});
    rows.push_back(unit);
  }
}

/// FP8 without a kind on RTX Blackwell assembles to the native f8f6f4 path.
void add_sm120_fp8(std::vector<MmaUnit>& rows) {
  for (const MmaUnit& row : std::vector<MmaUnit>(rows))
    if (row.name == "sm120.mma.f8f6f4" || row.name == "sm120.mma.f8f6f4.f16acc") {
      MmaUnit unit = row;
      unit.name.replace(unit.name.find("f8f6f4"), 6, "fp8");
      unit.target = "sm_120";
      const std::string d = unit.d_format == "fp16" ? "f16" : "f32";
      unit.instruction = "mma.sync.m16n8k32.row.col." + d + ".{e4m3,e5m2}.{e4m3,e5m2}." + d;
      unit.a_formats = {"e4m3", "e5m2"};
      unit.evidence = text(kModel, "; no output of this part is published");
      rows.push_back(unit);
    }
}

void add_exact(std::vector<MmaUnit>& rows) {
  struct Part {
    std::string name, device, target, instruction;
    int m, k;
  };
  const Part integers[] = {
      {"sm80.mma.s8", "Ampere A100, A2", "sm_80", "mma.sync.m16n8k32.row.col.s32.s8.s8.s32", 16,
       32},
      {"sm89.mma.s8", "Ada L40S, RTX 40", "sm_89", "mma.sync.m16n8k32.row.col.s32.s8.s8.s32", 16,
       32},
      {"sm90.mma.s8", "Hopper H100, H200", "sm_90", "mma.sync.m16n8k32.row.col.s32.s8.s8.s32", 16,
       32},
      {"sm90.wgmma.s8", "Hopper H100, H200", "sm_90a",
       "wgmma.mma_async.sync.aligned.m64n8k32.s32.s8.s8", 64, 32},
      {"sm100.mma.s8", "Blackwell B200", "sm_100", "mma.sync.m16n8k32.row.col.s32.s8.s8.s32", 16,
       32},
      {"sm100.tcgen05.i8", "Blackwell B200", "sm_100a", "tcgen05.mma.kind::i8", 64, 32},
      {"sm120.mma.s8", "RTX Blackwell (GB20x)", "sm_120", "mma.sync.m16n8k32.row.col.s32.s8.s8.s32",
       16, 32}};
  for (const Part& part : integers)
    rows.push_back(
        {.name = part.name,
         .device = part.device,
         .target = part.target,
         .instruction = part.instruction,
         .a_formats = {"s8"},
         .d_format = "s32",
         .m = part.m,
         .k = part.k,
         .rule = MmaRule::kInteger,
         .step_k = part.k,
         .evidence = "PTX ISA 9.0: exact products and sums, wrapping without .satfinite"});

  const Part doubles[] = {
      {"sm80.mma.f64", "Ampere A100", "sm_80", "mma.sync.m8n8k4.row.col.f64.f64.f64.f64", 8, 4},
      {"sm90.mma.f64", "Hopper H100, H200", "sm_90", "mma.sync.m16n8k16.row.col.f64.f64.f64.f64",
       16, 16}};
  for (const Part& part : doubles)
    rows.push_back({.name = part.name,
                    .device = part.device,
                    .target = part.target,
                    .instruction = part.instruction,
                    .a_formats = {"fp64"},
                    .d_format = "fp64",
                    .m = part.m,
                    .k = part.k,
                    .rule = MmaRule::kFmaChain,
                    .step_k = part.k,
                    .evidence = text(kModel)});
}

void add_cdna(std::vector<MmaUnit>& rows) {
  const std::string evidence = text(kModel, "; no output of this part was at hand");
  const auto add = [&](std::string name, std::string device, std::string target,
                       std::string instruction, Formats formats, int k, int step_k, MmaRule rule) {
    rows.push_back({.name = std::move(name),
                    .device = std::move(device),
                    .target = std::move(target),
                    .instruction = std::move(instruction),
                    .a_formats = std::move(formats),
                    .m = 16,
                    .n = 16,
                    .k = k,
                    .rule = rule,
                    .step_k = step_k,
                    .kept_bits = 24,
                    .zero_products = ZeroTerms::kCounted,
                    .zero_addend = ZeroTerms::kCounted,
                    .evidence = evidence,
                    .open = rule == MmaRule::kLateAddend ? Formats{"zero_products", "zero_addend"}
                                                         : Formats{}});
    return &rows.back();
  };
  const std::string cdna3 = "CDNA3 MI300";
  using enum MmaRule;
  add("cdna3.mfma.f16", cdna3, "gfx942", "v_mfma_f32_16x16x16_f16", {"fp16"}, 16, 8, kLateAddend);
  add("cdna3.mfma.bf16", cdna3, "gfx942", "v_mfma_f32_16x16x16_bf16", {"bf16"}, 16, 8, kLateAddend);
  add("cdna3.mfma.xf32", cdna3, "gfx942", "v_mfma_f32_16x16x8_xf32", {"tf32"}, 8, 4, kLateAddend);
  MmaUnit* fp8 = add("cdna3.mfma.fp8", cdna3, "gfx942", "v_mfma_f32_16x16x32_{fp8,bf8}_{fp8,bf8}",
                     {"e4m3fnuz", "e5m2fnuz"}, 32, 16, kLateAddend);
  fp8->mixed = true;
  fp8->parity_halves = true;
  add("cdna3.mfma.f32", cdna3, "gfx942", "v_mfma_f32_16x16x4_f32", {"fp32"}, 4, 4, kFmaChain);
  for (const auto& [prefix, device, target, flush] :
       {std::tuple{"cdna1", "CDNA1 MI100", "gfx908", false},
        std::tuple{"cdna2", "CDNA2 MI200", "gfx90a", true}}) {
    const std::string name = std::string(prefix) + ".mfma.";
    add(name + "f16", device, target, "v_mfma_f32_16x16x16f16", {"fp16"}, 16, 4, kPairTree)
        ->flush_subnormals = flush;
    add(name + "bf16", device, target, "v_mfma_f32_16x16x8bf16", {"bf16"}, 8, 2, kPairTree)
        ->flush_subnormals = flush;
  }
  add("cdna2.mfma.bf16_1k", "CDNA2 MI200", "gfx90a", "v_mfma_f32_16x16x16bf16_1k", {"bf16"}, 16, 4,
      kPairTree)
      ->flush_subnormals = true;
}

}  // namespace

const std::vector<MmaUnit>& mma_units() {
  static const std::vector<MmaUnit> rows = [] {
    std::vector<MmaUnit> all;
    add_volta_to_ada(all);
    add_hopper(all);
    add_split_fp8(all, "sm90", "Hopper H100, H200", "sm_90",
                  "H100 and H200 with a binary16 accumulator (the binary32 one by analogy)");
    add_blackwell(all);
    add_sm120_fp8(all);
    add_exact(all);
    add_cdna(all);
    return all;
  }();
  return rows;
}

}  // namespace mxscope::sim
