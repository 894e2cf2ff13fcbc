// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope calibrate: fits a device's uncertain numbers to measured points, inside their physical
// ranges, and says how good the fit is on points it never saw.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "reports/accuracy_text.h"
#include "reports/atomic_file.h"
#include "reports/calibration.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/device_argument.h"
#include "reports/table.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::size_t kFewestOfCampaign = 8;  ///< points of a campaign that is left out in turn

struct Options {
  std::string points;
  std::string device;
  std::string model = std::string(kDefaultModel);
  std::vector<std::string> fields;
  std::vector<std::string> types;
  std::vector<std::string> libraries;
  std::vector<std::string> others;  ///< predicted with the fit of `device`
  std::string output;
  bool everything = false;  ///< fit on both halves
  bool campaigns = false;
  bool json = false;
};

std::string field_table(const Fit& fit) {
  Table table({{"number"}, {"before", true}, {"fitted", true}, {"physical range"}, {""}});
  for (const FittedField& field : fit.fields)
    table.add({field.path, fmt::format("{}", field.before), fmt::format("{}", field.after),
               fmt::format("{} to {}", field.low, field.high),
               field.at_end()                ? "at an end"
               : field.after == field.before ? "unmoved"
                                             : ""});
  return table.text();
}

nlohmann::json fit_json(const Fit& fit) {
  nlohmann::json fields = nlohmann::json::array();
  for (const FittedField& field : fit.fields)
    fields.push_back({{"field", field.path},
                      {"before", field.before},
                      {"after", field.after},
                      {"range", {field.low, field.high}},
                      {"at_end", field.at_end()}});
  return {{"fields", std::move(fields)},
          {"loss_before", fit.loss_before},
          {"loss_after", fit.loss_after},
          {"evaluations", fit.evaluations}};
}

/// What one calibration writes: sections of text, and the same as JSON.
class Report {
 public:
  explicit Report(bool as_json) : as_json_(as_json) {}

  void section(const std::string& key, const std::string& title, const Comparison& comparison,
               bool tables) {
    json[key].push_back({{"title", title}, {"accuracy", comparison_json(comparison)}});
    if (as_json_) return;
    print("\n" + title + "\n" + total_text(comparison));
    if (tables) print("\n" + accuracy_table(comparison) + "\n" + size_table(comparison));
  }
  void text(const std::string& text) const {
    if (!as_json_) print(text);
  }

  nlohmann::json json;

 private:
  bool as_json_;
};

class Calibration {
 public:
  Calibration(const Options& options, Run& run)
      : options_(options), run_(run), model_(find_predictor(options.model)) {
    base_ = device_argument(options.device, run);
    devices_ = sim::devices();
    std::erase_if(devices_, [&](const sim::Device& d) { return d.name == base_.name; });
    devices_.insert(devices_.begin(), base_);
    measured_ = read_points(run.read_input(options.points, kMaxPointsBytes), options.points);
    run.refuse_input_as(options.output);
    set_ = simulated_points(measured_, devices_);
    for (const SimulatedPoint& point : set_.points)
      if (point.device == base_.name && wanted(point)) own_.push_back(point);
    if (own_.empty())
      throw Error(fmt::format("{}: no point of {} that is wanted", options.points, base_.name));
    fields_ = options.fields.empty() ? fittable_fields(base_) : options.fields;
  }

  int run() {
    Report report(options_.json);
    report.text(fmt::format("{} on {}, model {}: {} points, {} numbers\n", base_.name,
                            options_.points, options_.model, own_.size(), fields_.size()));
    std::vector<SimulatedPoint> fitted, held;
    for (const SimulatedPoint& point : own_)
      (options_.everything || half_of(point) == 0 ? fitted : held).push_back(point);
    const Fit fit = fit_on(fitted);
    report.json["fit"] = fit_json(fit);
    report.json["underdetermined"] = fitted.size() < fields_.size();
    if (fitted.size() < fields_.size())
      report.text(
          fmt::format("fewer points to fit on ({}) than numbers ({}): many fits are as good; "
                      "name fewer with --fields\n",
                      fitted.size(), fields_.size()));
    report.text(fmt::format("{} evaluations, mean |log error| {:.4f} -> {:.4f}\n\n",
                            fit.evaluations, fit.loss_before, fit.loss_after) +
                field_table(fit));
    report.section("fitted", "fitted on, by the file as it was:", with(base_, fitted), false);
    report.section("fitted", "fitted on, by the fit:", with(fit.device, fitted), !held.empty());
    if (!held.empty()) {
      report.section("held_out", "never seen, by the file as it was:", with(base_, held), false);
      report.section("held_out", "never seen, by the fit:", with(fit.device, held), true);
    }
    if (options_.campaigns) leave_campaigns_out(report);
    for (const std::string& other : options_.others) predict_other(report, fit, other);
    if (!options_.output.empty())
      write_file(options_.output, sim::device_toml(with_provenance(fit, provenance(fitted))));
    if (options_.json) {
      report.json["run"] = run_;
      report.json["device"] = base_.name;
      report.json["model"] = options_.model;
      print(json_text(report.json));
    }
    return kAllHolds;
  }

