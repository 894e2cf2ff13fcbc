// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/figures_trade_off.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/gemm.h"
#include "reports/figures_style.h"
#include "reports/gemm_errors.h"
#include "reports/gemm_inputs.h"
#include "sim/gemm_time.h"
#include "sim/mma_unit.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t kTokens = 32;
constexpr std::int64_t kOutputs = 32;
constexpr std::int64_t kChannels = 4096;
constexpr std::int64_t kSide = 4096;  ///< M, N and K of the timed GEMM
constexpr std::int64_t kOutlierStep = 64;
constexpr float kOutlierSize = 32;
constexpr double kEveryProduct = 1e12;

/// A way to store both operands.
struct Choice {
  const char* type;    ///< of the simulator
  const char* unit;    ///< the instruction
  const char* recipe;  ///< or a format
  double bits;         ///< of an element with its share of scales
  const char* colour;
};
constexpr Choice kChoices[] = {{"bf16", "sm120.mma.bf16", "bf16", 16, kMuted},
                               {"mxfp8", "sm120.mma.mxf8f6f4", "mxfp8_e4m3_rceil", 8.25, kBlue},
                               {"mxfp6", "sm120.mma.mxf8f6f4", "mxfp6_e2m3_rceil", 6.25, kGold},
                               {"mxfp4", "sm120.mma.mxf4", "mxfp4_rceil", 4.25, kGreen},
                               {"nvfp4", "sm120.mma.mxf4nvf4", "nvfp4", 4.5, kOrange}};
constexpr const char* kDevices[] = {"b200",     "rtx-5090",    "rtx-pro-6000-server",
                                    "rtx-5080", "rtx-5070-ti", "gb10"};

/// Activations, every 64th channel 32 times larger where there are outliers.
GemmMatrix activations(bool outliers) {
  GemmMatrix x = random_matrix(kTokens, kChannels, 1, 0);
  for (std::size_t i = 0; outliers && i < x.values.size(); i += kOutlierStep)
    x.values[i] *= kOutlierSize;
  return x;
}

double output_sqnr(const Choice& choice, bool outliers) {
  const GemmMatrix a = activations(outliers);
  const GemmMatrix b = random_matrix(kOutputs, kChannels, 1, 1);
  const spec::RecipeTable recipes;
  OperandChoices choices{choice.recipe, choice.recipe};
  const sim::Mma mma = choose_formats(sim::find_unit(choice.unit), choices, recipes);
  const kernels::Gemm gemm(mma, make_operand(a, choices.a, mma.a, mma, recipes),
                           make_operand(b, choices.b, mma.b, mma, recipes), {}, {});
  const std::vector<float> d = gemm.compute();
  return measure_gemm(gemm, d, a.values, b.values, kEveryProduct, 1).original.sqnr_db();
}

ordered_json colours() {
  ordered_json names = ordered_json::array();
  ordered_json range = ordered_json::array();
  for (const Choice& c : kChoices) {
    names.push_back(c.type);
    range.push_back(c.colour);
  }
  return {{"field", "scheme"},
          {"type", "nominal"},
          {"title", nullptr},
          {"legend", nullptr},
          {"scale", {{"domain", names}, {"range", range}}}};
}

ordered_json dots_and_names(const ordered_json& x, const ordered_json& y) {
  return {
      {{"mark", with_tips({{"type", "point"}, {"filled", true}, {"size", 75}, {"opacity", 1}})},
       {"encoding",
        {{"x", x}, {"y", y}, {"color", colours()}, {"description", {{"field", "tip"}}}}}},
      {{"mark", {{"type", "text"}, {"align", "left"}, {"dx", 8}, {"dy", -5}, {"fontSize", 11.5}}},
       {"encoding", {{"x", x}, {"y", y}, {"color", colours()}, {"text", {{"field", "scheme"}}}}}}};
}

}  // namespace

