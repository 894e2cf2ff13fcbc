// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace mxscope::reports {

struct InputFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// Where an output comes from: the field "run" of every JSON document. Equal for equal arguments,
/// inputs, build and processor, but for `wall_seconds`.
struct Run {
  std::string version, commit, compiler, flags, cpu;
  std::vector<std::string> arguments;
  std::vector<InputFile> inputs;
  std::optional<double> wall_seconds;  ///< of work long enough for anyone to ask

  /// Digests a file that the output depends on. Throws Error when it cannot be read.
  void add_input(const std::string& path);
};

/// The run of this process.
Run this_run(std::vector<std::string> arguments);

void to_json(nlohmann::json& json, const Run& run);

}  // namespace mxscope::reports
