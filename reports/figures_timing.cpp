// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/figures_timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/accuracy.h"
#include "reports/figures_accuracy.h"
#include "reports/figures_style.h"
#include "sim/gemm_time.h"

namespace mxscope::reports {
namespace {

using nlohmann::ordered_json;

constexpr const char* kDevices[] = {"b200", "rtx-5090"};
constexpr std::int64_t kSide = 4096;  ///< N and K
struct TypeLook {
  const char* type;
  const char* colour;
};
constexpr TypeLook kTypes[] = {
    {"bf16", kMuted}, {"mxfp8", kBlue}, {"mxfp6", kGold}, {"mxfp4", kGreen}, {"nvfp4", kOrange}};

sim::GemmTime time_of(const char* device, const char* type, std::int64_t m) {
  return sim::simulate_gemm(sim::find_device(device),
                            {.m = m, .n = kSide, .k = kSide, .type = type});
}

/// Whether numbers of the devices were fitted to measured times, as a sentence.
std::string fit_text(const PointSet& set) {
  std::string names;
  for (const sim::Device& device : sim::devices()) {
    const auto fields = sim::device_fields(device);
    const bool used = std::any_of(set.points.begin(), set.points.end(),
                                  [&](const auto& point) { return point.device == device.name; });
    const bool fitted = std::any_of(fields.begin(), fields.end(), [](const auto& field) {
      return field.quantity->confidence == sim::Confidence::kFitted;
    });
    if (used && fitted) names += (names.empty() ? "" : ", ") + device.name;
  }
  if (names.empty()) return "no number of these devices is fitted to measured times";
  return fmt::format(
      "numbers of {} are fitted to measured times, of which these may be some; their files say "
      "which",
      names);
}

ordered_json type_colours() {
  ordered_json names = ordered_json::array();
  ordered_json range = ordered_json::array();
  for (const TypeLook& look : kTypes) {
    names.push_back(look.type);
    range.push_back(look.colour);
  }
  return {{"field", "type"},
          {"type", "nominal"},
          {"title", nullptr},
          {"scale", {{"domain", names}, {"range", range}}}};
}

}  // namespace

std::vector<Figure> accuracy_figures() {
  const std::vector<MeasuredPoint> measured = read_points(shipped_points(), "shipped points");
  const PointSet set = simulated_points(measured, sim::devices());
  DeviceSet devices;
  for (const sim::Device& device : sim::devices()) devices.emplace(device.name, device);
  const std::vector<double> predicted = predict(set.points, devices, find_predictor(kDefaultModel));
  const ErrorSummary summary = summarize(set.points, predicted);
  Figure whole = accuracy_scatter(set.points, predicted, std::string(kDefaultModel));
  whole.title =
      fmt::format("Predicted against measured time of {} published GEMMs: {:.1f} % off on average",
                  summary.count, 100 * summary.mean);
  whole.caption = fmt::format(
      "Each dot is a published measurement; its source is in the data. On the line the two are "
      "equal, the dashed lines are 20 % off. The device files are those that come with mxscope: "
      "{}.",
      fit_text(set));
  Figure small = accuracy_scatter(set.points, predicted, std::string(kDefaultModel), true);
  small.name = "accuracy_small";
  small.title = fmt::format("Simulated times are {:.0f} % off {} published ones, in the median",
                            100 * summary.median, summary.count);
  small.caption = fmt::format("Whole GEMMs and single SMs; {}. Dashed: 20 % off.", fit_text(set));
  return {whole, small};
}

Figure gemm_times() {
  Figure f{.name = "gemm_times",
           .title =
               "When few rows are multiplied, fewer bits help by their bytes; when many, by "
               "the tensor core's rate",
           .caption = fmt::format(
               "Simulated time of one GEMM with N = K = {} against its rows of activations, output "
               "in bfloat16, weights warm in the L2 where they fit, operands quantized before. The "
               "kernel is the fastest of those that libraries have. Computed; the assumed numbers "
               "of each device are listed by mxscope devices.",
               kSide)};
  f.columns = {{"device"},
               {"type"},
               {"m", CellKind::kNumber},
               {"us", CellKind::kNumber},
               {"tflops", CellKind::kNumber},
               {"bound"},
               {"kernel"},
               {"tip"}};
  for (const char* device : kDevices)
    for (const TypeLook& look : kTypes)
      for (std::int64_t m = 1; m <= 16384; m *= 2) {
        const sim::GemmTime t = time_of(device, look.type, m);
        f.rows.push_back(
            {device, look.type, std::to_string(m), fmt::format("{:.4g}", t.us),
             fmt::format("{:.4g}", t.tflops), std::string(bound_name(t.bound)), to_string(t.config),
             fmt::format("{}, {}, {} rows; {:.4g} \u00b5s, {:.0f} TFLOPS; bound by {}; {}", device,
                         look.type, m, t.us, t.tflops, bound_name(t.bound), to_string(t.config))});
      }
  ordered_json x = position("m", "quantitative", "rows of activations");
  x["scale"] = {{"type", "log"}, {"base", 2}, {"domain", {1, 16384}}, {"nice", false}};
  x["axis"] = {{"values", {1, 4, 16, 64, 256, 1024, 4096, 16384}}, {"format", "d"}};
  ordered_json y = position("us", "quantitative", "\u00b5s");
  y["scale"] = {{"type", "log"}, {"nice", false}};
  y["axis"] = {{"values", {2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000}}, {"format", "d"}};
  f.spec["facet"] = {{"field", "device"}, {"type", "nominal"}, {"title", nullptr}};
  f.spec["columns"] = 2;
  f.spec["spec"] = {
      {"width", kFullWidth / 2 - 50},
      {"height", 300},
      {"layer",
       {{{"mark", {{"type", "line"}, {"strokeWidth", 1.8}}},
         {"encoding", {{"x", x}, {"y", y}, {"color", type_colours()}}}},
        {{"mark", with_tips({{"type", "point"}, {"filled", true}, {"size", 26}, {"opacity", 1}})},
         {"encoding",
          {{"x", x}, {"y", y}, {"color", type_colours()}, {"description", {{"field", "tip"}}}}}}}}};
  return f;
}

Figure gemm_waits() {
  Figure f{.name = "gemm_waits",
           .title = "What the tensor pipe of the slowest SM does, and what it waits for",
           .caption = fmt::format(
               "Share of a GEMM's time with N = K = {}; launch and quantizing are not in it. "
               "Computed by the event-driven engine.",
               kSide)};
  f.columns = {{"device"},
               {"gemm"},
               {"cause"},
               {"share", CellKind::kNumber},
               {"microseconds", CellKind::kNumber},
               {"order", CellKind::kNumber},
               {"tip"}};
  std::vector<std::string> causes;
  for (const char* device : kDevices)
    for (const std::int64_t m : {16, 512, 8192})
      for (const char* type : {"bf16", "mxfp8", "nvfp4"}) {
        const sim::GemmTime t = time_of(device, type, m);
        for (const sim::GemmTime::Stall& stall : t.stalls) {
          if (std::find(causes.begin(), causes.end(), stall.cause) == causes.end())
            causes.push_back(stall.cause);
          const auto order = std::find(causes.begin(), causes.end(), stall.cause) - causes.begin();
          const double us = stall.cycles / t.clock_mhz;
          const double share = us / t.kernel_us;
          if (share < 5e-4) continue;
          const std::string gemm = fmt::format("{} rows, {}", m, type);
          f.rows.push_back({device, gemm, stall.cause, fmt::format("{:.4f}", share),
                            fmt::format("{:.4g}", us), std::to_string(order),
                            fmt::format("{}, {}; {}: {:.1f} %, {:.3g} \u00b5s", device, gemm,
                                        stall.cause, 100 * share, us)});
        }
      }
  ordered_json y = position("gemm", "nominal", "");
  y["sort"] = nullptr;
  y["axis"] = {{"labelLimit", 200}, {"ticks", false}, {"domain", false}, {"labelColor", kInk}};
  ordered_json x = position("share", "quantitative", "share of the kernel's time");
  x["scale"] = {{"domain", {0, 1}}};
  x["axis"] = {{"format", ".0%"}, {"tickCount", 5}};
  x["stack"] = "zero";
  ordered_json names = ordered_json::array();
  for (const std::string& cause : causes) names.push_back(cause);
  f.spec["facet"] = {{"field", "device"}, {"type", "nominal"}, {"title", nullptr}};
  f.spec["columns"] = 2;
  f.spec["spec"] = {
      {"width", kFullWidth / 2 - 120},
      {"height", {{"step", 24}}},
      {"mark", with_tips({{"type", "bar"}, {"stroke", "#ffffff"}, {"strokeWidth", 0.8}})},
      {"encoding",
       {{"y", y},
        {"x", x},
        {"order", {{"field", "order"}, {"type", "quantitative"}}},
        {"color",
         {{"field", "cause"},
          {"type", "nominal"},
          {"title", nullptr},
          {"legend", {{"columns", 5}}},
          {"scale",
           {{"domain", names},
            {"range", {kBlue, kMuted, kGold, kOrange, kRed, kGreen, kViolet, kPale, kInk}}}}}},
        {"description", {{"field", "tip"}}}}}};
  return f;
}

}  // namespace mxscope::reports
