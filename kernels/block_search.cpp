// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The scale of least error: each candidate's codes, and the error in the recipe's own arithmetic.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "kernels/block_routine.h"

namespace mxscope::kernels {

using spec::Outcome;
using spec::ScaleOrder;
using spec::TensorScale;

double BlockRoutine::error_of(const Block& block, const BlockOutput& codes,
                              const std::uint8_t* elements, std::size_t i) const {
  const float q = element_values_[elements[i]];
  const float s = scale_value(codes.scale);
  const float x = block.values[i];
  switch (recipe_.error_order) {
    case spec::ErrorOrder::kExact: {
      const TensorFactors& t = block.tensor;
      const double qs = static_cast<double>(q) * s;
      if (recipe_.tensor_scale == TensorScale::kExact && t.amax != 0)
        return qs * t.amax / target_ - x;
      return qs * t.decode - x;
    }
    case spec::ErrorOrder::kInputF32:
      return q * s * block.tensor.amax / static_cast<float>(target_) - x;
    case spec::ErrorOrder::kScaledF16:
      break;
  }
  return q * s - x * block.tensor.encode;  // at most 7 bits: the binary16 product is exact
}

template <typename Real>
Real BlockRoutine::block_error(const Block& block, const BlockOutput& codes,
                               const std::uint8_t* elements) const {
  Real sum = 0;
  for (std::size_t i = 0; i < block.values.size(); ++i) {
    const auto error = static_cast<Real>(error_of(block, codes, elements, i));
    switch (recipe_.metric) {
      case spec::ErrorMetric::kMse:
        sum += error * error;
        break;
      case spec::ErrorMetric::kMae:
        sum += std::fabs(error);
        break;
      case spec::ErrorMetric::kMax:
        sum = std::fabs(error) > sum || std::isnan(error) ? std::fabs(error) : sum;
        break;
    }
  }
  return sum;
}

double BlockRoutine::error_doubt(const Block& block, const BlockOutput& codes) const {
  // A term is off by a few units of 2^-53 of the largest magnitude M in play, a square by M times
  // that, and the sum by as many as there are terms: far below M^2 n 2^-46.
  const double decoded = element_max_ * scale_value(codes.scale) * block.tensor.decode * 1.001;
  const double magnitude = std::max<double>(block.amax, decoded);
  const double power =
      recipe_.metric == spec::ErrorMetric::kMse ? magnitude * magnitude : magnitude;
  return power * static_cast<double>(block.values.size()) * 0x1p-46;
}

bool BlockRoutine::search(const Block& block, double ideal, std::uint8_t* elements,
                          BlockOutput& best) const {
  std::vector<Outcome> scales;
  if (recipe_.search == spec::ScaleSearch::kFourOverSix) {
    const double wide = recipe_.scale_order == ScaleOrder::kExact
                            ? ideal * 1.5
                            : static_cast<double>(static_cast<float>(ideal) * 1.5F);
    scales = {encode_scale(ideal), encode_scale(wide)};
  } else {
    for (std::int64_t i = recipe_.scale.zero ? 1 : 0; i <= recipe_.scale.max_ordinal(); ++i)
      scales.push_back({recipe_.scale.encode(false, i)});
  }
  const bool exact = recipe_.error_order == spec::ErrorOrder::kExact;
  std::vector<std::uint8_t> codes(block.values.size());
  double least = 0;
  double doubt = 0;
  std::vector<std::pair<double, double>> errors;  // of every candidate, and how far it may be off
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const BlockOutput out = encode_with(block, scales[i], codes.data());
    if (out.refused) {
      best = out;
      std::fill_n(elements, block.values.size(), std::uint8_t{0});
      return true;
    }
    const double error = exact ? block_error<double>(block, out, codes.data())
                               : block_error<float>(block, out, codes.data());
    if (exact) errors.emplace_back(error, error_doubt(block, out));
    if (i > 0 && !(error < least)) continue;
    least = error;
    doubt = exact ? errors.back().second : 0;
    best = out;
    std::copy(codes.begin(), codes.end(), elements);
  }
  // More than one candidate within doubt: only exact arithmetic can tell.
  return std::count_if(errors.begin(), errors.end(),
                       [&](const auto& e) { return !(e.first - least > e.second + doubt); }) <= 1;
}

}  // namespace mxscope::kernels
