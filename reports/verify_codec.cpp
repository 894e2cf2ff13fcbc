// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify codec: the fast codecs against the exact model.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/codec_claims.h"
#include "analysis/codec_plan.h"
#include "reports/format_facts.h"
#include "reports/verify_subject.h"
#include "spec/batch.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/names.h"

namespace mxscope::reports {
namespace {

using analysis::CodecRequest;
using analysis::Task;
using spec::Format;
using spec::Rounding;

constexpr int kMaxBits = 8;
constexpr const char* kPortable = "portable";

struct CodecOptions {
  std::vector<std::string> formats, roundings;
  std::vector<std::string> backends;  ///< names, "auto" (as none: the fastest) or "all"
  bool quick = false, all = false, all_p3109 = false, exhaustive_p3109 = false, stochastic = false;
  bool no_stochastic = false;  ///< only to contradict others
};

std::vector<Format> chosen_formats(const CodecOptions& options, const spec::FormatTable& table) {
  std::vector<Format> rows;
  std::set<std::string> names;
  for (const std::string& name : options.formats) {
    Format f = table.find(name);
    if (f.bits > kMaxBits)
      throw Error(
          fmt::format("--format {}: verify codec is for formats of at most {} bits, and "
                      "this has {}",
                      name, kMaxBits, f.bits));
    if (names.insert(f.name).second) rows.push_back(std::move(f));
  }
  if (!rows.empty() || options.all_p3109) return rows;
  for (const Format& f : table.rows())
    if (f.bits <= kMaxBits) rows.push_back(f);
  return rows;
}

std::vector<Rounding> chosen_roundings(const CodecOptions& options) {
  std::vector<Rounding> modes;
  for (const std::string& name : options.roundings) {
    const Rounding mode = spec::parse_rounding(name);
    const auto& known = spec::kDeterministicRoundings;
    if (std::find(known.begin(), known.end(), mode) == known.end())
      throw Error(
          fmt::format("--round {}: this is for rne, rna, rtz, rup, rdn and odd; stochastic "
                      "forms are checked together with --stochastic",
                      name));
    if (std::find(modes.begin(), modes.end(), mode) == modes.end()) modes.push_back(mode);
  }
  if (modes.empty())
    modes.assign(spec::kDeterministicRoundings.begin(), spec::kDeterministicRoundings.end());
  return modes;
}

std::vector<std::string> chosen_backends(const CodecOptions& options) {
  std::vector<std::string> chosen;
  const auto add = [&](const std::string& name) {
    if (std::find(chosen.begin(), chosen.end(), name) == chosen.end()) chosen.push_back(name);
  };
  for (const std::string& name : options.backends) {
    if (name != "all") {
      add(analysis::resolved_backend(name));
      continue;
    }
    for (const std::string& one : spec::batch_backends()) add(one);
  }
  if (chosen.empty()) add(analysis::resolved_backend("auto"));
  return chosen;
}

class VerifyCodec : public VerifySubject {
 public:
  std::string name() const override { return "codec"; }
  std::string summary() const override {
    return "Check that the fast codecs equal the exact oracle, on every input";
  }
  std::string examples() const override {
    return "  mxscope verify codec --format e2m1 e4m3\n"
           "  mxscope verify codec --only property two-step\n"
           "  mxscope verify codec --format e4m3 --backend all\n"
           "  mxscope verify codec --journal all.jsonl --json -o claims.json\n"
           "  mxscope verify codec --shard 0/2 --journal a.jsonl   (and 1/2 elsewhere)";
  }
  std::vector<ClaimKind> kinds() const override {
    return {{"codec"}, {"property"}, {"two-step"}, {"stochastic", "--stochastic"}, {"cells"}};
  }
  void add_options(CLI::App& command) override;
  void restore(const nlohmann::json& request) override;
  void check_runnable() const override;
  VerifyTasks tasks(Run& run) const override;

