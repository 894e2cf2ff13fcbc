// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope simulate published: what papers about schemes report, beside what the simulator says.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "reports/console.h"
#include "reports/provenance.h"
#include "reports/simulate_model.h"
#include "reports/table.h"
#include "sim/published.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using sim::PublishedRow;

struct Options {
  std::vector<std::string> only;
  bool json = false;
};

struct Compared {
  const PublishedRow* row;
  sim::Prediction prediction;
};

bool wanted(const Options& o, const PublishedRow& row) {
  const auto in = [&](std::string_view text) {
    return std::any_of(o.only.begin(), o.only.end(), [&](const std::string& part) {
      return text.find(part) != std::string_view::npos;
    });
  };
  return o.only.empty() || in(row.id) || in(row.paper) || in(row.place) ||
         in(sim::published_kind_name(row.kind));
}

std::string number(double value) { return fmt::format("{:.{}f}", value, value < 100 ? 2 : 0); }

std::string published_text(const PublishedRow& row) {
  return row.low == row.high ? number(row.low)
                             : fmt::format("{} to {}", number(row.low), number(row.high));
}

std::string table_text(const std::vector<Compared>& rows, std::vector<std::string>& notes) {
  Table table({{"row"},
               {"where"},
               {"published", true},
               {"ours", true},
               {"unit"},
               {"error", true},
               {"limit", true},
               {"trust"},
               {"note"}});
  for (const Compared& one : rows) {
    const PublishedRow& row = *one.row;
    auto note = std::find(notes.begin(), notes.end(), row.note);
    if (note == notes.end()) note = notes.insert(notes.end(), row.note);
    const auto index = static_cast<int>(note - notes.begin()) + 1;
    table.add({row.id, row.place, published_text(row), number(one.prediction.ours), row.unit,
               fmt::format("{:+.1f} %", 100 * sim::relative_error(row, one.prediction.ours)),
               one.prediction.limit > 0 ? number(one.prediction.limit) : "", row.trust,
               fmt::format("{}{}", index, one.prediction.refutes(row) ? " impossible" : "")});
  }
  return table.text();
}

/// Mean of the errors' magnitudes by kind, in the order the kinds come in.
std::string summary_text(const std::vector<Compared>& rows) {
  Table table({{"kind"}, {"rows", true}, {"mean |error|", true}, {"worst", true}});
  std::vector<sim::PublishedKind> kinds;
  for (const Compared& one : rows)
    if (std::find(kinds.begin(), kinds.end(), one.row->kind) == kinds.end())
      kinds.push_back(one.row->kind);
  for (const sim::PublishedKind kind : kinds) {
    double sum = 0, worst = 0;
    int count = 0;
    for (const Compared& one : rows) {
      if (one.row->kind != kind) continue;
      const double error = sim::relative_error(*one.row, one.prediction.ours);
      sum += std::abs(error);
      if (std::abs(error) > std::abs(worst)) worst = error;
      ++count;
    }
    table.add({std::string(sim::published_kind_name(kind)), std::to_string(count),
               fmt::format("{:.1f} %", 100 * sum / count), fmt::format("{:+.1f} %", 100 * worst)});
  }
  return table.text();
}

nlohmann::json row_json(const Compared& one) {
  const PublishedRow& row = *one.row;
  nlohmann::json json = {{"id", row.id},
                         {"paper", row.paper},
                         {"place", row.place},
                         {"kind", sim::published_kind_name(row.kind)},
                         {"device", row.device},
                         {"model", row.model},
                         {"scheme", row.scheme},
                         {"against", row.against},
                         {"low", row.low},
                         {"high", row.high},
                         {"unit", row.unit},
                         {"trust", row.trust},
                         {"note", row.note},
                         {"ours", one.prediction.ours},
                         {"error", sim::relative_error(row, one.prediction.ours)}};
  if (one.prediction.limit > 0) {
    json["limit"] = one.prediction.limit;
    json["impossible"] = one.prediction.refutes(row);
  }
  return json;
}

int run_published(const Options& o, const Context& context) {
  const Run run = this_run(context.arguments);
  std::vector<Compared> rows;
  for (const PublishedRow& row : sim::published_rows())
    if (wanted(o, row)) rows.push_back({&row, sim::predict(row)});
  if (rows.empty())
    throw Error("--only matches no row; it is part of a row's name, paper, place or kind");
  if (o.json) {
    nlohmann::json json = {{"run", run}};
    for (const Compared& one : rows) json["rows"].push_back(row_json(one));
    print(json_text(json));
    return kAllHolds;
  }
  std::vector<std::string> notes;
  print(table_text(rows, notes) + '\n');
  for (std::size_t i = 0; i < notes.size(); ++i) print(fmt::format("{}: {}\n", i + 1, notes[i]));
  print('\n' + summary_text(rows));
  print(
      "\nNothing is fitted to these rows. Errors are against the nearer end of a range. Limit: the "
      "roofline\nof a GEMM; for throughput, each step's weights at the DRAM's peak rate alone. A "
      "row "
      "beyond it cannot\nbe what its label says on this device.\n");
  return kAllHolds;
}

}  // namespace

void add_simulate_published(CLI::App& simulate, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command = simulate.add_subcommand(
      "published", "ARCQuant's and MicroMix's published numbers, beside predictions");
  command->add_option("--only", o->only,
                      "Rows with this in their name, paper, place or kind; several");
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "Examples:\n"
      "  mxscope simulate published\n"
      "  mxscope simulate published --only 'Table 6'\n"
      "  mxscope simulate published --only ARCQuant --json");
  command->callback(
      [=, &context] { context.action = [=, &context] { return run_published(*o, context); }; });
}

}  // namespace mxscope::reports
