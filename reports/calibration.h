// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "reports/accuracy.h"
#include "sim/device.h"

namespace mxscope::reports {

/// What a fit did to one number of a device.
struct FittedField {
  std::string path;
  double before = 0, after = 0;
  double low = 0, high = 0;

  /// Whether the fit ended at an end of the physical range: a sign of a missing mechanism.
  bool at_end() const;
};

struct Fit {
  sim::Device device;
  std::vector<FittedField> fields;
  double loss_before = 0, loss_after = 0;  ///< mean of |log(predicted / measured)|
  int evaluations = 0;
};

/// Every number of a device that has a range, in the order of the record.
std::vector<std::string> fittable_fields(const sim::Device& device);

/// Moves the named numbers of `start`, each inside its physical range, to where the mean of
/// |log(predicted / measured)| over the points is least: a pattern search along one number after
/// another with halving steps, from the file's values. Deterministic. Throws Error for a field
/// without a range, and without points that can be predicted.
Fit fit_device(const sim::Device& start, std::span<const SimulatedPoint> points,
               const Predictor& predictor, const std::vector<std::string>& fields);

/// `other` with each fitted number moved by the same factor as the fit moved it, inside its range:
/// what one GPU's fit says about another.
sim::Device transferred(const Fit& fit, const sim::Device& other);

/// Marks the fitted numbers of a device as such; `provenance` says on what, and the number before
/// is kept in the source.
sim::Device with_provenance(const Fit& fit, const std::string& provenance);

}  // namespace mxscope::reports
