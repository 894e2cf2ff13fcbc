// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/gemm_time.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/engine.h"
#include "sim/engine_costs.h"
#include "sim/kernel_choice.h"
#include "sim/power_clock.h"
#include "sim/residency.h"
#include "sim/roofline.h"
#include "sim/stream_kernel.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

double seconds_us(Tick t, double clock_mhz) {
  return static_cast<double>(t) / kTicksPerCycle / clock_mhz;
}

double share(Tick part, Tick whole) {
  return whole == 0 ? 0 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
}

/// The kind of thing most of the time went to.
Bound bound_of(const GemmTime& time, const EngineResult& run, bool shared) {
  if (time.us > 2 * time.kernel_us) return Bound::kLaunch;
  const auto at = [&](Stall stall) { return run.stalls[static_cast<std::size_t>(stall)]; };
  const std::pair<Tick, Bound> parts[] = {
      {run.tensor_busy, shared ? Bound::kShared : Bound::kTensor},
      {at(Stall::kCopyPath), Bound::kTma},
      {at(Stall::kL2), Bound::kL2},
      {at(Stall::kDram), Bound::kDram},
      {at(Stall::kStart) + at(Stall::kBarrier) + at(Stall::kCopyLatency), Bound::kLatency},
      {at(Stall::kEpilogue) + at(Stall::kTail), Bound::kEpilogue},
  };
  return std::max_element(std::begin(parts), std::end(parts),
                          [](const auto& a, const auto& b) { return a.first < b.first; })
      ->second;
}

Roofline roofline_of(const Device& device, const Program& program, double clock_mhz) {
  const GemmProblem& p = program.problem;
  const auto bytes = [](const OperandType& type) {
    return type.bits / 8.0 + (type.scale_block == 0 ? 0 : 1.0 / type.scale_block);
  };
  const double a = bytes(find_operand_type(p.type)), b = bytes(weight_type(p));
  const auto m = static_cast<double>(p.m), n = static_cast<double>(p.n),
             k = static_cast<double>(p.k);
  const double out = output_bits(p.output) / 8.0;
  return roofline(device, {.kind = p.type,
                           .flop = p.flop(),
                           .read_bytes = (m * a + n * b) * k + (p.adds_c ? m * n * out : 0),
                           .written_bytes = m * n * out,
                           .cold = p.weight_copies == 0,
                           .clock_mhz = clock_mhz});
}

}  // namespace

std::string_view bound_name(Bound bound) {
  switch (bound) {
    case Bound::kTensor:
      return "tensor cores";
    case Bound::kShared:
      return "shared-memory port";
    case Bound::kTma:
      return "copy path of an SM";
    case Bound::kL2:
      return "L2 bandwidth";
    case Bound::kDram:
      return "DRAM bandwidth";
    case Bound::kLatency:
      return "latency";
    case Bound::kEpilogue:
      return "epilogue";
    case Bound::kLaunch:
      return "launch";
  }
  return "";
}

const TensorRate& tensor_rate(const Device& device, std::string_view type) {
  return device.rate(type, type == "int8" ? "int32" : "fp32");
}

double tensor_flop_per_cycle(const Device& device, std::string_view type) {
  return device.chip.sms * tensor_rate(device, type).flop_per_cycle_sm;
}

