// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/closed_form.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

/// Points that the closed form measures on a device, and what it makes of them on another.
class Made {
 public:
  explicit Made(const sim::Device& truth) {
    for (const std::int64_t m : {16, 256, 2048, 8192})
      for (const std::int64_t n : {512, 4096, 16384})
        for (const std::int64_t k : {512, 8192}) {
          MeasuredPoint point;
          point.gpu = truth.name;
          point.m = m;
          point.n = n;
          point.k = k;
          point.a_type = point.b_type = point.out_type = "bf16";
          point.scale = "none";
          sim::GemmProblem problem;
          problem.m = m;
          problem.n = n;
          problem.k = k;
          problem.type = "bf16";
          point.us = sim::closed_form_us(truth, problem);
          measured_.push_back(point);
        }
    set_ = simulated_points(measured_, {truth});
  }
  const std::vector<SimulatedPoint>& points() const { return set_.points; }

 private:
  std::vector<MeasuredPoint> measured_;
  PointSet set_;
};

sim::Device with(sim::Device device, const std::string& path, double value) {
  for (const auto& field : sim::device_fields(device))
    if (field.path == path) field.quantity->value = value;
  return device;
}

TEST(Calibration, FindsTheNumbersThatMadeThePoints) {
  const sim::Device& start = sim::find_device("rtx-pro-6000-server");
  const sim::Device truth = with(with(start, "launch.kernel_us", 2.0), "clock.sustained_mhz", 2100);
  const Made made(truth);
  ASSERT_EQ(made.points().size(), 24u);
  const Fit fit = fit_device(start, made.points(), find_predictor("closed-form"),
                             {"launch.kernel_us", "clock.sustained_mhz"});
  EXPECT_LT(fit.loss_after, 0.02);
  EXPECT_GT(fit.loss_before, 5 * fit.loss_after);
  EXPECT_NEAR(fit.device.launch.kernel_us, 2.0, 0.06);
  EXPECT_NEAR(fit.device.clock.sustained_mhz, 2100, 40);
  for (const FittedField& field : fit.fields) EXPECT_FALSE(field.at_end()) << field.path;
}

TEST(Calibration, StaysInsideTheRangeAndSaysSo) {
  const sim::Device& start = sim::find_device("b200");
  const Made made(with(start, "launch.kernel_us", 20));  // no physical launch
  const Fit fit =
      fit_device(start, made.points(), find_predictor("closed-form"), {"launch.kernel_us"});
  EXPECT_EQ(fit.device.launch.kernel_us, *start.launch.kernel_us.high);
  EXPECT_TRUE(fit.fields[0].at_end());
}

TEST(Calibration, IsDeterministicAndWritesADeviceFileWithProvenance) {
  const sim::Device& start = sim::find_device("b300");
  const Made made(with(start, "l2.gb_per_s", 12000));
  const auto fit = [&] {
    return fit_device(start, made.points(), find_predictor("closed-form"), fittable_fields(start));
  };
  const Fit first = fit();
  const std::string text = sim::device_toml(with_provenance(first, "fitted on made points"));
  EXPECT_EQ(text, sim::device_toml(with_provenance(fit(), "fitted on made points")));
  const sim::Device read = sim::read_device(text, "fitted.toml");
  EXPECT_EQ(read.l2.gb_per_s, first.device.l2.gb_per_s);
  EXPECT_EQ(read.l2.gb_per_s.confidence, sim::Confidence::kFitted);
  EXPECT_NE(read.l2.gb_per_s.source.find("before the fit 16900, inferred"), std::string::npos);
  EXPECT_EQ(read.chip.sms.confidence, start.chip.sms.confidence);
}

TEST(Calibration, AnotherGpuMovesByTheSameFactors) {
  const sim::Device& start = sim::find_device("rtx-pro-6000-server");
  Fit fit{.device = start};
  fit.fields.push_back(
      {.path = "l2.gb_per_s", .before = 8000, .after = 6000, .low = 4000, .high = 10000});
  const sim::Device& other = sim::find_device("rtx-5080");
  EXPECT_DOUBLE_EQ(transferred(fit, other).l2.gb_per_s, other.l2.gb_per_s * 0.75);
}

TEST(Calibration, FieldsWithoutARangeAreErrors) {
  const sim::Device& start = sim::find_device("b200");
  const Made made(start);
  const Predictor model = find_predictor("closed-form");
  EXPECT_THROW(fit_device(start, made.points(), model, {"chip.sms"}), Error);
  EXPECT_THROW(fit_device(start, made.points(), model, {"l2.speed"}), Error);
}

TEST(Accuracy, SummariesAreThoseOfTheErrors) {
  const Made made(sim::find_device("b200"));
  std::vector<SimulatedPoint> points(made.points().begin(), made.points().begin() + 4);
  const std::vector<double> factors = {1.1, 0.9, 1.3, 0};  // the last has no prediction
  std::vector<double> predicted;
  for (std::size_t i = 0; i < 4; ++i) predicted.push_back(points[i].point->us * factors[i]);
  const ErrorSummary errors = summarize(points, predicted);
  EXPECT_EQ(errors.count, 3u);
  EXPECT_NEAR(errors.mean, 0.5 / 3, 1e-9);
  EXPECT_NEAR(errors.median, 0.1, 1e-9);
  EXPECT_NEAR(errors.p90, 0.26, 1e-9);
  EXPECT_NEAR(errors.bias, 0.1, 1e-9);
}

TEST(Accuracy, TheNoiseFloorIsOfTheSameGemmInTwoCampaigns) {
  const Made made(sim::find_device("b200"));
  std::vector<MeasuredPoint> measured = {*made.points()[0].point, *made.points()[0].point,
                                         *made.points()[1].point};
  measured[0].source = "one";
  measured[1].source = "two";
  measured[1].us = measured[0].us * 1.25;
  const PointSet set = simulated_points(measured, sim::devices());
  const NoiseFloor noise = noise_floor(set.points);
  EXPECT_EQ(noise.pairs, 1u);
  EXPECT_NEAR(noise.mean, 0.25, 1e-9);
}

TEST(ClosedForm, IsNeverBelowTheRoofline) {
  for (const sim::Device& device : sim::devices())
    for (const char* type : {"bf16", "fp8", "nvfp4"}) {
      if (device.find_rate(type) == nullptr) continue;
      for (const std::int64_t m : {1, 100, 3000, 20000})
        for (const std::int64_t n : {64, 5000})
          for (const std::int64_t k : {256, 7168})
            for (const bool quantize : {false, true}) {
              sim::GemmProblem problem;
              problem.m = m;
              problem.n = n;
              problem.k = k;
              problem.type = type;
              problem.quantize_activations = quantize;
              EXPECT_GE(sim::closed_form_us(device, problem),
                        sim::gemm_roofline_us(device, problem))
                  << device.name << " " << type << " " << m << " " << n << " " << k;
            }
    }
}

}  // namespace
}  // namespace mxscope::reports