 private:
  CodecOptions options_;
};

void VerifyCodec::add_options(CLI::App& command) {
  CodecOptions& o = options_;
  command.add_option("--format", o.formats, "Only these formats, of at most 8 bits")
      ->option_text("NAME ...");
  command.add_flag("--all-p3109", o.all_p3109,
                   "The IEEE P3109 formats of widths 3 to 8, and only named ones beside");
  command.add_option("--round", o.roundings, "Only these modes: rne, rna, rtz, rup, rdn, odd")
      ->option_text("MODE ...");
  command
      .add_option("--backend", o.backends,
                  "Back ends to check: names (mxscope cast --list-backends), or all\n"
                  "of this processor's, the portable one included (default: the\n"
                  "fastest)")
      ->option_text("NAME ...|all");
  command.add_flag("--quick", o.quick, "One mode and policy for each format");
  command.add_flag("--stochastic", o.stochastic, "Every value of the random bits too");
  command.add_flag("--exhaustive-p3109", o.exhaustive_p3109,
                   "P3109 formats on all 2^32 inputs, not by rounding cells alone");
  command.add_flag("--all", o.all, "Everything: --stochastic and --exhaustive-p3109");
  command.add_flag("--no-stochastic", o.no_stochastic, "As without --stochastic")
      ->excludes(command.get_option("--stochastic"))
      ->excludes(command.get_option("--all"));
  command.add_option("--formats", files.formats, "TOML file of further formats")
      ->option_text("FILE.toml");
}

void VerifyCodec::restore(const nlohmann::json& request) {
  request.at("formats").get_to(options_.formats);
  request.at("roundings").get_to(options_.roundings);
  request.at("backends").get_to(options_.backends);
  options_.quick = request.at("quick").get<bool>();
  options_.stochastic = request.at("stochastic").get<bool>();
  options_.exhaustive_p3109 = request.at("exhaustive_p3109").get<bool>();
  options_.all_p3109 = request.at("p3109").get<bool>();
}

void VerifyCodec::check_runnable() const {
  std::vector<std::string> known = spec::batch_backends();
  known.insert(known.end(), {"auto", "all"});
  for (const std::string& backend : options_.backends)
    if (std::find(known.begin(), known.end(), backend) == known.end())
      throw spec::unknown_name("back end", backend, known);
}

VerifyTasks VerifyCodec::tasks(Run& run) const {
  spec::FormatTable table;
  if (!files.formats.empty())
    table.load_text(run.read_input(files.formats, kMaxTomlBytes), files.formats);
  const CodecOptions& options = options_;
  CodecRequest named;
  named.formats = chosen_formats(options, table);
  named.roundings = chosen_roundings(options);
  named.quick = options.quick;
  if (options.exhaustive_p3109 && !options.formats.empty() && !options.all_p3109)
    throw Error(
        "--exhaustive-p3109 is for the P3109 formats, and --format leaves them out; add "
        "--all-p3109");
  CodecRequest families = named;
  families.formats.clear();
  if (options.formats.empty() || options.all_p3109)
    families.formats = spec::p3109_formats(3, kMaxBits);

  VerifyTasks out;
  const auto add = [&](std::vector<Task> more) {
    std::move(more.begin(), more.end(), std::back_inserter(out.tasks));
  };
  const std::vector<std::string> backends = chosen_backends(options);
  const auto add_each = [&](std::vector<Task> (*tasks_of)(const CodecRequest&),
                            const CodecRequest& request) {
    if (request.formats.empty()) return;
    CodecRequest one = request;
    for (const std::string& backend : backends) {
      one.backend = backend;
      // The portable one's claims stand once, under its own name.
      one.own_kernels = backend != kPortable &&
                        std::find(backends.begin(), backends.end(), kPortable) != backends.end();
      add(tasks_of(one));
    }
  };
  add_each(analysis::exhaustive_codec_tasks, named);
  if (!named.formats.empty()) {
    add(narrow_source_tasks(named));
    add(property_tasks(named));
  }
  add_each(analysis::cell_tasks, named);
  if (!named.formats.empty()) add(two_step_tasks(named));
  if (options.stochastic || options.all) add_each(analysis::stochastic_tasks, named);
  if (options.exhaustive_p3109 || options.all) add_each(analysis::exhaustive_codec_tasks, families);
  add_each(analysis::cell_tasks, families);

  for (const CodecRequest& request : {named, families})
    for (const Format& f : request.formats) out.rows += format_json(f).dump() + "\n";
  nlohmann::json roundings = nlohmann::json::array();
  for (const Rounding mode : named.roundings) roundings.push_back(to_string(mode));
  nlohmann::json names = nlohmann::json::array();
  for (const Format& f : named.formats) names.push_back(f.name);
  out.request = {
      {"formats", names},
      {"p3109", !families.formats.empty()},
      {"roundings", roundings},
      {"backends", backends},
      {"quick", options.quick},
      {"stochastic", options.stochastic || options.all},
      {"exhaustive_p3109", !families.formats.empty() && (options.exhaustive_p3109 || options.all)}};
  return out;
}

}  // namespace

std::unique_ptr<VerifySubject> make_verify_codec() { return std::make_unique<VerifyCodec>(); }

}  // namespace mxscope::reports
