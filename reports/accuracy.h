// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Predicted against measured times.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/point_problem.h"
#include "sim/device.h"
#include "sim/gemm_problem.h"

namespace mxscope::reports {

/// Microseconds of a GEMM on a device. Throws Error where it cannot run.
using Predictor = std::function<double(const sim::Device&, const SimulatedPoint&)>;

inline constexpr std::string_view kDefaultModel = "engine";

/// "engine", "closed-form" or "roofline". Throws Error that names them.
Predictor find_predictor(std::string_view name);

/// Devices by their names.
using DeviceSet = std::map<std::string, sim::Device, std::less<>>;

/// Predictions in the order of the points, on all processors; 0 where the predictor threw, with the
/// sentence in `problems` if that is given. Every point's device must be among `devices`. Throws
/// Interrupted.
std::vector<double> predict(std::span<const SimulatedPoint> points, const DeviceSet& devices,
                            const Predictor& predictor,
                            std::vector<std::string>* problems = nullptr);

/// Of relative errors |predicted / measured - 1|.
struct ErrorSummary {
  std::size_t count = 0;
  double mean = 0, median = 0, p90 = 0;
  double bias = 0;  ///< mean of predicted / measured - 1
};

/// Points without a prediction (0) do not count.
ErrorSummary summarize(std::span<const SimulatedPoint> points, std::span<const double> predicted);

/// The value below which a share of the values lies, by linear interpolation; 0 without values.
double quantile(std::vector<double> values, double share);

/// How far measurements of one GEMM by the same class of library on the same device differ between
/// campaigns: |a / b - 1| over all pairs, b the smaller.
struct NoiseFloor {
  std::size_t pairs = 0;
  double mean = 0, median = 0, p90 = 0;
};
NoiseFloor noise_floor(std::span<const SimulatedPoint> points);

/// Points by a key, in the order of the keys.
std::map<std::string, std::vector<SimulatedPoint>> grouped(
    std::span<const SimulatedPoint> points,
    const std::function<std::string(const SimulatedPoint&)>& key);

}  // namespace mxscope::reports
