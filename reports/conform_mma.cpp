// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope conform mma: results of matrix instructions, checked and summed up.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "reports/commands.h"
#include "reports/conform.h"
#include "reports/console.h"
#include "reports/mma_check.h"
#include "reports/progress.h"
#include "reports/table.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

struct CheckedVectors {
  MmaVectors vectors;
  MmaSource source;
  std::vector<MmaCounts> counts;  ///< by executor
};

std::string_view name_of(MmaExecutor executor) {
  switch (executor) {
    case MmaExecutor::kReference:
      return "reference";
    case MmaExecutor::kFast:
      return "fast";
  }
  return "";
}

std::vector<MmaExecutor> executors_named(const std::string& name) {
  if (name == "reference") return {MmaExecutor::kReference};
  if (name == "fast") return {MmaExecutor::kFast};
  if (name == "both") return {MmaExecutor::kReference, MmaExecutor::kFast};
  throw Error(fmt::format("--executor {}: write reference, fast or both", name));
}

std::string types_text(const MmaVectors& v) {
  std::string text = fmt::format("{} x {} to {}, k {}", v.a, v.b, v.d, v.k);
  if (!v.scale.empty()) text += fmt::format(", {} per {}", v.scale, v.block);
  return text;
}

/// Words of an operand in hex, in the order of k.
std::vector<std::string> hex_words(std::span<const std::uint8_t> bytes, std::size_t size) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < size; ++i) word |= std::uint64_t{bytes[at + i]} << 8 * i;
    words.push_back(fmt::format("{:0{}x}", word, 2 * size));
  }
  return words;
}

std::string hex(std::size_t bytes, std::uint64_t word) {
  return fmt::format("0x{:0{}x}", word, 2 * bytes);
}

/// The operands of one output.
struct Operands {
  std::vector<std::string> a, b, a_scales, b_scales;
  std::string c, expected, ours;
};

Operands operands_of(const MmaVectors& v, const MmaMismatch& at) {
  const MmaProduct& tile = v.tiles[at.tile];
  const auto row_of = [](const std::vector<std::uint8_t>& bytes, std::size_t row,
                         std::int64_t rows) {
    const std::size_t size = bytes.size() / static_cast<std::size_t>(rows);
    return std::span(bytes).subspan(row * size, size);
  };
  return {hex_words(row_of(tile.a, at.row, v.m), v.a_bytes),
          hex_words(row_of(tile.b, at.column, v.n), v.b_bytes),
          hex_words(row_of(tile.a_scales, at.row, v.m), 1),
          hex_words(row_of(tile.b_scales, at.column, v.n), 1),
          hex(v.d_bytes, tile.c[at.row * static_cast<std::size_t>(v.n) + at.column]),
          hex(v.d_bytes, at.expected),
          hex(v.d_bytes, at.ours)};
}

std::string mismatch_text(const CheckedVectors& checked, const MmaCounts& counts) {
  const MmaVectors& v = checked.vectors;
  const MmaMismatch& at = *counts.first;
  const Operands o = operands_of(v, at);
  const std::string& category = v.tiles[at.tile].category;
  std::string text = fmt::format(
      "\n{}, {}: tile {}{}, row {}, column {}: {} in the file, {} by {}\n"
      "  A {}\n  B {}\n",
      v.file, name_of(counts.executor), at.tile,
      category.empty() ? "" : fmt::format(" ({})", printable(category)), at.row, at.column,
      o.expected, o.ours, checked.source.mma.unit.name, fmt::join(o.a, " "), fmt::join(o.b, " "));
  if (!o.a_scales.empty())
    text += fmt::format("  scales of A {}\n  scales of B {}\n", fmt::join(o.a_scales, " "),
                        fmt::join(o.b_scales, " "));
  return text +
         fmt::format("  C {}{}\n", o.c, checked.source.ignores_addend ? " (taken as 0)" : "");
}

