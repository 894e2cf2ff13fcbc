// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Rounding error as a function of the input: in ulp across one binade, and relative to the input
// across the whole range.
#include <fmt/format.h>

#include "reports/figures.h"
#include "reports/figures_steps.h"
#include "reports/figures_style.h"
#include "spec/formats.h"

namespace mxscope::reports {
namespace {

using nlohmann::ordered_json;
using spec::Rational;
using spec::Rounding;

constexpr Rounding kErrorModes[] = {Rounding::kNearestEven, Rounding::kTowardZero, Rounding::kUp,
                                    Rounding::kToOdd};

}  // namespace

Figure error_in_ulp() {
  Figure f{.name = "error_in_ulp",
           .title = "Signed error across the binade from 1 to 2, in units of its ulp",
           .caption =
               "result − x, divided by the distance of neighbouring values. Filled: the "
               "largest error, attained (at ties, for RNE). Open: a bound that inputs "
               "approach and never reach. The picture repeats in every normal binade."};
  f.columns = {{"format"},
               {"mode"},
               {"kind"},
               {"segment"},
               {"x", CellKind::kNumber},
               {"error_ulp", CellKind::kNumber}};
  int segment = 0;
  for (const char* name : {"e2m1", "e5m2", "e4m3"}) {
    const spec::Format& format = spec::find_format(name);
    const Rational ulp = spec::power_of_two(-format.mantissa_bits);
    for (const Rounding rounding : kErrorModes) {
      const std::string mode = heading(rounding);
      const spec::Policy policy = plain_policy(format, rounding);
      std::vector<std::vector<std::string>> marks;
      Rational largest = 0;
      const auto mark = [&](const char* kind, const Rational& x, const Rational& error) {
        const Rational size = abs(error);
        if (size < largest) return;
        if (size > largest) marks.clear();
        largest = size;
        marks.push_back({display_name(format), mode, kind, "", decimal(x), decimal(error)});
      };
      for (const Step& step : steps_between(format, policy, 1, 2)) {
        ++segment;
        for (const Rational& x : {step.from, step.to}) {
          const Rational error = (step.value - x) / ulp;
          f.rows.push_back({display_name(format), mode, "line", std::to_string(segment), decimal(x),
                            decimal(error)});
          const bool attained = converted(x, format, policy) == step.value;
          mark(attained ? "attained" : "bound", x, error);
        }
      }
      // A place that one side attains and the other only approaches counts as both marks.
      f.rows.insert(f.rows.end(), marks.begin(), marks.end());
    }
  }
  ordered_json modes = ordered_json::array();
  for (const Rounding rounding : kErrorModes) modes.push_back(heading(rounding));
  ordered_json x = position("x", "quantitative", "x");
  x["scale"] = {{"domain", {1, 2}}, {"nice", false}, {"zero", false}};
  x["axis"] = plain_axis({1, 1.25, 1.5, 1.75, 2});
  ordered_json y = position("error_ulp", "quantitative", "error / ulp");
  y["scale"] = {{"domain", {-1.1, 1.1}}, {"nice", false}};
  y["axis"] = plain_axis({-1, -0.5, 0, 0.5, 1});
  const auto dots = [&](const char* kind, bool filled) {
    return ordered_json{{"transform", {{{"filter", fmt::format("datum.kind == '{}'", kind)}}}},
                        {"mark",
                         {{"type", "point"},
                          {"filled", filled},
                          {"size", 26},
                          {"strokeWidth", 1.2},
                          {"opacity", 1},
                          {"color", kOrange}}},
                        {"encoding", {{"x", x}, {"y", y}}}};
  };
  const ordered_json line = {
      {"transform", {{{"filter", "datum.kind == 'line'"}}}},
      {"mark", {{"type", "line"}, {"strokeWidth", 1.6}, {"color", kBlue}}},
      {"encoding", {{"x", x}, {"y", y}, {"detail", {{"field", "segment"}}}}}};
  f.spec["facet"] = {
      {"column", {{"field", "mode"}, {"type", "nominal"}, {"title", nullptr}, {"sort", modes}}},
      {"row",
       {{"field", "format"},
        {"type", "nominal"},
        {"title", nullptr},
        {"sort", {"E2M1", "E5M2", "E4M3"}}}}};
  f.spec["spec"] = {{"width", kFullWidth / 4 - 34},
                    {"height", 130},
                    {"layer", {line, dots("attained", true), dots("bound", false)}}};
  return f;
}

Figure relative_error() {
  Figure f{
      .name = "relative_error",
      .title = "Relative error of RNE over the whole range",
      .caption =
          "|result − x| / x, from a quarter of the least value to twice the largest one; exact "
          "at the values, the ties and four points between, drawn above 2^-8. The dot "
          "is the largest error among normal results. Left of the normal range it grows "
          "to 1, where x is flushed to zero; right of it, saturation takes over."};
  f.columns = {{"format"},
               {"kind"},
               {"x", CellKind::kNumber},
               {"relative_error", CellKind::kNumber},
               {"label"}};
  const std::vector<std::string> names = {"e2m1", "e2m3", "e3m2", "e4m3", "e5m2"};
  ordered_json order = ordered_json::array();
  for (const std::string& name : names) {
    const spec::Format& format = spec::find_format(name);
    order.push_back(display_name(format));
    const spec::Policy policy = plain_policy(format, Rounding::kNearestEven);
    const Rational floor = spec::power_of_two(-8);
    const Rational low = format.min_positive() / 4;
    const Rational high = 2 * format.max_value();
    const std::vector<Rational> points = decision_points(format, low, high);
    Rational worst = 0;
    Rational worst_x = 0;
    const auto error_at = [&](const Rational& x) {
      return Rational(abs(converted(x, format, policy) - x) / x);
    };
    const auto add = [&](const Rational& x) {
      const Rational error = error_at(x);
      f.rows.push_back({display_name(format), "line", decimal(x),
                        spec::to_approximate_text(error < floor ? floor : error, 6), ""});
      if (x >= *format.min_normal() && x <= format.max_value() && error > worst) {
        worst = error;
        worst_x = x;
      }
    };
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
      const Rational gap = points[i + 1] - points[i];
      add(points[i]);
      for (const int part : {1, 8, 24, 31}) add(points[i] + gap * part / 32);
    }
    add(points.back());
    f.rows.push_back({display_name(format), "largest", decimal(worst_x),
                      spec::to_approximate_text(worst, 9), spec::to_text(worst)});
  }
  ordered_json x = position("x", "quantitative", "x");
  x["scale"] = {
      {"type", "log"}, {"base", 2}, {"domain", {0.000003814697265625, 131072}}, {"nice", false}};
  x["axis"] = binade_axis(-18, 16, 2);
  ordered_json y = position("relative_error", "quantitative", "relative error");
  y["scale"] = {{"type", "log"}, {"base", 2}, {"domain", {0.00390625, 1.05}}, {"nice", false}};
  y["axis"] = binade_axis(-8, 0, 2);
  const ordered_json line = {{"transform", {{{"filter", "datum.kind == 'line'"}}}},
                             {"mark", {{"type", "line"}, {"strokeWidth", 0.9}, {"color", kBlue}}},
                             {"encoding", {{"x", x}, {"y", y}}}};
  const ordered_json dot = {
      {"transform", {{{"filter", "datum.kind == 'largest'"}}}},
      {"mark",
       {{"type", "point"}, {"filled", true}, {"size", 36}, {"opacity", 1}, {"color", kOrange}}},
      {"encoding", {{"x", x}, {"y", y}}}};
  const ordered_json label = {{"transform", {{{"filter", "datum.kind == 'largest'"}}}},
                              {"mark",
                               {{"type", "text"},
                                {"dy", -10},
                                {"fontWeight", "bold"},
                                {"fontSize", 12},
                                {"color", kOrange}}},
                              {"encoding", {{"x", x}, {"y", y}, {"text", {{"field", "label"}}}}}};
  f.spec["facet"] = {
      {"row", {{"field", "format"}, {"type", "nominal"}, {"title", nullptr}, {"sort", order}}}};
  f.spec["spec"] = {{"width", kFullWidth - 70}, {"height", 105}, {"layer", {line, dot, label}}};
  return f;
}

}  // namespace mxscope::reports
