// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope report: the page, its figures' data and its tables as JSON, in one folder.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "analysis/claim.h"
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
#include "reports/page_pdf.h"
#include "reports/report_folder.h"
#include "reports/report_work.h"
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
  std::vector<std::string> sections;
  std::string journal;
  bool quick = false;
  bool pdf = false;
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

/// The claims of a file into the page, which says where they are from.
void read_claims(const ReportOptions& options, PageContent& content, Run& run) {
  ClaimsFile file = parse_claims(run.read_input(options.claims, kMaxClaimsBytes), options.claims);
  content.claims = std::move(file.claims);
  content.claims_run = std::move(file.run);
  content.claims_request = std::move(file.request);
  content.run.inputs = run.inputs;
  for (const char* const name : kFiles)
    refuse_same_file(options.folder + "/" + name, {options.claims});
  content.run.arguments.insert(content.run.arguments.end(), {"--claims", "FILE"});
  content.claims_origin = "These claims were read from a file that 'mxscope verify' wrote.";
}

/// What the program itself is about to check.
void note_own_claims(const ReportOptions& options, PageContent& content) {
  Run checked = content.run;
  checked.program = program_digest();
  content.claims_run = checked;
  content.claims_request = {{"set", options.quick ? "quick" : "full"}};
  content.claims_origin =
      options.quick
          ? "A quick set, checked while this page was made: one rounding mode and policy for each "
            "format. Without --quick all are checked."
          : "Checked while this page was made: what 'mxscope verify' has of codecs, layouts, "
            "moments and bounds. 'mxscope verify recipes' is left out, because it takes as long as "
            "all of them.";
}

/// What the figures and tables rest on, beside the page.
void add_data(const PageContent& content, const std::map<std::string, std::string>& certificates,
              ReportFolder& folder) {
  for (const Figure& figure : content.figures) {
    folder.add("figures/" + figure.name + ".csv", to_csv(figure));
    folder.add("figures/" + figure.name + ".vl.json", to_vega_lite(figure));
  }
  for (const auto& [id, text] : certificates)
    folder.add("certificates/" + certificate_name(id), text);
  nlohmann::json families = nlohmann::json::array();
  for (const ConversionFamily& family : content.families) families.push_back(to_json_value(family));
  folder.add("data/formats.json", formats_json());
  folder.add("data/conversions.json", json_text({{"families", families}}) + "\n");
  folder.add("data/bounds.json", json_text({{"claims", content.bound_claims}}) + "\n");
  folder.add("data/claims.json", json_text({{"run", content.claims_run},
                                            {"request", content.claims_request},
                                            {"claims", content.claims}}) +
                                     "\n");
}

int write_report(const ReportOptions& options, const std::vector<std::string>& arguments) {
  const auto start = std::chrono::steady_clock::now();
  check_renderer({options.python, options.renderer});
  const std::string browser = options.pdf ? find_browser() : "";
  ReportRequest request{.sections = chosen_sections(options.sections),
                        .check_claims = options.claims.empty(),
                        .quick = options.quick,
                        .journal = options.journal,
                        .threads = options.threads};
  PageContent content;
  for (const PageSection& s : request.sections) content.sections.emplace_back(s.id);
  Run run = this_run(arguments);
  content.run = run;
  content.run.arguments = {"report"};
  if (options.quick) content.run.arguments.emplace_back("--quick");
  if (!options.sections.empty())
    content.run.arguments.insert(
        content.run.arguments.end(),
        {"--sections", fmt::format("{}", fmt::join(content.sections, ","))});
  if (!options.claims.empty()) read_claims(options, content, run);
  ReportFolder folder(options.folder, {"figures", "data", "certificates"});
  if (options.check) return kAllHolds;
  if (options.claims.empty()) note_own_claims(options, content);
  const std::map<std::string, std::string> certificates = compute(request, content);
  throw_if_interrupted();
  const std::string script =
      options.renderer.empty() ? default_renderer_script() : options.renderer;
  const std::string python = options.python.empty() ? "python3" : options.python;
  Rendering rendering = render_figures(content.figures, {python, script});
  content.svgs = std::move(rendering.svgs);
  content.no_svg_reason = rendering.failure;
  if (!rendering.failure.empty()) complain("the page has no pictures: " + rendering.failure);

  add_data(content, certificates, folder);
  run.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  folder.add("data/provenance.json", json_text({{"run", run}}) + "\n");
  const std::string page = page_html(content);
  if (options.pdf) folder.add("report.pdf", printed_page(page, browser));
  folder.commit(page);

  const auto refuted = [](const std::vector<Claim>& claims) {
    return std::count_if(claims.begin(), claims.end(), [](const Claim& c) { return !c.holds(); });
  };
  if (options.json)
    print(json_text(
        {{"run", run},
         {"folder", options.folder},
         {"files", kFiles},
         {"sections", content.sections},
         {"figures", content.figures.size()},
         {"no_pictures_because", content.no_svg_reason},
         {"claims", content.claims.size()},
         {"bounds", content.bound_claims.size()},
         {"certificates", certificates.size()},
         {"verification", {{"run", content.claims_run}, {"request", content.claims_request}}},
         {"refuted", refuted(content.claims) + refuted(content.bound_claims)}}));
  return all_hold(content.claims) && all_hold(content.bound_claims) ? kAllHolds : kRefuted;
}

}  // namespace

void add_report_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = app.add_subcommand(
      "report", "Write a page of all results: claims, bounds, errors, schemes, times");
  command->add_option("-o,--output", options->folder, "Folder to write into")
      ->option_text("FOLDER [reports/out]");
  command->add_option("--claims", options->claims, "Claims that 'mxscope verify codec' wrote")
      ->option_text("FILE.json");
  command->add_option("--python", options->python, "Interpreter that has vl-convert-python")
      ->option_text("PATH [python3]");
  command->add_option("--renderer", options->renderer, "Where render_figures.py is")
      ->option_text("PATH");
  command
      ->add_option("--sections", options->sections,
                   "Only these: summary, formats, rounding, bounds, error, tensor-cores,\n"
                   "schemes, timing, pipeline, claims")
      ->option_text("A,B,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_flag("--pdf", options->pdf, "Also print the page to report.pdf, with Chromium");
  command->add_flag("--quick", options->quick, "Check few claims; everything else as ever")
      ->excludes(command->get_option("--claims"));
  command
      ->add_option("--journal", options->journal,
                   "Keeps finished claims, so that a run that was stopped goes on")
      ->option_text("FILE.jsonl")
      ->excludes(command->get_option("--claims"));
  add_number(*command, "--threads", options->threads, 1, kMostThreads,
             "Threads (default: one per core)");
  command->add_flag("--check", options->check,
                    "Only check the options and that the folder can be written");
  command->add_flag("--json", options->json, "Print what was written, as JSON");
  command->footer(
      "Writes index.html, which needs no network and prints well, figures/ (CSV and Vega-Lite of "
      "each\n"
      "picture), data/ (formats, conversions, bounds, claims and provenance as JSON) and\n"
      "certificates/ (proofs for tests/check_certificate.py).\n\n"
      "Examples:\n"
      "  mxscope report --quick -o out\n"
      "  mxscope report --journal report.jsonl\n"
      "  mxscope report --sections summary,bounds -o out\n"
      "  mxscope verify codec --json -o claims.json && mxscope report --claims claims.json");
  command->callback([options, &context] {
    context.action = [options, arguments = context.arguments] {
      return write_report(*options, arguments);
    };
  });
}

}  // namespace mxscope::reports
