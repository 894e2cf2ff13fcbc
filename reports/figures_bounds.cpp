// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How wrong recipes can be on any block of real numbers, and how that depends on the block's share
// of its tensor.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "analysis/arcquant_claims.h"
#include "analysis/dual_stage.h"
#include "analysis/supremum_claims.h"
#include "reports/figures.h"
#include "reports/figures_style.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

using analysis::ErrorCurve;
using analysis::ErrorPiece;
using analysis::MultiStage;
using analysis::Rational;
using analysis::ScaleRange;
using nlohmann::ordered_json;

constexpr int kLeastShare = -20;  // powers of two
constexpr int kLeastRatio = -7;

Rational worst_of(const char* recipe) {
  return worst_case(analysis::recipe_over_reals(recipe), ScaleRange::kUnbounded).worst.ratio;
}

struct Series {
  const char* name;
  const char* colour;
};
constexpr Series kSingle = {"NVFP4, one stage", kPale};
constexpr Series kDual = {"NVFP4, two stages", kBlue};
constexpr Series kClamped = {"two stages, block scales at least 2⁻⁹", kGreen};
constexpr Series kFloor = {"MXFP8 E4M3, OCP's floor rule", kRed};
constexpr Series kUp = {"MXFP8 E4M3, scale rounded up", kOrange};
constexpr const Series* kSeries[] = {&kSingle, &kDual, &kClamped, &kFloor, &kUp};

void add_point(Figure& f, const char* kind, const Series& series, const Rational& share,
               const Rational& ratio, const std::string& label) {
  f.rows.push_back(
      {kind, series.name, decimal(share), decimal(ratio), share.str(), ratio.str(), label});
}

/// Both ends of every piece. Between them the error is constant, which is straight on two
/// logarithmic axes, or it grows with the maximum, which is not: then three points more.
void add_curve(Figure& f, const Series& series, const ErrorCurve& curve, const Rational& limit) {
  const analysis::Interval shown = {limit * spec::power_of_two(kLeastShare), limit, true, true};
  for (const ErrorPiece& piece : clipped(curve, shown)) {
    const Rational& from = piece.at.lower;
    const Rational& to = *piece.at.upper;
    const int parts = piece.at.is_point() ? 0 : piece.grows ? 4 : 1;
    for (int k = 0; k <= parts; ++k) {
      const Rational m = parts == 0 ? from : Rational(from + (to - from) * k / parts);
      add_point(f, "line", series, m / limit, piece.error_at(m) / m, "");
    }
  }
}

void add_level(Figure& f, const Series& series, const Rational& ratio) {
  for (const Rational& share : {spec::power_of_two(kLeastShare), Rational(1)})
    add_point(f, "line", series, share, ratio, "");
}

void add_crossing(Figure& f, const Series& series, const MultiStage& dual, const Rational& bound) {
  const std::optional<Rational> last = last_excess(dual.curve, bound);
  if (!last) return;
  const Rational share = *last / dual.first.limit;
  add_point(f, "crossing", series, share, bound,
            fmt::format("2^{:.2f}", std::log2(share.convert_to<double>())));
}

/// Colours of these series, which alone are drawn.
ordered_json colours(std::span<const Series* const> shown, int legend_columns) {
  ordered_json names = ordered_json::array();
  ordered_json range = ordered_json::array();
  for (const Series* s : shown) {
    names.push_back(s->name);
    range.push_back(s->colour);
  }
  return {
      {"field", "series"},
      {"type", "nominal"},
      {"title", nullptr},
      {"legend", {{"columns", legend_columns}, {"symbolType", "stroke"}, {"symbolStrokeWidth", 3}}},
      {"scale", {{"domain", names}, {"range", range}}}};
}

ordered_json only(const char* kind, std::span<const Series* const> shown) {
  ordered_json names = ordered_json::array();
  for (const Series* s : shown) names.push_back(s->name);
  return {{{"filter", fmt::format("datum.kind == '{}'", kind)}},
          {{"filter", {{"field", "series"}, {"oneOf", names}}}}};
}

struct CurveLook {
  int width, height;
  int tick_step;  ///< binades
  int legend_columns;
};

ordered_json curve_spec(std::span<const Series* const> shown, const CurveLook& look) {
  ordered_json x = position("share", "quantitative", "block maximum / tensor maximum");
  x["scale"] = {
      {"type", "log"}, {"base", 2}, {"domain", {std::exp2(kLeastShare), 1}}, {"nice", false}};
  x["axis"] = binade_axis(kLeastShare, 0, look.tick_step);
  ordered_json y = position("ratio", "quantitative", "worst error / block maximum");
  y["scale"] = {
      {"type", "log"}, {"base", 2}, {"domain", {std::exp2(kLeastRatio), 1.05}}, {"nice", false}};
  y["axis"] = binade_axis(kLeastRatio, 0, 1);
  const ordered_json line = {
      {"transform", only("line", shown)},
      {"mark", {{"type", "line"}, {"strokeWidth", 1.4}, {"clip", true}}},
      {"encoding",
       {{"x", x}, {"y", y}, {"color", colours(shown, look.legend_columns)}, {"order", nullptr}}}};
  const ordered_json dot = {
      {"transform", only("crossing", shown)},
      {"mark",
       with_tips(
           {{"type", "point"}, {"filled", true}, {"size", 60}, {"opacity", 1}, {"color", kInk}})},
      {"encoding", {{"x", x}, {"y", y}, {"description", {{"field", "share_exact"}}}}}};
  const ordered_json label = {{"transform", only("crossing", shown)},
                              {"mark",
                               {{"type", "text"},
                                {"align", "left"},
                                {"dx", 6},
                                {"dy", -10},
                                {"fontSize", 12},
                                {"fontWeight", "bold"},
                                {"color", kInk}}},
                              {"encoding", {{"x", x}, {"y", y}, {"text", {{"field", "label"}}}}}};
  return {{"width", look.width}, {"height", look.height}, {"layer", {line, dot, label}}};
}

}  // namespace