nlohmann::json checked_json(const CheckedVectors& checked) {
  const MmaVectors& v = checked.vectors;
  nlohmann::json list = nlohmann::json::array();
  for (const MmaCounts& counts : checked.counts) {
    nlohmann::json one = {{"executor", name_of(counts.executor)},
                          {"judged", counts.judged},
                          {"matched", counts.matched},
                          {"mismatches", counts.mismatches()},
                          {"contested", counts.contested},
                          {"contested_matched", counts.contested_matched}};
    if (counts.first) {
      const Operands o = operands_of(v, *counts.first);
      one["first_mismatch"] = {{"tile", counts.first->tile},
                               {"category", v.tiles[counts.first->tile].category},
                               {"row", counts.first->row},
                               {"column", counts.first->column},
                               {"expected", o.expected},
                               {"ours", o.ours},
                               {"A", o.a},
                               {"B", o.b},
                               {"A_scales", o.a_scales},
                               {"B_scales", o.b_scales},
                               {"C", o.c}};
    }
    list.push_back(std::move(one));
  }
  return {{"file", v.file},
          {"source", v.source},
          {"unit", checked.source.mma.unit.name},
          {"fields", sim::field_texts(checked.source.mma.unit)},
          {"a", v.a},
          {"b", v.b},
          {"d", v.d},
          {"k", v.k},
          {"scale", v.scale},
          {"scale_block", v.block},
          {"addend_taken_as_zero", checked.source.ignores_addend},
          {"tiles", v.tiles.size()},
          {"executors", std::move(list)}};
}

void print_checked(const std::vector<CheckedVectors>& all,
                   const std::vector<MmaExecutor>& executors) {
  std::vector<Table::Column> columns = {{"file"}, {"products"}, {"unit"}};
  for (const MmaExecutor executor : executors)
    columns.push_back({std::string(name_of(executor)) + "\nmatches", true});
  columns.push_back({"\noutputs", true});
  columns.push_back({"contested,\nas ours", true});
  Table table(std::move(columns));
  std::string details;
  for (const CheckedVectors& checked : all) {
    const MmaVectors& v = checked.vectors;
    std::vector<std::string> row = {std::filesystem::path(v.file).stem().string(), types_text(v),
                                    checked.source.mma.unit.name};
    for (const MmaExecutor executor : executors) {
      const auto ran =
          std::find_if(checked.counts.begin(), checked.counts.end(),
                       [&](const MmaCounts& counts) { return counts.executor == executor; });
      if (ran == checked.counts.end()) {
        row.push_back("-");
        continue;
      }
      const std::string matched = std::to_string(ran->matched);
      row.push_back(ran->mismatches() == 0 ? matched : coloured(Colour::kBad, matched));
      if (ran->first) details += mismatch_text(checked, *ran);
    }
    const MmaCounts& any = checked.counts.front();
    row.push_back(std::to_string(any.judged));
    row.push_back(any.contested == 0 ? ""
                                     : fmt::format("{}, {}", any.contested, any.contested_matched));
    table.add(std::move(row));
  }
  print(table.text() + details);
}

}  // namespace

int check_mma_vectors(const MmaRequest& request, bool json, Run run) {
  const std::vector<MmaExecutor> executors = executors_named(request.executor);
  if (request.paths.empty())
    throw Error("a file or folder of matrix products is missing: mxscope conform mma FILE.json");
  const std::vector<std::string> headers = mma_vector_headers(request.paths);
  std::vector<CheckedVectors> all;
  std::uint64_t judged = 0;
  std::uint64_t mismatches = 0;
  std::uint64_t contested = 0;
  {
    Progress progress("conform mma", "files", headers.size(), static_cast<double>(headers.size()));
    for (const std::string& header : headers) {
      for (MmaVectors& vectors : read_mma_vectors(header, run)) {
        CheckedVectors checked{std::move(vectors), {}, {}};
        checked.source = mma_source(checked.vectors, request.unit, request.fields);
        for (const MmaExecutor executor : executors) {
          // The fast executor has words of 32 bits.
          if (executor == MmaExecutor::kFast && checked.vectors.d_bytes > 4) {
            if (executors.size() == 1)
              throw Error(fmt::format("{}: results of {} are the reference executor's alone",
                                      header, checked.vectors.d));
            continue;
          }
          checked.counts.push_back(check_vectors(checked.vectors, checked.source, executor));
          mismatches += checked.counts.back().mismatches();
        }
        judged += checked.counts.front().judged;
        contested += checked.counts.front().contested;
        all.push_back(std::move(checked));
      }
      progress.advance(1);
    }
  }
  if (json) {
    nlohmann::json list = nlohmann::json::array();
    for (const CheckedVectors& checked : all) list.push_back(checked_json(checked));
    print(json_text({{"run", run},
                     {"files", std::move(list)},
                     {"outputs", judged},
                     {"mismatches", mismatches},
                     {"contested", contested}}));
  } else {
    print_checked(all, executors);
    print(fmt::format(
        "\n{} files, {} outputs{}: {}; {} contested outputs not judged\n", headers.size(), judged,
        executors.size() == 1 ? "" : " by each executor",
        mismatches == 0 ? std::string("all match") : fmt::format("{} mismatches", mismatches),
        contested));
  }
  return mismatches == 0 ? kAllHolds : kRefuted;
}

}  // namespace mxscope::reports
