// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Accuracy as tables and JSON, shared by validate and calibrate.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "reports/accuracy.h"

namespace mxscope::reports {

/// Points with the predictions of a model and of what it is compared with; 0: none.
struct Comparison {
  std::vector<SimulatedPoint> points;
  std::vector<double> predicted, roofline, closed_form;
  std::vector<std::string> problems;  ///< why there is no prediction, else ""
};

/// Predicts all points by `model` and by the two it is compared with.
Comparison compare(std::vector<SimulatedPoint> points, const DeviceSet& devices,
                   const Predictor& model);

/// "rtx-5090@400W": the device as it was run.
std::string gpu_text(const SimulatedPoint& point);

/// A table of errors with a row for each device, type and class of library: count, MAPE, median,
/// p90, bias; the roofline's and the closed form's MAPE; pairs and median of the noise floor.
std::string accuracy_table(const Comparison& comparison);

/// The same by size of the GEMM instead of library: below 2e10 FLOP, to 2e11, and above.
std::string size_table(const Comparison& comparison);

/// The `count` points that are furthest off.
std::string worst_table(const Comparison& comparison, std::size_t count);

/// One line on all points: "1047 points: MAPE 9.1 %, ...".
std::string total_text(const Comparison& comparison);

/// How many points were left out, by reason; "" if none.
std::string left_out_text(const std::vector<LeftOut>& left_out);

nlohmann::json comparison_json(const Comparison& comparison);
nlohmann::json left_out_json(const std::vector<LeftOut>& left_out);

}  // namespace mxscope::reports
