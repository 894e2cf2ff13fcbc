// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How long a pass of a whole model takes under a scheme, kernel by kernel, and what memory it
// needs.
#pragma once

#include <string>
#include <vector>

#include "sim/gemm_time.h"
#include "sim/model_shape.h"
#include "sim/scheme_time.h"

namespace mxscope::sim {

/// Channels of one linear input of one layer where they are not the scheme's shares.
struct PlannedChannels {
  std::int64_t layer = -1;  ///< -1: every layer
  std::string group;        ///< Linear::group
  std::int64_t residual = 0;
  std::vector<std::int64_t> parts;  ///< of the parts but the first
};

/// One pass: `tokens` new tokens of each of `batch` sequences that then have `context` tokens.
/// Prefill: tokens = context. Decode: tokens = 1.
struct ModelPass {
  std::int64_t batch = 1, tokens = 1, context = 1;
  bool fused_projections = true;  ///< q, k, v as one product; gate and up as one
  bool last_product = true;       ///< logits of each sequence's last token, in bf16
  int kv_bits = 16;
  double clock_mhz = 0;               ///< fixed; 0: what the power limit leaves
  double attention_efficiency = 0.7;  ///< of the tensor peak in prefill, assumed
  std::vector<PlannedChannels> plan = {};
};

/// What a kernel does in the model.
enum class KernelRole : std::uint8_t {
  kLinear,
  kQuantize,
  kNormAndGate,
  kAttention,
  kOther,
  kLast
};
std::string_view kernel_role_name(KernelRole role);

/// One kind of kernel of a pass. Times are of one launch.
struct PassKernel {
  KernelRole role = KernelRole::kOther;
  std::string name;           ///< "qkv mxfp6 + C", "down silu-mul-quantize", "attention"
  std::string what;           ///< the problem, as text
  std::string kernel;         ///< GEMMs: their configuration
  std::int64_t launches = 0;  ///< of the whole pass
  double us = 0, roofline_us = 0;
  bool assumed = false;                     ///< by a formula, not simulated
  double power_cycles = 0, dram_bytes = 0;  ///< of a launch's load (power_clock.h)
};

struct PassTime {
  std::vector<PassKernel> kernels;  ///< in the order they first run in
  double us = 0, roofline_us = 0;   ///< sums: kernels run one after the other
  double clock_mhz = 0;
  std::int64_t launches = 0;
  std::int64_t tokens_per_expert = 0;  ///< routing assumed balanced
  std::int64_t experts_used = 0;       ///< of a layer

  double role_us(KernelRole role) const;
  std::int64_t role_launches(KernelRole role) const;
};

/// Every distinct kernel is simulated once: GEMMs with the choice of their kernel and weights from
/// DRAM, kernels between them on the same engine. Attention is the longer of its bytes at the
/// DRAM's or L2's speed and its products at `attention_efficiency` of the peak: assumed. Experts
/// are GEMMs one after the other. Launches do not overlap, and the host is never late. Throws Error
/// where the device cannot run a kernel.
PassTime simulate_pass(const Device& device, const ModelShape& model, const SchemeSetting& setting,
                       const ModelPass& pass, const SimulationOptions& options = {});

/// Memory of a model at work, in bytes.
struct ModelMemory {
  double linear = 0;       ///< weights of the layers' products, scales included, without padding
  double rest = 0;         ///< embedding, last product, norms, biases, routers: bf16
  double kv_cache = 0;     ///< of `context` tokens of every sequence, codes alone
  double activations = 0;  ///< the most that is alive at once in a layer

  double weights() const { return linear + rest; }
  double total() const { return weights() + kv_cache + activations; }
};
ModelMemory model_memory(const ModelShape& model, const SchemeSetting& setting,
                         const ModelPass& pass);

/// The channels of a linear layer: as planned, else by the scheme's shares. Throws Error.
ChannelCounts planned_counts(const SchemeSetting& setting, const ModelPass& pass,
                             std::int64_t layer, const Linear& linear);

}  // namespace mxscope::sim
