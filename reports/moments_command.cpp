// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope moments: expected squared errors of quantizers on densities, to digits that are proved.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "analysis/block_moments.h"
#include "analysis/density.h"
#include "analysis/scalar_moments.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/interrupt.h"
#include "reports/numbers.h"
#include "reports/progress.h"
#include "reports/recipe_files.h"
#include "reports/table.h"
#include "spec/formats.h"
#include "spec/number.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

using analysis::Density;
using analysis::Enclosure;
using analysis::ErrorMoments;
using spec::Rational;

constexpr int kMostDigits = 200;
constexpr int kDecibelDigits = 8;

struct Options {
  std::vector<std::string> densities, recipes, formats;
  std::string densities_file, scale, round, tensor_amax;
  RecipeFiles files;
  int digits = 20;
  int random_bits = 0;
  bool json = false;
};

/// One density under one quantizer.
struct Row {
  std::string density, quantizer;
  int elements = 1;
  std::optional<Rational> tensor_amax;
  bool amax_is_chosen = false;  ///< by us
  std::optional<Rational> undefined_above;
  std::optional<Rational> scale;
  std::optional<analysis::OptimalScale> optimum;
  std::optional<ErrorMoments> moments;  ///< absent: infinite
};

std::vector<Density> chosen_densities(const Options& options, Run& run) {
  std::vector<Density> known;
  if (!options.densities_file.empty())
    known = analysis::load_densities(run.read_input(options.densities_file, kMaxTomlBytes),
                                     options.densities_file);
  std::vector<Density> chosen;
  for (const std::string& name : options.densities) {
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const Density& d) { return d.name == name; });
    if (found != known.end()) {
      chosen.push_back(*found);
      continue;
    }
    try {
      chosen.push_back(analysis::parse_density(name));
    } catch (const Error& e) {
      throw Error(fmt::format("--density {}: {}", name, e.what()));
    }
  }
  if (chosen.empty() && !known.empty()) return known;
  if (chosen.empty()) chosen.push_back(analysis::parse_density("normal"));
  return chosen;
}

