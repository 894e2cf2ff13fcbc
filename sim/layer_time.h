// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How long one linear layer takes under a scheme: kernels that make activations, and GEMMs.
#pragma once

#include <string>
#include <vector>

#include "sim/gemm_time.h"
#include "sim/scheme_time.h"

namespace mxscope::sim {

/// m tokens, n output channels, k input channels.
struct LayerProblem {
  std::int64_t m = 0, n = 0, k = 0;
  LinearInput input = LinearInput::kAttention;  ///< a tensor in memory; else a norm or a gate first
  int weight_copies = 1;                        ///< GemmProblem's
  double clock_mhz = 0;                         ///< fixed; 0: what the power limit leaves
};

struct LayerKernel {
  std::string name, what;
  std::string kernel;  ///< GEMMs: the configuration
  bool gemm = false;
  double us = 0, roofline_us = 0;
  double power_cycles = 0, dram_bytes = 0;  ///< of its load (power_clock.h)
};

struct LayerTime {
  ChannelCounts channels;
  std::vector<LayerKernel> kernels;  ///< in the order they run
  double us = 0, quantize_us = 0, gemm_us = 0, roofline_us = 0;
  double clock_mhz = 0;

  int launches() const { return static_cast<int>(kernels.size()); }
};

/// Simulates each kernel; they run one after the other. `quantize_us` has all that are no GEMM.
/// Throws Error where the device cannot run one, or the channels cannot be so dealt out.
LayerTime simulate_layer(const Device& device, const SchemeSetting& setting,
                         const LayerProblem& problem, const SimulationOptions& options = {});

}  // namespace mxscope::sim
