// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Which unit made the results of which file.
#include "reports/mma_sources.h"

#include <fmt/format.h>

#include <string_view>

#include "spec/error.h"

namespace mxscope::reports {
namespace {

struct SourceRow {
  std::string_view prefix;  ///< of MmaVectors::source
  std::string_view unit;    ///< with ".f16acc" where D is binary16
  bool ignores_addend = false;
};

/// The first row that fits counts.
constexpr SourceRow kRows[] = {
    // Instructions of MMA-Sim (arXiv 2511.10909), as its classes and qualifiers name them.
    {"sm70_mma_f16_", "sm70.mma.f16"},
    {"sm80_mma_f16_", "sm80.mma.f16"},
    {"sm80_mma_bf16_", "sm80.mma.bf16"},
    {"sm80_mma_tf32_", "sm80.mma.tf32"},
    {"sm89_mma_k32_e", "sm89.mma.fp8"},
    {"sm90_wgmma_f16_", "sm90.wgmma.f16"},
    {"sm90_wgmma_bf16_", "sm90.wgmma.bf16"},
    {"sm90_wgmma_tf32_", "sm90.wgmma.tf32"},
    {"sm90_wgmma_e", "sm90.wgmma.fp8"},
    {"sm100_tcgen05_f16_", "sm100.tcgen05.f16"},
    {"sm100_tcgen05_bf16_", "sm100.tcgen05.bf16"},
    {"sm100_tcgen05_tf32_", "sm100.tcgen05.tf32"},
    {"sm100_tcgen05_f8f6f4_", "sm100.tcgen05.f8f6f4"},
    {"sm100_tcgen05_mxf8f6f4_", "sm100.tcgen05.mxf8f6f4"},
    {"sm100_tcgen05_mxf4_", "sm100.tcgen05.mxf4"},
    {"sm100_tcgen05_mxf4nvf4_", "sm100.tcgen05.mxf4nvf4"},
    {"sm120_mma_f16_", "sm120.mma.f16"},
    {"sm120_mma_bf16_", "sm120.mma.bf16"},
    {"sm120_mma_tf32_", "sm120.mma.tf32"},
    {"sm120_f8f6f4_", "sm120.mma.f8f6f4"},
    {"sm120_mxf8f6f4_", "sm120.mma.mxf8f6f4"},
    {"sm120_mxf4_", "sm120.mma.mxf4"},
    // ptxas assembles no mma.sync of this kind; the model has one arithmetic for both devices.
    {"sm120_mxf4nvf4_e2m1_e2m1_ue8m0_b16", "sm100.tcgen05.mxf4nvf4"},
    {"sm120_mxf4nvf4_", "sm120.mma.mxf4nvf4"},
    {"cdna3_mfma_f32_16x16x16_f16", "cdna3.mfma.f16"},
    {"cdna3_mfma_f32_16x16x16_bf16", "cdna3.mfma.bf16"},
    {"cdna3_mfma_f32_16x16x32_fp8", "cdna3.mfma.fp8"},

    // Outputs of GPUs published with arXiv 2512.07004. FP8 on data-centre parts: binary32 results
    // of Hopper are wgmma's with C = 0, the others mma.sync's.
    {"V100 f16 ", "sm70.mma.f16"},
    {"A100 f16 ", "sm80.mma.f16"},
    {"A100 bf16 ", "sm80.mma.bf16"},
    {"A100 tf32 ", "sm80.mma.tf32"},
    {"A2 f16 ", "sm80.mma.f16"},
    {"A2 bf16 ", "sm80.mma.bf16"},
    {"A2 tf32 ", "sm80.mma.tf32"},
    {"Ada f16 ", "sm89.mma.f16"},
    {"Ada bf16 ", "sm89.mma.bf16"},
    {"Ada tf32 ", "sm89.mma.tf32"},
    {"Ada e", "sm89.mma.fp8"},
    {"L40S f16 ", "sm89.mma.f16"},
    {"L40S bf16 ", "sm89.mma.bf16"},
    {"L40S tf32 ", "sm89.mma.tf32"},
    {"L40S e", "sm89.mma.fp8"},
    {"H100 f16 ", "sm90.mma.f16"},
    {"H100 bf16 ", "sm90.mma.bf16"},
    {"H100 tf32 ", "sm90.mma.tf32"},
    {"H100 e4m3 f32", "sm90.wgmma.fp8", true},
    {"H100 e5m2 f32", "sm90.wgmma.fp8", true},
    {"H100 e", "sm90.mma.fp8"},
    {"H200 f16 ", "sm90.mma.f16"},
    {"H200 bf16 ", "sm90.mma.bf16"},
    {"H200 tf32 ", "sm90.mma.tf32"},
    {"H200 e4m3 f32", "sm90.wgmma.fp8", true},
    {"H200 e5m2 f32", "sm90.wgmma.fp8", true},
    {"H200 e", "sm90.mma.fp8"},
    {"B200 f16 ", "sm100.mma.f16"},
    {"B200 bf16 ", "sm100.mma.bf16"},
    {"B200 tf32 ", "sm100.mma.tf32"},
    {"B200 e", "sm100.mma.fp8"},

    // Words captured on B200 in sf-tensor/tcgen05, under MMA-Sim's qualifiers.
    {"tc m64n8k8.f32.tf32", "sm100.tcgen05.tf32"},
    {"tc m64n8k16.f32.bf16", "sm100.tcgen05.bf16"},
    {"tc m64n8k16.f32.f16", "sm100.tcgen05.f16"},
    {"tc m64n8k16.f16.f16", "sm100.tcgen05.f16"},
    {"tc m64n8k32", "sm100.tcgen05.f8f6f4"},
    {"tc_bs m128n8k32", "sm100.tcgen05.mxf8f6f4"},
    {"tc_bs m128n8k64.block32", "sm100.tcgen05.mxf4"},
    {"tc_bs m128n8k64.block16", "sm100.tcgen05.mxf4nvf4"},
};

}  // namespace

MmaSource mma_source(const MmaVectors& vectors, const std::string& unit,
                     const std::vector<std::string>& fields) {
  MmaSource source;
  std::string name = unit;
  for (const SourceRow& row : kRows) {
    if (vectors.source.rfind(row.prefix, 0) != 0) continue;
    source.ignores_addend = row.ignores_addend;
    if (name.empty()) {
      name = row.unit;
      if (vectors.d == "fp16") name += ".f16acc";
    }
    break;
  }
  if (name.empty())
    for (const sim::MmaUnit& row : sim::mma_units())
      if (row.name == vectors.source) name = row.name;
  if (name.empty())
    throw Error(fmt::format("{}: no unit is known for '{}'; name one with --unit", vectors.file,
                            vectors.source));
  sim::MmaUnit row = sim::find_unit(name);
  for (const std::string& field : fields) sim::set_field(row, field);
  try {
    source.mma = sim::bind_unit(row, vectors.a, vectors.b, vectors.scale, vectors.block);
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", vectors.file, e.what()));
  }
  if (source.mma.d.name != vectors.d)
    throw Error(fmt::format("{}: results are in {}, and unit {} has {}", vectors.file, vectors.d,
                            row.name, source.mma.d.name));
  return source;
}

}  // namespace mxscope::reports
