// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mxscope::reports {

struct InputFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// The most that is read of a TOML file.
inline constexpr std::size_t kMaxTomlBytes = std::size_t{1} << 20;

/// Where an output comes from: the field "run" of every JSON document. Equal for equal arguments,
/// inputs, build and processor, but for `wall_seconds`.
struct Run {
  std::string version, commit, compiler, flags, cpu;
  std::vector<std::string> arguments;
  std::vector<InputFile> inputs;
  std::string program;                 ///< program_digest() of a verification, else ""
  std::optional<double> wall_seconds;  ///< of work long enough for anyone to ask

  /// Notes a file that the output depends on, by the bytes that were read from it.
  void add_input(const std::string& path, std::string_view text);

  /// Reads a whole file of at most `limit` bytes and notes it. Throws Error that names it.
  std::string read_input(const std::string& path, std::size_t limit);

  /// Throws Error when the output is a file noted so far, by any name. An empty name is none.
  void refuse_input_as(const std::string& output) const;
};

/// SHA-256 of the program that runs, by which its results are told from those of another build.
const std::string& program_digest();

/// The run of this process.
Run this_run(std::vector<std::string> arguments);

void to_json(nlohmann::json& json, const Run& run);

}  // namespace mxscope::reports
