// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// From a subject of mxscope verify to a list of tasks, and from a journal's header back.
#include "reports/verify_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "reports/sha256.h"
#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::reports {
namespace {

using analysis::Task;

std::string kind_of(const Task& task) { return task.id.substr(0, task.id.find('/')); }

void keep_kinds(std::vector<Task>& tasks, const std::vector<std::string>& kinds,
                const VerifySubject& subject) {
  if (kinds.empty()) return;
  std::vector<std::string> known;
  for (const Task& task : tasks)
    if (std::find(known.begin(), known.end(), kind_of(task)) == known.end())
      known.push_back(kind_of(task));
  for (const std::string& kind : kinds) {
    if (std::find(known.begin(), known.end(), kind) != known.end()) continue;
    for (const auto& [name, option] : subject.kinds())
      if (name == kind && !option.empty())
        throw Error(
            fmt::format("--only {}: this request has no such claims; add {}", kind, option));
    throw spec::unknown_name("kind of claim in this request", kind, known);
  }
  std::erase_if(tasks, [&](const Task& task) {
    return std::find(kinds.begin(), kinds.end(), kind_of(task)) == kinds.end();
  });
}

std::string digest_of(const VerifyTasks& work) {
  Sha256 digest;
  digest.add(work.rows);
  for (const Task& task : work.tasks) digest.add(task.id + "\n");
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

VerifyPlan make_verify_plan(const VerifySubject& subject, const TaskChoice& choice, Run& run) {
  run.program = program_digest();
  VerifyPlan plan;
  plan.shard = parse_shard(choice.shard);
  VerifyTasks work = subject.tasks(run);
  keep_kinds(work.tasks, choice.kinds, subject);
  plan.total = work.tasks.size();
  nlohmann::json request = std::move(work.request);
  request["subject"] = subject.name();
  request["kinds"] = choice.kinds;
  request["tasks"] = plan.total;
  request["tasks_sha256"] = digest_of(work);
  plan.header = {{"version", run.version},
                 {"program", run.program},
                 {"request", std::move(request)},
                 {"shard", fmt::format("{}/{}", plan.shard.index, plan.shard.count)}};
  plan.tasks = shard_of(std::move(work.tasks), plan.shard);
  return plan;
}

JournalledRequest request_of(const nlohmann::json& header) {
  try {
    const nlohmann::json& request = header.at("request");
    JournalledRequest out{find_verify_subject(request.at("subject").get<std::string>()), {}};
    out.subject->restore(request);
    request.at("kinds").get_to(out.choice.kinds);
    header.at("shard").get_to(out.choice.shard);
    return out;
  } catch (const nlohmann::json::exception&) {
    throw Error("its header lacks fields of a request");
  }
}

}  // namespace mxscope::reports
