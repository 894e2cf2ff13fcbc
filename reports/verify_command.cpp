// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify: claims checked, journalled, merged and printed in one order.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "reports/atomic_file.h"
#include "reports/claims_text.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/interrupt.h"
#include "reports/journal.h"
#include "reports/progress.h"
#include "reports/verify_plan.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;

struct Output {
  bool json = false;
  std::string file;  ///< instead of standard output, which then has the summary alone
};

struct CodecOptions : VerifyOptions {
  std::string journal;
  int threads = 0;
  Output output;
};

int write_claims(const std::vector<Claim>& claims, const nlohmann::json& request, const Run& run,
                 const Output& output) {
  const std::string summary = summary_text(claims);
  std::string document;
  if (output.json)
    document = json_text({{"run", run}, {"request", request}, {"claims", claims}});
  else
    document = claims_text(claims) + "\n" + summary;
  if (output.file.empty()) {
    print(document);
  } else {
    write_file(output.file, document);
    print(summary);
  }
  return all_hold(claims) ? kAllHolds : kRefuted;
}

/// Results by place in the task list, whatever the order in which they come.
class Results {
 public:
  explicit Results(std::size_t tasks) : found_(tasks) {}

  void put(std::size_t task, std::vector<Claim> claims) { found_[task] = std::move(claims); }
  bool has(std::size_t task) const { return found_[task].has_value(); }

  std::size_t finished() const {
    std::size_t n = 0;
    for (const auto& claims : found_) n += claims ? 1 : 0;
    return n;
  }

  std::vector<Claim> in_order() const {
    std::vector<Claim> all;
    for (const auto& claims : found_)
      if (claims) all.insert(all.end(), claims->begin(), claims->end());
    return all;
  }

 private:
  std::vector<std::optional<std::vector<Claim>>> found_;
};

/// Runs what `results` lacks.
bool run_missing(const VerifyPlan& plan, int threads, Results& results, Journal* journal) {
  std::vector<analysis::Task> missing;
  std::vector<std::size_t> places;
  double cost = 0;
  for (std::size_t k = 0; k < plan.tasks.size(); ++k) {
    if (results.has(k)) continue;
    missing.push_back(plan.tasks[k]);
    places.push_back(k);
    cost += plan.tasks[k].cost;
  }
  Progress progress("verify codec", "tasks", missing.size(), cost);
  return run_tasks(missing, threads, interrupt_flag(),
                   [&](std::size_t k, const std::vector<Claim>& claims) {
                     if (journal != nullptr)
                       journal->append({plan.index_of(places[k]), missing[k].id, claims});
                     results.put(places[k], claims);
                     progress.advance(missing[k].cost);
                   });
}

int run_codec(const CodecOptions& options, const Context& context) {
  const auto start = std::chrono::steady_clock::now();
  if (options.threads < 0 || options.threads > 1024)
    throw Error(fmt::format("--threads {}: must be 1 to 1024", options.threads));
  Run run = this_run(context.arguments);
  const VerifyPlan plan = make_verify_plan(options, run);
  if (plan.tasks.empty()) throw Error("there is nothing to verify: the shard has no tasks");
  Results results(plan.tasks.size());
  std::optional<Journal> journal;
  if (!options.journal.empty()) {
    journal.emplace(options.journal, plan.header);
    std::map<std::size_t, std::size_t> place;
    for (std::size_t k = 0; k < plan.tasks.size(); ++k) place[plan.index_of(k)] = k;
    for (const JournalEntry& entry : journal->entries()) {
      const auto it = place.find(entry.index);
      if (it == place.end() || plan.tasks[it->second].id != entry.task)
        throw Error(fmt::format("{}: task {} is not one of this request; give another file",
                                options.journal, entry.task));
      results.put(it->second, entry.claims);
    }
  }
  if (!run_missing(plan, options.threads, results, journal ? &*journal : nullptr)) {
    const std::string how =
        journal ? fmt::format("run the same command again to go on from {}", options.journal)
                : "with --journal FILE a rerun would go on from here";
    throw Interrupted(fmt::format("interrupted after {} of {} tasks; {}", results.finished(),
                                  plan.tasks.size(), how));
  }
  run.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return write_claims(results.in_order(), plan.header.at("request"), run, options.output);
}

