// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What tensor cores lose when they add: a GEMM of one Hopper unit with its kept bits varied, next
// to what quantizing loses.
#include "reports/figures_tensor_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/gemm.h"
#include "reports/figures_style.h"
#include "reports/gemm_errors.h"
#include "reports/gemm_inputs.h"
#include "sim/mma_unit.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t kSide = 24;
constexpr std::int64_t kDepth = 4096;
constexpr int kFewestBits = 8;
constexpr int kMostBits = 26;
constexpr int kFractionBits = 23;  // of binary32
constexpr double kEveryProduct = 1e12;

struct Chain {
  const char* name;
  std::int64_t promote_every;
  const char* colour;
};
constexpr Chain kChains[] = {{"all of K in the tensor core", 0, kBlue},
                             {"into binary32 every 4 instructions", 4, kOrange}};

/// Rounding errors relative to the outputs, root of mean squares.
struct Noise {
  double arithmetic = 0;  ///< against the product of the operands as quantized
  double all = 0;         ///< against that of the matrices
};

Noise noise_of(sim::MmaUnit unit, const char* recipe, std::int64_t promote_every) {
  const GemmMatrix a = random_matrix(kSide, kDepth, 1, 0);
  const GemmMatrix b = random_matrix(kSide, kDepth, 1, 1);
  const spec::RecipeTable recipes;
  OperandChoices choices{recipe, recipe};
  const sim::Mma mma = choose_formats(unit, choices, recipes);
  const kernels::Gemm gemm(mma, make_operand(a, choices.a, mma.a, mma, recipes),
                           make_operand(b, choices.b, mma.b, mma, recipes),
                           {.promote_every = promote_every}, {});
  const std::vector<float> d = gemm.compute();
  const GemmMeasurement m = measure_gemm(gemm, d, a.values, b.values, kEveryProduct, 1);
  const auto relative = [](const GemmErrors& e) { return std::pow(10, -e.sqnr_db() / 20); };
  return {relative(m.quantized), relative(m.original)};
}

std::string text(double x) { return fmt::format("{:.4g}", x); }

}  // namespace

