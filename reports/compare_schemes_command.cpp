// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope compare-schemes: several schemes on the same layers, in one table.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/interrupt.h"
#include "reports/layer_source.h"
#include "reports/numbers.h"
#include "reports/progress.h"
#include "reports/scheme_layers.h"
#include "reports/scheme_plan_json.h"
#include "reports/table.h"
#include "reports/tensor_tiles.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

struct Options {
  LayerArguments layers;
  std::vector<std::string> schemes;
  std::string executor = "fast";
  std::int64_t tokens = 256;
  RecipeFiles files;
  std::string scheme_file;
  int threads = 0;
  bool by_layer = false;
  bool json = false;
};

/// A scheme on all layers, or the sentence that says why not.
struct Outcome {
  const kernels::Scheme* scheme = nullptr;
  std::vector<LayerResult> layers;
  std::string problem;
};

double mean(const std::vector<LayerResult>& layers, double (*of)(const LayerResult&)) {
  double sum = 0;
  for (const LayerResult& layer : layers) sum += of(layer);
  return sum / static_cast<double>(layers.size());
}

double least(const std::vector<LayerResult>& layers, double (*of)(const LayerResult&)) {
  double out = std::numeric_limits<double>::infinity();
  for (const LayerResult& layer : layers) out = std::min(out, of(layer));
  return out;
}

double activation_bits(const LayerResult& r) { return r.bits.activations; }
double weight_bits(const LayerResult& r) { return r.bits.weights; }
double activation_sqnr(const LayerResult& r) { return r.activations.sqnr_db(); }
double weight_sqnr(const LayerResult& r) { return r.weights.sqnr_db(); }
double output_sqnr(const LayerResult& r) { return r.output.sqnr_db(); }
double negative_error(const LayerResult& r) {
  return r.output.largest > 0 ? -r.output.largest_error / r.output.largest : 0;
}

std::string db(double x) { return std::isfinite(x) ? fmt::format("{:.2f}", x) : "exact"; }

void print_summary(const std::vector<Outcome>& outcomes, std::size_t layers) {
  Table table({{"scheme"},
               {"bits of\nx", true},
               {"\nw", true},
               {"SQNR of\nx", true},
               {"\nw", true},
               {"\ny", true},
               {"least\ny", true},
               {"error /\nmax |y|", true},
               {"products by"}});
  for (const Outcome& o : outcomes) {
    if (!o.problem.empty()) continue;
    table.add({o.scheme->name, fmt::format("{:.3f}", mean(o.layers, activation_bits)),
               fmt::format("{:.3f}", mean(o.layers, weight_bits)),
               db(mean(o.layers, activation_sqnr)), db(mean(o.layers, weight_sqnr)),
               db(mean(o.layers, output_sqnr)), db(least(o.layers, output_sqnr)),
               fmt::format("{:.2e}", -least(o.layers, negative_error)), o.layers.front().made_by});
  }
  print(table.text());
  print(fmt::format("\nMeans of {} {}: bits of an element with its share of scales, SQNR in dB.\n",
                    layers, layers == 1 ? "layer" : "layers"));
  for (const Outcome& o : outcomes)
    if (!o.problem.empty()) print(fmt::format("{} does not fit: {}\n", o.scheme->name, o.problem));
}

void print_layers(const std::vector<Outcome>& outcomes) {
  Table table({{"layer"},
               {"scheme"},
               {"of each level"},
               {"bits of\nx", true},
               {"\nw", true},
               {"SQNR of\nx", true},
               {"\nw", true},
               {"\ny", true}});
  const std::size_t layers = outcomes.empty() ? 0 : outcomes.front().layers.size();
  for (std::size_t i = 0; i < layers; ++i)
    for (const Outcome& o : outcomes) {
      if (i >= o.layers.size()) continue;
      const LayerResult& r = o.layers[i];
      table.add({printable(r.plan.weights), o.scheme->name,
                 fmt::format("{}", fmt::join(r.plan.levels, " + ")),
                 fmt::format("{:.3f}", r.bits.activations), fmt::format("{:.3f}", r.bits.weights),
                 db(r.activations.sqnr_db()), db(r.weights.sqnr_db()), db(r.output.sqnr_db())});
    }
  print(table.text());
}

