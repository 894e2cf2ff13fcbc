// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Schemes as GEMMs and kernels: ARCQuant (arXiv 2601.07475) and MicroMix (arXiv 2508.02343) as
// their code runs them, and the plain formats beside which they are judged.
#include "sim/scheme_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/named_row.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

/// MicroMix's p6_num and p8_num, and ARCQuant's select_num, are multiples of these.
constexpr std::int64_t kPartMultiple = 128, kResidualMultiple = 64;
/// MicroMix's benchmark of quantizer and GEMMs has 128 of 4096 channels in 6 bits
/// (lwy2020/MicroMix@1f1004b, bench_reorder_gemm.cu); its paper has 5.51 bits on average for
/// Llama-3.1-8B (Table 1).
constexpr double kSixBitShare = 1.0 / 32, kAverageBits = 5.51;
/// Of the augmented channels: the published benchmark's shape has 1792 of 4096, S of layers is tens
/// to hundreds (Figure 7).
constexpr std::int64_t kResidualChannels = 256;

TimedScheme plain(const char* name, const char* title, std::vector<std::string> aliases = {}) {
  TimedScheme scheme{.name = name, .aliases = std::move(aliases), .title = title};
  scheme.parts = {{name}};
  return scheme;
}

TimedScheme nvfp4(const char* name, const char* title) {
  TimedScheme scheme = plain(name, title);
  scheme.parts = {{"nvfp4"}};
  scheme.tensor_scale = true;
  return scheme;
}

TimedScheme micromix(const char* name, const char* title, const char* source, bool fp4_weights) {
  TimedScheme scheme{.name = name, .title = title, .source = source};
  scheme.parts = {{"mxfp4"}, {"mxfp6"}, {"mxfp8"}};
  if (fp4_weights)
    for (TimedPart& part : scheme.parts) part.weights = "mxfp4";
  scheme.reorders = true;
  return scheme;
}

std::vector<TimedScheme> make_schemes() {
  std::vector<TimedScheme> all = {
      plain("fp16", "FP16 throughout"),
      plain("bf16", "BF16 throughout"),
      plain("fp8", "FP8 E4M3, scales of tokens and of output channels"),
      plain("int8", "INT8, scales of tokens and of output channels"),
      plain("mxfp8", "MXFP8", {"mxfp8_e4m3"}),
      plain("mxfp6", "MXFP6", {"mxfp6_e2m3", "mxfp6_e3m2"}),
      plain("mxfp4", "MXFP4"),
      nvfp4("nvfp4", "NVFP4"),
      nvfp4("four_over_six", "NVFP4, block scales for 4 or 6"),
      nvfp4("rotation", "NVFP4, blocks of 16 channels rotated (Hadamard) by the quantizer"),
  };
  TimedScheme& four_over_six = all[all.size() - 2];
  four_over_six.aliases = {"4over6", "nvfp4_4over6"};
  four_over_six.source =
      "arXiv 2512.02010: both candidates in registers, so the same bytes; timed as NVFP4";
  all.back().aliases = {"hadamard", "quarot"};
  all.back().source = "a fast Hadamard transform of 16: 4 additions an element, nothing hidden";
  all.back().adds_per_element = 4;

  TimedScheme arc = nvfp4("arcquant", "ARCQuant, one NVFP4 GEMM over K + S");
  arc.source =
      "actypedef/ARCQuant@347a6c8, benchmarks/modeling_arc.py: norms fused without a tensor "
      "scale, else max(|x|), x / scale and SiLU by PyTorch";
  arc.residual = arc.reorders = true;
  arc.fuses_gate = false;
  arc.amax_elsewhere = AmaxPass::kTorch;
  all.push_back(arc);
  TimedScheme trt = nvfp4("arcquant_trt", "ARCQuant as in TensorRT-LLM, static tensor scales");
  trt.source = "NVIDIA TensorRT-LLM: reorder, quantize and residuals in one kernel";
  trt.residual = trt.reorders = true;
  trt.fuses_norm = trt.fuses_gate = false;
  all.push_back(trt);

  all.push_back(micromix("micromix", "MicroMix as published: MXFP4, MXFP6 and MXFP8 GEMMs",
                         "arXiv 2508.02343, section 4", false));
  all.push_back(micromix("micromix_iclr", "MicroMix, code of the paper: three GEMMs through bf16 C",
                         "lwy2020/MicroMix@c57370b", false));
  all.back().clears_c = true;  // mgemm/src/bindings.cpp: torch::zeros({M, N})
  all.push_back(micromix("micromix_main", "MicroMix, later code: all weights MXFP4",
                         "lwy2020/MicroMix@e837897", true));
  all.back().clears_c = true;
  return all;
}

double element_bytes(const std::string& type) {
  const OperandType& operand = find_operand_type(type);
  return operand.bits / 8.0 + (operand.scale_block == 0 ? 0 : 1.0 / operand.scale_block);
}

