// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope models: the table of model shapes, or the tensors of one.
#include <fmt/format.h>

#include <memory>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/scheme_request.h"
#include "reports/simulate_text.h"
#include "reports/table.h"

namespace mxscope::reports {
namespace {

using sim::ModelShape;
using sim::ParameterCounts;

struct Options {
  std::string name;
  bool json = false;
};

std::string experts_text(const ModelShape& m) {
  return m.experts == 0 ? "-" : fmt::format("{} of {}", m.active_experts, m.experts);
}

void print_table(const std::vector<ModelShape>& models) {
  Table table({{"name"},
               {"layers", true},
               {"hidden", true},
               {"inter-\nmediate", true},
               {"heads\nq/kv", true},
               {"head\ndim", true},
               {"vocab-\nulary", true},
               {"experts", true},
               {"parameters", true},
               {"a token's\nproducts use", true},
               {"KV bytes\na token", true}});
  for (const ModelShape& m : models) {
    const ParameterCounts counts = sim::count_parameters(m);
    table.add({m.name, std::to_string(m.layers), std::to_string(m.hidden),
               std::to_string(m.intermediate), fmt::format("{}/{}", m.heads, m.kv_heads),
               std::to_string(m.head_dim), std::to_string(m.vocabulary), experts_text(m),
               std::to_string(counts.total()), std::to_string(counts.active),
               fmt::format("{:.0f}", sim::kv_bytes_per_token(m, 16))});
  }
  print(table.text());
}

void print_one(const ModelShape& m) {
  const ParameterCounts counts = sim::count_parameters(m);
  print(fmt::format("{}\n{}; {}\n\n", m.name, m.title, m.source));
  Table sizes({{""}, {""}});
  sizes.add({"layers", std::to_string(m.layers)});
  sizes.add(
      {"heads", fmt::format("{} of {}, keys and values {}", m.heads, m.head_dim, m.kv_heads)});
  sizes.add({"experts", experts_text(m)});
  sizes.add({"embeddings", m.tied_embeddings ? "tied" : "the last product has its own"});
  sizes.add({"parameters", m.parameters == 0 ? fmt::format("{}, none cited", counts.total())
                                             : fmt::format("{}, as cited ({})", counts.total(),
                                                           m.parameters_source)});
  sizes.add(
      {"KV cache", fmt::format("{:.0f} bytes a token in bf16", sim::kv_bytes_per_token(m, 16))});
  print(sizes.text() + "\n");
  Table table({{"tensors"},
               {"out", true},
               {"in", true},
               {"each", true},
               {"of them", true},
               {"parameters", true}});
  for (const sim::Linear& linear : sim::linears(m, false)) {
    const std::int64_t times = m.layers * (linear.expert ? m.experts : 1);
    table.add({linear.name, std::to_string(linear.n), std::to_string(linear.k),
               std::to_string(linear.n * linear.k), std::to_string(times),
               std::to_string(linear.n * linear.k * times)});
  }
  table.add({"embedding, last product", std::to_string(m.vocabulary), std::to_string(m.hidden),
             std::to_string(m.vocabulary * m.hidden), m.tied_embeddings ? "1" : "2",
             std::to_string(counts.embedding)});
  table.add({"norms, biases, routers", "", "", "", "", std::to_string(counts.other)});
  print(table.text());
}

nlohmann::json model_json(const ModelShape& m) {
  const ParameterCounts counts = sim::count_parameters(m);
  return {{"name", m.name},
          {"title", m.title},
          {"aliases", m.aliases},
          {"source", m.source},
          {"hidden", m.hidden},
          {"intermediate", m.intermediate},
          {"layers", m.layers},
          {"heads", m.heads},
          {"kv_heads", m.kv_heads},
          {"head_dim", m.head_dim},
          {"vocabulary", m.vocabulary},
          {"tied_embeddings", m.tied_embeddings},
          {"qkv_bias", m.qkv_bias},
          {"experts", m.experts},
          {"active_experts", m.active_experts},
          {"cited_parameters", m.parameters},
          {"parameters_source", m.parameters_source},
          {"parameters",
           {{"linear", counts.linear},
            {"embedding", counts.embedding},
            {"other", counts.other},
            {"active", counts.active},
            {"total", counts.total()}}},
          {"kv_bytes_per_token", sim::kv_bytes_per_token(m, 16)}};
}

int run_models(const Options& o, const Context& context) {
  Run run = this_run(context.arguments);
  const std::vector<ModelShape> shown =
      o.name.empty() ? sim::models() : std::vector{model_of(o.name, run)};
  if (o.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const ModelShape& model : shown) list.push_back(model_json(model));
    print(json_text({{"run", run}, {"models", std::move(list)}}));
  } else if (o.name.empty()) {
    print_table(shown);
  } else {
    print_one(shown.front());
  }
  return kAllHolds;
}

}  // namespace

void add_models_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("models", "List the model shapes, or show one's tensors");
  command->add_option("NAME", o->name, "A model, or its file.toml; all of them if left out");
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "Reading a model checks that its tensors have as many parameters as are cited.\n\n"
      "Examples:\n"
      "  mxscope models\n"
      "  mxscope models llama-3.1-8b\n"
      "  mxscope models my_model.toml --json");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_models(*o, context); }; });
}

}  // namespace mxscope::reports
