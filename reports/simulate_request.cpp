// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/simulate_request.h"

#include "reports/numbers.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 24;
constexpr int kMostMhz = 10000, kMostCopies = 1024;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

void add_device_options(CLI::App& command, GemmOptions& o) {
  command.add_option("--output", o.output, "Type of D")->capture_default_str();
  add_number(command, "--clock-mhz", o.clock_mhz, 1, kMostMhz,
             "Fixed clock (default: the device's under this load)");
  add_number(
      command, "--weight-copies", o.weight_copies, 1, kMostCopies,
      "Copies of B, each with its A and D, that a benchmark goes through in turn (default 1)");
  command.add_flag("--cold", o.cold, "Nothing is in the L2 at the start")
      ->excludes(command.get_option("--weight-copies"));
  command.add_flag("--quantize-activations", o.quantize_activations,
                   "A kernel before the GEMM makes A from bf16");
  command.add_option("--off", o.off, "Mechanisms to leave out, separated by commas")
      ->delimiter(',')
      ->option_text("NAME,...");
  command.add_flag("--every-sm", o.every_sm, "Simulate each SM, also those that do the same");
}

void add_gemm_options(CLI::App& command, GemmOptions& o, bool several) {
  const auto names = [&](const char* option, std::vector<std::string>& target, const char* what) {
    CLI::Option* const added = command.add_option(option, target, what);
    added->option_text("NAME");
    if (several)
      added->expected(1, 2)->take_all();
    else
      added->expected(1);
    return added;
  };
  names("--device", o.devices, "A device's name, or its file.toml")->required();
  names("--type", o.types,
        "Operands: bf16, fp16, tf32, fp8, int8, mxfp8, mxfp6, mxfp4, nvfp4 (default)");
  names("--config", o.configs, "Kernel, FAMILY:MxNxK[,...] (default: a library's choice)")
      ->option_text("KERNEL");
  add_number(command, "-m", o.m, 1, kMostElements, "Rows of A and D: tokens")->required();
  add_number(command, "-n", o.n, 1, kMostElements, "Rows of B, columns of D: output channels")
      ->required();
  add_number(command, "-k", o.k, 1, kMostElements, "Products summed")->required();
  command.add_option("--weights", o.weights, "Type of B where it is not A's: mxfp8, mxfp6, mxfp4")
      ->option_text("NAME");
  command.add_flag("--add-c", o.adds_c, "D = A B + C: the epilogue reads C, of D's type");
  add_device_options(command, o);
}

sim::Device device_of(const std::string& name, Run& run) {
  if (!ends_with(name, ".toml")) return sim::find_device(name);
  return sim::read_device(run.read_input(name, kMaxTomlBytes), name);
}

sim::GemmProblem problem_of(const GemmOptions& o, const std::string& type) {
  sim::GemmProblem problem;
  problem.m = o.m;
  problem.n = o.n;
  problem.k = o.k;
  problem.type = sim::find_operand_type(type).name;
  if (!o.weights.empty()) problem.weights = sim::find_operand_type(o.weights).name;
  problem.adds_c = o.adds_c;
  if (o.output != "fp32") sim::find_operand_type(o.output);
  problem.output = o.output;
  problem.quantize_activations = o.quantize_activations;
  problem.weight_copies = o.cold ? 0 : o.weight_copies;
  problem.clock_mhz = o.clock_mhz;
  return problem;
}

sim::SimulationOptions simulation_of(const GemmOptions& o) {
  sim::SimulationOptions options;
  options.every_sm = o.every_sm;
  for (const std::string& name : o.off) sim::switch_off(options.mechanisms, name);
  return options;
}

}  // namespace mxscope::reports
