// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What produced an output: build, processor, arguments and inputs.
#include "reports/provenance.h"

#include <fstream>

#include "mxscope_build.h"
#include "reports/descriptor.h"
#include "reports/sha256.h"

namespace mxscope::reports {
namespace {

constexpr std::size_t kMaxProgramBytes = std::size_t{1} << 30;

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    if (line.rfind("model name", 0) != 0) continue;
    const auto start = line.find_first_not_of(" \t:", line.find(':'));
    if (start != std::string::npos) return line.substr(start);
  }
  return "unknown";
}

}  // namespace

void Run::add_input(const std::string& path, std::string_view text) {
  Sha256 digest;
  digest.add(text);
  inputs.push_back({path, text.size(), digest.hex()});
}

std::string Run::read_input(const std::string& path, std::size_t limit) {
  std::string text = read_whole(path, limit);
  add_input(path, text);
  return text;
}

void Run::refuse_input_as(const std::string& output) const {
  std::vector<std::string> paths;
  for (const InputFile& input : inputs) paths.push_back(input.path);
  refuse_same_file(output, paths);
}

const std::string& program_digest() {
  static const std::string digest = [] {
    Sha256 sha;
    sha.add(read_whole("/proc/self/exe", kMaxProgramBytes));
    return sha.hex();
  }();
  return digest;
}

Run this_run(std::vector<std::string> arguments) {
  Run run;
  run.version = build::kVersion;
  run.commit = build::kCommit;
  run.compiler = build::kCompiler;
  run.flags = build::kFlags;
  run.cpu = processor_name();
  run.arguments = std::move(arguments);
  return run;
}

void to_json(nlohmann::json& json, const Run& run) {
  nlohmann::json inputs = nlohmann::json::array();
  for (const InputFile& input : run.inputs)
    inputs.push_back({{"path", input.path}, {"bytes", input.bytes}, {"sha256", input.sha256}});
  json = {{"version", run.version}, {"commit", run.commit}, {"compiler", run.compiler},
          {"flags", run.flags},     {"cpu", run.cpu},       {"arguments", run.arguments},
          {"inputs", inputs}};
  if (!run.program.empty()) json["program_sha256"] = run.program;
  if (run.wall_seconds) json["wall_seconds"] = *run.wall_seconds;
}

}  // namespace mxscope::reports