Figure worst_error_by_share() {
  Figure f{.name = "worst_error_by_share",
           .title = "The worst error of a block, by its largest magnitude's share of the tensor's",
           .caption =
               "Suprema over all real blocks with that maximum, exact at every breakpoint. NVFP4 "
               "relates block scales to one tensor scale, so blocks far below the tensor's maximum "
               "get coarse scales, then none: the error becomes the block itself (1). The dots are "
               "where a second stage (ARCQuant) is no longer sure to be as good as MXFP8, whose "
               "scales have range to spare. Where the curves of one and two stages are one, the "
               "second gives nothing."};
  f.columns = {{"kind"},
               {"series"},
               {"share", CellKind::kNumber},
               {"ratio", CellKind::kNumber},
               {"share_exact"},
               {"ratio_exact"},
               {"label"}};
  const Rational bound = worst_of("mxfp8_e4m3_rceil");
  for (const analysis::DualVariant& variant : analysis::arcquant_variants()) {
    if (variant.name != "nvfp4" && variant.name != "nvfp4_clamped") continue;
    const MultiStage dual = multi_stage(variant.stages, ScaleRange::kStored);
    const bool clamped = variant.name == "nvfp4_clamped";
    if (!clamped) add_curve(f, kSingle, block_error_curve(dual.first), dual.first.limit);
    add_curve(f, clamped ? kClamped : kDual, dual.curve, dual.first.limit);
    add_crossing(f, clamped ? kClamped : kDual, dual, bound);
  }
  add_level(f, kFloor, worst_of("mxfp8_e4m3"));
  add_level(f, kUp, bound);
  f.spec = curve_spec(kSeries, {kFullWidth - 60, 330, 2, 3});
  return f;
}

Figure worst_error_small(const Figure& by_share) {
  Figure f = by_share;
  f.name = "worst_error_small";
  f.title = "A second NVFP4 stage beats MXFP8 only on blocks near the tensor's maximum";
  f.caption =
      "Largest error of a block over all real blocks, proved. Left of the dot some block is worse "
      "than MXFP8's worst.";
  constexpr const Series* kShown[] = {&kSingle, &kDual, &kUp};
  f.spec = curve_spec(kShown, {300, 220, 4, 1});
  f.small = true;
  return f;
}

Figure worst_error_ranking() {
  Figure f{.name = "worst_error_ranking",
           .title = "The worst error over all real blocks, recipe by recipe",
           .caption =
               "Largest |x − Q(x)| of a block over its largest magnitude, scales without bounds: a "
               "supremum, with a block that attains it or blocks that approach it in the table. "
               "Recipes whose arithmetic is rounded on the way are left out; mxscope verify "
               "recipes measures those."};
  f.columns = {{"recipe"}, {"ratio", CellKind::kNumber}, {"ratio_exact"}};
  struct Row {
    Rational ratio;
    std::string name;
  };
  std::vector<Row> rows;
  for (const spec::Recipe& r : spec::named_recipes())
    if (analysis::not_over_reals(r).empty())
      rows.push_back({worst_case(r, ScaleRange::kUnbounded).worst.ratio, r.name});
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.ratio < b.ratio; });
  for (const Row& row : rows) f.rows.push_back({row.name, decimal(row.ratio), row.ratio.str()});
  ordered_json y = position("recipe", "nominal", "");
  y["sort"] = nullptr;
  y["axis"] = {{"labelLimit", 260}, {"ticks", false}, {"domain", false}, {"labelColor", kInk}};
  ordered_json x = position("ratio", "quantitative", "worst error / block maximum");
  x["scale"] = {{"type", "log"}, {"base", 2}, {"domain", {std::exp2(-8), 0.5}}, {"nice", false}};
  x["axis"] = binade_axis(-8, -1, 1);
  const ordered_json bar = {
      {"mark",
       with_tips(
           {{"type", "point"}, {"filled", true}, {"size", 45}, {"opacity", 1}, {"color", kBlue}})},
      {"encoding", {{"x", x}, {"y", y}}}};
  const ordered_json text = {
      {"mark", {{"type", "text"}, {"align", "left"}, {"dx", 8}, {"color", kInk}, {"fontSize", 11}}},
      {"encoding", {{"x", x}, {"y", y}, {"text", {{"field", "ratio_exact"}}}}}};
  f.spec = {{"width", kFullWidth - 220}, {"height", {{"step", 15}}}, {"layer", {bar, text}}};
  return f;
}

}  // namespace mxscope::reports
