// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope report: the page, its figures' data and its tables as JSON, in one folder.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "analysis/claim.h"
#include "analysis/codec_claims.h"
#include "reports/bound_story.h"
#include "reports/claims_text.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/descriptor.h"
#include "reports/figures_render.h"
#include "reports/format_facts.h"
#include "reports/interrupt.h"
#include "reports/json_input.h"
#include "reports/numbers.h"
#include "reports/page.h"
#include "reports/progress.h"
#include "reports/report_folder.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;

constexpr std::size_t kMaxClaimsBytes = std::size_t{1} << 30;

constexpr std::array kFiles = {"index.html",       "data/formats.json", "data/conversions.json",
                               "data/bounds.json", "data/claims.json",  "data/provenance.json"};

struct ReportOptions {
  std::string folder = "reports/out";
  std::string claims;            ///< file, or empty for the built-in set
  std::string python, renderer;  ///< empty: python3, and the script that came with the program
  int threads = 0;
  bool json = false;
  bool check = false;
};

/// What a file of mxscope verify holds: its claims, and the "run" and "request" they come from.
struct ClaimsFile {
  std::vector<Claim> claims;
  nlohmann::json run, request;
};

ClaimsFile parse_claims(std::string_view text, const std::string& path) {
  const auto bad = [&](std::string_view why) {
    return Error(fmt::format("{} is not what 'mxscope verify codec --json' writes: {}", path, why));
  };
  ClaimsFile file;
  std::vector<Claim>& claims = file.claims;
  try {
    const nlohmann::json document = parse_json(text);
    if (!document.contains("claims") || !document["claims"].is_array())
      throw Error("it has no list of claims");
    document["claims"].get_to(claims);
    for (const auto& [name, part] : {std::pair{"run", &file.run}, {"request", &file.request}}) {
      *part = document.value(name, nlohmann::json::object());
      if (!part->is_object()) throw Error(fmt::format("its {} is no object", name));
    }
  } catch (const Error& e) {
    throw bad(e.what());
  }
  if (claims.empty()) throw bad("its list of claims is empty, so it holds nothing to check");
  std::set<std::string_view> ids;
  for (const Claim& claim : claims)
    if (!ids.insert(claim.id).second) throw bad(fmt::format("claim {} stands twice", claim.id));
  return file;
}

std::vector<Claim> claims_of(const std::vector<analysis::Task>& tasks, int threads,
                             const char* what) {
  double cost = 0;
  for (const analysis::Task& task : tasks) cost += task.cost;
  std::vector<std::vector<Claim>> found(tasks.size());
  {
    Progress progress(what, "tasks", tasks.size(), cost);
    const bool finished = run_tasks(tasks, threads, interrupt_flag(),
                                    [&](std::size_t k, const std::vector<Claim>& c) {
                                      found[k] = c;
                                      progress.advance(tasks[k].cost);
                                    });
    if (!finished) throw Interrupted("stopped before anything was written; run it again");
  }
  std::vector<Claim> claims;
  for (const auto& some : found) claims.insert(claims.end(), some.begin(), some.end());
  return claims;
}

/// One mode and policy for each narrow format, on all binary32 inputs, and what follows from the
/// oracle's step maps alone.
std::vector<Claim> quick_claims(int threads) {
  analysis::CodecRequest request;
  for (const spec::Format& f : spec::builtin_formats())
    if (f.bits <= 8) request.formats.push_back(f);
  request.roundings = {spec::Rounding::kNearestEven};
  request.quick = true;
  std::vector<analysis::Task> tasks = analysis::exhaustive_codec_tasks(request);
  for (const auto& more : {analysis::property_tasks(request), analysis::two_step_tasks(request)})
    tasks.insert(tasks.end(), more.begin(), more.end());
  return claims_of(tasks, threads, "verify");
}

std::string formats_json() {
  nlohmann::json formats = nlohmann::json::array();
  for (const spec::Format& f : spec::builtin_formats()) {
    nlohmann::json row = format_json(f);
    if (f.bits <= 8) {
      row["codes"] = nlohmann::json::array();
      for (spec::Code code = 0; code <= f.code_mask(); ++code)
        row["codes"].push_back(code_json(f, code));
    }
    formats.push_back(std::move(row));
  }
  return json_text({{"formats", formats}}) + "\n";
}

