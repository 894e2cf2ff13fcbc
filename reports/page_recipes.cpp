// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Block quantizers side by side: what each decides, and what it loses on two made-up tensors.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "kernels/error_statistics.h"
#include "reports/figures_style.h"
#include "reports/page.h"
#include "reports/page_html.h"
#include "reports/recipe_words.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kRows = 4;
constexpr std::size_t kColumns = 1024;
constexpr const char* kTensors[] = {"normal", "outlier channels"};

/// Numbers near a normal distribution, sums of 12 Philox words as adversarial_matrices has them;
/// with outliers, every 64th column is 32 times larger.
std::vector<float> made_tensor(bool outliers) {
  const spec::RandomStream random{1, 0};
  std::vector<float> values(kRows * kColumns);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double sum = -6;
    for (std::uint64_t k = 0; k < 3; ++k)
      for (const std::uint32_t word : random.words(3 * i + k)) sum += (word + 0.5) * 0x1p-32;
    values[i] = static_cast<float>(outliers && i % 64 == 0 ? 32 * sum : sum);
  }
  return values;
}

struct Measured {
  double sqnr_db = 0;
  double bits = 0;
};

Measured measured(const spec::Recipe& recipe, const std::vector<float>& values) {
  const kernels::BlockRoutine routine(recipe);
  const kernels::TensorQuantizer quantizer(routine, kRows, kColumns, {}, values.size());
  const kernels::MatrixCodes codes = quantize_matrix(quantizer, values);
  std::vector<float> decoded(values.size());
  quantizer.dequantize(codes.codes, codes.state, decoded);
  kernels::ErrorStatistics all =
      tile_statistics(quantizer, codes.state, values, codes.codes, decoded);
  finish(all, quantizer);
  return {all.sqnr_db(), all.bits_per_element()};
}

std::string number_text(double x) { return std::isfinite(x) ? fmt::format("{:.3f}", x) : ""; }

}  // namespace

Figure recipe_sqnr() {
  Figure f{.name = "recipe_sqnr",
           .title = "Signal to quantization noise of every named recipe against its bits",
           .caption = fmt::format(
               "Two made-up tensors of {} x {}: normal, and the same with every 64th column 32 "
               "times larger. Scales count as bits. Recipes of one block format lie above one "
               "another: the difference is their scale rule and arithmetic. Searches of "
               "all scale codes are left out.",
               kRows, kColumns)};
  f.columns = {{"recipe"}, {"tensor"}, {"bits", CellKind::kNumber}, {"sqnr_db", CellKind::kNumber}};
  for (const bool outliers : {false, true}) {
    const std::vector<float> values = made_tensor(outliers);
    for (const spec::Recipe& recipe : spec::named_recipes()) {
      // Candidates that tie go through exact arithmetic: minutes for one of these.
      if (recipe.search == spec::ScaleSearch::kSweep) continue;
      const Measured m = measured(recipe, values);
      f.rows.push_back(
          {recipe.name, kTensors[outliers ? 1 : 0], number_text(m.bits), number_text(m.sqnr_db)});
    }
  }
  ordered_json x = position("bits", "quantitative", "bits an element, scales included");
  x["scale"] = {{"zero", false}};
  ordered_json y = position("sqnr_db", "quantitative", "SQNR, dB");
  y["scale"] = {{"zero", false}};
  f.spec = {{"width", kFullWidth - 120},
            {"height", 360},
            {"mark", with_tips({{"type", "point"}, {"size", 30}, {"opacity", 0.7}})},
            {"encoding",
             {{"x", x},
              {"y", y},
              {"color",
               {{"field", "tensor"},
                {"type", "nominal"},
                {"title", nullptr},
                {"scale", {{"domain", {kTensors[0], kTensors[1]}}, {"range", {kBlue, kOrange}}}}}},
              {"tooltip", {{{"field", "recipe"}}, {{"field", "sqnr_db"}}, {{"field", "bits"}}}}}}};
  return f;
}

std::string recipes_html(const PageContent& content) {
  std::string out = "<h3 id=\"recipes\">Every named recipe on two made-up tensors " +
                    badge("measured") + "</h3>\n";
  out +=
      "<p>A block quantizer is a row of decisions. Each row below reproduces a specification or a "
      "piece of software to the last code; its remaining fields are behind its name. SQNR is of "
      "the two tensors of the picture.</p>\n";
  out += figure_html(content, "recipe_sqnr");
  std::map<std::string, std::vector<std::string>> rows;  // by recipe: bits, then a SQNR each
  for (const auto& row : content.figure("recipe_sqnr").rows) {
    auto& cells = rows[row[0]];
    if (cells.empty()) cells.push_back(row[2]);
    cells.push_back(row[3]);
  }
  HtmlTable table({{"recipe"},
                   {"element"},
                   {"scale"},
                   {"block"},
                   {"scale rule", Align::kText},
                   {"bits", Align::kRight},
                   {"SQNR, normal", Align::kRight},
                   {"SQNR, outliers", Align::kRight},
                   {"source", Align::kText}});
  for (const spec::Recipe& recipe : spec::named_recipes()) {
    std::string fields;
    for (const spec::RecipeField& field : spec::describe(recipe))
      fields += field.name + " = " + field.value + "\n";
    const auto& cells = rows[recipe.name];
    const auto cell = [&](std::size_t i) {
      return HtmlCell(i < cells.size() && !cells[i].empty() ? cells[i] : "–");
    };
    table.add({fmt::format("<code title=\"{}\">{}</code>", escaped(fields), escaped(recipe.name)),
               escaped(recipe.element.name), escaped(recipe.scale.name), block_text(recipe),
               escaped(rule_text(recipe)), cell(0), cell(1), cell(2), prose_html(recipe.source)});
  }
  return out + folded(fmt::format("all {} recipes", table.size()), table.html());
}

}  // namespace mxscope::reports
