// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope probe: CUDA programs that make a tensor core give away its rule, and the rule read back.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "reports/atomic_file.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/json_input.h"
#include "reports/probe_report.h"
#include "reports/probe_source.h"
#include "reports/provenance.h"
#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::reports {
namespace {

constexpr std::size_t kMaxResultsBytes = std::size_t{256} << 20;

struct EmitOptions {
  std::string target;
  std::vector<std::string> units;
  std::string output;
  bool json = false;
};

struct SimulateOptions {
  std::string unit;
  std::vector<std::string> assignments;
  std::string a, b, scale;
  std::string output;
};

struct ReadOptions {
  std::string file;
  bool json = false;
};

/// The targets that some unit can be emitted for, as nvcc spells them.
std::vector<std::string> emitted_targets() {
  std::vector<std::string> targets;
  for (const std::string target : {"sm_75", "sm_80", "sm_89", "sm_90a", "sm_100a", "sm_120a"})
    targets.push_back(target);
  return targets;
}

std::vector<ProbeSet> sets_for(const EmitOptions& options) {
  const std::vector<std::string> targets = emitted_targets();
  if (std::find(targets.begin(), targets.end(), options.target) == targets.end())
    throw Error(
        fmt::format("--target {}: write one of {}", options.target, fmt::join(targets, ", ")));
  std::vector<const sim::MmaUnit*> units;
  for (const std::string& name : options.units) {
    const sim::MmaUnit& unit = sim::find_unit(name);
    if (!emitted_for(unit, options.target))
      throw Error(fmt::format("--unit {}: it is an instruction of {}, not of {}", unit.name,
                              unit.target, options.target));
    units.push_back(&unit);
  }
  if (units.empty())
    for (const sim::MmaUnit& unit : sim::mma_units())
      if (emitted_for(unit, options.target)) units.push_back(&unit);
  std::vector<ProbeSet> sets;
  for (const sim::MmaUnit* unit : units)
    for (ProbeSet& set : probe_sets(*unit)) sets.push_back(std::move(set));
  return sets;
}

int emit(const EmitOptions& options, const Context& context) {
  const std::vector<ProbeSet> sets = sets_for(options);
  const Run run = this_run(context.arguments);
  const std::string file = std::filesystem::path(options.output).filename().string();
  write_file(options.output, probe_program(sets, options.target, run.version, file));
  std::size_t cases = 0;
  for (const ProbeSet& set : sets) cases += set.cases.size();
  if (options.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const ProbeSet& set : sets)
      list.push_back({{"unit", set.mma.unit.name},
                      {"formats", formats_text(set.mma)},
                      {"instruction", ptx_instruction(set.mma)},
                      {"cases", set.cases.size()}});
    print(json_text({{"run", run}, {"file", options.output}, {"sets", std::move(list)}}));
    return kAllHolds;
  }
  print(
      fmt::format("{} cases for {} choices of instruction and formats; none has run on silicon "
                  "yet\nnvcc -arch={} -o probe {} && ./probe results.json\n",
                  cases, sets.size(), options.target, options.output));
  return kAllHolds;
}

/// The sets of the named row, computed with some of its fields changed.
std::vector<ProbeSet> simulated_sets(const SimulateOptions& options) {
  const sim::MmaUnit& row = sim::find_unit(options.unit);
  sim::MmaUnit altered = row;
  for (const std::string& assignment : options.assignments) sim::set_field(altered, assignment);
  std::vector<ProbeSet> sets;
  if (!options.a.empty() || !options.b.empty() || !options.scale.empty()) {
    const sim::Mma mma = sim::bind_unit(row, options.a, options.b, options.scale);
    sets.push_back({mma, sim::design_probe(mma)});
  } else {
    sets = probe_sets(row);
  }
  for (ProbeSet& set : sets) {
    sim::Mma device = set.mma;
    device.unit = altered;
    if (altered.k % altered.step_k != 0)
      throw Error(fmt::format("--set step_k={}: it does not divide the instruction's K, {}",
                              altered.step_k, altered.k));
    for (const sim::ProbeCase& one : set.cases) set.words.push_back(sim::probe_word(device, one));
  }
  return sets;
}

int simulate(const SimulateOptions& options, const Context& context) {
  const std::vector<ProbeSet> sets = simulated_sets(options);
  const Run run = this_run(context.arguments);
  nlohmann::json list = nlohmann::json::array();
  for (const ProbeSet& set : sets) list.push_back(set_json(set));
  const nlohmann::json document = {{"probe", 1},
                                   {"source", "simulated"},
                                   {"run", run},
                                   {"device", {{"name", "the reference executor of mxscope"}}},
                                   {"sets", std::move(list)}};
  if (options.output.empty()) {
    print(json_text(document));
  } else {
    write_file(options.output, json_text(document));
  }
  return kAllHolds;
}

