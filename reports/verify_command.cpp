// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify: claims checked, journalled, merged and printed in one order.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "analysis/text_lines.h"
#include "reports/atomic_file.h"
#include "reports/claims_text.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/interrupt.h"
#include "reports/journal.h"
#include "reports/numbers.h"
#include "reports/progress.h"
#include "reports/task_pool.h"
#include "reports/verify_plan.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;

struct Output {
  bool json = false;
  std::string file;  ///< instead of standard output, which then has the summary alone
};

struct RunOptions {
  TaskChoice choice;
  std::string journal;
  int threads = 0;
  Output output;
};

/// Where claims go, open before any work so that none is done in vain.
class ClaimsOutput {
 public:
  ClaimsOutput(const Output& output, const std::vector<std::string>& inputs) : json_(output.json) {
    refuse_same_file(output.file, inputs);
    if (!output.file.empty()) file_.emplace(output.file);
  }

  int write(const VerifySubject& subject, const std::vector<Claim>& claims,
            const nlohmann::json& request, const Run& run) {
    const std::string summary = summary_text(claims);
    std::string document;
    if (json_)
      document = json_text({{"run", run}, {"request", request}, {"claims", claims}});
    else
      document = subject.text(claims) + "\n" + summary;
    if (file_) {
      file_->write(document);
      file_->commit();
    }
    print(file_ ? summary : document);
    return all_hold(claims) ? kAllHolds : kRefuted;
  }

 private:
  bool json_;
  std::optional<AtomicFile> file_;
};

/// Results by place in the task list, whatever the order in which they come.
class Results {
 public:
  explicit Results(std::size_t tasks) : found_(tasks), origins_(tasks) {}

  void put(std::size_t task, std::vector<Claim> claims) { found_[task] = std::move(claims); }
  bool has(std::size_t task) const { return found_[task].has_value(); }

  /// Takes over the entries of a journal. Throws Error for one that is no task of the plan, or that
  /// contradicts what another journal or line says.
  void add(const std::vector<JournalEntry>& entries, const VerifyPlan& plan,
           const std::string& path) {
    for (const JournalEntry& entry : entries) {
      const auto task = plan.place_of(entry.index);
      if (!task || plan.tasks[*task].id != entry.task)
        throw Error(
            fmt::format("{}: task {} with index {} is not one of this request; give another "
                        "file",
                        path, analysis::excerpt(entry.task), entry.index));
      if (const auto problem = claims_problem(plan.tasks[*task], entry.claims); !problem.empty())
        throw Error(fmt::format("{}: task {}: {}; give another file", path, entry.task, problem));
      if (has(*task) && *found_[*task] != entry.claims)
        throw Error(
            fmt::format("{} and {} disagree on the claims of task {}; remove the wrong one, "
                        "or run it again",
                        origins_[*task], path, entry.task));
      put(*task, entry.claims);
      origins_[*task] = path;
    }
  }

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
  std::vector<std::string> origins_;  ///< of those from journals
};

/// Runs what `results` lacks.
bool run_missing(const std::string& subject, const VerifyPlan& plan, int threads, TaskPool* pool,
                 Results& results, Journal* journal) {
  std::vector<analysis::Task> missing;
  std::vector<std::size_t> places;
  double cost = 0;
  for (std::size_t k = 0; k < plan.tasks.size(); ++k) {
    if (results.has(k)) continue;
    missing.push_back(plan.tasks[k]);
    places.push_back(k);
    cost += plan.tasks[k].cost;
  }
  Progress progress("verify " + subject, "tasks", missing.size(), cost);
  const auto keep = [&](std::size_t place, const std::vector<Claim>& claims) {
    const analysis::Task& task = plan.tasks[place];
    if (journal != nullptr) journal->append({plan.index_of(place), task.id, claims});
    results.put(place, claims);
    progress.advance(task.cost);
  };
  if (pool != nullptr) return pool->run(plan, places, interrupt_flag(), keep);
  return run_tasks(
      missing, threads, interrupt_flag(),
      [&](std::size_t k, const std::vector<Claim>& claims) { keep(places[k], claims); });
}

int run_subject(const VerifySubject& subject, const RunOptions& options, const Context& context) {
  const auto start = std::chrono::steady_clock::now();
  subject.check_runnable();
  Run run = this_run(context.arguments);
  const VerifyPlan plan = make_verify_plan(subject, options.choice, run);
  if (plan.tasks.empty()) throw Error("there is nothing to verify: the shard has no tasks");
  if (context.pool != nullptr && !context.pool->coordinates()) {
    context.pool->serve(plan, interrupt_flag());
    return kAllHolds;
  }
  const std::string& formats = subject.files.formats;
  const std::string& recipes = subject.files.recipes;
  refuse_same_file(options.journal, {formats, recipes});
  ClaimsOutput output(options.output, {options.journal, formats, recipes});
  Results results(plan.tasks.size());
  std::optional<Journal> journal;
  if (!options.journal.empty()) {
    journal.emplace(options.journal, plan.header);
    results.add(journal->entries(), plan, options.journal);
  }
  if (!run_missing(subject.name(), plan, options.threads, context.pool, results,
                   journal ? &*journal : nullptr)) {
    const std::string how =
        journal ? fmt::format("run the same command again to go on from {}", options.journal)
                : "with --journal FILE a rerun would go on from here";
    throw Interrupted(fmt::format("interrupted after {} of {} tasks; {}", results.finished(),
                                  plan.tasks.size(), how));
  }
  run.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return output.write(subject, results.in_order(), plan.header.at("request"), run);
}

struct MergeOptions {
  std::vector<std::string> journals;
  RecipeFiles files;
  Output output;
};

