// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/simulate_sweep.h"

#include <fmt/format.h>

#include <sstream>

#include "reports/atomic_file.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/numbers.h"
#include "reports/ordered_work.h"
#include "reports/progress.h"
#include "reports/simulate_text.h"
#include "reports/tensor_tiles.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 26;
constexpr std::int64_t kMostElements = std::int64_t{1} << 24;

struct Line {
  std::size_t number;
  sim::GemmProblem problem;
};

std::string trimmed(std::string text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  std::size_t first = 0;
  while (first < text.size() && blank(text[first])) ++first;
  return text.substr(first);
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(trimmed(cell));
  return cells;
}

std::vector<Line> lines_of(const SweepOptions& o, const std::string& text) {
  std::vector<Line> lines;
  std::stringstream stream(text);
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    line = trimmed(line);
    if (line.empty() || line.front() == '#' || line.rfind("m,", 0) == 0) continue;
    const std::vector<std::string> cells = cells_of(line);
    try {
      if (cells.size() != 3 && cells.size() != 4) throw Error("write m,n,k or m,n,k,type");
      GemmOptions one = o.gemm;
      one.m = whole_number("m", cells[0], 1, kMostElements);
      one.n = whole_number("n", cells[1], 1, kMostElements);
      one.k = whole_number("k", cells[2], 1, kMostElements);
      lines.push_back({number, problem_of(one, cells.size() == 4 ? cells[3] : one.types.front())});
    } catch (const Error& e) {
      throw Error(fmt::format("{}:{}: {}", printable(o.shapes), number, e.what()));
    }
  }
  if (lines.empty()) throw Error(fmt::format("{}: there are no shapes", printable(o.shapes)));
  return lines;
}

}  // namespace

int run_sweep(const SweepOptions& o, Run run) {
  std::vector<sim::Device> devices;
  for (const std::string& name : o.gemm.devices) devices.push_back(device_of(name, run));
  const std::vector<Line> lines = lines_of(o, run.read_input(o.shapes, kMostBytes));
  run.refuse_input_as(o.csv);
  const sim::SimulationOptions options = simulation_of(o.gemm);
  std::optional<sim::GemmConfig> config;
  if (!o.gemm.configs.empty()) config = sim::parse_config(o.gemm.configs.front());
  std::string csv = sweep_heading();
  in_order(
      lines.size() * devices.size(), thread_count(o.threads),
      [&](std::size_t i) {
        const Line& line = lines[i / devices.size()];
        const sim::Device& device = devices[i % devices.size()];
        try {
          return sweep_row(device, sim::simulate_gemm(device, line.problem, config, options));
        } catch (const Error& e) {
          throw Error(fmt::format("{}:{}: {}", printable(o.shapes), line.number, e.what()));
        }
      },
      [&](const std::string& row) {
        csv += row;
        if (!o.csv.empty()) return;
        print(csv);
        csv.clear();
      });
  if (!o.csv.empty()) write_file(o.csv, csv);
  return kAllHolds;
}

}  // namespace mxscope::reports
