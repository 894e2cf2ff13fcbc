// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Error statistics of tensors as text, JSON and CSV.
#include "reports/tensor_errors.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "reports/console.h"
#include "reports/ordered_work.h"
#include "reports/table.h"

namespace mxscope::reports {
namespace {

using kernels::entropy_bits;
using kernels::ErrorStatistics;
using kernels::TensorQuantizer;

ErrorStatistics measure(const TensorSource& source, const kernels::BlockRoutine& routine,
                        int threads, Progress& progress) {
  const MatrixShape matrix = source.matrix();
  const TensorQuantizer quantizer(routine, matrix.rows, matrix.columns);
  const kernels::TensorState state =
      quantizer.state(first_pass(source, quantizer, threads, progress));
  struct Measured {
    std::optional<kernels::Refusal> refused;
    ErrorStatistics statistics;
  };
  const auto& tiles = quantizer.tiles();
  ErrorStatistics all;
  in_order(
      tiles.size(), threads,
      [&](std::size_t i) {
        const std::vector<float> values = load_tile(source, quantizer, tiles[i]);
        const kernels::TileCodes codes = quantizer.quantize(tiles[i], values, state);
        Measured out{.refused = codes.refused};
        if (out.refused) return out;
        std::vector<float> decoded(values.size());
        quantizer.dequantize(codes, state, decoded);
        out.statistics = tile_statistics(quantizer, state, values, codes, decoded);
        return out;
      },
      [&](const Measured& tile) {
        if (tile.refused) throw refusal(source, routine.recipe(), *tile.refused);
        merge(all, tile.statistics);
        progress.advance(static_cast<double>(tile.statistics.elements) *
                             bits_per_element(source.tensor->dtype) / 8,
                         0);
      });
  finish(all, quantizer);
  return all;
}

/// Codes that stand for finite numbers.
std::uint64_t finite_codes(const spec::Format& format) {
  if (format.bits > 16) return 0;
  std::uint64_t count = 0;
  for (spec::Code code = 0; code <= format.code_mask(); ++code) {
    const spec::CodeClass what = format.classify(code);
    count += what == spec::CodeClass::kInfinity || what == spec::CodeClass::kNan ||
                     what == spec::CodeClass::kUnused
                 ? 0
                 : 1;
  }
  return count;
}

/// "0" only for nothing at all.
std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (part == 0) return "0";
  const double share = 100 * static_cast<double>(part) / static_cast<double>(whole);
  return share < 0.01 ? "<0.01" : fmt::format("{:.2f}", share);
}

std::string usage(const kernels::CodeCounts& counts, const spec::Format& format) {
  const std::uint64_t available = finite_codes(format);
  return available == 0 ? fmt::format("{}", counts.size())
                        : fmt::format("{}/{}", counts.size(), available);
}

std::vector<std::string> row_of(const spec::Recipe& recipe, const ErrorStatistics& s) {
  const bool any = s.measured() > 0;
  return {recipe.name,
          sqnr_text(s),
          any ? fmt::format("{:.3e}", s.mse()) : "-",
          any ? fmt::format("{:.4f}", s.largest_error_over_amax()) : "-",
          any ? fmt::format("{:.1e}", 1 - s.cosine()) : "-",
          percent(s.clipped, s.elements),
          percent(s.underflowed, s.elements),
          usage(s.codes, recipe.element),
          fmt::format("{:.2f}", entropy_bits(s.codes)),
          usage(s.scales, recipe.scale),
          fmt::format("{:.2f}", entropy_bits(s.scales)),
          fmt::format("{:.4g}", s.bits_per_element())};
}

std::string block_place(const kernels::WorstBlock& worst, const spec::Recipe& recipe,
                        const MatrixShape& matrix) {
  const kernels::BlockGrid grid = kernels::block_grid(recipe, matrix.rows, matrix.columns);
  const auto range = [](std::size_t first, std::size_t count, std::size_t end) {
    const std::size_t last = std::min(first + count, end) - 1;
    return last == first ? fmt::format("{}", first) : fmt::format("{} to {}", first, last);
  };
  return fmt::format("row {}, column {}", range(worst.row, grid.block_rows, grid.rows),
                     range(worst.column, grid.block_columns, grid.columns));
}

void add_exceptions(std::string& text, const RecipeErrors& errors) {
  const ErrorStatistics& s = errors.total;
  if (s.not_finite > 0)
    text += fmt::format("{}: {} elements are infinite or NaN, and are left out of the sums\n",
                        errors.recipe.name, s.not_finite);
  if (s.lost > 0)
    text +=
        fmt::format("{}: {} finite elements became infinite or NaN, and are left out of the sums\n",
                    errors.recipe.name, s.lost);
}

/// JSON has neither infinities nor NaN: null.
nlohmann::json number(double x) { return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json(); }

nlohmann::json statistics_json(const spec::Recipe& recipe, const ErrorStatistics& s) {
  return {{"recipe", recipe.name},
          {"elements", s.elements},
          {"blocks", s.blocks},
          {"not_finite", s.not_finite},
          {"lost", s.lost},
          {"sqnr_db", number(s.sqnr_db())},
          {"mse", number(s.mse())},
          {"largest_error", s.largest_error},
          {"largest_error_over_amax", s.largest_error_over_amax()},
          {"amax", s.largest},
          {"cosine", s.cosine()},
          {"clipped", s.clipped},
          {"underflowed", s.underflowed},
          {"codes_used", s.codes.size()},
          {"codes_available", finite_codes(recipe.element)},
          {"code_entropy_bits", entropy_bits(s.codes)},
          {"scales_used", s.scales.size()},
          {"scales_available", finite_codes(recipe.scale)},
          {"scale_entropy_bits", entropy_bits(s.scales)},
          {"bits_per_element", s.bits_per_element()},
          {"worst_block",
           {{"row", s.worst.row},
            {"column", s.worst.column},
            {"squared_error", number(s.worst.squared_error)}}}};
}

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

constexpr const char* kNumbers[] = {"elements",
                                    "blocks",
                                    "not_finite",
                                    "lost",
                                    "sqnr_db",
                                    "mse",
                                    "largest_error",
                                    "largest_error_over_amax",
                                    "amax",
                                    "cosine",
                                    "clipped",
                                    "underflowed",
                                    "codes_used",
                                    "codes_available",
                                    "code_entropy_bits",
                                    "scales_used",
                                    "scales_available",
                                    "scale_entropy_bits",
                                    "bits_per_element"};

std::string csv_row(const std::string& tensor, const spec::Recipe& recipe, const ErrorStatistics& s,
                    const std::string& worst_tensor) {
  const nlohmann::json json = statistics_json(recipe, s);
  std::string line = csv_text(tensor) + "," + csv_text(recipe.name);
  const double db = s.sqnr_db();
  for (const char* key : kNumbers) {
    line += ",";
    if (!json.at(key).is_null())
      line += json.at(key).dump();
    else if (key == std::string_view("sqnr_db") && std::isinf(db))
      line += db > 0 ? "inf" : "-inf";
  }
  const nlohmann::json& worst = json.at("worst_block");
  line += "," + csv_text(worst_tensor);
  for (const char* key : {"row", "column", "squared_error"}) line += "," + worst.at(key).dump();
  return line + "\n";
}

}  // namespace

