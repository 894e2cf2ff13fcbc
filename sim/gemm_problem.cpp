// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Names of operand types and kernels, and configurations as text.
#include "sim/gemm_problem.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::sim {
namespace {

constexpr std::array<std::pair<KernelFamily, std::string_view>, 6> kFamilies = {{
    {KernelFamily::kSm100OneSm, "sm100-1sm"},
    {KernelFamily::kSm100TwoSm, "sm100-2sm"},
    {KernelFamily::kSm120Cooperative, "sm120-cooperative"},
    {KernelFamily::kSm120PingPong, "sm120-pingpong"},
    {KernelFamily::kSmallM, "small-m"},
    {KernelFamily::kWgmma, "sm90-wgmma"},
}};
constexpr std::array<std::pair<TileOrder, std::string_view>, 3> kOrders = {{
    {TileOrder::kOneTile, "one-tile"},
    {TileOrder::kStatic, "static"},
    {TileOrder::kDynamic, "dynamic"},
}};

Error bad_config(std::string_view text, std::string_view why) {
  return Error(fmt::format(
      "configuration '{}': {}; write FAMILY:MxNxK[,cluster=MxN][,stages=N][,order=one-tile|static|"
      "dynamic][,split-k=N][,stream-k=yes][,raster=N]",
      text, why));
}

std::vector<int> numbers(std::string_view text, std::string_view whole) {
  std::vector<int> all;
  while (true) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 1 || value > 65536)
      throw bad_config(whole, fmt::format("'{}' is not a number from 1 to 65536", text));
    all.push_back(value);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return all;
    if (text.front() != 'x') throw bad_config(whole, fmt::format("'{}' follows a number", text));
    text.remove_prefix(1);
  }
}

void read_part(GemmConfig& config, std::string_view part, std::string_view whole) {
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos)
    throw bad_config(whole, fmt::format("'{}' has no value", part));
  const std::string_view name = part.substr(0, equals), value = part.substr(equals + 1);
  if (name == "order") {
    for (const auto& [order, word] : kOrders)
      if (value == word) return void(config.order = order);
    throw bad_config(whole, fmt::format("there is no order '{}'", value));
  }
  if (name == "stream-k") {
    if (value != "yes" && value != "no") throw bad_config(whole, "stream-k is yes or no");
    config.stream_k = value == "yes";
    return;
  }
  const std::vector<int> given = numbers(value, whole);
  if (name == "cluster" && given.size() == 2) {
    config.cluster_m = given[0];
    config.cluster_n = given[1];
    return;
  }
  int* const field = name == "stages"    ? &config.stages
                     : name == "split-k" ? &config.split_k
                     : name == "raster"  ? &config.raster
                                         : nullptr;
  if (field == nullptr || given.size() != 1)
    throw bad_config(whole, fmt::format("'{}' is not understood", part));
  *field = given[0];
}

}  // namespace

const std::vector<OperandType>& operand_types() {
  static const std::vector<OperandType> all = {
      {"bf16", 16, 16, 0, "bf16", ""},      {"fp16", 16, 16, 0, "fp16", ""},
      {"tf32", 32, 32, 0, "tf32", ""},      {"fp8", 8, 8, 0, "e4m3", ""},
      {"int8", 8, 8, 0, "s8", ""},          {"mxfp8", 8, 8, 32, "e4m3", "e8m0"},
      {"mxfp6", 6, 8, 32, "e2m3", "e8m0"},  {"mxfp4", 4, 4, 32, "e2m1", "e8m0"},
      {"nvfp4", 4, 4, 16, "e2m1", "ue4m3"},
  };
  return all;
}

const OperandType& find_operand_type(std::string_view name) {
  std::vector<std::string> names;
  for (const OperandType& type : operand_types()) {
    if (type.name == name) return type;
    names.push_back(type.name);
  }
  throw spec::unknown_name("operand type", name, names);
}

OperandType weight_type(const GemmProblem& problem) {
  const OperandType& a = find_operand_type(problem.type);
  if (problem.weights.empty()) return a;
  OperandType b = find_operand_type(problem.weights);
  b.smem_bits = a.smem_bits;
  return b;
}

int output_bits(std::string_view output) {
  return output == "fp32" ? 32 : find_operand_type(output).bits;
}

std::string_view family_name(KernelFamily family) {
  for (const auto& [value, name] : kFamilies)
    if (value == family) return name;
  throw Error("a kernel family without a name");
}

KernelFamily find_family(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [value, word] : kFamilies) {
    if (name == word) return value;
    names.emplace_back(word);
  }
  throw spec::unknown_name("kernel family", name, names);
}

std::string to_string(const GemmConfig& config) {
  std::string text = fmt::format("{}:{}x{}x{}", family_name(config.family), config.tile_m,
                                 config.tile_n, config.tile_k);
  if (config.cluster_m * config.cluster_n > 1)
    text += fmt::format(",cluster={}x{}", config.cluster_m, config.cluster_n);
  if (config.stages > 0) text += fmt::format(",stages={}", config.stages);
  for (const auto& [order, word] : kOrders)
    if (config.order == order) text += fmt::format(",order={}", word);
  if (config.split_k > 1) text += fmt::format(",split-k={}", config.split_k);
  if (config.stream_k) text += ",stream-k=yes";
  if (config.raster != GemmConfig{}.raster) text += fmt::format(",raster={}", config.raster);
  return text;
}

GemmConfig parse_config(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) throw bad_config(text, "there is no ':' after the family");
  GemmConfig config;
  config.family = find_family(text.substr(0, colon));
  std::string_view rest = text.substr(colon + 1);
  const std::size_t comma = rest.find(',');
  const std::vector<int> tile = numbers(rest.substr(0, comma), text);
  if (tile.size() != 3) throw bad_config(text, "a tile is MxNxK");
  config.tile_m = tile[0];
  config.tile_n = tile[1];
  config.tile_k = tile[2];
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find(',');
    read_part(config, rest.substr(0, end), text);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return config;
}

std::string to_string(const GemmProblem& problem) {
  const bool mixed = !problem.weights.empty() && problem.weights != problem.type;
  return fmt::format("m={} n={} k={} {}{}{} -> {}", problem.m, problem.n, problem.k, problem.type,
                     mixed ? " x " + problem.weights : "", problem.adds_c ? " + C" : "",
                     problem.output);
}

}  // namespace mxscope::sim
