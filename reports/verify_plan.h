// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/work.h"
#include "reports/provenance.h"

namespace mxscope::reports {

/// The options of mxscope verify codec that say what is to be verified.
struct VerifyOptions {
  std::vector<std::string> formats, roundings, kinds;
  std::string formats_file;
  std::string backend = "auto";
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
};

/// Throws Error for unknown names, formats of more than 8 bits and shards that are no i/n.
VerifyPlan make_verify_plan(const VerifyOptions& options, Run& run);

}  // namespace mxscope::reports
