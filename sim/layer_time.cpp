// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/layer_time.h"

#include <fmt/format.h>

namespace mxscope::sim {

LayerTime simulate_layer(const Device& device, const SchemeSetting& setting,
                         const LayerProblem& problem, const SimulationOptions& options) {
  LayerTime time;
  time.channels = channel_counts(setting, problem.k);
  std::vector<GemmProblem> gemms =
      scheme_gemms(setting.scheme, time.channels, problem.m, problem.n);
  double busy_us = 0;
  for (const GemmProblem& gemm : gemms)
    busy_us += gemm.flop() / tensor_flop_per_cycle(device, gemm.type) / device.clock.burst_mhz;
  time.clock_mhz = problem.clock_mhz > 0     ? problem.clock_mhz
                   : options.mechanisms.heat ? device.clock_mhz(busy_us)
                                             : device.clock.burst_mhz.value;
  const auto add_streams = [&](const std::vector<SchemeKernel>& kernels) {
    for (const SchemeKernel& kernel : kernels) {
      const StreamTime stream = simulate_stream(device, kernel.problem, time.clock_mhz, options);
      time.kernels.push_back(
          {.name = kernel.name,
           .what = fmt::format("{} x {}", kernel.problem.rows, kernel.problem.columns),
           .us = stream.us,
           .roofline_us = stream.roofline_us});
      time.quantize_us += stream.us;
    }
  };
  add_streams(activation_kernels(setting, time.channels, problem.input, problem.m));
  add_streams(result_kernels(setting.scheme, problem.m, problem.n));
  for (GemmProblem& gemm : gemms) {
    gemm.weight_copies = problem.weight_copies;
    gemm.clock_mhz = time.clock_mhz;
    const GemmTime one = simulate_gemm(device, gemm, std::nullopt, options);
    time.kernels.push_back({.name = "GEMM",
                            .what = to_string(gemm),
                            .kernel = to_string(one.config),
                            .gemm = true,
                            .us = one.us,
                            .roofline_us = one.roofline_us});
    time.gemm_us += one.us;
  }
  for (const LayerKernel& kernel : time.kernels) {
    time.us += kernel.us;
    time.roofline_us += kernel.roofline_us;
  }
  return time;
}

}  // namespace mxscope::sim
