// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/work.h"
#include "reports/verify_subject.h"

namespace mxscope::reports {

/// Which of a subject's tasks are to be run.
struct TaskChoice {
  std::vector<std::string> kinds;  ///< none: all
  std::string shard;               ///< "i/n", or "" for the whole
};

/// The tasks of one shard. Task k of `tasks` is task k * shard.count + shard.index of `total`.
struct VerifyPlan {
  std::vector<analysis::Task> tasks;
  analysis::Shard shard;
  std::size_t total = 0;
  nlohmann::json header;  ///< of a journal; without "shard" the same for all shards

  std::size_t index_of(std::size_t task) const {
    return task * static_cast<std::size_t>(shard.count) + static_cast<std::size_t>(shard.index);
  }

  /// The task of that index, if it is one of this shard.
  std::optional<std::size_t> place_of(std::size_t index) const {
    const auto count = static_cast<std::size_t>(shard.count);
    if (index % count != static_cast<std::size_t>(shard.index) || index / count >= tasks.size())
      return std::nullopt;
    return index / count;
  }
};

/// "i/n" with 0 <= i < n, or "" for the whole. Throws Error for anything else.
analysis::Shard parse_shard(const std::string& text);

/// Throws Error for kinds that the subject's tasks are not of, as for shards and as its tasks() do.
/// Notes the program in `run`.
VerifyPlan make_verify_plan(const VerifySubject& subject, const TaskChoice& choice, Run& run);

/// The request that make_verify_plan() wrote into a journal's header, with the subject's options
/// set from it. Throws Error for a header of other fields.
struct JournalledRequest {
  std::unique_ptr<VerifySubject> subject;
  TaskChoice choice;
};
JournalledRequest request_of(const nlohmann::json& header);

}  // namespace mxscope::reports