int read(const ReadOptions& options, const Context& context) {
  Run run = this_run(context.arguments);
  std::vector<ProbeAnswer> answers;
  nlohmann::json results;
  try {
    results = parse_json(run.read_input(options.file, kMaxResultsBytes));
    for (ProbeSet& set : parse_results(results)) answers.push_back({std::move(set), {}});
  } catch (const Error& e) {
    const std::string what = e.what();
    throw Error(what.find(options.file) != std::string::npos ? what : options.file + ": " + what);
  }
  for (ProbeAnswer& answer : answers)
    answer.reading = sim::read_probe(answer.set.mma, answer.set.cases, answer.set.words);
  const bool holds =
      std::all_of(answers.begin(), answers.end(), [](const auto& a) { return a.agrees(); });
  if (options.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const ProbeAnswer& answer : answers) list.push_back(answer_json(answer));
    print(json_text({{"run", run},
                     {"source", results.value("source", nlohmann::json())},
                     {"device", results.value("device", nlohmann::json())},
                     {"agrees", holds},
                     {"sets", std::move(list)}}));
    return holds ? kAllHolds : kRefuted;
  }
  for (const ProbeAnswer& answer : answers) print(answer_text(answer) + "\n");
  const auto agreeing =
      std::count_if(answers.begin(), answers.end(), [](const auto& a) { return a.agrees(); });
  print(fmt::format("{} of {} agree with their rows\n", agreeing, answers.size()));
  return holds ? kAllHolds : kRefuted;
}

void add_emit(CLI::App& probe, Context& context) {
  auto o = std::make_shared<EmitOptions>();
  CLI::App* command = probe.add_subcommand("emit", "Write a CUDA program that asks the questions");
  command
      ->add_option("--target", o->target, "GPU, as nvcc spells it: sm_120a, sm_100a, sm_90a, ...")
      ->required()
      ->option_text("SM");
  command->add_option("--unit", o->units, "Only these instructions (default: all of the target)")
      ->option_text("NAME ...");
  command->add_option("-o,--output", o->output, "The program")->required()->option_text("FILE.cu");
  command->add_flag("--json", o->json, "Write JSON about the program");
  command->footer(
      "The program needs CUDA and nothing else. It compiles; it has never run on silicon, and "
      "says\n"
      "so: words that must be equal are compared on the GPU's own results.\n\n"
      "Examples:\n"
      "  mxscope probe emit --target sm_120a -o probe.cu\n"
      "  mxscope probe emit --target sm_100a --unit sm100.tcgen05.mxf4nvf4 -o probe.cu\n"
      "  nvcc -arch=sm_120a -o probe probe.cu && ./probe results.json");
  command->callback(
      [=, &context] { context.action = [=, &context] { return emit(*o, context); }; });
}

void add_simulate(CLI::App& probe, Context& context) {
  auto o = std::make_shared<SimulateOptions>();
  CLI::App* command =
      probe.add_subcommand("simulate", "Answer the questions by a row's rule, without a GPU");
  command->add_option("--unit", o->unit, "The row")->required()->option_text("NAME");
  command->add_option("--set", o->assignments, "A field changed, so that reading has to find it")
      ->option_text("FIELD=VALUE ...");
  command->add_option("--a", o->a, "Only this format of A (default: all, with B in the same)")
      ->option_text("FORMAT");
  command->add_option("--b", o->b, "Format of B (default: as A)")->option_text("FORMAT");
  command->add_option("--scale", o->scale, "Only this format of block scales")
      ->option_text("FORMAT");
  command->add_option("-o,--output", o->output, "Results (default: standard output)")
      ->option_text("FILE.json");
  command->footer(
      "Examples:\n"
      "  mxscope probe simulate --unit sm120.mma.bf16 -o results.json\n"
      "  mxscope probe simulate --unit sm100.mma.bf16 --set kept_bits=24 -o results.json");
  command->callback(
      [=, &context] { context.action = [=, &context] { return simulate(*o, context); }; });
}

void add_read(CLI::App& probe, Context& context) {
  auto o = std::make_shared<ReadOptions>();
  CLI::App* command = probe.add_subcommand("read", "Infer the rules from results");
  command->add_option("FILE", o->file, "What the program, or simulate, wrote")
      ->required()
      ->option_text("FILE.json");
  command->add_flag("--json", o->json, "Write JSON, with every word that is not the row's");
  command->footer(
      "Every value of every field is tried. Where several give all words, they are listed as not\n"
      "told apart. Exit code 0: the rows give every word. 1: a word contradicts its row, or D's\n"
      "words were not all equal.\n\n"
      "Examples:\n"
      "  mxscope probe read results.json\n"
      "  mxscope probe read results.json --json");
  command->callback(
      [=, &context] { context.action = [=, &context] { return read(*o, context); }; });
}

}  // namespace

void add_probe_command(CLI::App& app, Context& context) {
  CLI::App* probe = app.add_subcommand("probe", "Read a tensor core's rules off silicon");
  probe->footer(
      "Examples:\n"
      "  mxscope probe emit --target sm_120a -o probe.cu\n"
      "  mxscope probe simulate --unit sm100.mma.bf16 --set kept_bits=24 -o results.json\n"
      "  mxscope probe read results.json");
  add_emit(*probe, context);
  add_simulate(*probe, context);
  add_read(*probe, context);
}

}  // namespace mxscope::reports