Figure kept_bits() {
  Figure f{
      .name = "kept_bits",
      .title = "",  // below, from the data
      .caption = fmt::format(
          "A {0} x {0} product of normal numbers over K = {1}, cast to E4M3 with one scale a "
          "tensor, on Hopper's FP8 rule with the kept bits varied: root mean square of the error "
          "against the exact product of the same operands, relative to the outputs. Lines across: "
          "what quantizing the two operands loses, on the units as they are. Measured on seeded "
          "data, bit for bit by the units' models.",
          kSide, kDepth)};
  f.columns = {{"kind"},
               {"series"},
               {"kept_bits", CellKind::kNumber},
               {"relative_error", CellKind::kNumber},
               {"tip"}};
  double least = 1;
  double most = 0;
  double at_hopper = 0;
  const sim::MmaUnit& hopper = sim::find_unit("sm90.wgmma.fp8");
  for (const Chain& chain : kChains)
    for (int bits = kFewestBits; bits <= kMostBits; ++bits) {
      sim::MmaUnit unit = hopper;
      unit.kept_bits = bits;
      unit.output_bits = std::min(bits, kFractionBits);
      const double error = noise_of(unit, "fp8_tensor", chain.promote_every).arithmetic;
      least = std::min(least, error);
      most = std::max(most, error);
      if (bits == hopper.kept_bits && chain.promote_every == 0) at_hopper = error;
      f.rows.push_back(
          {"curve", chain.name, std::to_string(bits), text(error),
           fmt::format("{} kept bits; {}; error {:.2g} of the outputs", bits, chain.name, error)});
    }
  struct Level {
    const char* unit;
    const char* recipe;
    const char* name;
  };
  for (const Level& level : {Level{"sm120.mma.mxf4nvf4", "nvfp4", "NVFP4"},
                             Level{"sm120.mma.mxf8f6f4", "mxfp8_e4m3_rceil", "MXFP8 E4M3"}}) {
    const double error = noise_of(sim::find_unit(level.unit), level.recipe, 0).all;
    most = std::max(most, error);
    f.title = fmt::format(
        "Sums cut to {} bits, as Hopper's FP8 are, err {:.0f} times less than quantizing to {} "
        "does",
        hopper.kept_bits, error / at_hopper, level.name);
    for (const int bits : {kFewestBits, kMostBits})
      f.rows.push_back({"level", level.name, std::to_string(bits), text(error),
                        fmt::format("quantizing to {}", level.name)});
  }
  for (const auto& [bits, name] :
       {std::pair{13, "Ada, Hopper FP8: 13"}, {25, "Hopper, Blackwell: 25"}})
    for (const double y : {least, most})
      f.rows.push_back({"unit", name, std::to_string(bits), text(y), ""});

  ordered_json x =
      position("kept_bits", "quantitative", "fraction bits kept below the largest exponent");
  x["scale"] = {{"domain", {kFewestBits, kMostBits}}, {"nice", false}};
  ordered_json y = position("relative_error", "quantitative", "RMS error / RMS output");
  y["scale"] = {{"type", "log"}, {"nice", false}, {"domain", {least / 1.5, most * 2.5}}};
  y["axis"] = {{"format", ".0e"}, {"tickCount", 8}};
  ordered_json names = ordered_json::array();
  ordered_json colours = ordered_json::array();
  for (const Chain& chain : kChains) {
    names.push_back(chain.name);
    colours.push_back(chain.colour);
  }
  const ordered_json colour = {{"field", "series"},
                               {"type", "nominal"},
                               {"title", nullptr},
                               {"scale", {{"domain", names}, {"range", colours}}}};
  const auto only = [](const char* kind) {
    return ordered_json{{{"filter", fmt::format("datum.kind == '{}'", kind)}}};
  };
  const auto rule = [&](const char* kind, const char* dash_colour) {
    return ordered_json{
        {"transform", only(kind)},
        {"mark",
         {{"type", "line"}, {"strokeWidth", 1.2}, {"strokeDash", {5, 4}}, {"color", dash_colour}}},
        {"encoding", {{"x", x}, {"y", y}, {"detail", {{"field", "series"}}}}}};
  };
  const ordered_json curve = {{"transform", only("curve")},
                              {"mark", {{"type", "line"}, {"strokeWidth", 2}}},
                              {"encoding", {{"x", x}, {"y", y}, {"color", colour}}}};
  const ordered_json dots = {
      {"transform", only("curve")},
      {"mark", with_tips({{"type", "point"}, {"filled", true}, {"size", 36}, {"opacity", 1}})},
      {"encoding", {{"x", x}, {"y", y}, {"color", colour}, {"description", {{"field", "tip"}}}}}};
  const ordered_json level_names = {
      {"transform",
       {{{"filter", fmt::format("datum.kind == 'level' && datum.kept_bits == {}", kMostBits)}}}},
      {"mark",
       {{"type", "text"},
        {"align", "right"},
        {"dy", -7},
        {"dx", -4},
        {"color", kMuted},
        {"fontSize", 12}}},
      {"encoding", {{"x", x}, {"y", y}, {"text", {{"field", "tip"}}}}}};
  const ordered_json unit_names = {
      {"transform", only("unit")},
      {"mark",
       {{"type", "text"},
        {"align", "right"},
        {"dy", -110},
        {"dx", -5},
        {"color", kInk},
        {"fontSize", 12}}},
      {"encoding",
       {{"x", {{"aggregate", "min"}, {"field", "kept_bits"}, {"type", "quantitative"}}},
        {"y", {{"aggregate", "min"}, {"field", "relative_error"}, {"type", "quantitative"}}},
        {"text", {{"field", "series"}}}}}};
  f.spec = {
      {"width", kFullWidth - 80},
      {"height", 330},
      {"layer", {rule("level", kMuted), rule("unit", kInk), curve, dots, level_names, unit_names}}};
  return f;
}

}  // namespace mxscope::reports
