// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "reports/provenance.h"
#include "sim/engine.h"
#include "sim/gemm_time.h"

namespace mxscope::reports {

/// What simulate and explain take: a GEMM, and devices and kernels to run it on.
struct GemmOptions {
  std::vector<std::string> devices, configs, types = {"nvfp4"}, off;
  std::string output = "bf16", weights;
  std::int64_t m = 0, n = 0, k = 0;
  int clock_mhz = 0, weight_copies = 1;
  bool cold = false, quantize_activations = false, every_sm = false, adds_c = false;
};

/// Adds the options of one GEMM; `several` devices, configurations and types, or one each.
void add_gemm_options(CLI::App& command, GemmOptions& options, bool several);
/// Those of them that do not say what the GEMM is.
void add_device_options(CLI::App& command, GemmOptions& options);

/// A device by name, or from a file NAME.toml, which becomes an input of the run. Throws Error.
sim::Device device_of(const std::string& name, Run& run);

sim::GemmProblem problem_of(const GemmOptions& options, const std::string& type);
sim::SimulationOptions simulation_of(const GemmOptions& options);

}  // namespace mxscope::reports
