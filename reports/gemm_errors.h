// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What a GEMM's outputs are off by, and what is proved about that.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "kernels/error_statistics.h"
#include "kernels/gemm.h"
#include "reports/progress.h"

namespace mxscope::reports {

/// Outputs against exact ones: alpha A B^T + beta C + bias without any rounding. All maxima are of
/// the outputs measured, and exact or rounded up.
struct GemmErrors {
  std::uint64_t measured = 0;
  std::uint64_t not_finite = 0;  ///< outputs or operands are not, so there is no error
  std::uint64_t exact = 0;       ///< outputs without any error
  double largest = 0;
  double largest_relative = 0;  ///< error over |alpha| sum |a| |b| of the output's row and column
  double largest_bound = 0;     ///< of the proved ones
  double largest_share = 0;     ///< error over its own proved bound; above 1 refutes the bound
  std::uint64_t above_bound = 0;
  kernels::CompensatedSum squares;  ///< of the exact outputs
  kernels::CompensatedSum squared_errors;

  double rms() const;
  double sqnr_db() const;
};

struct GemmMeasurement {
  std::vector<std::int64_t> rows, columns;  ///< of the outputs measured
  bool bounded = false;                     ///< whether the unit's rule has a bound
  bool has_originals = false;
  GemmErrors quantized;  ///< against the product of the operands as quantized
  GemmErrors original;   ///< against the product of the matrices that were quantized
};

/// Measures `outputs`, the Gemm's. `a` and `b` are the matrices before quantizing, or empty. At
/// most `budget` products are summed exactly: evenly spaced rows and columns where there are more.
GemmMeasurement measure_gemm(const kernels::Gemm& gemm, std::span<const float> outputs,
                             std::span<const float> a, std::span<const float> b, double budget,
                             int threads);

std::string measurement_text(const GemmMeasurement& measurement, const kernels::Gemm& gemm);
nlohmann::json measurement_json(const GemmMeasurement& measurement, const kernels::Gemm& gemm);

}  // namespace mxscope::reports