std::string sqnr_text(const ErrorStatistics& s) {
  const double db = s.sqnr_db();
  if (std::isfinite(db)) return fmt::format("{:.2f}", db);
  if (db < 0) return "-inf";
  return db > 0 && s.lost == 0 ? "exact" : "-";
}

RecipeErrors measure_errors(const kernels::BlockRoutine& routine,
                            const std::vector<TensorSource>& sources, int threads,
                            Progress& progress) {
  RecipeErrors out{.recipe = routine.recipe()};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    out.tensors.push_back(measure(sources[i], routine, threads, progress));
    out.tensors.back().worst.tensor = i;
    merge(out.total, out.tensors.back());
    progress.advance(0);
  }
  return out;
}

std::string errors_text(const std::vector<RecipeErrors>& all,
                        const std::vector<TensorSource>& sources) {
  Table table({{"recipe"},
               {"SQNR\ndB", true},
               {"MSE", true},
               {"max err\n/ amax", true},
               {"1-cos", true},
               {"clipped\n%", true},
               {"to zero\n%", true},
               {"codes\nused", true},
               {"\nbits", true},
               {"scales\nused", true},
               {"\nbits", true},
               {"bits/\nelement", true}});
  std::string text;
  const auto group = [&](const std::string& heading, const auto& statistics_of) {
    for (const RecipeErrors& errors : all) table.add(row_of(errors.recipe, statistics_of(errors)));
    return heading;
  };
  std::vector<std::string> headings;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const TensorView& tensor = *sources[i].tensor;
    headings.push_back(
        group(fmt::format("{}, {} {}", printable(tensor.name), shape_text(tensor.shape),
                          dtype_name(tensor.dtype)),
              [i](const RecipeErrors& e) -> const ErrorStatistics& { return e.tensors[i]; }));
  }
  headings.push_back(
      group(fmt::format("all {} tensors", sources.size()),
            [](const RecipeErrors& e) -> const ErrorStatistics& { return e.total; }));
  // The table aligns all rows; each tensor's heading goes between them.
  const std::string rows = table.text();
  std::size_t at = 0;
  const auto take_line = [&] {
    const std::size_t end = rows.find('\n', at) + 1;
    const std::string line = rows.substr(at, end - at);
    at = end;
    return line;
  };
  text += take_line();
  text += take_line();
  for (const std::string& heading : headings) {
    text += "\n" + heading + "\n";
    for (std::size_t i = 0; i < all.size(); ++i) text += take_line();
  }
  text += "\n";
  for (const RecipeErrors& errors : all) {
    const kernels::WorstBlock& worst = errors.total.worst;
    const TensorSource& source = sources[worst.tensor];
    text += fmt::format("worst block of {}: {}, {}: squared error {:.4g}\n", errors.recipe.name,
                        printable(source.tensor->name),
                        block_place(worst, errors.recipe, source.matrix()), worst.squared_error);
    add_exceptions(text, errors);
    for (const TensorSource& s : sources)
      if (s.tensor->dtype == DType::kF64 && &errors == &all.front())
        text +=
            fmt::format("{} is F64 and was rounded to float32 first\n", printable(s.tensor->name));
  }
  return text;
}