nlohmann::json outcome_json(const Outcome& outcome) {
  nlohmann::json json = {{"scheme", outcome.scheme->name}, {"source", outcome.scheme->source}};
  if (!outcome.problem.empty()) {
    json["does_not_fit"] = outcome.problem;
    return json;
  }
  json["layers"] = nlohmann::json::array();
  for (const LayerResult& r : outcome.layers) json["layers"].push_back(result_json(r));
  return json;
}

std::vector<Outcome> chosen_schemes(const SchemeChoice& choice, const Options& options) {
  std::vector<Outcome> out;
  if (options.schemes.empty())
    for (const kernels::Scheme& scheme : choice.schemes.rows()) out.push_back({&scheme, {}, {}});
  for (const std::string& name : options.schemes)
    out.push_back({&choice.schemes.find(name), {}, {}});
  return out;
}

int run_compare(const Options& options, const Context& context) {
  LayerOptions how{.executor = scheme_executor(options.executor),
                   .tokens = options.tokens,
                   .threads = thread_count(options.threads)};
  Run run = this_run(context.arguments);
  const SchemeChoice choice(options.files, options.scheme_file, run);
  std::vector<Outcome> outcomes = chosen_schemes(choice, options);
  const LayerSource source(options.layers, run);
  const auto& layers = source.names();
  Progress progress("compare-schemes", "runs", layers.size() * outcomes.size(),
                    static_cast<double>(layers.size() * outcomes.size()));
  for (const LayerNames& names : layers) {
    const LoadedLayer layer = source.load(names);
    const kernels::MatrixView x = layer.activations.view();
    const kernels::MatrixView w = layer.weights.view();
    const kernels::MatrixView c = layer.calibration();
    const LayerReference reference = layer_reference(x, w, how);
    for (Outcome& outcome : outcomes) {
      throw_if_interrupted();
      progress.advance(1);
      if (!outcome.problem.empty()) continue;
      try {
        kernels::LayerPlan plan = kernels::calibrate_layer(*outcome.scheme, c, w);
        plan.activations = names.activations;
        plan.weights = names.weights;
        outcome.layers.push_back(
            run_layer(*outcome.scheme, plan, choice.recipes, x, w, c, reference, how));
        outcome.layers.back().y = {};
      } catch (const Error& e) {
        outcome.problem = fmt::format("layer {}: {}", in_quotes(names.weights), e.what());
      }
    }
  }
  if (options.json) {
    nlohmann::json rows = nlohmann::json::array();
    for (const Outcome& outcome : outcomes) rows.push_back(outcome_json(outcome));
    print(json_text({{"run", run}, {"executor", options.executor}, {"schemes", rows}}));
    return kAllHolds;
  }
  if (options.by_layer) {
    print_layers(outcomes);
    print("\n");
  }
  print_summary(outcomes, layers.size());
  return kAllHolds;
}

}  // namespace

void add_compare_schemes_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "compare-schemes", "Run several schemes on the same layers and show what each loses");
  add_layer_arguments(*command, o->layers);
  command->add_option("--schemes", o->schemes, "Which ones (default: all)")
      ->option_text("NAME,NAME...")
      ->delimiter(',');
  command->add_flag("--by-layer", o->by_layer, "A row for each layer, too");
  add_number(*command, "--tokens", o->tokens, 0, std::int64_t{1} << 40,
             "Multiply so many tokens, evenly spaced (default 256;\n0: all). All are quantized");
  command
      ->add_option("--executor", o->executor,
                   "fast (default) or reference, equal bit for bit;\n"
                   "values: sums in binary64 in place of the units'")
      ->option_text("NAME");
  add_number(*command, "--threads", o->threads, 1, kMostThreads,
             "Threads (default: one per core); the output is the same");
  command->add_flag("--json", o->json, "Write JSON");
  add_scheme_files(*command, o->files, o->scheme_file);
  command->footer(
      "SQNRs of x and w are those of quantizing, after smoothing and rotation; of y against X W^T\n"
      "of the tensors as they are. \"values\" stands for products that no matrix instruction "
      "takes:\n"
      "sums of the quantized values' products in binary64.\n\n"
      "Examples:\n"
      "  mxscope compare-schemes acts.safetensors weights.safetensors\n"
      "  mxscope compare-schemes x.npy w.npy --schemes nvfp4,arcquant,micromix_main --by-layer\n"
      "  mxscope compare-schemes --random 256,512,1024,1 --schemes nvfp4,mxfp8\n"
      "  mxscope compare-schemes x.npy w.npy --schemes-file mine.toml --schemes nvfp4,mine");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_compare(*o, context); }; });
}

}  // namespace mxscope::reports
