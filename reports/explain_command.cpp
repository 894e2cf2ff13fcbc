// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope explain: where the time of one prediction went that another did not spend.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/simulate_request.h"
#include "reports/simulate_text.h"
#include "reports/table.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

struct Options {
  GemmOptions gemm;
  bool json = false;
};

struct Side {
  sim::Device device;
  sim::GemmTime time;
};

/// Microseconds by cause; the causes of both sides are the same, in the same order.
std::vector<std::pair<std::string, double>> parts_of(const Side& side) {
  const sim::GemmTime& t = side.time;
  std::vector<std::pair<std::string, double>> parts = {
      {"launch", t.us - t.kernel_us - t.quantize_us}, {"quantizing activations", t.quantize_us}};
  for (const sim::GemmTime::Stall& stall : t.stalls)
    parts.emplace_back(stall.cause, stall.cycles / t.clock_mhz);
  return parts;
}

template <typename T>
const T& of_side(const std::vector<T>& values, std::size_t side) {
  return values[std::min(side, values.size() - 1)];
}

std::vector<Side> simulate_sides(const GemmOptions& o, Run& run) {
  if (o.devices.size() < 2 && o.configs.size() < 2 && o.types.size() < 2)
    throw Error("explain compares two things: give --device, --config or --type twice");
  std::vector<Side> sides;
  for (std::size_t i = 0; i < 2; ++i) {
    std::optional<sim::GemmConfig> config;
    if (!o.configs.empty()) config = sim::parse_config(of_side(o.configs, i));
    const sim::Device device = device_of(of_side(o.devices, i), run);
    const sim::GemmProblem problem = problem_of(o, of_side(o.types, i));
    sides.push_back({device, sim::simulate_gemm(device, problem, config, simulation_of(o))});
  }
  return sides;
}

/// "second is 12.3 us slower (1.42 x): +9.1 us L2 bandwidth, +2.0 us epilogue".
std::string verdict(const std::vector<Side>& sides) {
  const auto a = parts_of(sides[0]), b = parts_of(sides[1]);
  const double change = sides[1].time.us - sides[0].time.us;
  std::vector<std::pair<double, std::string>> causes;
  for (std::size_t i = 0; i < a.size(); ++i)
    causes.emplace_back(b[i].second - a[i].second, a[i].first);
  std::stable_sort(causes.begin(), causes.end(), [](const auto& x, const auto& y) {
    return std::abs(x.first) > std::abs(y.first);
  });
  if (std::abs(change) < 1e-3 * sides[0].time.us) return "both take the same time\n";
  std::string text =
      fmt::format("the second is {:.2f} us {} ({:.2f} x the time):", std::abs(change),
                  change > 0 ? "slower" : "faster", sides[1].time.us / sides[0].time.us);
  for (std::size_t i = 0; i < 3 && std::abs(causes[i].first) >= 0.05 * std::abs(change); ++i)
    text += fmt::format("{} {:+.2f} us {}", i == 0 ? "" : ",", causes[i].first, causes[i].second);
  return text + '\n';
}

std::string text_of(const std::vector<Side>& sides) {
  const sim::GemmTime &a = sides[0].time, &b = sides[1].time;
  Table table({{""}, {"first"}, {"second"}});
  const auto row = [&](const char* name, const auto& cell) {
    table.add({name, cell(sides[0]), cell(sides[1])});
  };
  row("device", [](const Side& s) { return s.device.name; });
  row("GEMM", [](const Side& s) { return to_string(s.time.problem); });
  row("kernel", [](const Side& s) { return to_string(s.time.config); });
  row("clock", [](const Side& s) { return fmt::format("{:.0f} MHz", s.time.clock_mhz); });
  row("rate", [](const Side& s) { return fmt::format("{:.1f} TFLOPS", s.time.tflops); });
  row("bound by", [](const Side& s) { return std::string(bound_name(s.time.bound)); });
  row("waves", [](const Side& s) { return fmt::format("{:.2f}", s.time.waves); });
  row("DRAM", [](const Side& s) { return bytes_text(s.time.dram_bytes); });
  row("L2", [](const Side& s) { return bytes_text(s.time.l2_bytes); });
  Table where({{"microseconds"}, {"first", true}, {"second", true}, {"more", true}});
  const auto first = parts_of(sides[0]), second = parts_of(sides[1]);
  for (std::size_t i = 0; i < first.size(); ++i)
    if (first[i].second > 0 || second[i].second > 0)
      where.add({first[i].first, fmt::format("{:.2f}", first[i].second),
                 fmt::format("{:.2f}", second[i].second),
                 fmt::format("{:+.2f}", second[i].second - first[i].second)});
  where.add({"all", fmt::format("{:.2f}", a.us), fmt::format("{:.2f}", b.us),
             fmt::format("{:+.2f}", b.us - a.us)});
  return table.text() + '\n' + where.text() + '\n' + verdict(sides);
}

int run_explain(const Options& o, const Context& context) {
  Run run = this_run(context.arguments);
  const std::vector<Side> sides = simulate_sides(o.gemm, run);
  if (!o.json) {
    print(text_of(sides));
    return kAllHolds;
  }
  nlohmann::json json;
  for (const Side& side : sides) json["sides"].push_back(gemm_json(side.device, side.time));
  const auto first = parts_of(sides[0]), second = parts_of(sides[1]);
  for (std::size_t i = 0; i < first.size(); ++i)
    json["more_us"][first[i].first] = second[i].second - first[i].second;
  json["verdict"] = verdict(sides);
  json["run"] = run;
  print(json_text(json));
  return kAllHolds;
}

}  // namespace

void add_explain_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("explain", "Why one kernel, device or type is faster than another");
  add_gemm_options(*command, o->gemm, true);
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "Examples:\n"
      "  mxscope explain --device b200 --device rtx5090 --type nvfp4 -m 4096 -n 4096 -k 4096\n"
      "  mxscope explain --device rtx5090 --type nvfp4 --type mxfp8 -m 4096 -n 4096 -k 4096\n"
      "  mxscope explain --device b200 --type bf16 -m 8192 -n 8192 -k 8192 \\\n"
      "      --config sm100-1sm:128x256x64 --config sm100-2sm:256x256x64,cluster=2x1");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_explain(*o, context); }; });
}

}  // namespace mxscope::reports
