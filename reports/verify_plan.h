// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/work.h"
#include "reports/provenance.h"

namespace mxscope::reports {

/// The options of mxscope verify codec that say what is to be verified.
struct VerifyOptions {
  std::vector<std::string> formats, roundings, kinds;
  std::vector<std::string> backends;  ///< names, "auto" (as none: the fastest) or "all"
  std::string formats_file;
  std::string shard;
  bool quick = false, all = false, all_p3109 = false, exhaustive_p3109 = false, stochastic = false;
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

/// The options that give a journal's header: what make_verify_plan() wrote into it. Throws Error
/// for a header of other fields.
VerifyOptions options_of(const nlohmann::json& header);

/// Throws Error for unknown names, formats of more than 8 bits and shards that are no i/n. A back
/// end need not be one of this processor: the tasks can be listed, to merge them, and not run.
/// Notes the file of --formats and the program in `run`.
VerifyPlan make_verify_plan(const VerifyOptions& options, Run& run);

}  // namespace mxscope::reports