std::int64_t round_up(double channels, std::int64_t multiple) {
  const auto whole = static_cast<std::int64_t>(std::ceil(channels - 1e-9));
  return (whole + multiple - 1) / multiple * multiple;
}

const std::string& weights_of(const TimedPart& part) {
  return part.weights.empty() ? part.type : part.weights;
}

SchemeKernel kernel(const char* name, bool quantizes, StreamKind kind, StreamProblem problem) {
  problem.kind = kind;
  return {name, quantizes, std::move(problem)};
}

/// x becomes bf16 in memory, by one kernel or as PyTorch does it.
void add_unfused(std::vector<SchemeKernel>& all, const TimedScheme& scheme, LinearInput input,
                 const StreamProblem& bf16) {
  if (input == LinearInput::kNorm)
    all.push_back(kernel("rmsnorm", false, StreamKind::kRmsNormQuantize, bf16));
  if (input != LinearInput::kGate) return;
  if (scheme.quantizes() && !scheme.fuses_gate && scheme.amax_elsewhere == AmaxPass::kTorch) {
    all.push_back(kernel("silu", false, StreamKind::kQuantize, bf16));
    // As many bytes as a sum of two.
    all.push_back(kernel("silu times up", false, StreamKind::kAdd, bf16));
  } else {
    all.push_back(kernel("silu times up", false, StreamKind::kSiluMulQuantize, bf16));
  }
}

void add_amax(std::vector<SchemeKernel>& all, AmaxPass pass, const StreamProblem& bf16) {
  const bool torch = pass == AmaxPass::kTorch;
  if (torch) all.push_back(kernel("|x|", true, StreamKind::kQuantize, bf16));
  if (pass != AmaxPass::kNone) all.push_back(kernel("amax", true, StreamKind::kAmax, bf16));
  if (torch) all.push_back(kernel("x / scale", true, StreamKind::kQuantize, bf16));
}

}  // namespace

bool TimedScheme::quantizes() const {
  return std::none_of(parts.begin(), parts.end(), [](const TimedPart& part) {
    return part.type == "fp16" || part.type == "bf16";
  });
}

AmaxPass find_amax_pass(std::string_view name) {
  if (name == "none") return AmaxPass::kNone;
  if (name == "pass") return AmaxPass::kPass;
  if (name == "torch") return AmaxPass::kTorch;
  throw spec::unknown_name("amax pass", name, {"published", "none", "pass", "torch"});
}

const std::vector<TimedScheme>& timed_schemes() {
  static const std::vector<TimedScheme> kSchemes = make_schemes();
  return kSchemes;
}

const TimedScheme& find_timed_scheme(std::string_view name) {
  for (const TimedScheme& scheme : timed_schemes())
    if (scheme.name == name) return scheme;
  return find_named_row("scheme", name, timed_schemes());
}

SchemeSetting default_setting(const TimedScheme& scheme) {
  SchemeSetting setting{.scheme = scheme};
  if (scheme.parts.size() == 3) set_average_bits(setting, kAverageBits);
  if (scheme.residual) setting.residual_channels = kResidualChannels;
  return setting;
}

std::string_view source_of_shares(const TimedScheme& scheme) {
  if (scheme.residual)
    return "S = 256, assumed: the paper's Figure 7 has tens to hundreds of a layer's channels";
  if (scheme.parts.size() == 3)
    return "shares inferred: 5.51 bits on average (the paper's Table 1, Llama-3.1-8B), 1/32 of K "
           "in "
           "6 bits\n  as in the authors' benchmark";
  return "";
}

void set_average_bits(SchemeSetting& setting, double bits) {
  if (setting.scheme.parts.size() != 3)
    throw Error(fmt::format("scheme {} has one type of operands; average bits are MicroMix's",
                            setting.scheme.name));
  // 4 (1 - p6 - p8) + 6 p6 + 8 p8 = bits.
  const double p6 = std::min({kSixBitShare, (bits - 4) / 2, (8 - bits) / 2});
  const double p8 = (bits - 4 - 2 * p6) / 4;
  if (!(bits >= 4 && bits <= 8))
    throw Error(fmt::format("{} bits on average: must be from 4 to 8", bits));
  setting.shares = {p6, p8};
}

double average_bits(const SchemeSetting& setting) {
  const auto bits = [&](std::size_t i) {
    return static_cast<double>(find_operand_type(setting.scheme.parts[i].type).bits);
  };
  double sum = bits(0), rest = 0;
  for (std::size_t i = 0; i < setting.shares.size(); ++i) {
    sum += setting.shares[i] * bits(i + 1);
    rest += setting.shares[i];
  }
  return sum - rest * bits(0);
}

