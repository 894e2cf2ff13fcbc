// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope calibrate-scheme and run-scheme: activations become a plan, a plan and tensors become Y.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "reports/atomic_file.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/float_tensor.h"
#include "reports/interrupt.h"
#include "reports/numbers.h"
#include "reports/progress.h"
#include "reports/scheme_layers.h"
#include "reports/scheme_plan_json.h"
#include "reports/table.h"
#include "reports/tensor_errors.h"
#include "reports/tensor_tiles.h"
#include "reports/tensor_writer.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using kernels::Matrix;

constexpr std::size_t kMaxPlanBytes = std::size_t{1} << 28;

struct Options {
  std::string scheme, plan;
  std::string activations, weights, calibration, output;
  std::vector<std::string> layers;
  std::string executor = "fast";
  RecipeFiles files;
  std::string scheme_file;
  int threads = 0;
  bool json = false;
};

void note(Run& run, const std::string& path) {
  Progress quiet("reading", "files", 1, 1);
  hash_input(run, path, quiet);
}

std::string levels_text(const std::vector<std::int64_t>& levels) {
  return fmt::format("{}", fmt::join(levels, " + "));
}

int calibrate(const Options& options, const Context& context) {
  refuse_same_file(options.output, {options.activations, options.weights, options.scheme_file,
                                    options.files.recipes, options.files.formats});
  Run run = this_run(context.arguments);
  const SchemeChoice choice(options.files, options.scheme_file, run);
  SchemePlan plan{.scheme = choice.schemes.find(options.scheme)};
  const TensorFile activations(options.activations);
  note(run, options.activations);
  plan.calibration = run.inputs.back();
  std::optional<TensorFile> weights;
  if (!options.weights.empty()) {
    weights.emplace(options.weights);
    note(run, options.weights);
  }
  const auto layers = match_layers(activations, weights ? &*weights : nullptr, options.layers);
  Progress progress("calibrate-scheme", "layers", layers.size(),
                    static_cast<double>(layers.size()));
  for (const LayerNames& names : layers) {
    throw_if_interrupted();
    const Matrix x = load_matrix(activations, names.activations);
    const Matrix w = weights ? load_matrix(*weights, names.weights) : Matrix{};
    try {
      plan.layers.push_back(kernels::calibrate_layer(plan.scheme, x.view(), w.view()));
    } catch (const Error& e) {
      throw Error(fmt::format("{}, tensor {}: {}", options.activations,
                              in_quotes(names.activations), e.what()));
    }
    plan.layers.back().activations = names.activations;
    plan.layers.back().weights = names.weights;
    progress.advance(1);
  }
  write_file(options.output, plan_text(plan, run));
  if (options.json) {
    nlohmann::json rows = nlohmann::json::array();
    for (const kernels::LayerPlan& layer : plan.layers)
      rows.push_back({{"activations", layer.activations},
                      {"weights", layer.weights},
                      {"channels", layer.channels},
                      {"levels", layer.levels}});
    print(json_text(
        {{"run", run}, {"scheme", options.scheme}, {"output", options.output}, {"layers", rows}}));
    return kAllHolds;
  }
  Table table({{"layer"}, {"channels", true}, {"of each level"}});
  for (const kernels::LayerPlan& layer : plan.layers)
    table.add(
        {printable(layer.activations), std::to_string(layer.channels), levels_text(layer.levels)});
  print(table.text());
  print(fmt::format("{} written\n", options.output));
  return kAllHolds;
}

/// The plan's layers among the weights: those of its names, or its only one for the only tensor.
struct Job {
  const kernels::LayerPlan* plan = nullptr;
  LayerNames names;
};

std::vector<Job> jobs_of(const SchemePlan& plan, const Options& options,
                         const TensorFile& activations, const TensorFile& weights) {
  std::vector<Job> out;
  for (const LayerNames& names : match_layers(activations, &weights, options.layers)) {
    const kernels::LayerPlan* found = plan.layers.size() == 1 ? &plan.layers.front() : nullptr;
    for (const kernels::LayerPlan& layer : plan.layers)
      if (layer.activations == names.activations &&
          (layer.weights.empty() || layer.weights == names.weights))
        found = &layer;
    if (found == nullptr)
      throw Error(fmt::format("{}: has no layer of activations {}; calibrate with that tensor",
                              options.plan, in_quotes(names.activations)));
    const auto channels = matrix_shape(activations.find(names.activations).shape).columns;
    if (static_cast<std::uint64_t>(found->channels) != channels)
      throw Error(fmt::format("{}: its layer {} is of {} channels, and {} has {}", options.plan,
                              in_quotes(found->activations), found->channels, options.activations,
                              channels));
    out.push_back({found, names});
  }
  return out;
}

