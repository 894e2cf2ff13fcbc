// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/layer_time.h"

#include <fmt/format.h>

#include "sim/sequence_clock.h"

namespace mxscope::sim {

namespace {

LayerTime simulate_at(const Device& device, const SchemeSetting& setting,
                      const LayerProblem& problem, double clock_mhz,
                      const SimulationOptions& options) {
  LayerTime time;
  time.clock_mhz = clock_mhz;
  time.channels = channel_counts(setting, problem.k);
  std::vector<GemmProblem> gemms =
      scheme_gemms(setting.scheme, time.channels, problem.m, problem.n);
  const auto add_streams = [&](const std::vector<SchemeKernel>& kernels) {
    for (const SchemeKernel& kernel : kernels) {
      const StreamTime stream = simulate_stream(device, kernel.problem, time.clock_mhz, options);
      time.kernels.push_back(
          {.name = kernel.name,
           .what = fmt::format("{} x {}", kernel.problem.rows, kernel.problem.columns),
           .us = stream.us,
           .roofline_us = stream.roofline_us,
           .dram_bytes = stream.dram_bytes});
      time.quantize_us += stream.us;
    }
  };
  add_streams(activation_kernels(setting, time.channels, problem.input, problem.m));
  add_streams(result_kernels(setting.scheme, problem.m, problem.n));
  for (GemmProblem& gemm : gemms) {
    gemm.weight_copies = problem.weight_copies;
    gemm.fresh_activations = problem.weight_copies > 0;
    gemm.clock_mhz = time.clock_mhz;
    const GemmTime one = simulate_gemm(device, gemm, std::nullopt, options);
    time.kernels.push_back({.name = "GEMM",
                            .what = to_string(gemm),
                            .kernel = to_string(one.config),
                            .gemm = true,
                            .us = one.us,
                            .roofline_us = one.roofline_us,
                            .power_cycles = power_cycles(device, gemm),
                            .dram_bytes = one.dram_bytes});
    time.gemm_us += one.us;
  }
  for (const LayerKernel& kernel : time.kernels) {
    time.us += kernel.us;
    time.roofline_us += kernel.roofline_us;
  }
  return time;
}

}  // namespace

LayerTime simulate_layer(const Device& device, const SchemeSetting& setting,
                         const LayerProblem& problem, const SimulationOptions& options) {
  const auto run_at = [&](double clock_mhz) {
    KernelRun run;
    for (const LayerKernel& kernel :
         simulate_at(device, setting, problem, clock_mhz, options).kernels) {
      run.us += kernel.us;
      run.tensor_cycles += kernel.power_cycles;
      run.dram_bytes += kernel.dram_bytes;
    }
    return run;
  };
  const double clock = sequence_clock(device, problem.clock_mhz, options.mechanisms, run_at);
  return simulate_at(device, setting, problem, clock, options);
}

}  // namespace mxscope::sim
