// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// From the options of mxscope verify codec to a list of tasks.
#include "reports/verify_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "analysis/codec_claims.h"
#include "analysis/codec_plan.h"
#include "reports/format_facts.h"
#include "reports/sha256.h"
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

std::vector<Format> chosen_formats(const VerifyOptions& options, const spec::FormatTable& table) {
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

std::vector<Rounding> chosen_roundings(const VerifyOptions& options) {
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

std::vector<std::string> chosen_backends(const VerifyOptions& options) {
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

/// What a task's id begins with: "codec", "cells", "property", ...
std::string kind_of(const Task& task) { return task.id.substr(0, task.id.find('/')); }

void keep_kinds(std::vector<Task>& tasks, const std::vector<std::string>& kinds) {
  if (kinds.empty()) return;
  std::vector<std::string> known;
  for (const Task& task : tasks)
    if (std::find(known.begin(), known.end(), kind_of(task)) == known.end())
      known.push_back(kind_of(task));
  for (const std::string& kind : kinds) {
    if (std::find(known.begin(), known.end(), kind) != known.end()) continue;
    if (kind == "stochastic")
      throw Error("--only stochastic: this request has no such claims; add --stochastic");
    throw spec::unknown_name("kind of claim in this request", kind, known);
  }
  std::erase_if(tasks, [&](const Task& task) {
    return std::find(kinds.begin(), kinds.end(), kind_of(task)) == kinds.end();
  });
}

/// Covers the rows of user formats and every task, so equal digests mean equal work.
std::string digest_of(const std::vector<Task>& tasks, const std::vector<Format>& formats) {
  Sha256 digest;
  for (const Format& f : formats) digest.add(format_json(f).dump() + "\n");
  for (const Task& task : tasks) digest.add(task.id + "\n");
  return digest.hex();
}

}  // namespace

analysis::Shard parse_shard(const std::string& text) {
  if (text.empty()) return {};
  analysis::Shard shard;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  const bool slash = index.ec == std::errc{} && index.ptr != end && *index.ptr == '/';
  const auto count = slash ? std::from_chars(index.ptr + 1, end, shard.count) : index;
  if (!slash || count.ec != std::errc{} || count.ptr != end || shard.count < 1 || shard.index < 0 ||
      shard.index >= shard.count)
    throw Error(fmt::format("--shard {}: write i/n with 0 <= i < n, such as 0/4", text));
  return shard;
}

VerifyOptions options_of(const nlohmann::json& header) {
  try {
    const nlohmann::json& request = header.at("request");
    VerifyOptions options;
    request.at("formats").get_to(options.formats);
    request.at("roundings").get_to(options.roundings);
    request.at("kinds").get_to(options.kinds);
    request.at("backends").get_to(options.backends);
    header.at("shard").get_to(options.shard);
    options.quick = request.at("quick").get<bool>();
    options.stochastic = request.at("stochastic").get<bool>();
    options.exhaustive_p3109 = request.at("exhaustive_p3109").get<bool>();
    options.all_p3109 = request.at("p3109").get<bool>();
    return options;
  } catch (const nlohmann::json::exception&) {
    throw Error("its header lacks fields of a request");
  }
}

VerifyPlan make_verify_plan(const VerifyOptions& options, Run& run) {
  spec::FormatTable table;
  if (!options.formats_file.empty())
    table.load_text(run.read_input(options.formats_file, kMaxTomlBytes), options.formats_file);
  run.program = program_digest();
  VerifyPlan plan;
  plan.shard = parse_shard(options.shard);
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

  std::vector<Task> tasks;
  const auto add = [&](std::vector<Task> more) {
    std::move(more.begin(), more.end(), std::back_inserter(tasks));
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

  keep_kinds(tasks, options.kinds);

  std::vector<Format> all = named.formats;
  all.insert(all.end(), families.formats.begin(), families.formats.end());
  nlohmann::json roundings = nlohmann::json::array();
  for (const Rounding mode : named.roundings) roundings.push_back(to_string(mode));
  nlohmann::json names = nlohmann::json::array();
  for (const Format& f : named.formats) names.push_back(f.name);
  plan.total = tasks.size();
  plan.header = {{"version", run.version},
                 {"program", run.program},
                 {"request",
                  {{"formats", names},
                   {"p3109", !families.formats.empty()},
                   {"roundings", roundings},
                   {"backends", backends},
                   {"kinds", options.kinds},
                   {"quick", options.quick},
                   {"stochastic", options.stochastic || options.all},
                   {"exhaustive_p3109",
                    !families.formats.empty() && (options.exhaustive_p3109 || options.all)},
                   {"tasks", plan.total},
                   {"tasks_sha256", digest_of(tasks, all)}}},
                 {"shard", fmt::format("{}/{}", plan.shard.index, plan.shard.count)}};
  plan.tasks = shard_of(std::move(tasks), plan.shard);
  return plan;
}

}  // namespace mxscope::reports
