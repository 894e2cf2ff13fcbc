// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Any text is refused with an Error by the reader of measured points, or gives points that are
// complete: sizes and times are positive, and each point can be simulated or says why not.
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "reports/measured_points.h"
#include "reports/point_problem.h"
#include "sim/device.h"
#include "spec/error.h"

namespace {

namespace reports = mxscope::reports;

void read(std::string_view text) {
  const auto points = reports::read_points(text, "fuzz.csv");
  if (points.empty()) std::abort();
  for (const reports::MeasuredPoint& point : points)
    if (point.m < 1 || point.n < 1 || point.k < 1 || !(point.us > 0) || std::isinf(point.us) ||
        point.line < 2)
      std::abort();
  const reports::PointSet set = reports::simulated_points(points, mxscope::sim::devices());
  if (set.points.size() + set.left_out.size() != points.size()) std::abort();
  for (const reports::SimulatedPoint& point : set.points) {
    if (point.point == nullptr || point.problem.type.empty()) std::abort();
    if (reports::half_of(point) < 0 || reports::half_of(point) > 1) std::abort();
  }
  for (const reports::LeftOut& point : set.left_out)
    if (point.reason.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    read({reinterpret_cast<const char*>(data), size});
  } catch (const mxscope::Error&) {
  }
  return 0;
}