 private:
  /// Other power limits and single SMs are never fitted on, and neither are weak measurements.
  bool wanted(const SimulatedPoint& point) const {
    const auto among = [](const std::vector<std::string>& list, const std::string& name) {
      return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
    };
    return point.variant == DeviceVariant() && point.point->confidence != "low" &&
           among(options_.types, point.problem.type) && among(options_.libraries, point.library);
  }

  Fit fit_on(const std::vector<SimulatedPoint>& points) const {
    if (points.empty()) throw Error("there are no points to fit on; try --all");
    return fit_device(base_, points, model_, fields_);
  }

  Comparison with(const sim::Device& device, std::vector<SimulatedPoint> points) const {
    return compare(std::move(points), {{device.name, device}}, model_);
  }

  void leave_campaigns_out(Report& report) const {
    const auto campaigns =
        grouped(own_, [](const SimulatedPoint& point) { return point.campaign; });
    for (const auto& [campaign, points] : campaigns) {
      if (points.size() < kFewestOfCampaign || points.size() == own_.size()) continue;
      // A GEMM that the campaign measured too is a neighbour: it is on neither side.
      std::set<std::string> seen;
      for (const SimulatedPoint& point : points) seen.insert(gemm(point));
      std::vector<SimulatedPoint> rest;
      for (const SimulatedPoint& point : own_)
        if (point.campaign != campaign && !seen.contains(gemm(point))) rest.push_back(point);
      if (rest.empty()) continue;
      const Fit fit = fit_on(rest);
      report.section("campaigns",
                     fmt::format("campaign left out, fitted on {} points of others: {}",
                                 rest.size(), printable(campaign)),
                     with(fit.device, points), false);
    }
  }

  static std::string gemm(const SimulatedPoint& point) {
    return fmt::format("{}|{}|{}|{}", point.problem.m, point.problem.n, point.problem.k,
                       point.problem.type);
  }

  void predict_other(Report& report, const Fit& fit, const std::string& name) const {
    const sim::Device& other = sim::find_device(name, devices_);
    std::vector<SimulatedPoint> points;
    for (const SimulatedPoint& point : set_.points)
      if (point.device == other.name && wanted(point)) points.push_back(point);
    if (points.empty())
      throw Error(fmt::format("{}: no point of {} that is wanted", options_.points, other.name));
    report.section("unseen_gpu", fmt::format("{}, by its own file alone:", other.name),
                   with(other, points), false);
    report.section("unseen_gpu",
                   fmt::format("{}, its numbers moved by the factors of the fit of {}:", other.name,
                               base_.name),
                   with(transferred(fit, other), points), true);
  }

  std::string provenance(const std::vector<SimulatedPoint>& fitted) const {
    const InputFile& file = run_.inputs.back();
    return fmt::format("mxscope {} calibrate, model {}, {} of {} points of {} (sha256 {})",
                       run_.version, options_.model, options_.everything ? "both halves" : "half 0",
                       fitted.size(), file.path.substr(file.path.find_last_of('/') + 1),
                       file.sha256.substr(0, 16));
  }

  const Options& options_;
  Run& run_;
  Predictor model_;
  sim::Device base_;
  std::vector<sim::Device> devices_;
  std::vector<MeasuredPoint> measured_;
  PointSet set_;
  std::vector<SimulatedPoint> own_;
  std::vector<std::string> fields_;
};

int run_calibrate(const Options& options, const Context& context) {
  Run run = this_run(context.arguments);
  return Calibration(options, run).run();
}

}  // namespace

void add_calibrate_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("calibrate", "Fit a device's uncertain numbers to measured times");
  command->add_option("--points", o->points, "A CSV file of measured points")->required();
  command->add_option("--device", o->device, "A device, or a device file (.toml)")->required();
  command->add_option("--model", o->model, "engine, closed-form or roofline");
  command->add_option("--fields", o->fields, "Numbers to fit; all that have a range if left out")
      ->delimiter(',');
  command->add_option("--types", o->types, "Operand types to use; all if left out")->delimiter(',');
  command->add_option("--libraries", o->libraries, "Classes of library to use; all if left out")
      ->delimiter(',');
  command->add_flag("--all", o->everything, "Fit on both halves: nothing is left to judge by");
  command->add_flag("--leave-campaigns", o->campaigns,
                    "Also leave out one campaign after another, and predict it");
  command->add_option("--predict", o->others, "Also predict another device by this one's fit")
      ->delimiter(',');
  command->add_option("-o,--output", o->output, "Write the fitted device as a file");
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "Only numbers with a physical range are fitted, and only inside it; one that ends at an end\n"
      "points to something that the model lacks. Points are halved by a hash of device, M, N, K\n"
      "and type: half 0 is fitted on, half 1 is never seen. Neighbours on a grid of sizes may "
      "still\n"
      "stand on both sides; --leave-campaigns and --predict are the harder tests.\n"
      "The search is deterministic: the same file and arguments give the same numbers.\n\n"
      "Examples:\n"
      "  mxscope calibrate --points mine.csv --device b200 -o fitted.toml\n"
      "  mxscope calibrate --points mine.csv --device b200 --types bf16 --leave-campaigns\n"
      "  mxscope calibrate --points mine.csv --device rtx-pro-6000-server --predict rtx-5090\n"
      "  mxscope validate --points mine.csv --device fitted.toml --half holdout");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_calibrate(*o, context); }; });
}

}  // namespace mxscope::reports