/// The recipes of a request, or a few common ones.
std::vector<spec::Recipe> chosen_recipes(const Options& options, Run& run) {
  const spec::RecipeTable table = load_recipes(options.files, run);
  std::vector<spec::Recipe> chosen;
  for (const std::string& name : options.recipes) chosen.push_back(table.find(name));
  if (!chosen.empty()) return chosen;
  for (const std::string name :
       {"nvfp4", "mxfp4", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp8_e4m3", "mxfp8_e5m2", "mxint8"})
    chosen.push_back(table.find(name));
  return chosen;
}

std::vector<spec::Format> chosen_formats(const Options& options, Run& run) {
  std::vector<spec::Format> chosen;
  if (options.formats.empty()) return chosen;
  spec::FormatTable table;
  const std::string& file = options.files.formats;
  if (!file.empty()) table.load_text(run.read_input(file, kMaxTomlBytes), file);
  for (const std::string& name : options.formats) chosen.push_back(table.find(name));
  return chosen;
}

Row block_row(const Density& density, const spec::Recipe& recipe, const Options& options) {
  Row row{.density = density.name, .quantizer = recipe.name, .elements = recipe.block_elements()};
  if (const std::string problem = analysis::moments_problem(recipe); !problem.empty())
    throw Error(fmt::format("recipe {}: no exact moments, because {}; mxscope compare measures it",
                            recipe.name, problem));
  if (!density.has_variance()) return row;
  spec::TensorScales tensor;
  if (recipe.has_tensor_scale()) {
    row.amax_is_chosen = options.tensor_amax.empty();
    row.tensor_amax = row.amax_is_chosen ? analysis::typical_tensor_amax(density)
                                         : positive_number("--tensor-amax", options.tensor_amax);
    tensor = spec::tensor_scales(recipe, spec::Number::finite(*row.tensor_amax));
  }
  const analysis::MomentQuantizer quantizer = analysis::block_quantizer(recipe, tensor);
  row.undefined_above = quantizer.undefined_above;
  row.moments = analysis::moments_to_digits(options.digits, [&](int bits) {
    throw_if_interrupted();
    return analysis::block_moments(density, quantizer, bits);
  });
  return row;
}

Row scalar_row(const Density& density, const spec::Format& format, const Options& options) {
  Row row{.density = density.name, .quantizer = format.name};
  if (!density.has_variance()) return row;
  const spec::Rounding rounding =
      options.round.empty() ? spec::Rounding::kNearestEven : spec::parse_rounding(options.round);
  const auto cells = analysis::quantizer_cells(format, adapted(format, {.rounding = rounding}),
                                               options.random_bits);
  if (options.scale.empty() || options.scale == "optimal") {
    row.optimum = analysis::optimal_scale(density, cells, options.digits + 1, throw_if_interrupted);
    row.moments = row.optimum->moments;
    return row;
  }
  row.scale = positive_number("--scale", options.scale);
  row.moments = analysis::moments_to_digits(options.digits, [&](int bits) {
    throw_if_interrupted();
    return analysis::scalar_moments(density, cells, *row.scale, bits);
  });
  return row;
}

/// The digits of the scale in which both ends of its bracket agree.
Enclosure bracket(const analysis::OptimalScale& optimum) {
  const int bits = optimum.moments.mse.bits();
  return hull(Enclosure(bits, optimum.low), Enclosure(bits, optimum.high));
}

std::string number_text(const Enclosure& value, int digits) {
  if (value.low() == 0 && value.high() == 0) return "0";
  const int proved = value.proved_digits(digits);
  return proved == 0 ? "not resolved" : value.text(proved);
}

nlohmann::json number_json(const Enclosure& value, int digits) {
  return {{"value", number_text(value, digits)},
          {"low", value.low_text(digits + 3)},
          {"high", value.high_text(digits + 3)},
          {"proved_digits", value.proved_digits(digits)}};
}

bool is_random(const ErrorMoments& moments) { return moments.variance.high() > 0; }

nlohmann::json row_json(const Row& row, int digits) {
  nlohmann::json json = {{"density", row.density},
                         {"quantizer", row.quantizer},
                         {"elements", row.elements},
                         {"finite", row.moments.has_value()}};
  if (row.tensor_amax) {
    json["tensor_amax"] = spec::to_text(*row.tensor_amax);
    json["tensor_amax_is_assumed"] = row.amax_is_chosen;
  }
  if (row.undefined_above) json["undefined_above"] = spec::to_text(*row.undefined_above);
  if (row.scale) json["scale"] = spec::to_text(*row.scale);
  if (row.optimum) {
    json["optimal_scale"] = number_json(bracket(*row.optimum), digits);
    json["scan"] = {{"from", spec::to_text(row.optimum->scan_low)},
                    {"to", spec::to_text(row.optimum->scan_high)},
                    {"scales", row.optimum->scanned}};
  }
  if (!row.moments) return json;
  json["mse"] = number_json(row.moments->mse, digits);
  json["signal"] = number_json(row.moments->signal, digits);
  if (row.moments->mse.is_positive()) json["sqnr_db"] = number_json(row.moments->sqnr_db(), digits);
  if (is_random(*row.moments)) {
    json["variance"] = number_json(row.moments->variance, digits);
    json["bias_square"] = number_json(row.moments->bias, digits);
  }
  return json;
}

void print_rows(const std::vector<Row>& rows, int digits) {
  const bool with_scale = rows.front().scale || rows.front().optimum;
  bool with_tensor = false;
  bool chosen = false;
  bool random = false;
  bool infinite = false;
  for (const Row& row : rows) {
    with_tensor = with_tensor || row.tensor_amax;
    chosen = chosen || row.amax_is_chosen;
    random = random || (row.moments && is_random(*row.moments));
    infinite = infinite || !row.moments;
  }
  std::vector<Table::Column> columns = {{"density"}, {with_scale ? "format" : "recipe"}};
  columns.push_back(with_scale ? Table::Column{"scale"} : Table::Column{"n", true});
  if (with_tensor) columns.push_back({"tensor\namax", true});
  columns.push_back({"mean squared error"});
  columns.push_back({"SQNR dB", true});
  if (random) columns.push_back({"bias share", true});
  columns.push_back({"digits\nproved", true});
  Table table(std::move(columns));
  for (const Row& row : rows) {
    std::vector<std::string> cells = {row.density, row.quantizer};
    if (row.optimum)
      cells.push_back(number_text(bracket(*row.optimum), digits));
    else
      cells.push_back(row.scale ? spec::to_text(*row.scale) : std::to_string(row.elements));
    if (with_tensor)
      cells.push_back(row.tensor_amax ? spec::to_approximate_text(*row.tensor_amax) : "-");
    if (!row.moments) {
      cells.insert(cells.end(), {"infinite", "-"});
    } else {
      const ErrorMoments& m = *row.moments;
      const bool positive = m.mse.is_positive();
      cells.push_back(number_text(m.mse, digits));
      cells.push_back(positive ? number_text(m.sqnr_db(), std::min(kDecibelDigits, digits)) : "-");
      if (random) cells.push_back(positive ? number_text(m.bias / m.mse, 3) : "-");
      cells.push_back(std::to_string(m.mse.proved_digits(digits)));
    }
    table.add(std::move(cells));
  }
  print(table.text());
  print(
      "\nMean of (Q(x) - x)^2 over independent reals x, in closed form, rounded outward: the "
      "digits\n"
      "shown are proved.\n");
  if (chosen)
    print("Tensor amax: the magnitude that one element in 2^20 exceeds; --tensor-amax sets it.\n");
  for (const Row& row : rows)
    if (row.undefined_above)
      print(fmt::format("{}: block maxima above {} have no finite scale and are left out.\n",
                        row.quantizer, spec::to_approximate_text(*row.undefined_above)));
  if (infinite)
    print(
        "Infinite: Student-t with at most 2 degrees of freedom has no second moment, and what\n"
        "clipping or a maximum's scale loses has none either.\n");
  if (rows.front().optimum)
    print(
        "Scale: a local minimum, its derivative's signs proved on both sides, next to the least "
        "of\n"
        "16 scales an octave from where nearly all elements clip to where nearly all become 0. "
        "That\n"
        "none between those is lower is not proved; --json has their number and ends.\n");
}

int run_moments(const Options& options, const Context& context) {
  if (!options.formats.empty() && !options.recipes.empty())
    throw Error("--format is for scalar quantizers and --recipe for blocks; give one of them");
  const bool scalar = !options.scale.empty() || !options.round.empty() || options.random_bits > 0;
  if (scalar && options.formats.empty())
    throw Error("--scale, --round and --random-bits are for scalar quantizers; give --format");
  Run run = this_run(context.arguments);
  const std::vector<Density> densities = chosen_densities(options, run);
  const std::vector<spec::Format> formats = chosen_formats(options, run);
  std::vector<spec::Recipe> recipes;
  if (formats.empty()) recipes = chosen_recipes(options, run);

  std::vector<Row> rows;
  {
    const std::size_t count = densities.size() * (recipes.size() + formats.size());
    Progress progress("moments", "quantizers", count, static_cast<double>(count));
    for (const Density& density : densities) {
      for (const spec::Recipe& recipe : recipes) {
        rows.push_back(block_row(density, recipe, options));
        progress.advance(1);
      }
      for (const spec::Format& format : formats) {
        rows.push_back(scalar_row(density, format, options));
        progress.advance(1);
      }
    }
  }
  if (!options.json) {
    print_rows(rows, options.digits);
    return kAllHolds;
  }
  nlohmann::json list = nlohmann::json::array();
  for (const Row& row : rows) list.push_back(row_json(row, options.digits));
  print(json_text({{"run", run},
                   {"method", "closed form in outward-rounded MPFR arithmetic"},
                   {"moments", std::move(list)}}));
  return kAllHolds;
}

}  // namespace

void add_moments_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("moments", "Expected squared errors on random data, to proved digits");
  const auto add_list = [&](const char* name, std::vector<std::string>& list, const char* text) {
    command->add_option(name, list, text)
        ->option_text("A,B,...")
        ->delimiter(',')
        ->allow_extra_args(false);
  };
  add_list("--density", o->densities,
           "normal, laplace, uniform (on -1..1), t:DEGREES, each with :SCALE\n"
           "if not 1, or names of --densities (default normal)");
  command->add_option("--densities", o->densities_file, "TOML file of further densities")
      ->option_text("FILE.toml");
  add_list("--recipe", o->recipes, "Block recipes in exact arithmetic (default: a common few)");
  command
      ->add_option("--tensor-amax", o->tensor_amax,
                   "The largest magnitude of the tensor, for recipes with a\n"
                   "tensor scale (default: what one element in 2^20 exceeds)")
      ->option_text("X");
  add_list("--format", o->formats, "Scalar quantizers instead, saturating, of these formats");
  command->add_option("--scale", o->scale, "With --format: the fixed scale (default optimal)")
      ->option_text("optimal|X");
  command->add_option("--round", o->round, "With --format: the rounding (default rne)")
      ->option_text("MODE");
  add_number(*command, "--random-bits", o->random_bits, 1, 8,
             "With --format and a stochastic rounding");
  add_number(*command, "--digits", o->digits, 1, kMostDigits, "Significant digits (default 20)");
  command->add_flag("--json", o->json, "Write JSON");
  add_recipe_files(*command, o->files, "--recipes");
  command->footer(
      "Elements are independent reals of the density. In a file of densities, [[density]] has a\n"
      "name and either points with values (numbers as strings, linear between points) or\n"
      "[[density.piece]] tables with from, to and coefficients, lowest power first; the integral\n"
      "is made 1.\n\n"
      "Examples:\n"
      "  mxscope moments --density normal,t:5 --recipe nvfp4,mxfp4\n"
      "  mxscope moments --density laplace --format e2m1,e4m3 --scale optimal --digits 50\n"
      "  mxscope moments --format e2m1 --scale 1/2 --round sr-a --random-bits 8\n"
      "  mxscope moments --densities my.toml --recipe mxfp8_e4m3 --json");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_moments(*o, context); }; });
}

}  // namespace mxscope::reports
