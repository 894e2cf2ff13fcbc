// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/accuracy_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "reports/console.h"
#include "reports/table.h"

namespace mxscope::reports {
namespace {

constexpr double kSmall = 2e10, kLarge = 2e11;  ///< FLOP
constexpr std::size_t kMostSource = 44;

std::string percent(double share) { return fmt::format("{:.1f}", 100 * share); }

using Key = std::array<std::string, 3>;

/// The parts of a comparison that have the same key, in the order of the keys.
template <typename KeyOf>
std::map<Key, Comparison> parts(const Comparison& all, const KeyOf& key_of) {
  std::map<Key, Comparison> out;
  for (std::size_t i = 0; i < all.points.size(); ++i) {
    Comparison& part = out[key_of(all.points[i])];
    part.points.push_back(all.points[i]);
    part.predicted.push_back(all.predicted[i]);
    part.roofline.push_back(all.roofline[i]);
    part.closed_form.push_back(all.closed_form[i]);
    part.problems.push_back(all.problems[i]);
  }
  return out;
}

std::map<Key, Comparison> by_library(const Comparison& all) {
  return parts(all, [](const SimulatedPoint& p) {
    return Key{gpu_text(p), p.problem.type, p.library};
  });
}

std::map<Key, Comparison> by_size(const Comparison& all) {
  return parts(all, [](const SimulatedPoint& p) {
    const double flop = p.problem.flop();
    const std::string size = flop < kSmall   ? "1 below 20 GFLOP"
                             : flop < kLarge ? "2 to 200 GFLOP"
                                             : "3 above";
    return Key{gpu_text(p), p.problem.type + (p.problem.quantize_activations ? " +quant" : ""),
               size};
  });
}

std::string errors_table(const std::map<Key, Comparison>& groups, const std::string& third) {
  Table table({{"device"},
               {"type"},
               {third},
               {"points", true},
               {"MAPE\n%", true},
               {"median\n%", true},
               {"p90\n%", true},
               {"bias\n%", true},
               {"roofline\nMAPE", true},
               {"closed\nform", true},
               {"noise:\npairs", true},
               {"mean\n%", true},
               {"median\n%", true}});
  for (const auto& [key, part] : groups) {
    const ErrorSummary errors = summarize(part.points, part.predicted);
    const NoiseFloor noise = noise_floor(part.points);
    std::vector<std::string> row = {key[0], key[1], key[2], fmt::format("{}", errors.count)};
    if (errors.count == 0)
      row.insert(row.end(), {"-", "-", "-", "-", "-", "-"});
    else
      row.insert(row.end(), {percent(errors.mean), percent(errors.median), percent(errors.p90),
                             fmt::format("{:+.1f}", 100 * errors.bias),
                             percent(summarize(part.points, part.roofline).mean),
                             percent(summarize(part.points, part.closed_form).mean)});
    if (noise.pairs > 0)
      row.insert(row.end(),
                 {fmt::format("{}", noise.pairs), percent(noise.mean), percent(noise.median)});
    table.add(std::move(row));
  }
  return table.text();
}

nlohmann::json summary_json(const ErrorSummary& errors) {
  return {{"points", errors.count},
          {"mape", errors.mean},
          {"median", errors.median},
          {"p90", errors.p90},
          {"bias", errors.bias}};
}

nlohmann::json groups_json(const std::map<Key, Comparison>& groups, const std::string& third) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [key, part] : groups) {
    const NoiseFloor noise = noise_floor(part.points);
    list.push_back({{"device", key[0]},
                    {"type", key[1]},
                    {third, key[2]},
                    {"model", summary_json(summarize(part.points, part.predicted))},
                    {"roofline", summary_json(summarize(part.points, part.roofline))},
                    {"closed_form", summary_json(summarize(part.points, part.closed_form))},
                    {"noise",
                     {{"pairs", noise.pairs},
                      {"mean", noise.mean},
                      {"median", noise.median},
                      {"p90", noise.p90}}}});
  }
  return list;
}

}  // namespace

Comparison compare(std::vector<SimulatedPoint> points, const DeviceSet& devices,
                   const Predictor& model) {
  Comparison out;
  out.points = std::move(points);
  out.predicted = predict(out.points, devices, model, &out.problems);
  out.roofline = predict(out.points, devices, find_predictor("roofline"));
  out.closed_form = predict(out.points, devices, find_predictor("closed-form"));
  return out;
}

std::string gpu_text(const SimulatedPoint& point) {
  std::string out = point.device;
  if (point.variant.one_sm) out += ", 1 SM";
  if (point.variant.clock_mhz > 0) out += fmt::format(" @{}MHz", point.variant.clock_mhz);
  if (point.variant.board_w > 0) out += fmt::format(" @{}W", point.variant.board_w);
  return out;
}