int run_merge(const std::vector<std::string>& files, const Output& output, const Context& context) {
  if (files.empty()) throw Error("a journal is missing: mxscope verify merge FILE...");
  Run run = this_run(context.arguments);
  nlohmann::json header;
  std::map<std::size_t, std::vector<Claim>> tasks;
  for (const std::string& file : files) {
    const JournalText journal = read_journal(file);
    run.add_input(file);
    if (journal.header.is_null())
      throw Error(fmt::format("{} has no whole line; run its shard again", file));
    nlohmann::json own = journal.header;
    own.erase("shard");
    if (header.is_null()) header = own;
    if (const std::string difference = header_difference(own, header); !difference.empty())
      throw Error(fmt::format("{} and {} are journals of different requests or programs: {}", file,
                              files.front(), difference));
    for (const JournalEntry& entry : journal.entries) tasks[entry.index] = entry.claims;
  }
  const auto& request = header.at("request");
  const auto total = request.at("tasks").get<std::size_t>();
  if (tasks.size() < total)
    throw Error(fmt::format("{} of {} tasks are in no journal; finish every shard, then merge",
                            total - tasks.size(), total));
  std::vector<Claim> claims;
  for (const auto& [index, found] : tasks) claims.insert(claims.end(), found.begin(), found.end());
  return write_claims(claims, request, run, output);
}

void add_output_options(CLI::App& command, Output& output) {
  command.add_flag("--json", output.json, "Write JSON");
  command
      .add_option("-o,--output", output.file,
                  "Write the claims to a file, and only the summary to standard output")
      ->option_text("FILE");
}

void add_codec(CLI::App& verify, Context& context) {
  auto o = std::make_shared<CodecOptions>();
  CLI::App* command = verify.add_subcommand(
      "codec", "Check that the fast codecs equal the exact oracle, on every input");
  command->add_option("--format", o->formats, "Only these formats, of at most 8 bits")
      ->option_text("NAME ...");
  command->add_flag("--all-p3109", o->all_p3109,
                    "The IEEE P3109 formats of widths 3 to 8, and only named ones beside");
  command->add_option("--round", o->roundings, "Only these modes: rne, rna, rtz, rup, rdn, odd")
      ->option_text("MODE ...");
  command
      ->add_option("--only", o->kinds,
                   "Only claims of these kinds: codec, property, two-step, stochastic,\n"
                   "cells")
      ->option_text("KIND ...");
  command->add_option("--backend", o->backend, "Back end to check (default: the fastest)")
      ->option_text("NAME");
  command->add_flag("--quick", o->quick, "One mode and policy for each format");
  command->add_flag("--stochastic,!--no-stochastic", o->stochastic,
                    "Every value of the random bits too");
  command->add_flag("--exhaustive-p3109", o->exhaustive_p3109,
                    "P3109 formats on all 2^32 inputs, not by rounding cells alone");
  command->add_flag("--all", o->all, "Everything: --stochastic and --exhaustive-p3109");
  command->add_option("--formats", o->formats_file, "TOML file of further formats")
      ->option_text("FILE.toml");
  command->add_option("--shard", o->shard, "Only part i of n, 0 <= i < n; needs no other parts")
      ->option_text("i/n");
  command
      ->add_option("--journal", o->journal,
                   "Note finished tasks here; with the same file a rerun goes on")
      ->option_text("FILE");
  command->add_option("--threads", o->threads, "Threads (default: one per core)")->option_text("N");
  add_output_options(*command, o->output);
  command->footer(
      "The claims are the same bytes at any number of threads and shards. Exit code 0: every\n"
      "claim holds; 1: one is refuted; 3: interrupted.\n\n"
      "Examples:\n"
      "  mxscope verify codec --format e2m1 e4m3\n"
      "  mxscope verify codec --only property two-step\n"
      "  mxscope verify codec --journal all.jsonl --json -o claims.json\n"
      "  mxscope verify codec --shard 0/2 --journal a.jsonl   (and 1/2 elsewhere)");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_codec(*o, context); }; });
}

void add_merge(CLI::App& verify, Context& context) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto output = std::make_shared<Output>();
  CLI::App* command = verify.add_subcommand("merge", "Join the journals of all shards");
  command->add_option("FILES", *files, "Journals of the same request")->option_text("FILE ...");
  add_output_options(*command, *output);
  command->footer(
      "Examples:\n"
      "  mxscope verify merge a.jsonl b.jsonl\n"
      "  mxscope verify merge shard-*.jsonl --json -o claims.json");
  command->callback([=, &context] {
    context.action = [=, &context] { return run_merge(*files, *output, context); };
  });
}

}  // namespace

void add_verify_command(CLI::App& app, Context& context) {
  CLI::App* verify = app.add_subcommand("verify", "Check claims about the code, input by input");
  verify->footer(
      "Examples:\n"
      "  mxscope verify codec --quick\n"
      "  mxscope verify codec --format e4m3 --round rne\n"
      "  mxscope verify merge a.jsonl b.jsonl");
  add_codec(*verify, context);
  add_merge(*verify, context);
}

}  // namespace mxscope::reports
