// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope simulate scheme: one linear layer under schemes, over residual channels or average bits.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "reports/console.h"
#include "reports/numbers.h"
#include "reports/scheme_request.h"
#include "reports/simulate_model.h"
#include "reports/simulate_request.h"
#include "reports/table.h"
#include "sim/layer_time.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

struct Options {
  GemmOptions device;
  TimedChoice scheme;
  std::string name, input = "attention";
  bool kernels = false, json = false;
};

struct Row {
  sim::SchemeSetting setting;
  sim::LayerTime time;
};

sim::LinearInput find_input(const std::string& name) {
  if (name == "attention") return sim::LinearInput::kAttention;
  if (name == "norm") return sim::LinearInput::kNorm;
  if (name == "gate") return sim::LinearInput::kGate;
  throw Error(fmt::format("--input {}: is attention (x as it is), norm or gate", printable(name)));
}

/// "3840+256", "2432+128+1536".
std::string channels_text(const sim::ChannelCounts& channels) {
  std::string text = fmt::format("{}", fmt::join(channels.parts, "+"));
  return channels.residual > 0 ? fmt::format("{}+{}", text, channels.residual) : text;
}

double weight_bits(const Row& row, std::int64_t k) {
  return 8 * sim::weight_row_bytes(row.setting.scheme, row.time.channels) / static_cast<double>(k);
}

std::string table_text(const Options& o, const std::vector<Row>& rows, double fp16_us) {
  Table table({{"scheme"},
               {"channels"},
               {"bits/\nweight", true},
               {"quan-\ntizing", true},
               {"GEMMs", true},
               {"us", true},
               {"laun-\nches", true},
               {"against\nthe first", true},
               {"fp16\ntimes", true},
               {"quan-\ntizing", true}});
  const double first = rows.front().time.us;
  for (const Row& row : rows) {
    const sim::LayerTime& t = row.time;
    table.add({row.setting.scheme.name, channels_text(t.channels),
               fmt::format("{:.3f}", weight_bits(row, o.device.k)),
               fmt::format("{:.2f}", t.quantize_us), fmt::format("{:.2f}", t.gemm_us),
               fmt::format("{:.2f}", t.us), std::to_string(t.launches()),
               fmt::format("{:+.1f} %", 100 * (t.us / first - 1)),
               fp16_us > 0 ? fmt::format("{:.2f}", fp16_us / t.us) : "-",
               fmt::format("{:.1f} %", 100 * t.quantize_us / t.us)});
  }
  return table.text();
}

std::string kernels_text(const Row& row) {
  Table table({{row.setting.scheme.name}, {"of"}, {"us", true}, {"roofline", true}, {"kernel"}});
  for (const sim::LayerKernel& kernel : row.time.kernels)
    table.add({kernel.name, kernel.what, fmt::format("{:.2f}", kernel.us),
               fmt::format("{:.2f}", kernel.roofline_us), kernel.kernel});
  return table.text();
}

nlohmann::json row_json(const Options& o, const Row& row) {
  const sim::LayerTime& t = row.time;
  nlohmann::json json = {{"scheme", row.setting.scheme.name},
                         {"channels", t.channels.parts},
                         {"residual_channels", t.channels.residual},
                         {"weight_bits", weight_bits(row, o.device.k)},
                         {"us", t.us},
                         {"quantize_us", t.quantize_us},
                         {"gemm_us", t.gemm_us},
                         {"roofline_us", t.roofline_us},
                         {"clock_mhz", t.clock_mhz},
                         {"launches", t.launches()}};
  for (const sim::LayerKernel& kernel : t.kernels)
    json["kernels"].push_back({{"name", kernel.name},
                               {"what", kernel.what},
                               {"config", kernel.kernel},
                               {"us", kernel.us},
                               {"roofline_us", kernel.roofline_us}});
  return json;
}

