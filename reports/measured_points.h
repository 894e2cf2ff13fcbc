// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mxscope::reports {

/// One measured GEMM: a line of a file of points.
struct MeasuredPoint {
  std::size_t line = 0;  ///< of the file, from 1
  std::string gpu;       ///< as written: "B200", "RTX5090@400W", "B200-1SM@1.3GHz"
  std::int64_t m = 0, n = 0, k = 0;
  std::string a_type, b_type, scale, out_type;  ///< as written: "e2m1", "nvfp4 1x16 ue4m3"
  std::string library;
  double us = 0;  ///< the time, or what a throughput makes of it
  std::string source, confidence;
  std::string config;      ///< of the kernel, as in sim::parse_config; "" when unknown
  int weight_copies = -1;  ///< -1: not written

  bool bound() const { return confidence == "bound"; }  ///< a limit, and no measurement
};

/// The most that is read of a file of points.
inline constexpr std::size_t kMaxPointsBytes = std::size_t{64} << 20;

/// Reads CSV (RFC 4180) with the header gpu,M,N,K,a_type,b_type,scale,out_type,library,metric,
/// value,unit,source,confidence in any order, and maybe config and weight_copies; other columns are
/// ignored. A metric is "time" in ns, us, ms or s, or "throughput" in GFLOPS, TFLOPS or PFLOPS.
/// Throws Error that names file, line and column for what is missing, not a number, or not
/// positive.
std::vector<MeasuredPoint> read_points(std::string_view text, std::string_view file);

/// The file of points that comes with mxscope: published times, each with its source.
std::string_view shipped_points();

}  // namespace mxscope::reports
