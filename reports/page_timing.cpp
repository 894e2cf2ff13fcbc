// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How long GEMMs take: predictions held against measurements, times by type, and the devices.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/accuracy.h"
#include "reports/figures_timing.h"
#include "reports/page.h"
#include "reports/page_html.h"

namespace mxscope::reports {
namespace {

std::string percent(double share) { return fmt::format("{:.1f}", 100 * share); }

/// Errors by device, from the rows of the scatter plot.
std::string accuracy_table(const Figure& figure) {
  struct Errors {
    std::vector<double> sizes;
    double sum = 0, signed_sum = 0;
  };
  std::map<std::string, Errors> devices;
  for (const auto& row : figure.rows) {
    const double error = std::stod(row[8]) / std::stod(row[7]) - 1;
    for (const std::string& key : {row[0], std::string("all")}) {
      devices[key].sizes.push_back(std::abs(error));
      devices[key].sum += std::abs(error);
      devices[key].signed_sum += error;
    }
  }
  HtmlTable table({{"device"},
                   {"points", Align::kRight},
                   {"mean error, %", Align::kRight},
                   {"median, %", Align::kRight},
                   {"90th percentile, %", Align::kRight},
                   {"too slow (+) or too fast (−), %", Align::kRight}});
  for (const auto& [name, e] : devices) {
    const auto n = static_cast<double>(e.sizes.size());
    table.add({escaped(name), std::to_string(e.sizes.size()), percent(e.sum / n),
               percent(quantile(e.sizes, 0.5)), percent(quantile(e.sizes, 0.9)),
               fmt::format("{:+.1f}", 100 * e.signed_sum / n)});
  }
  return table.html();
}

std::string sources_table(const Figure& figure) {
  std::map<std::string, std::size_t> counts;
  for (const auto& row : figure.rows) ++counts[row[3]];
  HtmlTable table({{"source", Align::kText}, {"points", Align::kRight}});
  for (const auto& [source, count] : counts) table.add({escaped(source), std::to_string(count)});
  return table.html();
}

HtmlCell quantity(const sim::Quantity& q, double unit = 1) {
  if (q.value == 0) return {"–"};
  return {fmt::format("<span title=\"{}: {}\">{:g}{}</span>", sim::confidence_name(q.confidence),
                      escaped(q.source), q.value / unit,
                      q.confidence == sim::Confidence::kAssumed ? "<sup>?</sup>" : ""),
          fmt::format("{:g}", q.value)};
}

std::string devices_table() {
  HtmlTable table({{"device"},
                   {"architecture"},
                   {"SMs", Align::kRight},
                   {"burst MHz", Align::kRight},
                   {"sustained MHz", Align::kRight},
                   {"L2, MB", Align::kRight},
                   {"DRAM, GB/s", Align::kRight},
                   {"FLOP a cycle and SM: bf16", Align::kRight},
                   {"mxfp8", Align::kRight},
                   {"nvfp4", Align::kRight},
                   {"numbers measured or cited", Align::kRight},
                   {"assumed", Align::kRight}});
  for (const sim::Device& d : sim::devices()) {
    std::size_t known = 0;
    std::size_t assumed = 0;
    for (const sim::ConstDeviceField& field : sim::device_fields(d)) {
      if (field.quantity->value == 0) continue;
      known += field.quantity->confidence <= sim::Confidence::kCited ? 1 : 0;
      assumed += field.quantity->confidence == sim::Confidence::kAssumed ? 1 : 0;
    }
    const auto rate = [&](const char* kind) {
      const sim::TensorRate* const r = d.find_rate(kind);
      return r == nullptr ? HtmlCell("–") : quantity(r->flop_per_cycle_sm);
    };
    table.add({fmt::format("<b title=\"{}\">{}</b>", escaped(d.title), escaped(d.name)),
               escaped(d.architecture), quantity(d.chip.sms), quantity(d.clock.burst_mhz),
               quantity(d.clock.sustained_mhz), quantity(d.l2.bytes, 1e6),
               quantity(d.dram.peak_gb_per_s), rate("bf16"), rate("mxfp8"), rate("nvfp4"),
               std::to_string(known), std::to_string(assumed)});
  }
  return table.html();
}

std::string timing_html(const PageContent& content) {
  std::string out =
      "<p>A kernel is simulated as a program of warp roles, copies, barriers, matrix instructions "
      "and epilogues on the numbers of one GPU’s file. Nothing here was run on a GPU by this "
      "report: measured times are published ones, with their sources, and everything simulated "
      "rests on numbers of which some are assumed.</p>\n";
  out += "<h3>Held against measurements " + badge("cited") + "</h3>\n";
  out += figure_html(content, "accuracy");
  const Figure& accuracy = content.figure("accuracy");
  out += accuracy_table(accuracy);
  out += folded("Who measured", sources_table(accuracy));
  out +=
      "<p><code>mxscope validate</code> does the same with any file of points, beside a roofline "
      "and a closed-form model; <code>mxscope calibrate</code> fits a device to half of "
      "them.</p>\n";
  out += "<h3>One GEMM, by type and rows " + badge("computed") + "</h3>\n";
  out += figure_html(content, "gemm_times") + figure_html(content, "gemm_waits");
  out +=
      "<h3>The devices</h3>\n<p>Point at a number for its source; <sup>?</sup> marks an "
      "assumption. <code>mxscope devices NAME</code> has all of them.</p>\n";
  return out + devices_table();
}

std::string pipeline_html(const PageContent& content) {
  std::string out =
      "<p>The same simulation, looked at from inside: what the slowest CTA copies, multiplies, "
      "drains and stores, and where it waits. A ring of stages in shared memory hides the latency "
      "of copies as long as it is deep enough.</p>\n";
  for (const Figure& figure : content.figures)
    if (figure.name.starts_with("pipeline_")) out += figure_html(content, figure.name);
  return out;
}

std::vector<Figure> times() { return {gemm_times()}; }
std::vector<Figure> waits() { return {gemm_waits()}; }

}  // namespace

PageSection timing_section() {
  return {.id = "timing",
          .title = "Timing " + badge("computed"),
          .contents = "Timing",
          .sources = {{"accuracy", 2, accuracy_figures},
                      {"gemm_times", 2, times},
                      {"gemm_waits", 1, waits}},
          .html = timing_html};
}

PageSection pipeline_section() {
  return {.id = "pipeline",
          .title = "Inside one CTA " + badge("computed"),
          .contents = "Inside one CTA",
          .sources = {{"pipeline", 1, pipeline_figures}},
          .html = pipeline_html};
}

}  // namespace mxscope::reports
