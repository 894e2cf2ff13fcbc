// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/calibration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::reports {
namespace {

using sim::Device;
using sim::Quantity;

constexpr double kFirstStep = 0.25, kLastStep = 0.008;  ///< shares of a range
constexpr int kMostSweeps = 200;
/// A number moves only for a gain that is worth it: differences below are the search's own noise.
constexpr double kLeastGain = 1e-5;

Quantity& quantity_at(Device& device, const std::string& path) {
  std::vector<std::string> known;
  for (const auto& field : sim::device_fields(device)) {
    if (field.path == path) return *field.quantity;
    if (field.quantity->low) known.push_back(field.path);
  }
  throw spec::unknown_name("field with a range", path, known);
}

/// Ranges of a factor are searched by logarithm, those that begin at 0 evenly.
double to_share(const FittedField& field, double value) {
  return field.low > 0 ? std::log(value / field.low) / std::log(field.high / field.low)
                       : (value - field.low) / (field.high - field.low);
}

double from_share(const FittedField& field, double share) {
  const double value = field.low > 0 ? field.low * std::pow(field.high / field.low, share)
                                     : field.low + (field.high - field.low) * share;
  return std::clamp(value, field.low, field.high);
}

/// Four digits: what a file of such numbers needs, so that reading it back gives the same fit.
double rounded(double value) { return std::stod(fmt::format("{:.4g}", value)); }

class Loss {
 public:
  Loss(std::span<const SimulatedPoint> points, const Predictor& predictor)
      : points_(points), predictor_(predictor) {}

  double operator()(const Device& device) {
    ++evaluations;
    const std::vector<double> predicted = predict(points_, {{device.name, device}}, predictor_);
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < points_.size(); ++i)
      if (predicted[i] > 0) {
        sum += std::abs(std::log(predicted[i] / points_[i].point->us));
        ++count;
      }
    if (count == 0) throw Error("none of the points to fit on can be predicted");
    return sum / static_cast<double>(count);
  }

  int evaluations = 0;

 private:
  std::span<const SimulatedPoint> points_;
  const Predictor& predictor_;
};

}  // namespace

bool FittedField::at_end() const {
  const double margin = 0.005 * (high - low);
  return after <= low + margin || after >= high - margin;
}

std::vector<std::string> fittable_fields(const Device& device) {
  std::vector<std::string> out;
  for (const auto& field : sim::device_fields(device))
    if (field.quantity->low) out.push_back(field.path);
  return out;
}

Fit fit_device(const Device& start, std::span<const SimulatedPoint> points,
               const Predictor& predictor, const std::vector<std::string>& fields) {
  Fit fit{.device = start};
  for (const std::string& path : fields) {
    const Quantity& quantity = quantity_at(fit.device, path);
    if (!quantity.low)
      throw Error(fmt::format("{} of {} has no range, so it is not fitted; give it one in the file",
                              path, start.name));
    fit.fields.push_back({.path = path,
                          .before = quantity.value,
                          .after = quantity.value,
                          .low = *quantity.low,
                          .high = *quantity.high});
  }
  Loss loss(points, predictor);
  double best = fit.loss_before = loss(fit.device);
  int sweeps = 0;
  for (double step = kFirstStep; step >= kLastStep && sweeps < kMostSweeps; ++sweeps) {
    bool moved = false;
    for (FittedField& field : fit.fields)
      for (const double direction : {1.0, -1.0}) {
        const double share = std::clamp(to_share(field, field.after) + direction * step, 0.0, 1.0);
        const double value = std::clamp(rounded(from_share(field, share)), field.low, field.high);
        if (value == field.after) continue;
        Quantity& quantity = quantity_at(fit.device, field.path);
        quantity.value = value;
        // A sustained clock above the burst clock is no clock.
        const bool physical = fit.device.clock.sustained_mhz <= fit.device.clock.burst_mhz;
        const double now = physical ? loss(fit.device) : INFINITY;
        if (now < best - kLeastGain) {
          best = now;
          field.after = value;
          moved = true;
          break;
        }
        quantity.value = field.after;
      }
    if (!moved) step /= 2;
  }
  fit.loss_after = best;
  fit.evaluations = loss.evaluations;
  return fit;
}

Device transferred(const Fit& fit, const Device& other) {
  Device out = other;
  for (const FittedField& field : fit.fields) {
    Quantity& quantity = quantity_at(out, field.path);
    if (!quantity.low || field.before == 0) continue;
    quantity.value =
        std::clamp(quantity.value * field.after / field.before, *quantity.low, *quantity.high);
  }
  out.clock.sustained_mhz.value =
      std::min(out.clock.sustained_mhz.value, out.clock.burst_mhz.value);
  return out;
}

Device with_provenance(const Fit& fit, const std::string& provenance) {
  Device out = fit.device;
  for (const FittedField& field : fit.fields) {
    Quantity& quantity = quantity_at(out, field.path);
    if (field.after == field.before) continue;
    quantity.source = fmt::format("{}; before the fit {}, {}: {}", provenance, field.before,
                                  sim::confidence_name(quantity.confidence), quantity.source);
    quantity.confidence = sim::Confidence::kFitted;
  }
  return out;
}

}  // namespace mxscope::reports
