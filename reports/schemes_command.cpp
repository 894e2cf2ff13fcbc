// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope schemes: the table of quantization schemes, or one as TOML to start from.
#include <fmt/format.h>

#include <memory>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/scheme_layers.h"
#include "reports/scheme_plan_json.h"
#include "reports/table.h"

namespace mxscope::reports {
namespace {

struct Options {
  std::string name;
  RecipeFiles files;
  std::string scheme_file;
  bool json = false;
};

std::string operands(const kernels::Scheme& scheme) {
  std::string out;
  for (const kernels::SchemePart& part : scheme.parts) {
    out += (out.empty() ? "" : " + ") + part.activations;
    if (!part.weights.empty() && part.weights != part.activations) out += " x " + part.weights;
    if (part.residuals) out += " and residuals";
  }
  return out;
}

int run_schemes(const Options& options, const Context& context) {
  Run run = this_run(context.arguments);
  const SchemeChoice choice(options.files, options.scheme_file, run);
  if (!options.name.empty()) {
    const kernels::Scheme& scheme = choice.schemes.find(options.name);
    if (options.json)
      print(json_text({{"run", run}, {"scheme", scheme_json(scheme)}}));
    else
      print(scheme_toml(scheme));
    return kAllHolds;
  }
  nlohmann::json rows = nlohmann::json::array();
  Table table({{"scheme"}, {"operands"}});
  for (const kernels::Scheme& scheme : choice.schemes.rows()) {
    rows.push_back(scheme_json(scheme));
    table.add({scheme.name, operands(scheme)});
  }
  if (options.json)
    print(json_text({{"run", run}, {"schemes", rows}}));
  else
    print(table.text());
  return kAllHolds;
}

}  // namespace

void add_schemes_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("schemes", "List the quantization schemes of linear layers");
  command->add_option("NAME", o->name, "Show this one, as TOML with its source");
  command->add_flag("--json", o->json, "Write JSON");
  add_scheme_files(*command, o->files, o->scheme_file);
  command->footer(
      "A scheme is data: smoothing, rotation, order and split of the channels, and for each part\n"
      "of them recipes, residuals and the matrix unit. What NAME prints is such a file, to change\n"
      "and to give to any command with --schemes-file.\n\n"
      "Examples:\n"
      "  mxscope schemes\n"
      "  mxscope schemes micromix_main\n"
      "  mxscope schemes arcquant > mine.toml");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_schemes(*o, context); }; });
}

}  // namespace mxscope::reports