/// The activations that the plan was made of, where its scheme needs them again.
std::optional<TensorFile> calibration_of(const SchemePlan& plan, const Options& options, Run& run) {
  if (!kernels::needs_calibration_again(plan.scheme)) return std::nullopt;
  const std::string path =
      options.calibration.empty() ? plan.calibration.path : options.calibration;
  std::optional<TensorFile> file;
  try {
    file.emplace(path);
  } catch (const Error& e) {
    throw Error(
        fmt::format("scheme {} rounds weights by the calibration's activations: {}; name "
                    "the file with --calibration",
                    plan.scheme.name, e.what()));
  }
  note(run, path);
  if (run.inputs.back().sha256 != plan.calibration.sha256)
    throw Error(
        fmt::format("{}: is not what {} was made of, by its SHA-256; give that file with "
                    "--calibration, or calibrate again",
                    path, options.plan));
  return file;
}

class OutputFile {
 public:
  OutputFile(std::string path, const std::vector<Job>& jobs) : path_(std::move(path)) {
    is_npy_ = path_.size() >= 4 && path_.substr(path_.size() - 4) == ".npy";
    if (is_npy_ && jobs.size() > 1)
      throw Error(
          fmt::format("-o {}: a .npy file holds one output, and there are {}; write "
                      ".safetensors, or choose one with --layer",
                      path_, jobs.size()));
  }
  void add(const Job& job, std::int64_t rows, std::int64_t columns, std::vector<float> y) {
    std::string name = job.names.weights;
    const std::size_t at = name.rfind(".weight");
    if (at != std::string::npos && at + 7 == name.size()) name.resize(at);
    infos_.push_back({name + ".output",
                      DType::kF32,
                      {static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns)}});
    outputs_.push_back(std::move(y));
  }
  void write() const {
    if (is_npy_) {
      write_npy(path_, DType::kF32, infos_.front().shape,
                store_floats(DType::kF32, outputs_.front()));
      return;
    }
    TensorWriter writer(path_, infos_);
    for (const std::vector<float>& y : outputs_) writer.append(store_floats(DType::kF32, y));
    writer.finish();
  }

 private:
  std::string path_;
  bool is_npy_ = false;
  std::vector<TensorInfo> infos_;
  std::vector<std::vector<float>> outputs_;
};

int run_scheme(const Options& options, const Context& context) {
  refuse_same_file(options.output,
                   {options.plan, options.activations, options.weights, options.calibration,
                    options.files.recipes, options.files.formats});
  LayerOptions how{.executor = scheme_executor(options.executor),
                   .threads = thread_count(options.threads)};
  Run run = this_run(context.arguments);
  const spec::RecipeTable recipes = load_recipes(options.files, run);
  const SchemePlan plan =
      parse_plan(run.read_input(options.plan, kMaxPlanBytes), options.plan, recipes);
  const TensorFile activations(options.activations);
  const TensorFile weights(options.weights);
  const std::vector<Job> jobs = jobs_of(plan, options, activations, weights);
  std::optional<OutputFile> output;
  if (!options.output.empty()) output.emplace(options.output, jobs);
  note(run, options.activations);
  note(run, options.weights);
  const std::optional<TensorFile> calibration = calibration_of(plan, options, run);
  Progress progress("run-scheme", "layers", jobs.size(), static_cast<double>(jobs.size()));
  nlohmann::json rows = nlohmann::json::array();
  Table table({{"SQNR in dB"},
               {"of each level"},
               {"activations", true},
               {"weights", true},
               {"output", true},
               {"largest\nerror", true},
               {"products by"}});
  for (const Job& job : jobs) {
    const Matrix x = load_matrix(activations, job.names.activations);
    const Matrix w = load_matrix(weights, job.names.weights);
    const Matrix c = calibration ? load_matrix(*calibration, job.plan->activations) : Matrix{};
    const LayerReference reference = layer_reference(x.view(), w.view(), how);
    LayerResult result;
    try {
      result =
          run_layer(plan.scheme, *job.plan, recipes, x.view(), w.view(), c.view(), reference, how);
    } catch (const Error& e) {
      throw Error(fmt::format("layer {}: {}", in_quotes(job.names.weights), e.what()));
    }
    result.plan.activations = job.names.activations;
    result.plan.weights = job.names.weights;
    rows.push_back(result_json(result));
    table.add({printable(job.names.weights), levels_text(result.plan.levels),
               sqnr_text(result.activations), sqnr_text(result.weights), sqnr_text(result.output),
               fmt::format("{:.3g}", result.output.largest_error), result.made_by});
    if (output) output->add(job, x.rows, w.rows, std::move(result.y));
    progress.advance(1);
  }
  if (output) output->write();
  if (options.json) {
    nlohmann::json json = {{"run", run}, {"scheme", scheme_json(plan.scheme)}, {"layers", rows}};
    if (output) json["output"] = options.output;
    print(json_text(json));
    return kAllHolds;
  }
  print(fmt::format("scheme {}\n", plan.scheme.name));
  print(table.text());
  if (output) print(fmt::format("{} written\n", options.output));
  return kAllHolds;
}

