// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope validate: predicted against measured times.
#include <fmt/format.h>

#include <memory>

#include "reports/accuracy_text.h"
#include "reports/atomic_file.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/device_argument.h"
#include "reports/figures_accuracy.h"
#include "reports/figures_render.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

struct Options {
  std::string points;
  std::string model = std::string(kDefaultModel);
  std::vector<std::string> devices;
  std::string only;
  std::string half = "all";
  std::string figure;
  std::string python = "python3";  ///< draws .svg
  std::size_t worst = 10;
  bool json = false;
};

void write_figure(const Figure& figure, const std::string& path, const std::string& python) {
  if (path.ends_with(".csv")) return write_file(path, to_csv(figure));
  if (path.ends_with(".json")) return write_file(path, to_vega_lite(figure));
  const Rendering rendering = render_figures({figure}, {python, default_renderer_script()});
  if (rendering.svgs.empty())
    throw Error(fmt::format("{}: no picture: {}; .json needs nothing", path, rendering.failure));
  write_file(path, rendering.svgs.at(figure.name));
}

int run_validate(const Options& options, const Context& context) {
  if (!options.figure.empty() && !options.figure.ends_with(".csv") &&
      !options.figure.ends_with(".json") && !options.figure.ends_with(".svg"))
    throw Error("--figure ends in .csv, .json (Vega-Lite) or .svg");
  Run run = this_run(context.arguments);
  const Predictor model = find_predictor(options.model);
  const std::vector<sim::Device> devices = devices_with(options.devices, run);
  const std::vector<MeasuredPoint> measured =
      read_points(run.read_input(options.points, kMaxPointsBytes), options.points);
  run.refuse_input_as(options.figure);
  PointSet set = simulated_points(measured, devices);
  const std::string only = options.only.empty() ? "" : sim::find_device(options.only, devices).name;
  const std::size_t simulated = set.points.size();
  std::erase_if(set.points, [&](const SimulatedPoint& p) {
    return (!only.empty() && p.device != only) ||
           (options.half != "all" && half_of(p) != (options.half == "calibrate" ? 0 : 1));
  });
  if (set.points.empty() && simulated > 0)
    throw Error(fmt::format("{}: none of the {} points that can be simulated is {}", options.points,
                            simulated, only.empty() ? "in that half" : "of " + only));
  if (set.points.empty())
    throw Error(
        fmt::format("{}: none of its {} points can be simulated{}", options.points, measured.size(),
                    set.left_out.empty() ? "" : "; the first: " + set.left_out.front().reason));
  DeviceSet by_name;
  for (const sim::Device& device : devices) by_name.emplace(device.name, device);
  const Comparison comparison = compare(std::move(set.points), by_name, model);
  if (!options.figure.empty())
    write_figure(accuracy_scatter(comparison.points, comparison.predicted, options.model),
                 options.figure, options.python);
  if (options.json) {
    nlohmann::json json = comparison_json(comparison);
    json["run"] = run;
    json["model"] = options.model;
    json["left_out"] = left_out_json(set.left_out);
    print(json_text(json));
    return kAllHolds;
  }
  print(fmt::format("{}, model {}, {}\n", options.points, options.model,
                    options.half == "all" ? "all points" : "half: " + options.half));
  print(total_text(comparison) + "\n" + accuracy_table(comparison) + "\n" + size_table(comparison));
  if (options.worst > 0) print("\nworst:\n" + worst_table(comparison, options.worst));
  if (!set.left_out.empty()) print("\n" + left_out_text(set.left_out));
  return kAllHolds;
}

}  // namespace

void add_validate_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("validate", "Compare predicted with measured times of GEMMs");
  command->add_option("--points", o->points, "A CSV file of measured points")->required();
  command->add_option("--model", o->model, "engine, closed-form or roofline")
      ->capture_default_str();
  command->add_option("--device", o->devices, "A device file of your own, or a calibrated one")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--only", o->only, "Points of this device alone");
  command->add_option("--half", o->half, "The half that mxscope calibrate fits on, or the other")
      ->check(CLI::IsMember({"all", "calibrate", "holdout"}));
  command->add_option("--worst", o->worst, "How many of the worst points to list")
      ->capture_default_str();
  command->add_option("--figure", o->figure, "Write the scatter plot: .csv, .json or .svg");
  command->add_option("--python", o->python, "A Python with vl-convert-python, for .svg")
      ->capture_default_str();
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "The file's columns are gpu,M,N,K,a_type,b_type,scale,out_type,library,metric,value,unit,\n"
      "source,confidence; maybe config (a kernel) and weight_copies. gpu is a device's name, or\n"
      "NAME-1SM, NAME@1.3GHz, NAME@400W. Types are bf16, fp16, tf32, int8, e4m3, e5m2, e2m3, e3m2\n"
      "and e2m1. Scales are none, 'nvfp4 ...', 'mx ...' or others, with\n"
      "'+act-quant in time' where a kernel that quantizes activations is in the time.\n"
      "An error is |predicted / measured - 1|. The noise floor is how far two campaigns differ on\n"
      "the same GEMM: no model can be better than that on both.\n\n"
      "Examples:\n"
      "  mxscope validate --points mine.csv\n"
      "  mxscope validate --points mine.csv --only b200 --model closed-form --worst 20\n"
      "  mxscope validate --points mine.csv --device fitted.toml --half holdout --figure fit.svg");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_validate(*o, context); }; });
}

}  // namespace mxscope::reports
