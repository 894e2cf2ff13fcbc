// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What a quantization scheme makes of a linear layer, as far as time and memory go: which GEMMs it
// runs, which kernels before them, and how many bytes a weight takes. What it does to the numbers
// is the business of kernels/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/gemm_problem.h"
#include "sim/model_shape.h"
#include "sim/stream_kernel.h"

namespace mxscope::sim {

/// How the largest magnitude of an activation tensor, of which its scale is made, is found.
enum class AmaxPass : std::uint8_t {
  kNone,   ///< known before: a static scale, or the format needs none
  kPass,   ///< one kernel that reads the tensor: the least a dynamic scale costs
  kTorch,  ///< as PyTorch runs max(|x|) and x / scale: three kernels, of which two write x again
};
AmaxPass find_amax_pass(std::string_view name);  ///< "none", "pass", "torch"; throws Error

/// One GEMM over some of the channels.
struct TimedPart {
  std::string type;          ///< of activations, operand_types()
  std::string weights = "";  ///< where they are of another type
};

/// One scheme: a row of timed_schemes().
struct TimedScheme {
  std::string name;
  std::vector<std::string> aliases;
  std::string title;
  std::string source;
  /// GEMMs of a linear layer; the later ones add to the bf16 sum of those before.
  std::vector<TimedPart> parts;
  bool residual = false;      ///< some channels stand in K twice (ARCQuant)
  bool reorders = false;      ///< the quantizer permutes channels
  bool fuses_norm = true;     ///< RMSNorm and quantizing are one kernel
  bool fuses_gate = true;     ///< SiLU, product and quantizing are one kernel
  bool tensor_scale = false;  ///< of activations, beside block scales
  /// As the authors' benchmark runs: after a norm, and before o and down.
  AmaxPass amax_after_norm = AmaxPass::kNone, amax_elsewhere = AmaxPass::kNone;
  double adds_per_element = 0;  ///< of the quantizer, more than of a plain one: a rotation
  bool clears_c = false;        ///< C is filled with zeros before the first product

  bool quantizes() const;  ///< false: activations stay bf16 or fp16
};
const std::vector<TimedScheme>& timed_schemes();
const TimedScheme& find_timed_scheme(
    std::string_view name);  ///< throws Error that names the nearest

/// Channels of each part of a linear layer, and those that stand twice.
struct ChannelCounts {
  std::vector<std::int64_t> parts;
  std::int64_t residual = 0;
};

/// What a user chooses of a scheme.
struct SchemeSetting {
  TimedScheme scheme;
  /// Of K, for each part but the first, which gets the rest. MicroMix's p6 and p8.
  std::vector<double> shares;
  double residual_share = 0;  ///< of K, where `residual_channels` is 0
  std::int64_t residual_channels = 0;
  bool amax_as_published = true;  ///< else `amax`, everywhere
  AmaxPass amax = AmaxPass::kNone;
};

/// The scheme with the shares that its source gives or implies; source_of_shares() says which.
SchemeSetting default_setting(const TimedScheme& scheme);
std::string_view source_of_shares(const TimedScheme& scheme);

/// MicroMix's shares with so many average bits an element, scales left out, and the share of 6-bit
/// channels of default_setting(). Throws Error outside 4 to 8 bits, or for another scheme.
void set_average_bits(SchemeSetting& setting, double bits);
double average_bits(const SchemeSetting& setting);

/// Counts as the code rounds them: parts but the first up to multiples of 128, residuals up to
/// multiples of 64. Throws Error where they exceed K.
ChannelCounts channel_counts(const SchemeSetting& setting, std::int64_t k);

/// The GEMMs of m tokens through n output channels.
std::vector<GemmProblem> scheme_gemms(const TimedScheme& scheme, const ChannelCounts& channels,
                                      std::int64_t m, std::int64_t n);

struct SchemeKernel {
  std::string name;        ///< "rmsnorm + quantize"
  bool quantizes = false;  ///< the scheme's own cost; else any scheme has it
  StreamProblem problem;
};

/// The kernels that make those GEMMs' activations from what is in memory: x before a norm, the
/// result of attention, or gate and up. Unquantized schemes have norm and gate kernels, too.
std::vector<SchemeKernel> activation_kernels(const SchemeSetting& setting,
                                             const ChannelCounts& channels, LinearInput input,
                                             std::int64_t rows);

/// Kernels for the result of m x n before the first GEMM: C filled with zeros, if at all.
std::vector<SchemeKernel> result_kernels(const TimedScheme& scheme, std::int64_t m, std::int64_t n);

/// Bytes of a row of activations, or of weights, with their block scales, without padding.
double activation_row_bytes(const TimedScheme& scheme, const ChannelCounts& channels);
double weight_row_bytes(const TimedScheme& scheme, const ChannelCounts& channels);

}  // namespace mxscope::sim