std::vector<Figure> trade_off_figures() {
  Figure bits{
      .name = "trade_off_bits",
      .title = "Error against bits: what each format makes of one linear layer",
      .caption = fmt::format(
          "Signal to noise of the outputs of X W^T, {} channels, both operands quantized by "
          "the recipe, against the exact product; seeded numbers near a normal "
          "distribution, once with every {}th channel of X {} times larger. Measured, bit "
          "for bit on the units of RTX Blackwell. Scales count as bits.",
          kChannels, kOutlierStep, kOutlierSize)};
  bits.columns = {{"scheme"}, {"data"}, {"bits", CellKind::kNumber}, {"sqnr_db", CellKind::kNumber},
                  {"recipe"}, {"tip"}};
  Figure time{
      .name = "trade_off_time",
      .title = "Error against time: on which device is which format worth it",
      .caption = fmt::format(
          "The outlier data’s signal to noise against the simulated time of a GEMM of {0} x "
          "{0} x {0} with the kernel that quantizes its activations. Up and to the left is "
          "better. Computed from the device files; see Timing for how far to trust them.",
          kSide)};
  time.columns = {{"device"},
                  {"scheme"},
                  {"us", CellKind::kNumber},
                  {"sqnr_db", CellKind::kNumber},
                  {"bits", CellKind::kNumber},
                  {"kernel"},
                  {"tip"}};
  for (const Choice& choice : kChoices) {
    for (const bool outliers : {false, true}) {
      const char* const data = outliers ? "outlier channels" : "normal";
      const double sqnr = output_sqnr(choice, outliers);
      bits.rows.push_back({choice.type, data, fmt::format("{:g}", choice.bits),
                           fmt::format("{:.3f}", sqnr), choice.recipe,
                           fmt::format("{}, {}; {:g} bits; {:.1f} dB; {}", choice.type, data,
                                       choice.bits, sqnr, choice.recipe)});
      if (!outliers) continue;
      for (const char* device : kDevices) {
        const sim::GemmTime t =
            sim::simulate_gemm(sim::find_device(device),
                               {.m = kSide,
                                .n = kSide,
                                .k = kSide,
                                .type = choice.type,
                                .quantize_activations = std::string_view(choice.type) != "bf16"});
        time.rows.push_back({device, choice.type, fmt::format("{:.4g}", t.us),
                             fmt::format("{:.3f}", sqnr), fmt::format("{:g}", choice.bits),
                             to_string(t.config),
                             fmt::format("{}, {}; {:.4g} \u00b5s; {:.1f} dB; {}", device,
                                         choice.type, t.us, sqnr, to_string(t.config))});
      }
    }
  }
  const ordered_json y = [] {
    ordered_json axis = position("sqnr_db", "quantitative", "SQNR of the outputs, dB");
    axis["scale"] = {{"zero", false}, {"nice", true}};
    return axis;
  }();
  ordered_json x = position("bits", "quantitative", "bits an element, scales included");
  x["scale"] = {{"domain", {4, 17}}, {"nice", false}};
  bits.spec["facet"] = {{"field", "data"},
                        {"type", "nominal"},
                        {"title", nullptr},
                        {"sort", {"normal", "outlier channels"}}};
  bits.spec["columns"] = 2;
  bits.spec["spec"] = {
      {"width", kFullWidth / 2 - 60}, {"height", 260}, {"layer", dots_and_names(x, y)}};
  ordered_json us = position("us", "quantitative", "\u00b5s");
  us["scale"] = {{"zero", false}, {"type", "log"}, {"nice", false}, {"padding", 40}};
  us["axis"] = {{"format", "~s"}, {"tickCount", 5}};
  ordered_json devices = ordered_json::array();
  for (const char* device : kDevices) devices.push_back(device);
  time.spec["facet"] = {
      {"field", "device"}, {"type", "nominal"}, {"title", nullptr}, {"sort", devices}};
  time.spec["columns"] = 3;
  time.spec["spec"] = {
      {"width", kFullWidth / 3 - 55}, {"height", 220}, {"layer", dots_and_names(us, y)}};
  time.spec["resolve"] = {{"scale", {{"x", "independent"}}}};
  Figure small = time;
  small.name = "trade_off_small";
  small.title = "Fewer bits take less time and err more: a linear layer on an RTX 5090";
  small.caption = "SQNR on data with outlier channels, time of the GEMM with its quantizer.";
  small.small = true;
  small.spec = {{"transform", {{{"filter", "datum.device == 'rtx-5090'"}}}},
                {"width", 300},
                {"height", 220},
                {"layer", dots_and_names(us, y)}};
  return {bits, time, small};
}

std::vector<TradeOff> trade_offs(const Figure& time) {
  std::vector<TradeOff> rows;
  for (const auto& row : time.rows)
    rows.push_back({row[0], row[1], std::stod(row[3]), std::stod(row[2])});
  return rows;
}

const TradeOff* fastest(const std::vector<TradeOff>& rows, const std::string& device,
                        double least_db) {
  const TradeOff* best = nullptr;
  for (const TradeOff& row : rows)
    if (row.device == device && row.sqnr_db >= least_db && (best == nullptr || row.us < best->us))
      best = &row;
  return best;
}

}  // namespace mxscope::reports
