// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope study: the questions of reports/study.h on given layers, a table each.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/interrupt.h"
#include "reports/numbers.h"
#include "reports/progress.h"
#include "reports/study.h"
#include "reports/table.h"
#include "reports/tensor_tiles.h"
#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::reports {
namespace {

struct Options {
  LayerArguments layers;
  std::vector<std::string> questions;
  std::int64_t tokens = 64;
  RecipeFiles files;
  int threads = 0;
  bool json = false;
};

/// A question's answers: of each variant, of each layer.
struct Answers {
  const Question* question = nullptr;
  std::vector<std::vector<Measures>> variants;
  std::string problem;  ///< why there are none
};

std::vector<Question> chosen_questions(const std::vector<std::string>& names) {
  std::vector<Question> all = study_questions();
  if (names.empty()) return all;
  std::vector<std::string> known;
  for (const Question& q : all) known.push_back(q.id);
  std::vector<Question> out;
  for (const std::string& name : names) {
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const auto& q) { return q.id == name; });
    if (at == all.end()) throw spec::unknown_name("question", name, known);
    out.push_back(*at);
  }
  return out;
}

double mean(const std::vector<Measures>& layers, std::size_t column) {
  double sum = 0;
  for (const Measures& layer : layers) sum += layer[column].second;
  return sum / static_cast<double>(layers.size());
}

/// "SQNR of\nx" is "SQNR of x", and "\nw" after it "SQNR of w".
std::vector<std::string> full_names(const Measures& measures) {
  std::vector<std::string> out;
  std::string group;
  for (const auto& [name, value] : measures) {
    const std::size_t line = name.find('\n');
    if (line == std::string::npos) {
      out.push_back(name);
      continue;
    }
    if (line > 0) group = name.substr(0, line);
    std::string rest = name.substr(line + 1);
    while (!rest.empty() && rest.back() == ' ') rest.pop_back();
    out.push_back(group + " " + rest);
  }
  return out;
}

std::string cell(double x) { return std::isfinite(x) ? fmt::format("{:.2f}", x) : "exact"; }

void print_answers(const Answers& answers) {
  print(fmt::format("{}: {}\n", answers.question->id, answers.question->text));
  if (!answers.problem.empty()) {
    print(fmt::format("  not on these layers: {}\n\n", answers.problem));
    return;
  }
  std::vector<Table::Column> columns = {{""}};
  for (const auto& [name, value] : answers.variants.front().front())
    columns.push_back({name, true});
  Table table(columns);
  for (std::size_t v = 0; v < answers.variants.size(); ++v) {
    std::vector<std::string> row = {"  " + answers.question->variants[v].label};
    for (std::size_t c = 0; c + 1 < columns.size(); ++c)
      row.push_back(cell(mean(answers.variants[v], c)));
    table.add(std::move(row));
  }
  print(table.text() + "\n");
}

nlohmann::json number(double x) { return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json(); }

nlohmann::json answers_json(const Answers& answers, const std::vector<LayerNames>& layers) {
  nlohmann::json json = {{"id", answers.question->id}, {"question", answers.question->text}};
  if (!answers.problem.empty()) {
    json["problem"] = answers.problem;
    return json;
  }
  for (std::size_t v = 0; v < answers.variants.size(); ++v) {
    nlohmann::json row = {{"label", answers.question->variants[v].label}};
    const std::vector<std::string> names = full_names(answers.variants[v].front());
    for (std::size_t c = 0; c < names.size(); ++c)
      row["mean"][names[c]] = number(mean(answers.variants[v], c));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      nlohmann::json of_layer = {{"layer", layers[l].weights}};
      for (std::size_t c = 0; c < names.size(); ++c)
        of_layer[names[c]] = number(answers.variants[v][l][c].second);
      row["layers"].push_back(of_layer);
    }
    json["variants"].push_back(row);
  }
  return json;
}

int run_study(const Options& options, const Context& context) {
  const LayerOptions how{.tokens = options.tokens, .threads = thread_count(options.threads)};
  Run run = this_run(context.arguments);
  const std::vector<Question> questions = chosen_questions(options.questions);
  const SchemeChoice choice(options.files, "", run);
  const LayerSource source(options.layers, run);
  std::vector<Answers> all;
  std::size_t runs = 0;
  for (const Question& q : questions) {
    all.push_back({&q, std::vector<std::vector<Measures>>(q.variants.size()), {}});
    runs += q.variants.size() * source.names().size();
  }
  Progress progress("study", "runs", runs, static_cast<double>(runs));
  for (const LayerNames& names : source.names()) {
    const LoadedLayer loaded = source.load(names);
    const LayerReference reference =
        layer_reference(loaded.activations.view(), loaded.weights.view(), how);
    const StudyLayer layer{loaded, reference, choice, how};
    for (Answers& answers : all)
      for (std::size_t v = 0; v < answers.variants.size(); ++v) {
        throw_if_interrupted();
        progress.advance(1);
        if (!answers.problem.empty()) continue;
        try {
          answers.variants[v].push_back(answers.question->variants[v].measure(layer));
        } catch (const Error& e) {
          answers.problem = fmt::format("layer {}: {}", in_quotes(names.weights), e.what());
        }
      }
  }
  if (options.json) {
    nlohmann::json rows = nlohmann::json::array();
    for (const Answers& answers : all) rows.push_back(answers_json(answers, source.names()));
    print(json_text({{"run", run}, {"layers", source.names().size()}, {"questions", rows}}));
    return kAllHolds;
  }
  for (const Answers& answers : all) print_answers(answers);
  print(fmt::format(
      "Means of {} {}. SQNR in dB: of x and w of quantizing them, of y against X W^T.\n",
      source.names().size(), source.names().size() == 1 ? "layer" : "layers"));
  return kAllHolds;
}

}  // namespace

void add_study_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "study", "Answer questions about ARCQuant and MicroMix with measurements on layers");
  add_layer_arguments(*command, o->layers);
  command->add_option("--only", o->questions, "These questions (default: all)")
      ->option_text("NAME,NAME...")
      ->delimiter(',');
  add_number(*command, "--tokens", o->tokens, 0, std::int64_t{1} << 40,
             "Multiply so many tokens, evenly spaced (default 64;\n0: all). All are quantized");
  add_number(*command, "--threads", o->threads, 1, kMostThreads,
             "Threads (default: one per core); the output is the same");
  command->add_flag("--json", o->json, "Write JSON, with each layer's numbers");
  add_recipe_files(*command, o->files, "--recipes");
  std::string names;
  for (const Question& q : study_questions()) names += (names.empty() ? "" : ", ") + q.id;
  command->footer("Questions: " + names +
                  ".\n\n"
                  "Examples:\n"
                  "  mxscope study acts.safetensors weights.safetensors\n"
                  "  mxscope study --random 512,256,1024,1 --only residuals,equal-bits\n"
                  "  mxscope study x.npy w.npy --tokens 0 --json");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_study(*o, context); }; });
}

}  // namespace mxscope::reports
