// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/accuracy.h"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "reports/interrupt.h"
#include "sim/closed_form.h"
#include "sim/gemm_time.h"
#include "spec/error.h"

namespace mxscope::reports {

Predictor find_predictor(std::string_view name) {
  if (name == "closed-form")
    return [](const sim::Device& device, const SimulatedPoint& point) {
      return sim::closed_form_us(device, point.problem);
    };
  if (name == "roofline")
    return [](const sim::Device& device, const SimulatedPoint& point) {
      return sim::gemm_roofline_us(device, point.problem);
    };
  if (name == "engine")
    return [](const sim::Device& device, const SimulatedPoint& point) {
      return sim::simulate_gemm(device, point.problem, point.config).us;
    };
  throw Error(fmt::format("there is no model '{}'; choose engine, closed-form or roofline", name));
}

std::vector<double> predict(std::span<const SimulatedPoint> points, const DeviceSet& devices,
                            const Predictor& predictor, std::vector<std::string>* problems) {
  std::vector<double> out(points.size(), 0.0);
  if (problems != nullptr) problems->assign(points.size(), "");
  tbb::parallel_for(std::size_t{0}, points.size(), [&](std::size_t i) {
    if (interrupt_flag()) return;
    const SimulatedPoint& point = points[i];
    try {
      const sim::Device& device = devices.at(point.device);
      out[i] = point.variant == DeviceVariant()
                   ? predictor(device, point)
                   : predictor(variant_device(device, point.variant), point);
    } catch (const Error& e) {
      if (problems != nullptr) (*problems)[i] = e.what();
    }
  });
  if (interrupt_flag()) throw Interrupted("stopped before anything was written; run it again");
  return out;
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double at = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (values[high] - values[low]) * (at - static_cast<double>(low));
}

namespace {

double mean(const std::vector<double>& values) {
  return values.empty() ? 0
                        : std::accumulate(values.begin(), values.end(), 0.0) /
                              static_cast<double>(values.size());
}

}  // namespace

ErrorSummary summarize(std::span<const SimulatedPoint> points, std::span<const double> predicted) {
  std::vector<double> errors, signed_errors;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!(predicted[i] > 0)) continue;
    signed_errors.push_back(predicted[i] / points[i].point->us - 1);
    errors.push_back(std::abs(signed_errors.back()));
  }
  return {.count = errors.size(),
          .mean = mean(errors),
          .median = quantile(errors, 0.5),
          .p90 = quantile(errors, 0.9),
          .bias = mean(signed_errors)};
}

NoiseFloor noise_floor(std::span<const SimulatedPoint> points) {
  std::vector<double> differences;
  const auto same_gemm = grouped(points, [](const SimulatedPoint& p) {
    return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}", p.device, p.variant.one_sm, p.variant.board_w,
                       p.variant.clock_mhz, p.problem.m, p.problem.n, p.problem.k, p.problem.type,
                       p.library);
  });
  for (const auto& [key, group] : same_gemm)
    for (std::size_t i = 0; i < group.size(); ++i)
      for (std::size_t j = i + 1; j < group.size(); ++j) {
        if (group[i].campaign == group[j].campaign) continue;
        const auto [low, high] = std::minmax(group[i].point->us, group[j].point->us);
        differences.push_back(high / low - 1);
      }
  return {.pairs = differences.size(),
          .mean = mean(differences),
          .median = quantile(differences, 0.5),
          .p90 = quantile(differences, 0.9)};
}

std::map<std::string, std::vector<SimulatedPoint>> grouped(
    std::span<const SimulatedPoint> points,
    const std::function<std::string(const SimulatedPoint&)>& key) {
  std::map<std::string, std::vector<SimulatedPoint>> out;
  for (const SimulatedPoint& point : points) out[key(point)].push_back(point);
  return out;
}

}  // namespace mxscope::reports
