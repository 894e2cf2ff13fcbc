// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Options, lists and tables of dual stages.
#include "reports/residual_channels.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "reports/console.h"
#include "reports/numbers.h"
#include "reports/ordered_work.h"
#include "reports/table.h"
#include "reports/tensor_errors.h"

namespace mxscope::reports {
namespace {

using kernels::ErrorStatistics;
using kernels::TensorQuantizer;

constexpr std::size_t kMaxListBytes = std::size_t{1} << 20;

/// JSON has neither infinities nor NaN: null.
nlohmann::json number(double x) { return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json(); }

}  // namespace

void add_residual_options(CLI::App& command, ResidualChoice& choice) {
  command
      .add_option_function<std::string>(
          "--residual-channels",
          [&choice](const std::string& text) {
            choice.count = static_cast<std::size_t>(
                whole_number("--residual-channels", text, 0, std::numeric_limits<int>::max()));
          },
          "For a recipe of two stages: quantize the residuals of so\n"
          "many channels too, those of the largest magnitude in\n"
          "each tensor")
      ->option_text("N");
  command
      .add_option("--residual-list", choice.list_file,
                  "The same for the channels that this file lists,\n"
                  "numbers from 0 between blanks, commas or line ends")
      ->option_text("FILE");
}

std::optional<spec::DualStage> chosen_dual_stage(const std::string& recipe,
                                                 const ResidualChoice& choice,
                                                 const spec::RecipeTable& recipes) {
  const auto& stages = spec::named_dual_stages();
  const auto found =
      std::find_if(stages.begin(), stages.end(), [&](const auto& s) { return s.name == recipe; });
  const auto& rows = recipes.rows();
  const bool is_row =
      std::any_of(rows.begin(), rows.end(), [&](const auto& r) { return r.name == recipe; });
  if (choice.count && !choice.list_file.empty())
    throw Error(
        "--residual-channels and --residual-list both say which channels have residuals; "
        "give one");
  if (choice.asked() && found != stages.end()) return *found;
  if (!choice.asked() && (is_row || found == stages.end())) return std::nullopt;
  if (!choice.asked())
    throw Error(fmt::format(
        "--recipe {} quantizes residuals too; add --residual-channels N or --residual-list FILE",
        recipe));
  if (!is_row) return spec::find_dual_stage(recipe);
  std::string known;
  for (const spec::DualStage& stage : stages) known += (known.empty() ? "" : ", ") + stage.name;
  throw Error(fmt::format("--recipe {} has no second stage for residuals; those that have one: {}",
                          recipe, known));
}

void read_list(ResidualChoice& choice, Run& run) {
  if (choice.list_file.empty()) return;
  const std::string text = run.read_input(choice.list_file, kMaxListBytes);
  constexpr const char* kBetween = " \t\r\n,";
  for (std::size_t at = text.find_first_not_of(kBetween); at != std::string::npos;
       at = text.find_first_not_of(kBetween, at)) {
    const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    std::uint32_t channel = 0;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, channel);
    if (error != std::errc{} || stop != text.data() + end)
      throw Error(fmt::format("{}: {} is no channel; write whole numbers from 0", choice.list_file,
                              in_quotes(text.substr(at, end - at))));
    choice.listed.push_back(channel);
    at = end;
  }
}

spec::AugmentedLayout residual_layout(const TensorView& tensor, const spec::DualStage& stage,
                                      const ResidualChoice& choice) {
  try {
    return spec::make_augmented_layout(matrix_shape(tensor.shape).columns, choice.channels(),
                                       stage.granularity);
  } catch (const Error& e) {
    throw Error(fmt::format("{}, tensor {}: {}; give other channels, or --tensor to choose tensors",
                            choice.count ? "--residual-channels" : choice.list_file,
                            in_quotes(tensor.name), e.what()));
  }
}

kernels::DualTensor make_dual_tensor(const TensorSource& source, const TensorQuantizer& quantizer,
                                     const kernels::DualRoutine& routine,
                                     const spec::AugmentedLayout& layout,
                                     const ResidualChoice& choice, int threads,
                                     Progress& progress) {
  const auto& tiles = quantizer.tiles();
  std::vector<float> maxima(layout.channels);
  in_order(
      tiles.size(), threads,
      [&](std::size_t i) {
        std::vector<float> own(layout.channels);
        kernels::raise_channel_maxima(load_tile(source, quantizer, tiles[i]), own);
        return own;
      },
      [&](const std::vector<float>& own) {
        kernels::raise_channel_maxima(own, maxima);
        progress.advance(
            static_cast<double>(source.tensor->data.size()) / static_cast<double>(tiles.size()), 0);
      });
  try {
    return {routine, layout, kernels::channel_order(maxima, choice.listed)};
  } catch (const Error& e) {
    throw Error(fmt::format("{}, tensor {}: {}", choice.list_file, in_quotes(source.tensor->name),
                            e.what()));
  }
}

ResidualGain residual_gain(const TensorQuantizer& quantizer, const kernels::DualTensor& dual,
                           const kernels::Tile& tile, const std::vector<float>& values,
                           const kernels::TileCodes& codes, const kernels::TensorState& state) {
  std::vector<float> decoded(values.size());
  ResidualGain out;
  quantizer.dequantize(quantizer.quantize(tile, values, state), state, decoded);
  out.single = kernels::value_statistics(values, decoded);
  dual.dequantize(codes, state.factors, kernels::Stages::kFirst, decoded);
  out.ordered = kernels::value_statistics(values, decoded);
  dual.dequantize(codes, state.factors, kernels::Stages::kBoth, decoded);
  out.both = kernels::value_statistics(values, decoded);
  return out;
}

void merge(ResidualGain& all, const ResidualGain& next) {
  kernels::merge(all.single, next.single);
  kernels::merge(all.ordered, next.ordered);
  kernels::merge(all.both, next.both);
}

std::string gains_text(const std::vector<NamedGain>& gains) {
  Table table({{"SQNR in dB"},
               {"channels", true},
               {"with\nresiduals", true},
               {"one stage,\nas they are", true},
               {"one stage,\nby magnitude", true},
               {"both\nstages", true},
               {"residuals\ngain", true}});
  for (const auto& [name, layout, gain] : gains) {
    const double ordered = gain->ordered.sqnr_db();
    const double both = gain->both.sqnr_db();
    table.add({printable(name), std::to_string(layout.channels), std::to_string(layout.outliers),
               sqnr_text(gain->single), sqnr_text(gain->ordered), sqnr_text(gain->both),
               std::isfinite(both - ordered) ? fmt::format("{:+.2f}", both - ordered) : ""});
  }
  return table.text();
}

nlohmann::json gain_json(const spec::AugmentedLayout& layout, const ResidualGain& gain) {
  return {{"channels", layout.channels},
          {"residual_channels", layout.outliers},
          {"granularity", layout.granularity},
          {"sqnr_db_single", number(gain.single.sqnr_db())},
          {"sqnr_db_ordered", number(gain.ordered.sqnr_db())},
          {"sqnr_db_both", number(gain.both.sqnr_db())}};
}

}  // namespace mxscope::reports
