// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope recipes: the table of recipes and dual stages, or every field of one.
#include <fmt/format.h>

#include <memory>
#include <sstream>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/quantized_metadata.h"
#include "reports/recipe_files.h"
#include "reports/recipe_words.h"
#include "reports/table.h"
#include "spec/dual_stage.h"
#include "spec/names.h"
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

/// What --recipes and NAME choose. A name may be of both kinds.
struct Chosen {
  std::vector<spec::Recipe> recipes;
  std::vector<spec::DualStage> stages;  ///< of that name or recipe
};

Chosen chosen_by_name(const spec::RecipeTable& table, const std::string& name) {
  Chosen out;
  std::vector<std::string> known;
  for (const spec::Recipe& recipe : table.rows()) {
    if (recipe.name == name) out.recipes.push_back(recipe);
    known.push_back(recipe.name);
  }
  for (const spec::DualStage& stage : spec::named_dual_stages()) {
    if (stage.name == name || stage.recipe.name == name) out.stages.push_back(stage);
    if (stage.name == name && out.recipes.empty()) out.recipes.push_back(stage.recipe);
    known.push_back(stage.name);
  }
  if (out.recipes.empty()) throw spec::unknown_name("recipe", name, known);
  return out;
}

nlohmann::json stage_json(const spec::DualStage& stage) {
  nlohmann::json json = dual_stage_json(stage);
  json["recipe"] = stage.recipe.name;
  return json;
}

std::string residual_text(const spec::DualStage& stage) {
  return fmt::format("{}, from the {} scale",
                     stage.rule.precision == spec::Precision::kBf16 ? "bf16" : "f32",
                     stage.rule.unrounded_scale ? "unrounded" : "stored");
}

void print_stages(const std::vector<spec::DualStage>& stages) {
  Table table({{"dual stage"}, {"recipe of both"}, {"residual"}, {"channels", true}, {"source"}});
  for (const spec::DualStage& s : stages)
    table.add({s.name, s.recipe.name, residual_text(s), std::to_string(s.granularity), s.source});
  print("\n" + table.text());
  print(
      "\nA dual stage quantizes the residual of some channels too, that many together: mxscope\n"
      "quantize --residual-channels N.\n");
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
  const bool all = options.name.empty();
  const Chosen chosen =
      all ? Chosen{table.rows(), spec::named_dual_stages()} : chosen_by_name(table, options.name);
  if (options.json) {
    nlohmann::json recipes = nlohmann::json::array();
    for (const spec::Recipe& r : chosen.recipes) recipes.push_back(recipe_json(r, !all));
    nlohmann::json stages = nlohmann::json::array();
    for (const spec::DualStage& s : chosen.stages) stages.push_back(stage_json(s));
    print(json_text(
        {{"run", run}, {"recipes", std::move(recipes)}, {"dual_stages", std::move(stages)}}));
    return kAllHolds;
  }
  if (all)
    print_table(chosen.recipes);
  else
    print_one(chosen.recipes.front());
  if (!chosen.stages.empty()) print_stages(chosen.stages);
  return kAllHolds;
}

}  // namespace

void add_recipes_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("recipes", "List the block recipes and dual stages, or explain one");
  command->add_option("NAME", o->name, "A recipe or dual stage; all of them if left out");
  command->add_flag("--json", o->json, "Write JSON");
  add_recipe_files(*command, o->files, "--recipes");
  command->footer(
      "The fields are what a [[recipe]] of --recipes may set, beside name, from and source.\n\n"
      "Examples:\n"
      "  mxscope recipes                            the table\n"
      "  mxscope recipes te_nvfp4                   every field of one\n"
      "  mxscope recipes arcquant_16                a block and its residual\n"
      "  mxscope recipes mine --recipes my.toml     a recipe of your own");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_recipes(*o, context); }; });
}

}  // namespace mxscope::reports
