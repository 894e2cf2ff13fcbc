// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope simulate: how long kernels take on a device, and where the time goes.
#include <fmt/format.h>

#include <memory>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/numbers.h"
#include "reports/provenance.h"
#include "reports/simulate_model.h"
#include "reports/simulate_request.h"
#include "reports/simulate_sweep.h"
#include "reports/simulate_text.h"
#include "reports/table.h"
#include "reports/trace_file.h"
#include "sim/kernel_choice.h"
#include "sim/program.h"
#include "sim/stream_kernel.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

struct OneGemm {
  GemmOptions gemm;
  std::string trace;
  bool candidates = false, program = false, json = false;
};

int run_gemm(const OneGemm& o, const Context& context) {
  Run run = this_run(context.arguments);
  const sim::Device device = device_of(o.gemm.devices.front(), run);
  run.refuse_input_as(o.trace);
  const sim::GemmProblem problem = problem_of(o.gemm, o.gemm.types.front());
  sim::SimulationOptions options = simulation_of(o.gemm);
  std::vector<sim::Span> spans;
  if (!o.trace.empty()) options.trace = &spans;
  std::optional<sim::GemmConfig> config;
  if (!o.gemm.configs.empty()) config = sim::parse_config(o.gemm.configs.front());
  const sim::GemmTime time = sim::simulate_gemm(device, problem, config, options);
  std::vector<sim::Candidate> candidates;
  if (o.candidates) candidates = sim::kernel_candidates(device, problem, options);
  if (!o.trace.empty())
    write_trace(o.trace,
                trace_json(spans, time.clock_mhz, to_string(problem) + " on " + device.name));
  if (o.json) {
    nlohmann::json json = gemm_json(device, time);
    if (o.candidates) json["candidates"] = candidates_json(candidates);
    if (o.program) json["program"] = to_string(sim::build_program(problem, time.config));
    json["run"] = run;
    print(json_text(json));
    return kAllHolds;
  }
  print(gemm_text(device, time));
  if (o.candidates) print('\n' + candidates_text(candidates));
  if (o.program) print('\n' + to_string(sim::build_program(problem, time.config)));
  return kAllHolds;
}

void add_gemm(CLI::App& simulate, Context& context) {
  auto o = std::make_shared<OneGemm>();
  CLI::App* command = simulate.add_subcommand("gemm", "One GEMM");
  add_gemm_options(*command, o->gemm, false);
  command->add_flag("--candidates", o->candidates,
                    "Show what the chooser looked at, and why it lost");
  command->add_flag("--program", o->program, "Show the kernel: roles, barriers, copies");
  command->add_option("--trace", o->trace, "Write a trace for https://ui.perfetto.dev")
      ->option_text("FILE.json[.gz]");
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "Examples:\n"
      "  mxscope simulate gemm --device rtx5090 --type nvfp4 -m 4096 -n 4096 -k 4096\n"
      "  mxscope simulate gemm --device b200 --type bf16 -m 128 -n 4096 -k 4096 --candidates\n"
      "  mxscope simulate gemm --device b200 --type mxfp8 -m 8192 -n 8192 -k 8192 \\\n"
      "      --config sm100-2sm:256x256x128,cluster=2x1 --trace t.json.gz\n"
      "  mxscope simulate gemm --device b200 --type bf16 -m 512 -n 512 -k 65536 --off "
      "dram-latency\n"
      "  mxscope simulate gemm --device rtx5090 --type mxfp8 --weights mxfp4 --add-c -m 4096 \\\n"
      "      -n 4096 -k 1024");
  command->callback(
      [=, &context] { context.action = [=, &context] { return run_gemm(*o, context); }; });
}

struct OneStream {
  GemmOptions device;
  std::string kind = "quantize", name, type = "nvfp4";
  std::int64_t rows = 0, columns = 0;
  bool json = false;
};

