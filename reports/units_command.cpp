// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope units: the matrix instructions, what each computes, and how that is known.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/provenance.h"
#include "reports/table.h"
#include "reports/unit_words.h"
#include "sim/ptx_targets.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using sim::Mma;
using sim::MmaUnit;

constexpr std::size_t kTextWidth = 78;

struct Options {
  std::string name, target;
  bool json = false;
};

/// One for each set of targets; `operands` are the choices that have just these.
struct Spelling {
  std::string instruction;  ///< of the first
  std::vector<std::string> operands;
  std::vector<std::string> targets;
};

std::string choice_text(const Mma& mma) {
  std::string text = mma.a.name;
  if (mma.unit.mixed) text += " x " + mma.b.name;
  if (mma.scale) text += fmt::format(", {} per {}", mma.scale->name, mma.block);
  return text;
}

std::vector<Spelling> spellings_of(const MmaUnit& unit) {
  std::vector<Spelling> all;
  for (const Mma& mma : sim::choices_of(unit)) {
    const std::string instruction = sim::ptx_instruction(mma);
    if (instruction.empty()) continue;
    const std::vector<std::string> targets = sim::targets_of(mma);
    const auto same = std::find_if(all.begin(), all.end(),
                                   [&](const Spelling& s) { return s.targets == targets; });
    if (same == all.end())
      all.push_back({instruction, {choice_text(mma)}, targets});
    else
      same->operands.push_back(choice_text(mma));
  }
  return all;
}

void print_table(const std::vector<const MmaUnit*>& units) {
  Table table({{"unit"},
               {"A and B"},
               {"scales"},
               {"D"},
               {"K", true},
               {"rule"},
               {"step", true},
               {"F", true},
               {"rounding"},
               {"open", true},
               {"known by"}});
  for (const MmaUnit* unit : units)
    table.add({unit->name, operands_text(*unit), scales_text(*unit), unit->d_format,
               std::to_string(unit->k), words_of(unit->rule).word, std::to_string(unit->step_k),
               has_window(*unit) ? std::to_string(unit->kept_bits) : "", rounding_text(*unit),
               unit->open.empty() ? "" : std::to_string(unit->open.size()), evidence_word(*unit)});
  print(table.text());
  print(
      "\nstep: products in one fused step; F: fraction bits kept below its largest exponent;\n"
      "open: fields that no published output settles. mxscope units NAME shows one unit.\n");
}

/// Cut between words.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t blank = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, blank - at);
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > kTextWidth)
      lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    at = blank + 1;
  }
  return lines;
}

void print_unit(const MmaUnit& unit) {
  Table table({{""}, {""}});
  const auto add = [&](const char* what, const std::string& text) {
    for (const std::string& line : lines_of(text)) {
      table.add({what, line});
      what = "";
    }
  };
  add("device", unit.device);
  add("instruction", unit.instruction);
  add("A and B", operands_text(unit));
  if (!unit.scales.empty()) add("block scales", scales_text(unit));
  add("C and D", unit.d_format);
  add("least shape", fmt::format("m{} n{} k{}", unit.m, unit.n, unit.k));
  add("rule", words_of(unit.rule).sentence);
  add("rounding", rounding_text(unit));
  add("known by", unit.evidence);
  for (const Spelling& s : spellings_of(unit)) {
    const bool all = s.operands.size() == sim::choices_of(unit).size();
    add("ptx", s.instruction);
    if (!all)
      add("", fmt::format("and {} more choices of formats like it: {}", s.operands.size() - 1,
                          fmt::join(s.operands, "; ")));
    add("  targets", s.targets.empty() ? fmt::format("none in ptxas {}", sim::kPtxas)
                                       : fmt::format("{}", fmt::join(s.targets, " ")));
  }
  print(unit.name + "\n" + table.text());
  Table fields({{"field"}, {"value"}, {"may be"}, {""}});
  for (const std::string& text : sim::field_texts(unit)) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (!reads(unit, name)) continue;
    const bool open = std::find(unit.open.begin(), unit.open.end(), name) != unit.open.end();
    fields.add({name, text.substr(equals + 1), sim::field_values(name),
                open ? "open: no published output settles it" : ""});
  }
  print("\n" + fields.text());
}

nlohmann::json unit_json(const MmaUnit& unit) {
  nlohmann::json scales = nlohmann::json::array();
  for (const sim::MmaScale& scale : unit.scales)
    scales.push_back({{"format", scale.format}, {"block", scale.block}});
  nlohmann::json fields = nlohmann::json::array();
  for (const std::string& text : sim::field_texts(unit)) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (!reads(unit, name)) continue;
    fields.push_back(
        {{"name", name},
         {"value", text.substr(equals + 1)},
         {"values", sim::field_values(name)},
         {"open", std::find(unit.open.begin(), unit.open.end(), name) != unit.open.end()}});
  }
  nlohmann::json ptx = nlohmann::json::array();
  for (const Spelling& s : spellings_of(unit))
    ptx.push_back(
        {{"instruction", s.instruction}, {"operands", s.operands}, {"targets", s.targets}});
  return {{"name", unit.name},
          {"device", unit.device},
          {"instruction", unit.instruction},
          {"formats", unit.a_formats},
          {"mixed", unit.mixed},
          {"scales", std::move(scales)},
          {"d", unit.d_format},
          {"m", unit.m},
          {"n", unit.n},
          {"k", unit.k},
          {"rule", words_of(unit.rule).word},
          {"rounding", rounding_text(unit)},
          {"fields", std::move(fields)},
          {"evidence", unit.evidence},
          {"ptx", std::move(ptx)}};
}

int run_units(const Options& options, const Context& context) {
  const Run run = this_run(context.arguments);
  std::vector<const MmaUnit*> units;
  for (const MmaUnit& unit : sim::mma_units())
    if (options.target.empty() || sim::exists_on(unit, options.target)) units.push_back(&unit);
  if (!options.name.empty()) {
    const MmaUnit& unit = sim::find_unit(options.name);
    if (!options.target.empty()) sim::require_unit(unit, options.target);
    units = {&unit};
  }
  if (options.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const MmaUnit* unit : units) list.push_back(unit_json(*unit));
    print(json_text({{"run", run}, {"ptxas", sim::kPtxas}, {"units", std::move(list)}}));
  } else if (!options.name.empty()) {
    print_unit(*units.front());
  } else if (units.empty()) {
    print(fmt::format("no unit of this table exists on {}\n", options.target));
  } else {
    print_table(units);
  }
  return kAllHolds;
}

}  // namespace

void add_units_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("units", "List the matrix units of tensor cores, or explain one");
  command->add_option("NAME", o->name, "A unit, or parts of its name; all of them if left out");
  command->add_option("--target", o->target, "Only what exists on this target of PTX")
      ->option_text("sm_NNN");
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "Examples:\n"
      "  mxscope units                        the table\n"
      "  mxscope units sm120.mxf4nvf4         one: every field, evidence, targets\n"
      "  mxscope units --target sm_120a       what a GPU has\n"
      "  mxscope units sm90.wgmma.fp8 --json  for programs");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_units(*o, context); }; });
}

}  // namespace mxscope::reports
