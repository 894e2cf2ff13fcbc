// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// One CTA's copies, matrix instructions, epilogues and stores on a common clock.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/figures_style.h"
#include "reports/figures_timing.h"
#include "sim/engine.h"
#include "sim/gemm_time.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostSpans = 6000;

double microseconds(sim::Tick t, double clock_mhz) {
  return static_cast<double>(t) / sim::kTicksPerCycle / clock_mhz;
}

/// Rows of the picture: a lane of the trace, and its place where several of it overlap.
class Rows {
 public:
  std::string row_of(const sim::Span& span) {
    std::vector<sim::Tick>& ends = ends_[span.lane];
    std::size_t i = 0;
    while (i < ends.size() && ends[i] > span.begin) ++i;
    if (i == ends.size()) ends.push_back(0);
    ends[i] = span.end;
    return i == 0 ? span.lane : fmt::format("{} {}", span.lane, i + 1);
  }

 private:
  std::map<std::string, std::vector<sim::Tick>> ends_;
};

/// Copies first, then what uses them; waits last.
int place_of(const std::string& row) {
  const char* const order[] = {"copy", "tensor", "epilogue", "store"};
  for (std::size_t i = 0; i < std::size(order); ++i)
    if (row.starts_with(order[i])) return static_cast<int>(i);
  return static_cast<int>(std::size(order));
}

Figure pipeline(const char* name, std::int64_t side) {
  const sim::Device& device = sim::find_device(name);
  std::vector<sim::Span> spans;
  const sim::GemmTime time = sim::simulate_gemm(
      device, {.m = side, .n = side, .k = side, .type = "nvfp4"}, std::nullopt, {.trace = &spans});
  if (spans.empty()) throw Error(fmt::format("the trace of {} is empty", name));
  const int worker = spans.front().worker;
  std::erase_if(spans, [&](const sim::Span& s) { return s.worker != worker; });
  std::stable_sort(spans.begin(), spans.end(),
                   [](const sim::Span& a, const sim::Span& b) { return a.begin < b.begin; });
  if (spans.size() > kMostSpans) spans.resize(kMostSpans);
  Figure f{
      .name = fmt::format("pipeline_{}", device.architecture),
      .title =
          fmt::format("One CTA of an NVFP4 GEMM of {0} x {0} x {0} on {1}", side, device.title),
      .caption = fmt::format(
          "Kernel {}, {:.1f} \u00b5s in all at {:.0f} MHz. A copy fills a stage of the ring in "
          "shared memory; the tensor pipe works through it, the epilogue drains the "
          "accumulator while the next tile is under way. Waits are of warps at barriers. "
          "Computed; mxscope simulate gemm --trace writes all of it for Perfetto.",
          to_string(time.config), time.kernel_us, time.clock_mhz)};
  f.columns = {{"row"},
               {"what"},
               {"begin_us", CellKind::kNumber},
               {"end_us", CellKind::kNumber},
               {"tile", CellKind::kNumber},
               {"block", CellKind::kNumber},
               {"tip"}};
  Rows rows;
  std::vector<std::string> order;
  for (const sim::Span& span : spans) {
    const std::string row = rows.row_of(span);
    if (std::find(order.begin(), order.end(), row) == order.end()) order.push_back(row);
    const double begin = microseconds(span.begin, time.clock_mhz);
    const double end = microseconds(span.end, time.clock_mhz);
    const std::string what = span.lane.starts_with("warp") ? "wait" : span.name;
    f.rows.push_back(
        {row, what, fmt::format("{:.4f}", begin), fmt::format("{:.4f}", end),
         std::to_string(span.unit), std::to_string(span.block),
         fmt::format("{}: {}; tile {}{}; {:.3f} to {:.3f} \u00b5s", row, span.name, span.unit,
                     span.block < 0 ? "" : fmt::format(", block {}", span.block), begin, end)});
  }
  std::stable_sort(order.begin(), order.end(), [](const std::string& a, const std::string& b) {
    return place_of(a) < place_of(b);
  });
  ordered_json y = position("row", "nominal", "");
  y["sort"] = order;
  y["axis"] = {{"ticks", false}, {"domain", false}, {"labelColor", kInk}, {"labelLimit", 150}};
  ordered_json x = position("begin_us", "quantitative", "\u00b5s since the first CTA began");
  x["scale"] = {{"nice", false}, {"zero", true}};
  f.spec = {
      {"width", kFullWidth - 130},
      {"height", {{"step", 20}}},
      {"mark",
       with_tips({{"type", "bar"}, {"stroke", "#ffffff"}, {"strokeWidth", 0.6}, {"height", 13}})},
      {"encoding",
       {{"y", y},
        {"x", x},
        {"x2", {{"field", "end_us"}}},
        {"color",
         {{"field", "what"},
          {"type", "nominal"},
          {"title", nullptr},
          {"scale",
           {{"domain", {"copy", "tensor", "epilogue", "store", "wait"}},
            {"range", {kBlue, kOrange, kGreen, kViolet, kPale}}}}}},
        {"description", {{"field", "tip"}}}}}};
  return f;
}

}  // namespace

std::vector<Figure> pipeline_figures() {
  return {pipeline("rtx-5090", 2048), pipeline("b200", 4096)};
}

}  // namespace mxscope::reports