int write_report(const ReportOptions& options, const std::vector<std::string>& arguments) {
  const auto start = std::chrono::steady_clock::now();
  check_renderer({options.python, options.renderer});
  PageContent content;
  Run run = this_run(arguments);
  content.run = run;
  content.run.arguments = {"report"};
  if (!options.claims.empty()) {
    const std::string text = run.read_input(options.claims, kMaxClaimsBytes);
    ClaimsFile file = parse_claims(text, options.claims);
    content.claims = std::move(file.claims);
    content.claims_run = std::move(file.run);
    content.claims_request = std::move(file.request);
    content.run.inputs = run.inputs;
    for (const char* const name : kFiles)
      refuse_same_file(options.folder + "/" + name, {options.claims});
    content.run.arguments.insert(content.run.arguments.end(), {"--claims", "FILE"});
    content.claims_origin = "These claims were read from a file that 'mxscope verify' wrote.";
  }
  ReportFolder folder(options.folder, {"figures", "data"});
  if (options.check) return kAllHolds;
  if (options.claims.empty()) {
    Run checked = content.run;
    checked.program = program_digest();
    content.claims_run = checked;
    content.claims_request = {{"set", "quick"}};
    content.claims = quick_claims(options.threads);
    content.claims_origin =
        "A quick set, checked while this page was made: one rounding mode and policy for each "
        "format. 'mxscope verify codec' checks all of them, and --claims shows its results here.";
  }
  content.bound_claims = claims_of(bound_story_tasks(), options.threads, "bounds");
  content.families = conversion_families();
  content.figures = all_figures();
  throw_if_interrupted();
  const std::string script =
      options.renderer.empty() ? default_renderer_script() : options.renderer;
  const std::string python = options.python.empty() ? "python3" : options.python;
  Rendering rendering = render_figures(content.figures, {python, script});
  content.svgs = std::move(rendering.svgs);
  content.no_svg_reason = rendering.failure;
  if (!rendering.failure.empty()) complain("the page has no pictures: " + rendering.failure);

  for (const Figure& figure : content.figures) {
    folder.add("figures/" + figure.name + ".csv", to_csv(figure));
    folder.add("figures/" + figure.name + ".vl.json", to_vega_lite(figure));
  }
  nlohmann::json families = nlohmann::json::array();
  for (const ConversionFamily& family : content.families) families.push_back(to_json_value(family));
  folder.add("data/formats.json", formats_json());
  folder.add("data/conversions.json", json_text({{"families", families}}) + "\n");
  folder.add("data/bounds.json", json_text({{"claims", content.bound_claims}}) + "\n");
  folder.add("data/claims.json", json_text({{"run", content.claims_run},
                                            {"request", content.claims_request},
                                            {"claims", content.claims}}) +
                                     "\n");
  run.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  folder.add("data/provenance.json", json_text({{"run", run}}) + "\n");
  folder.commit(page_html(content));

  const auto refuted = [](const std::vector<Claim>& claims) {
    return std::count_if(claims.begin(), claims.end(), [](const Claim& c) { return !c.holds(); });
  };
  if (options.json)
    print(json_text(
        {{"run", run},
         {"folder", options.folder},
         {"files", kFiles},
         {"figures", content.figures.size()},
         {"no_pictures_because", content.no_svg_reason},
         {"claims", content.claims.size()},
         {"bounds", content.bound_claims.size()},
         {"verification", {{"run", content.claims_run}, {"request", content.claims_request}}},
         {"refuted", refuted(content.claims) + refuted(content.bound_claims)}}));
  return all_hold(content.claims) && all_hold(content.bound_claims) ? kAllHolds : kRefuted;
}

}  // namespace

void add_report_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = app.add_subcommand(
      "report", "Write a page of encodings, rounding, errors, bounds, conversions and claims");
  command->add_option("-o,--output", options->folder, "Folder to write into")
      ->option_text("FOLDER [reports/out]");
  command->add_option("--claims", options->claims, "Claims that 'mxscope verify codec' wrote")
      ->option_text("FILE.json");
  command->add_option("--python", options->python, "Interpreter that has vl-convert-python")
      ->option_text("PATH [python3]");
  command->add_option("--renderer", options->renderer, "Where render_figures.py is")
      ->option_text("PATH");
  add_number(*command, "--threads", options->threads, 1, kMostThreads,
             "For the claims checked here (default: one per core)")
      ->excludes(command->get_option("--claims"));
  command->add_flag("--check", options->check,
                    "Only check the options and that the folder can be written");
  command->add_flag("--json", options->json, "Print what was written, as JSON");
  command->footer(
      "Writes index.html, which needs no network and prints well, figures/ (CSV and Vega-Lite of "
      "each\n"
      "picture) and data/ (formats, conversions, bounds, claims and provenance as JSON). Without "
      "--claims "
      "a\n"
      "quick set is checked first.\n\n"
      "Examples:\n"
      "  mxscope report -o out\n"
      "  mxscope verify codec --json -o claims.json && mxscope report --claims claims.json");
  command->callback([options, &context] {
    context.action = [options, arguments = context.arguments] {
      return write_report(*options, arguments);
    };
  });
}

}  // namespace mxscope::reports
