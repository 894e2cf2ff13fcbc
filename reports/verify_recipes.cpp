// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify recipes: the block quantizers of kernels against the exact path.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "analysis/recipe_claims.h"
#include "kernels/code_difference.h"
#include "kernels/simd_quantizer.h"
#include "reports/format_facts.h"
#include "reports/numbers.h"
#include "reports/verify_subject.h"
#include "spec/error.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

using analysis::BlockQuantizer;
using kernels::BlockRoutine;
using kernels::SimdQuantizer;

/// What mxscope quantize runs for the recipe.
struct Programs {
  BlockRoutine routine;
  std::optional<SimdQuantizer> simd;
};

void quantize_each(const BlockRoutine& routine, std::span<const float> values,
                   const kernels::TensorFactors& tensor, std::span<std::uint8_t> elements,
                   std::span<std::uint64_t> scales) {
  const std::size_t length = values.size() / scales.size();
  for (std::size_t b = 0; b < scales.size(); ++b) {
    const kernels::BlockOutput out =
        routine.quantize(values.subspan(b * length, length), tensor, elements.data() + b * length);
    scales[b] = out.refused ? BlockQuantizer::kRefused : out.scale | std::uint64_t{out.micro} << 8;
  }
}

BlockQuantizer quantizer_of(const spec::Recipe& recipe) {
  constexpr int kShortest = 16;
  constexpr int kLongest = 256;
  auto programs =
      std::make_shared<const Programs>(Programs{BlockRoutine(recipe), SimdQuantizer::make(recipe)});
  if (!programs->routine.is_fast())
    throw Error(
        fmt::format("--recipe {}: its blocks go through the exact path itself, so there is "
                    "nothing to compare; leave it out",
                    recipe.name));
  BlockQuantizer out;
  out.path = programs->simd ? "SIMD" : "block by block";
  const bool hif4 = recipe.kind == spec::BlockKind::kHif4;
  const int elements = recipe.block_elements();
  out.length = static_cast<std::size_t>(
      programs->simd || hif4
          ? elements
          : std::clamp(elements == 0 ? kLongest : elements, kShortest, kLongest));
  out.quantize = [programs](std::span<const float> values, float tensor_amax,
                            std::span<std::uint8_t> codes, std::span<std::uint64_t> scales) {
    const kernels::TensorFactors tensor = programs->routine.tensor_factors(tensor_amax);
    if (programs->simd) {
      std::vector<std::uint8_t> bytes(scales.size());
      if (!programs->simd->quantize(values.data(), scales.size(), tensor, spec::Packing::kByte,
                                    codes.data(), bytes.data())) {
        std::copy(bytes.begin(), bytes.end(), scales.begin());
        return;
      }
    }
    quantize_each(programs->routine, values, tensor, codes, scales);
  };
  return out;
}

/// Whole blocks of kernels' adversarial matrices: all, or as many as have about kElements elements.
std::vector<analysis::TestBlock> test_blocks(const spec::Recipe& recipe, std::uint64_t seed) {
  constexpr std::size_t kElements = std::size_t{1} << 18;
  std::vector<analysis::TestBlock> out;
  const auto matrices = kernels::adversarial_matrices(recipe, seed);
  const std::size_t step = 1 + matrices.size() * matrices.front().values.size() / kElements;
  std::size_t k = seed;
  for (const kernels::LabelledMatrix& matrix : matrices) {
    const kernels::BlockGrid grid = kernels::block_grid(recipe, matrix.rows, matrix.columns);
    float amax = 0;
    for (const float x : matrix.values) amax = std::max(amax, std::fabs(x));
    for (std::size_t row = 0; row + grid.block_rows <= grid.rows; row += grid.block_rows)
      for (std::size_t column = 0; column + grid.block_columns <= grid.columns;
           column += grid.block_columns) {
        if (k++ % step != 0) continue;
        analysis::TestBlock block{.tensor_amax = amax};
        for (std::size_t r = 0; r < grid.block_rows; ++r) {
          const auto first = matrix.values.begin() +
                             static_cast<std::ptrdiff_t>((row + r) * grid.columns + column);
          block.values.insert(block.values.end(), first,
                              first + static_cast<std::ptrdiff_t>(grid.block_columns));
        }
        out.push_back(std::move(block));
      }
  }
  return out;
}

class VerifyRecipes : public VerifySubject {
 public:
  std::string name() const override { return "recipes"; }
  std::string summary() const override {
    return "Check that fast block quantizers give the codes of the exact path";
  }
  std::string examples() const override {
    return "  mxscope verify recipes --quick\n"
           "  mxscope verify recipes --recipe nvfp4 mxfp4 --only pairs\n"
           "  mxscope verify recipes --recipe mine --recipes my.toml";
  }
  std::vector<ClaimKind> kinds() const override { return {{"pairs"}, {"special"}, {"blocks"}}; }

  void add_options(CLI::App& command) override {
    command.add_option("--recipe", names_, "Only these recipes")->option_text("NAME ...");
    command.add_flag("--quick", quick_, "Some pairs and one set of blocks for each recipe");
    add_number(command, "--seeds", seeds_, 1, 1 << 20,
               "Sets of thousands of blocks for recipes that are not decided\n"
               "by pairs (default 16)");
    add_recipe_files(command, files, "--recipes");
  }

  void restore(const nlohmann::json& request) override {
    request.at("recipes").get_to(names_);
    request.at("seeds").get_to(seeds_);
    quick_ = request.at("quick").get<bool>();
  }

  VerifyTasks tasks(Run& run) const override {
    const spec::RecipeTable table = load_recipes(files, run);
    std::vector<spec::Recipe> chosen;
    std::set<std::string> seen;
    for (const std::string& name : names_)
      if (seen.insert(name).second) chosen.push_back(table.find(name));
    if (names_.empty()) chosen = table.rows();
    VerifyTasks out;
    analysis::RecipeRequest request{.seeds = seeds_, .quick = quick_};
    nlohmann::json names = nlohmann::json::array();
    for (const spec::Recipe& recipe : chosen) {
      if (recipe.random_bits > 0)
        throw Error(
            fmt::format("--recipe {}: stochastic rounding is checked by mxscope verify "
                        "codec --stochastic; leave it out",
                        recipe.name));
      request.recipes.push_back({recipe, quantizer_of(recipe), [recipe](std::uint64_t seed) {
                                   return test_blocks(recipe, seed);
                                 }});
      names.push_back(recipe.name);
      for (const spec::Format& format : {recipe.element, recipe.scale})
        out.rows += format_json(format).dump() + "\n";
      for (const spec::RecipeField& field : spec::describe(recipe))
        out.rows += field.name + " = " + field.value + "\n";
    }
    out.tasks = analysis::recipe_tasks(request);
    out.request = {{"recipes", names}, {"seeds", seeds_}, {"quick", quick_}};
    return out;
  }

 private:
  std::vector<std::string> names_;
  int seeds_ = 16;
  bool quick_ = false;
};

}  // namespace

std::unique_ptr<VerifySubject> make_verify_recipes() { return std::make_unique<VerifyRecipes>(); }

}  // namespace mxscope::reports
