// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope compare: recipes by what they lose on tensors, or two of them code by code.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <list>
#include <memory>
#include <optional>
#include <sstream>

#include "reports/atomic_file.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/numbers.h"
#include "reports/recipe_comparison.h"
#include "reports/recipe_files.h"
#include "reports/tensor_errors.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

struct Options {
  std::vector<std::string> names;
  std::string recipes;
  RecipeFiles files;
  std::vector<std::string> tensors;
  bool all = false;
  std::string csv;
  std::int64_t seed = 0;
  int threads = 0;
  bool json = false;
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream text(list);
  for (std::string name; std::getline(text, name, ',');) names.push_back(name);
  return names;
}

std::vector<TensorSource> sources_of(const TensorFile& file, const Options& options,
                                     std::size_t shortest) {
  const auto chosen = chosen_tensors(file, options.tensors, shortest, options.all);
  std::vector<TensorSource> sources;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    if (chosen[i]) sources.push_back({&file.tensors()[i], &file});
  return sources;
}

double bytes_of(const std::vector<TensorSource>& sources) {
  double bytes = 0;
  for (const TensorSource& s : sources) bytes += static_cast<double>(s.tensor->data.size());
  return bytes;
}

int compare_errors(const Options& options, const Context& context) {
  const std::string& path = options.names.front();
  refuse_same_file(options.csv, {path, options.files.recipes, options.files.formats});
  Run run = this_run(context.arguments);
  const spec::RecipeTable table = load_recipes(options.files, run);
  std::list<kernels::BlockRoutine> routines;
  std::size_t shortest = 0;
  for (const std::string& name : split(options.recipes)) {
    routines.emplace_back(table.find(name));
    shortest = std::max(shortest, static_cast<std::size_t>(routines.back().recipe().block.columns));
  }
  if (routines.empty()) throw Error("--recipes names no recipe; mxscope recipes lists them");
  const TensorFile file(path);
  const std::vector<TensorSource> sources = sources_of(file, options, shortest);
  double work = 0;
  for (const kernels::BlockRoutine& routine : routines)
    work += bytes_of(sources) * (routine.recipe().has_tensor_scale() ? 2 : 1);
  double whole = 0;
  for (const TensorView& tensor : file.tensors()) whole += static_cast<double>(tensor.data.size());
  std::vector<RecipeErrors> all;
  {
    Progress progress("compare", "tensors", sources.size() * routines.size(), work + whole);
    hash_input(run, path, progress);
    for (const kernels::BlockRoutine& routine : routines)
      all.push_back(measure_errors(routine, sources, thread_count(options.threads), progress));
  }
  if (!options.csv.empty()) write_file(options.csv, errors_csv(all, sources));
  if (options.json) {
    nlohmann::json json = errors_json(all, sources);
    json["run"] = run;
    print(json_text(json));
  } else {
    print(errors_text(all, sources));
  }
  return kAllHolds;
}

int compare_two(const Options& options, const Context& context) {
  if (!options.csv.empty()) throw Error("--csv is for compare IN --recipes; leave it out");
  Run run = this_run(context.arguments);
  const spec::RecipeTable table = load_recipes(options.files, run);
  const spec::Recipe& a = table.find(options.names[0]);
  const spec::Recipe& b = table.find(options.names[1]);
  kernels::check_comparable(a, b);
  std::optional<TensorFile> file;
  std::vector<kernels::LabelledMatrix> made;
  std::vector<TensorView> views;
  std::vector<TensorSource> sources;
  if (options.names.size() == 3) {
    file.emplace(options.names[2]);
    sources = sources_of(*file, options, static_cast<std::size_t>(a.block.columns));
    Progress progress("hash", "tensors", sources.size(), bytes_of(sources));
    hash_input(run, options.names[2], progress);
  } else {
    if (!options.tensors.empty())
      throw Error("--tensor needs a file: mxscope compare A B FILE --tensor NAME");
    made = kernels::adversarial_matrices(a, static_cast<std::uint64_t>(options.seed));
    for (const kernels::LabelledMatrix& matrix : made)
      views.push_back({"'" + matrix.label + "'",
                       DType::kF32,
                       {matrix.rows, matrix.columns},
                       std::as_bytes(std::span(matrix.values))});
    for (const TensorView& view : views) sources.push_back({&view, nullptr});
  }
  const RecipeComparison comparison = compare_recipes(a, b, sources, thread_count(options.threads));
  if (options.json) {
    nlohmann::json json = comparison_json(comparison, sources);
    json["run"] = run;
    print(json_text(json));
  } else {
    print(comparison_text(comparison, sources));
  }
  return kAllHolds;
}

int run_compare(const Options& options, const Context& context) {
  if (!options.recipes.empty() && options.names.size() != 1)
    throw Error("with --recipes, give one tensor file: mxscope compare IN --recipes A,B");
  if (options.recipes.empty() && (options.names.size() < 2 || options.names.size() > 3))
    throw Error(
        "give a tensor file and --recipes A,B, or two recipes and perhaps a tensor file; see "
        "mxscope compare --help");
  return options.recipes.empty() ? compare_two(options, context) : compare_errors(options, context);
}

}  // namespace

void add_compare_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("compare", "Compare recipes by their errors, or two code by code");
  command
      ->add_option("NAMES", o->names,
                   "IN, a .safetensors or .npy file, with --recipes;\n"
                   "or A B [IN]: two recipes, on made-up blocks if IN is left out")
      ->required();
  command->add_option("--recipes", o->recipes, "Recipes to measure; mxscope recipes lists them")
      ->option_text("A,B,...");
  command->add_option("--tensor", o->tensors, "This tensor only; again for more")
      ->option_text("NAME")
      ->allow_extra_args(false);
  command->add_flag("--all", o->all, "Vectors shorter than a block, too");
  command->add_option("--csv", o->csv, "Write every number for every tensor, too")
      ->option_text("FILE");
  add_number(*command, "--seed", o->seed, 0, std::numeric_limits<std::int64_t>::max(),
             "Of made-up blocks (default 0)");
  add_number(*command, "--threads", o->threads, 1, kMostThreads,
             "Threads (default: one per core); the output is the same");
  command->add_flag("--json", o->json, "Write JSON");
  add_recipe_files(*command, o->files, "--recipe-file");
  command->footer(
      "SQNR is 10 log10 of the sum of x^2 over that of (q - x)^2. Clipped: |x| above the largest\n"
      "magnitude that its block's scale reaches. To zero: x is not 0 and became 0. Bits: the\n"
      "entropy of codes and scales. Of two recipes, it is said which fields differ, how many of\n"
      "the differing codes each field alone explains, how many codes it leaves unlike B's, and\n"
      "which fields together leave none.\n\n"
      "Examples:\n"
      "  mxscope compare model.safetensors --recipes mxfp4,nvfp4,mxfp8_e4m3 --csv errors.csv\n"
      "  mxscope compare te_nvfp4 torchao_nvfp4\n"
      "  mxscope compare mxfp4 torchao_mxfp4_rceil model.safetensors --json");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_compare(*o, context); }; });
}

}  // namespace mxscope::reports