int run_stream(const OneStream& o, const Context& context) {
  Run run = this_run(context.arguments);
  const sim::Device device = device_of(o.name, run);
  sim::StreamProblem problem;
  problem.kind = sim::find_stream_kind(o.kind);
  problem.rows = o.rows;
  problem.columns = o.columns;
  problem.type = sim::find_operand_type(o.type).name;
  problem.input_in_l2 = !o.device.cold;
  const sim::StreamTime time =
      sim::simulate_stream(device, problem, o.device.clock_mhz, simulation_of(o.device));
  if (o.json) {
    print(json_text({{"device", device.name},
                     {"kernel", o.kind},
                     {"rows", o.rows},
                     {"columns", o.columns},
                     {"type", o.type},
                     {"us", time.us},
                     {"roofline_us", time.roofline_us},
                     {"gb_per_s", time.gb_per_s},
                     {"bytes_read", time.bytes_read},
                     {"bytes_written", time.bytes_written},
                     {"ctas", time.ctas},
                     {"run", run}}));
    return kAllHolds;
  }
  Table table({{""}, {""}});
  table.add({"kernel", fmt::format("{} of {} x {} to {}", o.kind, o.rows, o.columns, o.type)});
  table.add({"device", device.title});
  table.add({"time", fmt::format("{:.2f} us, roofline {:.2f}", time.us, time.roofline_us)});
  table.add({"bytes", fmt::format("{} read, {} written: {:.0f} GB/s", bytes_text(time.bytes_read),
                                  bytes_text(time.bytes_written), time.gb_per_s)});
  table.add({"CTAs", std::to_string(time.ctas)});
  print(table.text());
  return kAllHolds;
}

void add_stream(CLI::App& simulate, Context& context) {
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  auto o = std::make_shared<OneStream>();
  CLI::App* command = simulate.add_subcommand("stream", "One kernel that moves and quantizes");
  command
      ->add_option(
          "KIND", o->kind,
          "quantize, reorder-quantize, rmsnorm-quantize, silu-mul-quantize, amax, add or fill")
      ->required();
  command->add_option("--device", o->name, "A device's name, or its file.toml")->required();
  command->add_option("--type", o->type, "Type of the result")->capture_default_str();
  add_number(*command, "--rows", o->rows, 1, kMost, "Rows")->required();
  add_number(*command, "--columns", o->columns, 1, kMost, "Elements of a row of the result")
      ->required();
  add_number(*command, "--clock-mhz", o->device.clock_mhz, 1, 10000, "Fixed clock");
  command->add_flag("--cold", o->device.cold, "The input is not in the L2");
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "Example:\n"
      "  mxscope simulate stream rmsnorm-quantize --device rtx5090 --rows 8192 --columns 4096");
  command->callback(
      [=, &context] { context.action = [=, &context] { return run_stream(*o, context); }; });
}

void add_sweep(CLI::App& simulate, Context& context) {
  auto o = std::make_shared<SweepOptions>();
  CLI::App* command = simulate.add_subcommand("sweep", "Many GEMMs, to CSV");
  command->add_option("--shapes", o->shapes, "Lines 'm,n,k' or 'm,n,k,type'")
      ->option_text("FILE.csv")
      ->required();
  command->add_option("--device", o->gemm.devices, "Names of devices, or file.toml; several")
      ->required();
  command->add_option("--type", o->gemm.types, "Type of shapes that name none (default: nvfp4)")
      ->expected(1);
  command->add_option("--config", o->gemm.configs, "Kernel (default: a library's choice)")
      ->expected(1);
  add_device_options(*command, o->gemm);
  command->add_option("--csv", o->csv, "Write FILE (default: standard output)")
      ->option_text("FILE.csv");
  add_number(*command, "--threads", o->threads, 1, kMostThreads, "Threads (default: one per core)");
  command->add_flag("--json", o->json, "Write JSON")->excludes(command->get_option("--csv"));
  command->footer(
      "A shape that a device cannot run has a row that says why; the exit code is then 1.\n\n"
      "Example:\n"
      "  mxscope simulate sweep --shapes llama.csv --device b200 rtx5090 --csv times.csv");
  command->callback([=, &context] {
    context.action = [=, &context] { return run_sweep(*o, this_run(context.arguments)); };
  });
}

}  // namespace

void add_simulate_command(CLI::App& app, Context& context) {
  CLI::App* simulate = app.add_subcommand("simulate", "How long kernels take, and why");
  simulate->footer(
      "Examples:\n"
      "  mxscope simulate gemm --device rtx5090 --type nvfp4 -m 4096 -n 4096 -k 4096\n"
      "  mxscope simulate sweep --shapes shapes.csv --device b200\n"
      "  mxscope simulate scheme --scheme arcquant --device rtx5090 -m 4096 -n 4096 -k 4096 \\\n"
      "      --residual 0..1024:64\n"
      "  mxscope simulate model --model llama-3.1-8b --scheme arcquant --device rtx5090");
  add_gemm(*simulate, context);
  add_stream(*simulate, context);
  add_sweep(*simulate, context);
  add_simulate_scheme(*simulate, context);
  add_simulate_model(*simulate, context);
  add_simulate_published(*simulate, context);
}

}  // namespace mxscope::reports
