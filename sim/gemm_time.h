// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How long a GEMM takes on a device, and where the time goes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/device.h"
#include "sim/gemm_problem.h"
#include "sim/mechanisms.h"

namespace mxscope::sim {

/// What limits a kernel.
enum class Bound : std::uint8_t {
  kTensor,
  kShared,
  kTma,
  kL2,
  kDram,
  kLatency,
  kEpilogue,
  kLaunch
};
std::string_view bound_name(Bound bound);

/// A configuration that the chooser looked at.
struct Candidate {
  GemmConfig config;
  double us = 0;       ///< 0: illegal
  std::string reason;  ///< why it is illegal, or why it lost
};

/// The prediction of one GEMM.
struct GemmTime {
  GemmProblem problem;
  GemmConfig config;       ///< with every choice made
  double us = 0;           ///< all of it: launches, kernels before the GEMM, GEMM
  double kernel_us = 0;    ///< the GEMM without launch
  double quantize_us = 0;  ///< the kernel that quantizes activations
  double roofline_us = 0;  ///< of the same device, at the same clock
  double clock_mhz = 0;    ///< as the problem says, or what the power limit leaves (power_clock.h)
  double tflops = 0;
  double peak_share = 0;  ///< of the device's tensor peak at the clock it ran at
  Bound bound = Bound::kTensor;

  std::int64_t tiles = 0, ctas = 0;
  double waves = 0;  ///< tiles over what runs at once
  std::int64_t events = 0;

  /// Cycles of the busiest SM's tensor issue, by what it waited for; their sum is the kernel's.
  struct Stall {
    std::string cause;  ///< "tensor busy", "copy latency", "copy bandwidth", "epilogue", ...
    double cycles = 0;
  };
  std::vector<Stall> stalls;

  /// Bytes moved by the whole kernel.
  double dram_bytes = 0, l2_bytes = 0, smem_fill_bytes = 0, smem_read_bytes = 0;
  /// Busy share of the kernel's time, 0 to 1.
  double tensor_busy = 0, smem_busy = 0, tma_busy = 0, l2_busy = 0, dram_busy = 0;

  /// Numbers of the device file that the time used and nobody has measured.
  std::vector<std::string> assumed;
};

struct Span;  // engine.h

struct SimulationOptions {
  Mechanisms mechanisms = {};
  bool every_sm = false;  ///< else SMs that do the same are simulated once
  std::vector<Span>* trace = nullptr;
};

/// Simulates one GEMM. Without `config` the kernel is chosen as a library would: the fastest legal
/// one of those that libraries have. Throws Error in one sentence when the device cannot run it.
GemmTime simulate_gemm(const Device& device, const GemmProblem& problem,
                       const std::optional<GemmConfig>& config = std::nullopt,
                       const SimulationOptions& options = {});

/// Empty, or one sentence that says why the device cannot run the configuration.
std::string illegal_reason(const Device& device, const GemmProblem& problem,
                           const GemmConfig& config);

/// What the chooser looked at, fastest first, then those it did not simulate because they cannot be
/// faster, then illegal ones.
std::vector<Candidate> kernel_candidates(const Device& device, const GemmProblem& problem,
                                         const SimulationOptions& options = {});

/// What the tensor cores of an SM do with a type of operands, and all of them, in FLOP per cycle;
/// throw Error when they do not take the type.
const TensorRate& tensor_rate(const Device& device, std::string_view type);
double tensor_flop_per_cycle(const Device& device, std::string_view type);
/// From the launch to the first CTA, and from the last one to the end.
double launch_us(const Device& device, const Mechanisms& mechanisms);

}  // namespace mxscope::sim
