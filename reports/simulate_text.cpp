// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/simulate_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reports/table.h"

namespace mxscope::reports {
namespace {

using sim::GemmTime;

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::vector<std::pair<const char*, double>> occupancy(const GemmTime& t) {
  return {{"tensor pipe", t.tensor_busy},
          {"shared-memory port", t.smem_busy},
          {"copy path of an SM", t.tma_busy},
          {"L2", t.l2_busy},
          {"DRAM", t.dram_busy}};
}

std::vector<std::pair<const char*, double>> bytes(const GemmTime& t) {
  return {{"DRAM", t.dram_bytes},
          {"L2", t.l2_bytes},
          {"into shared memory", t.smem_fill_bytes},
          {"from shared memory", t.smem_read_bytes}};
}

}  // namespace

std::string bytes_text(double bytes) {
  static constexpr std::array<const char*, 4> kUnits = {"B", "kB", "MB", "GB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 2, kUnits[unit]);
}

std::string gemm_text(const sim::Device& device, const GemmTime& t) {
  Table table({{""}, {""}});
  table.add({"GEMM", to_string(t.problem)});
  table.add({"device", fmt::format("{} at {:.0f} MHz", device.title, t.clock_mhz)});
  table.add({"kernel", to_string(t.config)});
  table.add({"time", fmt::format("{:.2f} us: launch {:.2f}, quantizing {:.2f}, GEMM {:.2f}", t.us,
                                 t.us - t.kernel_us - t.quantize_us, t.quantize_us, t.kernel_us)});
  table.add({"rate", fmt::format("{:.1f} TFLOPS, {} of the tensor peak at this clock", t.tflops,
                                 percent(t.peak_share))});
  table.add({"roofline", fmt::format("{:.2f} us, reached to {}", t.roofline_us,
                                     percent(t.roofline_us / t.us))});
  table.add({"bound by", std::string(bound_name(t.bound))});
  table.add(
      {"tiles", fmt::format("{} on {} CTAs at once: {:.2f} waves", t.tiles, t.ctas, t.waves)});
  std::string text = table.text();

  Table where({{"cycles of the slowest SM"}, {"cycles", true}, {"us", true}, {"share", true}});
  const double total = t.kernel_us * t.clock_mhz;
  for (const GemmTime::Stall& stall : t.stalls)
    if (stall.cycles > 0)
      where.add({stall.cause, fmt::format("{:.0f}", stall.cycles),
                 fmt::format("{:.2f}", stall.cycles / t.clock_mhz), percent(stall.cycles / total)});
  text += '\n' + where.text();

  Table parts({{"busy"}, {"share", true}, {"   bytes"}, {"", true}});
  const auto busy = occupancy(t);
  const auto moved = bytes(t);
  for (std::size_t i = 0; i < busy.size(); ++i)
    parts.add({busy[i].first, percent(busy[i].second),
               i < moved.size() ? fmt::format("   {}", moved[i].first) : "",
               i < moved.size() ? bytes_text(moved[i].second) : ""});
  text += '\n' + parts.text();
  if (!t.assumed.empty()) {
    text += "\nassumed, not measured:";
    std::size_t column = text.size();
    for (const std::string& path : t.assumed) {
      if (text.size() - column > 70) {
        text += "\n ";
        column = text.size();
      }
      text += ' ' + path;
    }
    text += '\n';
  }
  return text;
}

std::string candidates_text(const std::vector<sim::Candidate>& candidates) {
  Table table({{"kernel"}, {"us", true}, {""}});
  for (const sim::Candidate& c : candidates)
    table.add({to_string(c.config), c.us > 0 ? fmt::format("{:.2f}", c.us) : "-", c.reason});
  return table.text();
}

nlohmann::json gemm_json(const sim::Device& device, const GemmTime& t) {
  nlohmann::json json = {{"device", device.name},
                         {"m", t.problem.m},
                         {"n", t.problem.n},
                         {"k", t.problem.k},
                         {"type", t.problem.type},
                         {"weights", sim::weight_type(t.problem).name},
                         {"adds_c", t.problem.adds_c},
                         {"output", t.problem.output},
                         {"config", to_string(t.config)},
                         {"clock_mhz", t.clock_mhz},
                         {"us", t.us},
                         {"launch_us", t.us - t.kernel_us - t.quantize_us},
                         {"quantize_us", t.quantize_us},
                         {"kernel_us", t.kernel_us},
                         {"roofline_us", t.roofline_us},
                         {"tflops", t.tflops},
                         {"peak_share", t.peak_share},
                         {"bound", bound_name(t.bound)},
                         {"tiles", t.tiles},
                         {"ctas", t.ctas},
                         {"waves", t.waves},
                         {"events", t.events},
                         {"assumed", t.assumed}};
  for (const GemmTime::Stall& stall : t.stalls) json["cycles"][stall.cause] = stall.cycles;
  for (const auto& [name, share] : occupancy(t)) json["busy"][name] = share;
  for (const auto& [name, count] : bytes(t)) json["bytes"][name] = count;
  return json;
}

nlohmann::json candidates_json(const std::vector<sim::Candidate>& candidates) {
  nlohmann::json list = nlohmann::json::array();
  for (const sim::Candidate& c : candidates) {
    list.push_back({{"config", to_string(c.config)}, {"reason", c.reason}});
    if (c.us > 0) list.back()["us"] = c.us;
  }
  return list;
}

std::string sweep_heading() {
  return "device,m,n,k,type,output,config,us,kernel_us,quantize_us,roofline_us,tflops,peak_share,"
         "bound,waves,clock_mhz,dram_bytes,l2_bytes,reason\n";
}

std::string sweep_row(const sim::Device& device, const GemmTime& t) {
  return fmt::format(
      "{},{},{},{},{},{},\"{}\",{:.4f},{:.4f},{:.4f},{:.4f},{:.3f},{:.5f},{},{:.4f},"
      "{:.1f},{:.0f},{:.0f},\n",
      device.name, t.problem.m, t.problem.n, t.problem.k, t.problem.type, t.problem.output,
      to_string(t.config), t.us, t.kernel_us, t.quantize_us, t.roofline_us, t.tflops, t.peak_share,
      bound_name(t.bound), t.waves, t.clock_mhz, t.dram_bytes, t.l2_bytes);
}

std::string sweep_row(const sim::Device& device, const sim::GemmProblem& problem,
                      const std::string& reason) {
  std::string quoted;
  for (const char c : reason) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return fmt::format("{},{},{},{},{},{},,,,,,,,,,,,,\"{}\"\n", device.name, problem.m, problem.n,
                     problem.k, problem.type, problem.output, quoted);
}

}  // namespace mxscope::reports