nlohmann::json errors_json(const std::vector<RecipeErrors>& all,
                           const std::vector<TensorSource>& sources) {
  nlohmann::json tensors = nlohmann::json::array();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    nlohmann::json recipes = nlohmann::json::array();
    for (const RecipeErrors& e : all) recipes.push_back(statistics_json(e.recipe, e.tensors[i]));
    tensors.push_back({{"name", sources[i].tensor->name},
                       {"dtype", dtype_name(sources[i].tensor->dtype)},
                       {"shape", sources[i].tensor->shape},
                       {"rounded_to_f32", sources[i].tensor->dtype == DType::kF64},
                       {"recipes", std::move(recipes)}});
  }
  nlohmann::json total = nlohmann::json::array();
  for (const RecipeErrors& e : all) {
    total.push_back(statistics_json(e.recipe, e.total));
    total.back()["worst_block"]["tensor"] = sources[e.total.worst.tensor].tensor->name;
  }
  return {{"tensors", std::move(tensors)}, {"total", std::move(total)}};
}

std::string errors_csv(const std::vector<RecipeErrors>& all,
                       const std::vector<TensorSource>& sources) {
  std::string text = "tensor,recipe";
  for (const char* key : kNumbers) text += fmt::format(",{}", key);
  text += ",worst_tensor,worst_row,worst_column,worst_squared_error\n";
  for (std::size_t i = 0; i < sources.size(); ++i)
    for (const RecipeErrors& e : all)
      text += csv_row(sources[i].tensor->name, e.recipe, e.tensors[i], sources[i].tensor->name);
  for (const RecipeErrors& e : all)
    text += csv_row("", e.recipe, e.total, sources[e.total.worst.tensor].tensor->name);
  return text;
}

}  // namespace mxscope::reports