void add_files(CLI::App& command, Options& o, bool weights_required) {
  command
      .add_option("--activations", o.activations,
                  "[tokens, in]: .safetensors, of any number of\nlayers, or .npy")
      ->required()
      ->option_text("FILE");
  CLI::Option* weights =
      command.add_option("--weights", o.weights, "[out, in]; NAME.weight belongs to NAME.input")
          ->option_text("FILE");
  if (weights_required) weights->required();
  command.add_option("--layer", o.layers, "This layer only, by either name; again for more")
      ->option_text("NAME")
      ->allow_extra_args(false);
  command.add_flag("--json", o.json, "Write JSON");
}

}  // namespace

void add_calibrate_scheme_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "calibrate-scheme", "Make a plan of a scheme: factors, order and levels of the channels");
  command->add_option("SCHEME", o->scheme, "mxscope schemes lists them")->required();
  add_files(*command, *o, false);
  command->add_option("-o,--output", o->output, "The plan to write")
      ->required()
      ->option_text("FILE.json");
  add_scheme_files(*command, o->files, o->scheme_file);
  command->footer(
      "Smoothing needs weights, too.\n\n"
      "Examples:\n"
      "  mxscope calibrate-scheme arcquant --activations acts.safetensors -o plan.json\n"
      "  mxscope calibrate-scheme smoothquant_int8 --activations acts.safetensors \\\n"
      "      --weights weights.safetensors -o plan.json");
  command->callback(
      [o, &context] { context.action = [o, &context] { return calibrate(*o, context); }; });
}

void add_run_scheme_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "run-scheme", "Quantize layers by a plan and multiply them as tensor cores do");
  command->add_option("PLAN", o->plan, "What calibrate-scheme wrote")->required();
  add_files(*command, *o, true);
  command
      ->add_option("--calibration", o->calibration,
                   "What the plan was made of, for schemes that\n"
                   "round weights by it (default: where it was)")
      ->option_text("FILE");
  command
      ->add_option("--executor", o->executor,
                   "fast (default) or reference, equal bit for bit;\n"
                   "values: sums in binary64 in place of the units'")
      ->option_text("NAME");
  command
      ->add_option("-o,--output", o->output,
                   "Write Y as float32: .npy, or .safetensors with\nNAME.output for each layer")
      ->option_text("FILE");
  add_number(*command, "--threads", o->threads, 1, kMostThreads,
             "Threads (default: one per core); the output is the same");
  add_recipe_files(*command, o->files, "--recipes");
  command->footer(
      "SQNRs of activations and weights are those of quantizing, after smoothing and rotation; of\n"
      "the output against X W^T of the tensors as they are, its sums in binary64.\n\n"
      "Examples:\n"
      "  mxscope run-scheme plan.json --activations acts.safetensors --weights w.safetensors\n"
      "  mxscope run-scheme plan.json --activations x.npy --weights w.npy -o y.npy");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_scheme(*o, context); }; });
}

}  // namespace mxscope::reports