ChannelCounts channel_counts(const SchemeSetting& setting, std::int64_t k) {
  ChannelCounts counts;
  std::int64_t first = k;
  counts.parts.push_back(0);
  for (const double share : setting.shares) {
    counts.parts.push_back(round_up(share * static_cast<double>(k), kPartMultiple));
    first -= counts.parts.back();
  }
  if (first < 0)
    throw Error(
        fmt::format("{} of K = {}: the shares round up to {} channels in multiples of {}, "
                    "which leaves {} for {}",
                    setting.scheme.name, k, k - first, kPartMultiple, first,
                    setting.scheme.parts.front().type));
  counts.parts.front() = first;
  if (!setting.scheme.residual) return counts;
  const double wanted = setting.residual_channels > 0
                            ? static_cast<double>(setting.residual_channels)
                            : setting.residual_share * static_cast<double>(k);
  counts.residual = round_up(wanted, kResidualMultiple);
  if (counts.residual > k)
    throw Error(fmt::format("{} residual channels of K = {}: at most all of them can have one",
                            counts.residual, k));
  return counts;
}

std::vector<GemmProblem> scheme_gemms(const TimedScheme& scheme, const ChannelCounts& channels,
                                      std::int64_t m, std::int64_t n) {
  std::vector<GemmProblem> all;
  for (std::size_t i = 0; i < scheme.parts.size(); ++i) {
    if (channels.parts[i] == 0) continue;
    GemmProblem problem{.m = m, .n = n, .k = channels.parts[i], .type = scheme.parts[i].type};
    if (i == 0) problem.k += channels.residual;
    problem.weights = scheme.parts[i].weights;
    problem.adds_c = i > 0;
    all.push_back(std::move(problem));
  }
  return all;
}

std::vector<SchemeKernel> activation_kernels(const SchemeSetting& setting,
                                             const ChannelCounts& channels, LinearInput input,
                                             std::int64_t rows) {
  const TimedScheme& scheme = setting.scheme;
  std::int64_t columns = 0;
  for (const std::int64_t count : channels.parts) columns += count;
  const StreamProblem bf16{.rows = rows, .columns = columns, .type = "bf16"};
  std::vector<SchemeKernel> all;
  if (!scheme.quantizes()) {
    add_unfused(all, scheme, input, bf16);
    return all;
  }
  StreamProblem quantize{.rows = rows,
                         .columns = columns,
                         .type = scheme.parts.front().type,
                         .row_bytes = activation_row_bytes(scheme, channels),
                         .adds_per_element = scheme.adds_per_element};
  quantize.reorders = scheme.reorders;
  const AmaxPass published =
      input == LinearInput::kNorm ? scheme.amax_after_norm : scheme.amax_elsewhere;
  const AmaxPass dynamic = scheme.tensor_scale ? setting.amax : AmaxPass::kNone;
  const AmaxPass amax = setting.amax_as_published ? published : dynamic;
  const bool one_kernel =
      amax == AmaxPass::kNone && ((input == LinearInput::kNorm && scheme.fuses_norm) ||
                                  (input == LinearInput::kGate && scheme.fuses_gate));
  if (one_kernel) {
    all.push_back(
        input == LinearInput::kNorm
            ? kernel("rmsnorm + quantize", true, StreamKind::kRmsNormQuantize, quantize)
            : kernel("silu times up + quantize", true, StreamKind::kSiluMulQuantize, quantize));
    return all;
  }
  add_unfused(all, scheme, input, bf16);
  add_amax(all, amax, bf16);
  all.push_back(scheme.reorders
                    ? kernel("reorder + quantize", true, StreamKind::kReorderQuantize, quantize)
                    : kernel("quantize", true, StreamKind::kQuantize, quantize));
  return all;
}

std::vector<SchemeKernel> result_kernels(const TimedScheme& scheme, std::int64_t m,
                                         std::int64_t n) {
  if (!scheme.clears_c) return {};
  return {
      {"zeros of C", true, {.kind = StreamKind::kFill, .rows = m, .columns = n, .type = "bf16"}}};
}

double activation_row_bytes(const TimedScheme& scheme, const ChannelCounts& channels) {
  double bytes = static_cast<double>(channels.residual) * element_bytes(scheme.parts[0].type);
  for (std::size_t i = 0; i < scheme.parts.size(); ++i)
    bytes += static_cast<double>(channels.parts[i]) * element_bytes(scheme.parts[i].type);
  return bytes;
}

double weight_row_bytes(const TimedScheme& scheme, const ChannelCounts& channels) {
  double bytes =
      static_cast<double>(channels.residual) * element_bytes(weights_of(scheme.parts[0]));
  for (std::size_t i = 0; i < scheme.parts.size(); ++i)
    bytes += static_cast<double>(channels.parts[i]) * element_bytes(weights_of(scheme.parts[i]));
  return bytes;
}

}  // namespace mxscope::sim
