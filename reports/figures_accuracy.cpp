// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Predicted against measured times of GEMMs.
#include "reports/figures_accuracy.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reports/figures_style.h"

namespace mxscope::reports {

using nlohmann::ordered_json;

Figure accuracy_scatter(std::span<const SimulatedPoint> points, std::span<const double> predicted,
                        const std::string& model, bool small) {
  Figure f{
      .name = "accuracy",
      .title = "Predicted against measured time of GEMMs",
      .caption = fmt::format("Each dot is one measured GEMM, predicted by the {} model; on the "
                             "line the two are equal, and the dashed lines are 20 % off.",
                             model)};
  f.columns = {{"device"},
               {"type"},
               {"library"},
               {"source"},
               {"m", CellKind::kNumber},
               {"n", CellKind::kNumber},
               {"k", CellKind::kNumber},
               {"measured_us", CellKind::kNumber},
               {"predicted_us", CellKind::kNumber},
               {"tip"}};
  double low = 1e300, high = 0;
  std::set<std::string> types;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!(predicted[i] > 0)) continue;
    const SimulatedPoint& p = points[i];
    low = std::min({low, p.point->us, predicted[i]});
    high = std::max({high, p.point->us, predicted[i]});
    types.insert(p.problem.type);
    f.rows.push_back(
        {p.device, p.problem.type, p.library, p.point->source, fmt::format("{}", p.problem.m),
         fmt::format("{}", p.problem.n), fmt::format("{}", p.problem.k),
         fmt::format("{:.6g}", p.point->us), fmt::format("{:.6g}", predicted[i]),
         fmt::format("{}, {}; {} x {} x {}; measured {:.4g} \u00b5s by {}; predicted "
                     "{:.4g} \u00b5s: {:+.1f} %",
                     p.device, p.problem.type, p.problem.m, p.problem.n, p.problem.k, p.point->us,
                     p.library, predicted[i], 100 * (predicted[i] / p.point->us - 1))});
  }
  if (f.rows.empty()) low = high = 1;
  const auto axis = [&](const char* field, const char* title) {
    ordered_json out = position(field, "quantitative", title);
    out["scale"] = {{"type", "log"}, {"domain", {low * 0.8, high * 1.25}}, {"nice", false}};
    out["axis"] = {{"values", {1, 10, 100, 1000, 10000, 100000}}, {"format", "~s"}};
    return out;
  };
  const ordered_json x = axis("measured_us", "measured, \u00b5s");
  const ordered_json y = axis("predicted_us", "predicted, \u00b5s");
  const ordered_json colours = {kBlue, kOrange, kGreen, kRed, kViolet, kGold, kMuted, kInk};
  const int dot_size = small || f.rows.size() < 100 ? 40 : 16;
  const ordered_json dots = {
      {"mark",
       with_tips({{"type", "point"}, {"filled", true}, {"size", dot_size}, {"opacity", 0.8}})},
      {"encoding",
       {{"x", x},
        {"y", y},
        {"description", {{"field", "tip"}}},
        {"color",
         {{"field", "type"},
          {"type", "nominal"},
          {"title", nullptr},
          {"scale", {{"domain", types}, {"range", colours}}}}}}}};
  const auto line = [&](double factor, bool dashed) {
    ordered_json mark = {{"type", "line"}, {"strokeWidth", 1}, {"color", kMuted}};
    if (dashed) mark["strokeDash"] = {4, 3};
    return ordered_json{
        {"transform",
         {{{"calculate", fmt::format("datum.measured_us * {}", factor)}, {"as", "on"}}}},
        {"mark", mark},
        {"encoding", {{"x", x}, {"y", [&] {
                                   ordered_json on = y;
                                   on["field"] = "on";
                                   return on;
                                 }()}}}};
  };
  const ordered_json layers = {line(1, false), line(1.2, true), line(1 / 1.2, true), dots};
  if (small) {
    f.spec = {{"width", 300}, {"height", 220}, {"layer", layers}};
    f.small = true;
    return f;
  }
  f.spec["facet"] = {{"field", "device"}, {"type", "nominal"}, {"title", nullptr}};
  f.spec["columns"] = 3;
  f.spec["spec"] = {
      {"width", kFullWidth / 3 - 40}, {"height", kFullWidth / 3 - 40}, {"layer", layers}};
  return f;
}

}  // namespace mxscope::reports
