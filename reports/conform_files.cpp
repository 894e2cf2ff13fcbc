// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Other software's tables and digests, checked and summed up.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "analysis/conformance.h"
#include "analysis/run_list.h"
#include "analysis/text_lines.h"
#include "reports/atomic_file.h"
#include "reports/commands.h"
#include "reports/conform.h"
#include "reports/console.h"
#include "reports/descriptor.h"
#include "reports/interrupt.h"
#include "reports/progress.h"
#include "reports/table.h"
#include "spec/conversions.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::reports {
namespace {

using analysis::CastColumnResult;
using analysis::CastMismatch;
using analysis::DigestResult;
using analysis::outcome_text;
using spec::Outcome;

std::string stem_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const auto dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

/// The text of a file, as a stream; noted as an input where `run` will be shown.
std::istringstream read_text(const std::string& path, bool shown, Run& run) {
  std::string text = read_whole(path, kMaxFileBytes);
  if (shown) run.add_input(path, text);
  return std::istringstream(std::move(text));
}

nlohmann::json outcome_json(const Outcome& outcome) {
  return outcome.refused ? nlohmann::json() : nlohmann::json(fmt::format("0x{:x}", outcome.code));
}

struct CheckedTable {
  std::string file;
  std::string source;
  std::vector<CastColumnResult> columns;
};

struct CastTotals {
  std::size_t columns = 0, wrong = 0, unknown = 0;
  std::uint64_t cases = 0, mismatches = 0;

  void add(const CastColumnResult& column) {
    ++columns;
    wrong += column.mismatches > 0 ? 1 : 0;
    unknown += column.error.empty() ? 0 : 1;
    cases += column.cases;
    mismatches += column.mismatches;
  }
};

std::string input_text(const CheckedTable& table, std::uint64_t input) {
  return analysis::input_text(input, spec::find_format(table.source).bits);
}

void print_table(const CheckedTable& table) {
  Table counts({{"column"}, {"cases", true}, {"mismatches", true}, {""}});
  Table witnesses({{"column"}, {table.source}, {"file"}, {"ours"}});
  for (const CastColumnResult& c : table.columns) {
    std::string verdict = coloured(Colour::kGood, "ok");
    if (c.mismatches > 0) verdict = coloured(Colour::kBad, "MISMATCH");
    if (!c.error.empty()) verdict = coloured(Colour::kBad, "NOT CHECKED: ") + c.error;
    counts.add({c.column, std::to_string(c.cases), std::to_string(c.mismatches), verdict});
    for (const CastMismatch& m : c.first)
      witnesses.add(
          {c.column, input_text(table, m.input), outcome_text(m.expected), outcome_text(m.actual)});
  }
  print(table.file + "\n" + counts.text());
  if (!witnesses.empty()) print("first mismatches\n" + witnesses.text());
  print("\n");
}

nlohmann::json table_json(const CheckedTable& table) {
  nlohmann::json columns = nlohmann::json::array();
  for (const CastColumnResult& c : table.columns) {
    nlohmann::json first = nlohmann::json::array();
    for (const CastMismatch& m : c.first)
      first.push_back({{"input", input_text(table, m.input)},
                       {"expected", outcome_json(m.expected)},
                       {"actual", outcome_json(m.actual)}});
    columns.push_back({{"column", c.column},
                       {"error", c.error},
                       {"cases", c.cases},
                       {"mismatches", c.mismatches},
                       {"first", std::move(first)}});
  }
  return {{"file", table.file}, {"source", table.source}, {"columns", std::move(columns)}};
}

/// Lines of one conversion of a digest file.
struct DigestGroup {
  std::string conversion, error;
  std::size_t lines = 0, mismatches = 0;
  const DigestResult* first = nullptr;  ///< mismatch
};

std::vector<DigestGroup> grouped(const std::vector<DigestResult>& results) {
  std::vector<DigestGroup> groups;
  std::unordered_map<std::string, std::size_t> place;
  for (const DigestResult& r : results) {
    const auto [it, added] = place.emplace(r.line.conversion, groups.size());
    if (added) groups.push_back({r.line.conversion, "", 0, 0, nullptr});
    DigestGroup& group = groups[it->second];
    ++group.lines;
    if (r.matches()) continue;
    ++group.mismatches;
    if (group.error.empty()) group.error = r.error;
    if (group.first == nullptr) group.first = &r;
  }
  return groups;
}

void print_digests(const std::vector<DigestGroup>& groups) {
  Table table({{"conversion"}, {"chunks", true}, {"mismatches", true}, {""}});
  for (const DigestGroup& g : groups) {
    std::string verdict = coloured(Colour::kGood, "ok");
    if (!g.error.empty())
      verdict = coloured(Colour::kBad, "NOT CHECKED: ") + g.error;
    else if (g.first != nullptr)
      verdict = coloured(Colour::kBad, "MISMATCH") +
                fmt::format(" in chunk {:02x}: file {:016x}, ours {:016x}", g.first->line.chunk,
                            g.first->line.digest, g.first->actual);
    table.add({g.conversion, std::to_string(g.lines), std::to_string(g.mismatches), verdict});
  }
  print(table.text() + "\n");
}

/// The digests of `lines` recomputed, with progress. Throws Interrupted where that was stopped.
std::vector<DigestResult> computed(const std::vector<analysis::DigestLine>& lines, int threads) {
  std::vector<DigestResult> results;
  {
    Progress progress("conform digest", "chunks", lines.size(), static_cast<double>(lines.size()));
    std::size_t reported = 0;
    results = analysis::check_digests(lines, threads, interrupt_flag(), [&](std::size_t done) {
      if (done <= reported) return;
      progress.advance(static_cast<double>(done - reported), done - reported);
      reported = done;
    });
  }
  if (results.size() < lines.size())
    throw Interrupted(fmt::format("interrupted after {} of {} chunks; run it again from the start",
                                  results.size(), lines.size()));
  return results;
}

std::vector<std::uint32_t> chunk_numbers(const std::vector<std::string>& texts) {
  std::vector<std::uint32_t> chunks;
  for (const std::string& text : texts) {
    std::uint64_t chunk = 0;
    if (!analysis::read_hex(text, chunk) || chunk >= analysis::kDigestChunks)
      throw Error(fmt::format("--chunks {}: chunks are 00 to ff, in hex", text));
    chunks.push_back(static_cast<std::uint32_t>(chunk));
  }
  if (chunks.empty())
    for (std::uint32_t chunk = 0; chunk < analysis::kDigestChunks; ++chunk) chunks.push_back(chunk);
  return chunks;
}

}  // namespace