GemmTime simulate_at(const Device& device, const Program& program, double clock_mhz,
                     const SimulationOptions& options) {
  const GemmProblem& problem = program.problem;
  const GemmConfig& config = program.config;
  EngineOptions engine{.clock_mhz = clock_mhz,
                       .mechanisms = options.mechanisms,
                       .every_sm = options.every_sm,
                       .trace = options.trace};
  const EngineResult run = run_engine(device, program, engine);

  GemmTime time;
  time.problem = problem;
  time.config = config;
  time.clock_mhz = engine.clock_mhz;
  time.kernel_us = seconds_us(run.end, time.clock_mhz);
  if (problem.quantize_activations) {
    const bool warm = problem.weight_copies > 0 &&
                      benchmark_bytes(program) <= l2_capacity(device, options.mechanisms);
    time.quantize_us =
        simulate_stream(device, quantize_before(problem, warm), time.clock_mhz, options).us;
  }
  time.us = time.kernel_us + time.quantize_us + launch_us(device, options.mechanisms);
  // Libraries add the slices' sums in a kernel of its own.
  if (config.split_k > 1) time.us += launch_us(device, options.mechanisms);
  time.roofline_us = roofline_of(device, program, time.clock_mhz).us();
  time.tflops = problem.flop() / time.us / 1e6;
  const double peak = tensor_flop_per_cycle(device, problem.type) * time.clock_mhz / 1e6;
  time.peak_share = time.tflops / peak;
  const EngineCosts costs = engine_costs(device, program, time.clock_mhz, options.mechanisms);
  const double ideal = 2.0 * config.tile_m * config.tile_n * config.tile_k /
                       (tensor_flop_per_cycle(device, problem.type) / device.chip.sms) /
                       program.sms_per_worker;
  const double spent = static_cast<double>(program.mma.count * costs.interval) / kTicksPerCycle;
  time.bound = bound_of(time, run, spent > 1.05 * ideal);
  time.tiles = program.tiles();
  time.ctas = run.workers * program.sms_per_worker;
  time.waves = static_cast<double>(run.units) / static_cast<double>(run.workers);
  time.events = run.events;
  time.stalls.push_back({"tensor busy", static_cast<double>(run.tensor_busy) / kTicksPerCycle});
  for (int i = 0; i < kStalls; ++i)
    time.stalls.push_back(
        {std::string(stall_name(static_cast<Stall>(i))),
         static_cast<double>(run.stalls[static_cast<std::size_t>(i)]) / kTicksPerCycle});
  time.dram_bytes = static_cast<double>(run.dram_bytes);
  time.l2_bytes = static_cast<double>(run.l2_bytes);
  time.smem_fill_bytes = static_cast<double>(run.fill_bytes);
  time.smem_read_bytes = static_cast<double>(run.smem_read_bytes);
  time.tensor_busy = share(run.tensor_busy, run.end);
  time.tma_busy = share(run.path_busy, run.end);
  time.smem_busy =
      std::max(share(run.port_busy, run.end), time.smem_read_bytes / static_cast<double>(run.sms) /
                                                  device.shared.bytes_per_cycle /
                                                  (static_cast<double>(run.end) / kTicksPerCycle));
  time.l2_busy = share(run.l2_busy, run.end);
  time.dram_busy = share(run.dram_busy, run.end);
  for (const ConstDeviceField& field : device_fields(device))
    if (field.quantity->confidence == Confidence::kAssumed && field.quantity->value != 0)
      time.assumed.push_back(field.path);
  return time;
}

double settled_clock(const Device& device, const Program& program,
                     const SimulationOptions& options) {
  const double fixed = program.problem.clock_mhz;
  if (fixed > 0) return fixed;
  if (!options.mechanisms.power) return device.clock.burst_mhz;
  const double tensor_cycles =
      program.problem.flop() / tensor_flop_per_cycle(device, program.problem.type);
  const double power = tensor_rate(device, program.problem.type).relative_power();
  const SimulationOptions quiet{.mechanisms = options.mechanisms};
  return settled_clock(device, [&](double clock) {
    const GemmTime time = simulate_at(device, program, clock, quiet);
    return KernelRun{time.us, power * tensor_cycles, time.dram_bytes};
  });
}

GemmTime simulate_config(const Device& device, const GemmProblem& problem, const GemmConfig& given,
                         const SimulationOptions& options) {
  const GemmConfig config = with_stages(device, problem, given);
  if (const std::string reason = illegal_reason(device, problem, config); !reason.empty())
    throw Error(fmt::format("kernel {}: {}", to_string(config), reason));
  const Program program = build_program(problem, config);
  return simulate_at(device, program, settled_clock(device, program, options), options);
}

double launch_us(const Device& device, const Mechanisms& mechanisms) {
  return mechanisms.launch ? device.launch.kernel_us.value : 0;
}

GemmTime simulate_gemm(const Device& device, const GemmProblem& problem,
                       const std::optional<GemmConfig>& config, const SimulationOptions& options) {
  if (config) return simulate_config(device, problem, *config, options);
  return choose_kernel(device, problem, options).time;
}

}  // namespace mxscope::sim
