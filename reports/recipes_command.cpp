// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope recipes: the table of recipes, or every field of one.
#include <fmt/format.h>

#include <memory>
#include <sstream>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/recipe_files.h"
#include "reports/recipe_words.h"
#include "reports/table.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

struct Options {
  std::string name;
  RecipeFiles files;
  bool json = false;
};

nlohmann::json recipe_json(const spec::Recipe& recipe, bool all) {
  nlohmann::json json = {{"name", recipe.name},
                         {"element", recipe.element.name},
                         {"scale", recipe.scale.name},
                         {"block_rows", recipe.block.rows},
                         {"block_columns", recipe.block.columns},
                         {"rule", rule_text(recipe)},
                         {"source", recipe.source}};
  if (!all) return json;
  nlohmann::json fields = nlohmann::json::object();
  for (const spec::RecipeField& f : spec::describe(recipe)) fields[f.name] = f.value;
  json["fields"] = std::move(fields);
  return json;
}

/// Recipes of one source stand together under it.
void print_table(const std::vector<spec::Recipe>& rows) {
  Table table({{"name"}, {"element"}, {"scale"}, {"block"}, {"rule for the scale"}});
  for (const spec::Recipe& r : rows)
    table.add({r.name, r.element.name, r.scale.name, block_text(r), rule_text(r)});
  std::istringstream lines(table.text());
  std::string line;
  std::getline(lines, line);
  print(line + "\n");
  const std::string* source = nullptr;
  for (const spec::Recipe& r : rows) {
    if (source == nullptr || *source != r.source)
      print("\n" + coloured(Colour::kDim, printable(r.source)) + "\n");
    source = &r.source;
    std::getline(lines, line);
    print(line + "\n");
  }
  print(
      fmt::format("\n{} recipes, each under its source; mxscope recipes NAME shows every field "
                  "of one.\n",
                  rows.size()));
}

void print_one(const spec::Recipe& recipe) {
  print(fmt::format("{}\n{}\n{} elements under {} scales, block {}: {}\n\n", recipe.name,
                    printable(recipe.source), recipe.element.name, recipe.scale.name,
                    block_text(recipe), rule_text(recipe)));
  Table table({{"field"}, {"value"}});
  for (const spec::RecipeField& f : spec::describe(recipe)) table.add({f.name, f.value});
  print(table.text());
}

int run_recipes(const Options& options, const Context& context) {
  Run run = this_run(context.arguments);
  const spec::RecipeTable table = load_recipes(options.files, run);
  if (options.json) {
    nlohmann::json list = nlohmann::json::array();
    if (!options.name.empty())
      list.push_back(recipe_json(table.find(options.name), true));
    else
      for (const spec::Recipe& r : table.rows()) list.push_back(recipe_json(r, false));
    print(json_text({{"run", run}, {"recipes", std::move(list)}}));
  } else if (options.name.empty()) {
    print_table(table.rows());
  } else {
    print_one(table.find(options.name));
  }
  return kAllHolds;
}

}  // namespace

void add_recipes_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("recipes", "List the block recipes, or explain one");
  command->add_option("NAME", o->name, "A recipe; all of them if left out");
  command->add_flag("--json", o->json, "Write JSON");
  add_recipe_files(*command, o->files, "--recipes");
  command->footer(
      "The fields are what a [[recipe]] of --recipes may set, beside name, from and source.\n\n"
      "Examples:\n"
      "  mxscope recipes                            the table\n"
      "  mxscope recipes te_nvfp4                   every field of one\n"
      "  mxscope recipes mine --recipes my.toml     a recipe of your own");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_recipes(*o, context); }; });
}

}  // namespace mxscope::reports
