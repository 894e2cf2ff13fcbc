// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope inner: how far quantization can move an inner product of a given length.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "analysis/vector_bound.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/numbers.h"
#include "reports/recipe_files.h"
#include "reports/table.h"
#include "spec/number.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

using analysis::CertainBound;
using analysis::LikelyBound;
using spec::Rational;

constexpr std::int64_t kMostLength = 1 << 20;
constexpr int kMostAccumulatorBits = 113;

struct Options {
  std::vector<std::string> recipes = {"nvfp4", "mxfp8_e4m3"};
  std::string weights;
  std::int64_t length = 4096;
  std::int64_t augmented = 0;
  std::string lambda = "8";
  int accumulator_bits = 24;
  RecipeFiles files;
  bool json = false;
};

/// One pair of recipes, with or without a second stage for some elements of x.
struct Row {
  std::string recipe, weights;
  analysis::ElementShare share, weights_share;
  std::size_t augmented = 0;
  bool exact_products = true;
  CertainBound certain;
  LikelyBound likely;
};

/// The least number of four decimal digits that is not below the bound: a bound rounded down is
/// none.
std::string upper_text(const Rational& bound) {
  if (bound == 0) return "0";
  Rational unit = 1;
  while (bound >= 10000 * unit) unit *= 10;
  while (bound < 1000 * unit) unit /= 10;
  const Rational steps = bound / unit;
  const spec::Integer whole =
      (numerator(steps) + denominator(steps) - 1) / denominator(steps);  // rounded up
  return spec::to_approximate_text(Rational(whole) * unit, 4);
}

std::vector<Row> make_rows(const Options& options, const spec::RecipeTable& recipes) {
  const auto length = static_cast<std::size_t>(options.length);
  const auto augmented = static_cast<std::size_t>(options.augmented);
  if (augmented > length)
    throw Error(fmt::format("--augmented {}: of {} elements; at most --length", augmented, length));
  const Rational lambda = positive_number("--lambda", options.lambda);
  std::vector<Row> rows;
  for (const std::string& name : options.recipes) {
    const spec::Recipe& x = recipes.find(name);
    const spec::Recipe& w = recipes.find(options.weights.empty() ? name : options.weights);
    const analysis::ElementShare share = analysis::element_share(x, augmented > 0);
    const analysis::ElementShare weights_share = analysis::element_share(w, false);
    analysis::Accumulation sum;
    sum.unit =
        options.accumulator_bits == 0 ? Rational(0) : spec::power_of_two(-options.accumulator_bits);
    sum.exact_products = options.accumulator_bits == 0 ||
                         analysis::products_are_exact(x, w, options.accumulator_bits);
    if (Rational(sum.roundings(length + augmented)) * sum.unit >= 1)
      throw Error(
          fmt::format("--accumulator-bits {}: too few for any bound on {} terms; more bits "
                      "or a smaller --length",
                      options.accumulator_bits, length + augmented));
    const analysis::Operand right = analysis::largest_operand(weights_share, length, 0);
    std::vector<std::size_t> counts = {0};
    if (augmented > 0) counts.push_back(augmented);
    for (const std::size_t count : counts) {
      const analysis::Operand left = analysis::largest_operand(share, length, count);
      rows.push_back({name, w.name, share, weights_share, count, sum.exact_products,
                      certain_bound(left, right, sum), likely_bound(left, right, sum, lambda)});
    }
  }
  return rows;
}

void print_rows(const std::vector<Row>& rows, const Options& options) {
  const bool twice = options.augmented > 0;
  std::vector<Table::Column> columns = {{"\nx"}, {"\nw"}};
  if (twice) columns.push_back({"aug-\nmented", true});
  for (const char* title : {"error\nof x", "\nof w", "certain:\nquantization", "\nsum", "\ntotal",
                            "likely:\ntotal", "fails with\nchance below"})
    columns.push_back({title, true});
  Table table(columns);
  for (const Row& row : rows) {
    std::vector<std::string> cells = {row.recipe, row.weights};
    if (twice) cells.push_back(std::to_string(row.augmented));
    const Rational& x = row.augmented > 0 ? row.share.twice : row.share.once;
    for (const Rational* value :
         {&x, &row.weights_share.once, &row.certain.quantization, &row.certain.accumulation})
      cells.push_back(upper_text(*value));
    for (const Rational& value : {row.certain.total(), row.likely.total(), row.likely.failure})
      cells.push_back(upper_text(value));
    table.add(std::move(cells));
  }
  print(table.text());
  print(fmt::format(
      "\nOf any x and w of {} real numbers, in units of max|x| max|w|: |x . w| is at most {}. All\n"
      "figures are rounded up. Errors of elements are largest errors over the vector's "
      "maximum{}.\n",
      options.length, options.length,
      twice ? ",\nof augmented ones with the residual quantized by the same recipe" : ""));
  print(options.accumulator_bits == 0
            ? std::string("Sums are exact.\n")
            : fmt::format("Sums are rounded to nearest, {} bits, in any order; tensor scales come "
                          "after.\n",
                          options.accumulator_bits));
  print(fmt::format(
      "Likely: errors within lambda = {} times the root of the sum of their squares, if they are\n"
      "independent and of mean zero. That is an assumption, which stochastic rounding with ideal\n"
      "random numbers meets where nothing clips.\n",
      options.lambda));
  bool unbounded = false;
  for (const Row& row : rows)
    unbounded = unbounded || row.share.range == analysis::ScaleRange::kUnbounded ||
                row.weights_share.range == analysis::ScaleRange::kUnbounded;
  if (unbounded) print("Recipes without a tensor scale: while block scales have range to spare.\n");
}

