// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What a measured point asks of the simulator.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/measured_points.h"
#include "sim/device.h"
#include "sim/gemm_problem.h"

namespace mxscope::reports {

/// How the GPU of a point differs from the device file: "B200-1SM@1.3GHz", "RTX5090@400W".
struct DeviceVariant {
  bool one_sm = false;
  double board_w = 0;    ///< 0: the device's own
  double clock_mhz = 0;  ///< fixed; 0: free

  bool operator==(const DeviceVariant&) const = default;
};

/// A point that can be simulated.
struct SimulatedPoint {
  const MeasuredPoint* point = nullptr;
  std::string device;  ///< its name
  DeviceVariant variant;
  sim::GemmProblem problem;
  std::optional<sim::GemmConfig> config;  ///< where the point says which kernel ran
  std::string library;                    ///< its class: "cuBLAS", "CUTLASS", ...; "+quant" after
  std::string campaign;                   ///< who measured it, when, with what
};

struct LeftOut {
  const MeasuredPoint* point = nullptr;
  std::string reason;
};

struct PointSet {
  std::vector<SimulatedPoint> points;
  std::vector<LeftOut> left_out;
};

/// Splits points into those that can be simulated and those that cannot, with the reason: bounds
/// are no measurements, and neither a GPU nor a type is guessed. GPUs are looked up among `devices`
/// by name and alias. Keeps pointers into `points`.
PointSet simulated_points(const std::vector<MeasuredPoint>& points,
                          const std::vector<sim::Device>& devices);

/// The device as the point's GPU was run. A lower power limit lowers the sustained clock by the
/// cube root, as dynamic power goes with voltage squared times frequency.
sim::Device variant_device(const sim::Device& device, const DeviceVariant& variant);

/// Which half of the points one belongs to, 0 or 1: FNV-1a of "device|M|N|K|type", so that all
/// measurements of one GEMM, by whomever, are on one side.
int half_of(const SimulatedPoint& point);

}  // namespace mxscope::reports