int check_tables(const std::vector<std::string>& files, bool json, Run run) {
  if (files.empty()) throw Error("a table is missing: mxscope conform cast FILE.tsv");
  std::vector<CheckedTable> tables;
  CastTotals totals;
  for (const std::string& file : files) {
    std::istringstream in = read_text(file, json, run);
    const analysis::CastTable table = analysis::read_cast_table(in, file, interrupt_flag());
    throw_if_interrupted();
    if (table.inputs.empty())
      throw Error(fmt::format("{} holds nothing to check: no row follows the header", file));
    tables.push_back(
        {file, table.source, analysis::check_cast_table(table, stem_of(file), interrupt_flag())});
    throw_if_interrupted();
    for (const CastColumnResult& column : tables.back().columns) totals.add(column);
    if (!json) print_table(tables.back());
  }
  if (json) {
    nlohmann::json list = nlohmann::json::array();
    for (const CheckedTable& table : tables) list.push_back(table_json(table));
    print(json_text({{"run", run},
                     {"tables", std::move(list)},
                     {"columns", totals.columns},
                     {"wrong_columns", totals.wrong},
                     {"unchecked_columns", totals.unknown},
                     {"cases", totals.cases},
                     {"mismatches", totals.mismatches}}));
  } else {
    print(
        fmt::format("{} columns: {} agree, {} with mismatches, {} not checked; {} of {} cases "
                    "mismatch\n",
                    totals.columns, totals.columns - totals.wrong - totals.unknown, totals.wrong,
                    totals.unknown, totals.mismatches, totals.cases));
  }
  return totals.wrong + totals.unknown == 0 ? kAllHolds : kRefuted;
}

int write_digest_file(const std::string& file, const std::vector<std::string>& conversions,
                      const std::vector<std::string>& chunks, int threads) {
  if (file.empty())
    throw Error("a file is missing: mxscope conform digest FILE --write nv_e4m3_sat");
  const std::vector<std::uint32_t> numbers = chunk_numbers(chunks);
  std::vector<analysis::DigestLine> lines;
  for (const std::string& name : conversions) {
    spec::find_conversion(name);  // an unknown one is told before any work
    for (const std::uint32_t chunk : numbers) lines.push_back({name, chunk, 0});
  }
  AtomicFile out(file);
  for (const DigestResult& r : computed(lines, threads)) {
    if (!r.error.empty()) throw Error(fmt::format("{}: {}", r.line.conversion, r.error));
    out.write(fmt::format("{} {:02x} {:016x}\n", r.line.conversion, r.line.chunk, r.actual));
  }
  out.commit();
  return kAllHolds;
}

int check_digest_file(const std::string& file, int threads, bool json, Run run) {
  if (file.empty()) throw Error("a file is missing: mxscope conform digest FILE");
  std::istringstream in = read_text(file, json, run);
  const auto lines = analysis::read_digests(in, file, interrupt_flag());
  throw_if_interrupted();
  if (lines.empty())
    throw Error(
        fmt::format("{} holds nothing to check: no line is 'conversion chunk digest'", file));
  const std::vector<DigestResult> results = computed(lines, threads);
  const auto mismatches = static_cast<std::size_t>(std::count_if(
      results.begin(), results.end(), [](const DigestResult& r) { return !r.matches(); }));
  const auto groups = grouped(results);
  if (json) {
    nlohmann::json list = nlohmann::json::array();
    for (const DigestResult& r : results)
      list.push_back({{"conversion", r.line.conversion},
                      {"chunk", fmt::format("{:02x}", r.line.chunk)},
                      {"expected", fmt::format("{:016x}", r.line.digest)},
                      {"actual", r.error.empty() ? fmt::format("{:016x}", r.actual) : ""},
                      {"error", r.error},
                      {"matches", r.matches()}});
    print(json_text({{"run", run}, {"digests", std::move(list)}, {"mismatches", mismatches}}));
  } else {
    print_digests(groups);
    print(fmt::format("{} digests of {} conversions, {} inputs: {} agree, {} do not\n",
                      results.size(), groups.size(), std::uint64_t{results.size()} << 24,
                      results.size() - mismatches, mismatches));
  }
  return mismatches == 0 ? kAllHolds : kRefuted;
}

}  // namespace mxscope::reports