/// The plan a journal's header asks for, of all shards, made by this program as a resume would.
VerifyPlan whole_plan(const std::string& file, const nlohmann::json& header,
                      const MergeOptions& options, Run& run) {
  try {
    JournalledRequest asked = request_of(header);
    asked.subject->files = options.files;
    asked.choice.shard.clear();
    return make_verify_plan(*asked.subject, asked.choice, run);
  } catch (const Error& e) {
    const bool none = options.files.formats.empty() && options.files.recipes.empty();
    throw Error(fmt::format("{}: {}{}", file, e.what(),
                            none ? "; if its run had --formats or --recipes, add that here" : ""));
  }
}

int run_merge(const MergeOptions& options, const Context& context) {
  const std::vector<std::string>& files = options.journals;
  if (files.empty()) throw Error("a journal is missing: mxscope verify merge FILE...");
  std::vector<std::string> inputs = files;
  inputs.insert(inputs.end(), {options.files.formats, options.files.recipes});
  ClaimsOutput output(options.output, inputs);
  Run run = this_run(context.arguments);
  std::optional<VerifyPlan> plan;
  std::unique_ptr<VerifySubject> subject;
  std::optional<Results> results;
  for (const std::string& file : files) {
    const JournalText journal = parse_journal(run.read_input(file, kMaxJournalBytes), file);
    if (journal.header.is_null())
      throw Error(fmt::format("{} has no whole line; run its shard again", file));
    for (const auto& [field, own] :
         {std::pair{"version", run.version}, {"program", program_digest()}}) {
      if (journal.header.value(field, nlohmann::json()) == own) continue;
      throw Error(
          fmt::format("{} was written by another program ({}); merge with that, or run its "
                      "shard again",
                      file, header_difference(journal.header, {{field, own}})));
    }
    if (!plan) {
      plan = whole_plan(file, journal.header, options, run);
      subject = request_of(journal.header).subject;
      results.emplace(plan->tasks.size());
    }
    nlohmann::json whole = plan->header;
    whole.erase("shard");
    if (const std::string difference = header_difference(journal.header, whole);
        !difference.empty())
      throw Error(fmt::format("{} asks for something else than {}{}: {}", file, files.front(),
                              file == files.front() ? " as this program plans it" : "",
                              difference));
    const analysis::Shard shard = parse_shard(request_of(journal.header).choice.shard);
    for (const JournalEntry& entry : journal.entries)
      if (entry.index % static_cast<std::size_t>(shard.count) !=
          static_cast<std::size_t>(shard.index))
        throw Error(fmt::format("{}: task {} is not of its shard {}/{}; give another file", file,
                                entry.index, shard.index, shard.count));
    results->add(journal.entries, *plan, file);
  }
  if (results->finished() < plan->total)
    throw Error(fmt::format("{} of {} tasks are in no journal; finish every shard, then merge",
                            plan->total - results->finished(), plan->total));
  return output.write(*subject, results->in_order(), plan->header.at("request"), run);
}

void add_output_options(CLI::App& command, Output& output) {
  command.add_flag("--json", output.json, "Write JSON");
  command
      .add_option("-o,--output", output.file,
                  "Write the claims to a file, and only the summary to standard output")
      ->option_text("FILE");
}

std::string kinds_text(const VerifySubject& subject) {
  std::string text;
  for (const ClaimKind& kind : subject.kinds()) text += (text.empty() ? "" : ", ") + kind.name;
  return text;
}

void add_subject(CLI::App& verify, std::shared_ptr<VerifySubject> subject, Context& context) {
  auto o = std::make_shared<RunOptions>();
  CLI::App* command = verify.add_subcommand(subject->name(), subject->summary());
  subject->add_options(*command);
  command
      ->add_option("--only", o->choice.kinds,
                   "Only claims of these kinds:\n" + kinds_text(*subject))
      ->option_text("KIND ...");
  command
      ->add_option("--shard", o->choice.shard, "Only part i of n, 0 <= i < n; needs no other parts")
      ->option_text("i/n");
  command
      ->add_option("--journal", o->journal,
                   "Note finished tasks here; with the same file a rerun goes on")
      ->option_text("FILE");
  add_number(*command, "--threads", o->threads, 1, kMostThreads, "Threads (default: one per core)");
  add_output_options(*command, o->output);
  command->footer(
      "The claims are the same bytes at any number of threads and shards. Exit code 0: every\n"
      "claim holds; 1: one is refuted; 3: interrupted.\n\n"
      "Examples:\n" +
      subject->examples());
  command->callback([o, subject, &context] {
    context.action = [o, subject, &context] { return run_subject(*subject, *o, context); };
  });
}

void add_merge(CLI::App& verify, Context& context) {
  auto o = std::make_shared<MergeOptions>();
  CLI::App* command = verify.add_subcommand("merge", "Join the journals of all shards");
  command->add_option("FILES", o->journals, "Journals of the same request")
      ->option_text("FILE ...");
  add_recipe_files(*command, o->files, "--recipes");
  add_output_options(*command, o->output);
  command->footer(
      "Examples:\n"
      "  mxscope verify merge a.jsonl b.jsonl\n"
      "  mxscope verify merge shard-*.jsonl --json -o claims.json");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_merge(*o, context); }; });
}

}  // namespace

void add_verify_command(CLI::App& app, Context& context) {
  CLI::App* verify = app.add_subcommand("verify", "Check claims about the code, input by input");
  verify->footer(
      "Examples:\n"
      "  mxscope verify codec --quick\n"
      "  mxscope verify codec --format e4m3 --round rne\n"
      "  mxscope verify merge a.jsonl b.jsonl");
  for (auto& subject : verify_subjects()) add_subject(*verify, std::move(subject), context);
  add_merge(*verify, context);
}

}  // namespace mxscope::reports