int run_scheme(const Options& o, const Context& context) {
  Run run = this_run(context.arguments);
  const sim::Device device = device_of(o.name, run);
  const sim::LayerProblem problem{.m = o.device.m,
                                  .n = o.device.n,
                                  .k = o.device.k,
                                  .input = find_input(o.input),
                                  .weight_copies = o.device.cold ? 0 : o.device.weight_copies,
                                  .clock_mhz = static_cast<double>(o.device.clock_mhz)};
  const sim::SimulationOptions options = simulation_of(o.device);
  std::vector<Row> rows;
  for (const std::string& name : o.scheme.schemes)
    for (const sim::SchemeSetting& setting : settings_of(o.scheme, name))
      rows.push_back({setting, sim::simulate_layer(device, setting, problem, options)});
  const auto fp16 = sim::default_setting(sim::find_timed_scheme("fp16"));
  const double fp16_us = sim::simulate_layer(device, fp16, problem, options).us;
  if (o.json) {
    nlohmann::json json = {
        {"device", device.name}, {"m", problem.m},     {"n", problem.n}, {"k", problem.k},
        {"input", o.input},      {"fp16_us", fp16_us}, {"run", run}};
    for (const Row& row : rows) json["rows"].push_back(row_json(o, row));
    print(json_text(json));
    return kAllHolds;
  }
  print(fmt::format("{} tokens, {} output channels of {}, {}\n\n", problem.m, problem.n, problem.k,
                    device.title));
  print(table_text(o, rows, fp16_us));
  if (o.kernels)
    for (const Row& row : rows) print('\n' + kernels_text(row));
  return kAllHolds;
}

}  // namespace

void add_simulate_scheme(CLI::App& simulate, Context& context) {
  constexpr std::int64_t kMostElements = std::int64_t{1} << 24;
  constexpr int kMostMhz = 10000, kMostCopies = 1024;
  auto o = std::make_shared<Options>();
  CLI::App* command =
      simulate.add_subcommand("scheme", "One linear layer: its quantizers and its GEMMs");
  command
      ->add_option("--scheme", o->scheme.schemes,
                   "fp16, fp8, int8, mxfp8, mxfp6, mxfp4, nvfp4, four_over_six, rotation, "
                   "arcquant, arcquant_trt, micromix, micromix_iclr, micromix_main; several")
      ->required();
  command->add_option("--device", o->name, "A device's name, or its file.toml")->required();
  add_number(*command, "-m", o->device.m, 1, kMostElements, "Tokens")->required();
  add_number(*command, "-n", o->device.n, 1, kMostElements, "Output channels")->required();
  add_number(*command, "-k", o->device.k, 1, kMostElements, "Input channels")->required();
  add_scheme_options(*command, o->scheme, true);
  command
      ->add_option("--input", o->input,
                   "What is quantized: attention (x as it is), norm or gate, with their kernels")
      ->capture_default_str();
  command->add_flag("--kernels", o->kernels, "Show every kernel");
  add_number(
      *command, "--weight-copies", o->device.weight_copies, 1, kMostCopies,
      "Copies of weights that a benchmark goes through in turn (default 1: caches are warm)");
  command->add_flag("--cold", o->device.cold, "Nothing is in the L2 at the start of a GEMM")
      ->excludes(command->get_option("--weight-copies"));
  add_number(*command, "--clock-mhz", o->device.clock_mhz, 1, kMostMhz, "Fixed clock");
  command->add_option("--off", o->device.off, "Mechanisms to leave out, separated by commas")
      ->delimiter(',')
      ->option_text("NAME,...");
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "Examples:\n"
      "  mxscope simulate scheme --scheme arcquant --device rtx5090 -m 4096 -n 4096 -k 4096 \\\n"
      "      --residual 0..1024:64\n"
      "  mxscope simulate scheme --scheme nvfp4 arcquant --amax pass --device rtx5090 -m 2048 \\\n"
      "      -n 4096 -k 4096 --kernels\n"
      "  mxscope simulate scheme --scheme micromix_iclr --average-bits 4.48,5.22,6.01 \\\n"
      "      --device rtx5090 -m 2048 -n 5120 -k 5120");
  command->callback(
      [=, &context] { context.action = [=, &context] { return run_scheme(*o, context); }; });
}

}  // namespace mxscope::reports