std::string accuracy_table(const Comparison& comparison) {
  return errors_table(by_library(comparison), "library");
}

std::string size_table(const Comparison& comparison) {
  return errors_table(by_size(comparison), "size");
}

std::string worst_table(const Comparison& comparison, std::size_t count) {
  std::vector<std::size_t> order(comparison.points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto off = [&](std::size_t i) {
    const double predicted = comparison.predicted[i];
    return predicted > 0 ? std::abs(std::log(predicted / comparison.points[i].point->us)) : -1;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return off(a) > off(b); });
  Table table({{"line", true},
               {"device"},
               {"type"},
               {"M x N x K"},
               {"measured\nus", true},
               {"predicted\nus", true},
               {"off\n%", true},
               {"library"},
               {"source"}});
  for (std::size_t i = 0; i < std::min(count, order.size()); ++i) {
    const SimulatedPoint& p = comparison.points[order[i]];
    const double predicted = comparison.predicted[order[i]];
    if (!(predicted > 0)) break;
    table.add({fmt::format("{}", p.point->line), gpu_text(p), p.problem.type,
               fmt::format("{} x {} x {}", p.problem.m, p.problem.n, p.problem.k),
               fmt::format("{:.2f}", p.point->us), fmt::format("{:.2f}", predicted),
               fmt::format("{:+.0f}", 100 * (predicted / p.point->us - 1)),
               printable(p.point->library.substr(0, kMostSource)),
               printable(p.point->source.substr(0, kMostSource))});
  }
  return table.text();
}

std::string total_text(const Comparison& comparison) {
  const ErrorSummary errors = summarize(comparison.points, comparison.predicted);
  const NoiseFloor noise = noise_floor(comparison.points);
  std::string text =
      fmt::format("{} points: MAPE {} %, median {} %, p90 {} %; roofline {} %, closed form {} %\n",
                  errors.count, percent(errors.mean), percent(errors.median), percent(errors.p90),
                  percent(summarize(comparison.points, comparison.roofline).mean),
                  percent(summarize(comparison.points, comparison.closed_form).mean));
  if (noise.pairs > 0)
    text += fmt::format(
        "noise floor: {} pairs of one GEMM from two campaigns differ by {} % (median {} %)\n",
        noise.pairs, percent(noise.mean), percent(noise.median));
  std::map<std::string, int> problems;
  for (const std::string& problem : comparison.problems)
    if (!problem.empty()) ++problems[problem];
  for (const auto& [problem, count] : problems)
    text += fmt::format("{} without a prediction: {}\n", count, problem);
  return text;
}

std::string left_out_text(const std::vector<LeftOut>& left_out) {
  std::map<std::string, int> reasons;
  for (const LeftOut& one : left_out) ++reasons[one.reason];
  Table table({{"left out", true}, {"reason"}});
  for (const auto& [reason, count] : reasons)
    table.add({fmt::format("{}", count), printable(reason)});
  return reasons.empty() ? "" : table.text();
}

nlohmann::json comparison_json(const Comparison& comparison) {
  nlohmann::json points = nlohmann::json::array();
  for (std::size_t i = 0; i < comparison.points.size(); ++i) {
    const SimulatedPoint& p = comparison.points[i];
    nlohmann::json one = {{"line", p.point->line},
                          {"device", gpu_text(p)},
                          {"type", p.problem.type},
                          {"m", p.problem.m},
                          {"n", p.problem.n},
                          {"k", p.problem.k},
                          {"library", p.library},
                          {"half", half_of(p)},
                          {"measured_us", p.point->us},
                          {"roofline_us", comparison.roofline[i]},
                          {"closed_form_us", comparison.closed_form[i]}};
    if (comparison.predicted[i] > 0)
      one["predicted_us"] = comparison.predicted[i];
    else
      one["problem"] = comparison.problems[i];
    points.push_back(std::move(one));
  }
  return {{"all", summary_json(summarize(comparison.points, comparison.predicted))},
          {"by_library", groups_json(by_library(comparison), "library")},
          {"by_size", groups_json(by_size(comparison), "size")},
          {"points", std::move(points)}};
}

nlohmann::json left_out_json(const std::vector<LeftOut>& left_out) {
  nlohmann::json list = nlohmann::json::array();
  for (const LeftOut& one : left_out)
    list.push_back({{"line", one.point->line}, {"reason", one.reason}});
  return list;
}

}  // namespace mxscope::reports