nlohmann::json bound_json(const Rational& bound) {
  return {{"text", upper_text(bound)}, {"exact", bound.str()}};
}

nlohmann::json row_json(const Row& row, const Options& options) {
  const auto share_json = [](const analysis::ElementShare& share) {
    nlohmann::json json = {
        {"once", share.once.str()},
        {"scales", share.range == analysis::ScaleRange::kStored ? "stored" : "unbounded"}};
    if (share.twice > 0) json["twice"] = share.twice.str();
    return json;
  };
  return {{"recipe", row.recipe},
          {"weights", row.weights},
          {"length", options.length},
          {"augmented", row.augmented},
          {"accumulator_bits", options.accumulator_bits},
          {"exact_products", row.exact_products},
          {"element_error", share_json(row.share)},
          {"weight_error", share_json(row.weights_share)},
          {"certain",
           {{"quantization", bound_json(row.certain.quantization)},
            {"accumulation", bound_json(row.certain.accumulation)},
            {"total", bound_json(row.certain.total())}}},
          {"likely",
           {{"lambda", options.lambda},
            {"quantization", bound_json(row.likely.quantization)},
            {"accumulation", bound_json(row.likely.accumulation)},
            {"total", bound_json(row.likely.total())},
            {"failure", bound_json(row.likely.failure)}}}};
}

int run_inner(const Options& options, const Context& context) {
  Run run = this_run(context.arguments);
  const spec::RecipeTable recipes = load_recipes(options.files, run);
  const std::vector<Row> rows = make_rows(options, recipes);
  if (!options.json) {
    print_rows(rows, options);
    return kAllHolds;
  }
  nlohmann::json list = nlohmann::json::array();
  for (const Row& row : rows) list.push_back(row_json(row, options));
  print(json_text({{"run", run}, {"unit", "max|x| max|w|"}, {"bounds", std::move(list)}}));
  return kAllHolds;
}

}  // namespace

void add_inner_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("inner", "Bound the error of an inner product of quantized vectors");
  command
      ->add_option("--recipe", o->recipes,
                   "Recipes of both vectors, a row each (default nvfp4,mxfp8_e4m3)")
      ->option_text("A,B,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--weights", o->weights, "The recipe of w, where it is another one")
      ->option_text("NAME");
  add_number(*command, "--length", o->length, 1, kMostLength, "Elements of each (default 4096)");
  add_number(*command, "--augmented", o->augmented, 0, kMostLength,
             "Elements of x whose residual is quantized too, as ARCQuant\n"
             "does with its outlier channels (default 0)");
  add_number(*command, "--accumulator-bits", o->accumulator_bits, 0, kMostAccumulatorBits,
             "Significant bits of the sum, 0 for exact (default 24)");
  command
      ->add_option("--lambda", o->lambda,
                   "The likely bound, over the root of the sum of squares (default 8)")
      ->option_text("X");
  command->add_flag("--json", o->json, "Write JSON, with every bound as an exact fraction");
  add_recipe_files(*command, o->files, "--recipes");
  command->footer(
      "Examples:\n"
      "  mxscope inner --recipe nvfp4,mxfp8_e4m3 --length 4096\n"
      "  mxscope inner --recipe nvfp4 --length 4096 --augmented 512    ARCQuant\n"
      "  mxscope inner --recipe mxfp8_e4m3 --weights mxfp4 --json");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_inner(*o, context); }; });
}

}  // namespace mxscope::reports
