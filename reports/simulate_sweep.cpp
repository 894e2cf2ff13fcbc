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

std::vector<sim::GemmProblem> problems_of(const SweepOptions& o, const std::string& text) {
  std::vector<sim::GemmProblem> problems;
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
      problems.push_back(problem_of(one, cells.size() == 4 ? cells[3] : one.types.front()));
    } catch (const Error& e) {
      throw Error(fmt::format("{}:{}: {}", printable(o.shapes), number, e.what()));
    }
  }
  if (problems.empty()) throw Error(fmt::format("{}: there are no shapes", printable(o.shapes)));
  return problems;
}

/// A shape on a device: its time, or why there is none.
struct SweepRow {
  const sim::Device* device = nullptr;
  const sim::GemmProblem* problem = nullptr;
  std::optional<sim::GemmTime> time = {};
  std::string reason = {};
};

nlohmann::json row_json(const SweepRow& row) {
  if (row.time) return gemm_json(*row.device, *row.time);
  return {{"device", row.device->name}, {"m", row.problem->m},
          {"n", row.problem->n},        {"k", row.problem->k},
          {"type", row.problem->type},  {"output", row.problem->output},
          {"reason", row.reason}};
}

std::string row_csv(const SweepRow& row) {
  return row.time ? sweep_row(*row.device, *row.time)
                  : sweep_row(*row.device, *row.problem, row.reason);
}

}  // namespace

int run_sweep(const SweepOptions& o, Run run) {
  std::vector<sim::Device> devices;
  for (const std::string& name : o.gemm.devices) devices.push_back(device_of(name, run));
  const std::vector<sim::GemmProblem> problems =
      problems_of(o, run.read_input(o.shapes, kMostBytes));
  run.refuse_input_as(o.csv);
  const sim::SimulationOptions options = simulation_of(o.gemm);
  std::optional<sim::GemmConfig> config;
  if (!o.gemm.configs.empty()) config = sim::parse_config(o.gemm.configs.front());
  std::string csv = sweep_heading();
  nlohmann::json rows = nlohmann::json::array();
  std::size_t refused = 0;
  in_order(
      problems.size() * devices.size(), thread_count(o.threads),
      [&](std::size_t i) {
        SweepRow row{.device = &devices[i % devices.size()],
                     .problem = &problems[i / devices.size()]};
        try {
          row.time = sim::simulate_gemm(*row.device, *row.problem, config, options);
        } catch (const Error& e) {
          row.reason = e.what();
        }
        return row;
      },
      [&](const SweepRow& row) {
        refused += row.time ? 0 : 1;
        if (o.json) {
          rows.push_back(row_json(row));
          return;
        }
        csv += row_csv(row);
        if (!o.csv.empty()) return;
        print(csv);
        csv.clear();
      });
  if (o.json)
    print(json_text({{"run", run}, {"rows", std::move(rows)}}));
  else if (!o.csv.empty())
    write_file(o.csv, csv);
  if (refused == 0) return kAllHolds;
  complain(fmt::format("{} of {} rows have no time; their reason says why", refused,
                       problems.size() * devices.size()));
  return kRefuted;
}

}  // namespace mxscope::reports
