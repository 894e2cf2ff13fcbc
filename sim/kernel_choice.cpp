// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Picks a kernel as a library's heuristic does: the fastest of those it has.
#include "sim/kernel_choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/engine.h"
#include "sim/engine_costs.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

constexpr int kMostStages = 12;
/// A 32x32 kernel lives from many CTAs on an SM, not from a deep ring.
constexpr int kSmallStages = 4;

struct Tile {
  int m, n;
};

void add(std::vector<GemmConfig>& all, KernelFamily family, std::vector<Tile> tiles, int tile_k,
         std::vector<Tile> clusters = {{1, 1}}) {
  for (const Tile tile : tiles)
    for (const Tile cluster : clusters) {
      GemmConfig config;
      config.family = family;
      config.tile_m = tile.m;
      config.tile_n = tile.n;
      config.tile_k = tile_k;
      config.cluster_m = cluster.m;
      config.cluster_n = cluster.n;
      all.push_back(config);
    }
}

/// CUTLASS 7107b05, blackwell_functionality.md; a block of K is 128 bytes of a row.
void add_sm100(std::vector<GemmConfig>& all, bool scaled, int tile_k) {
  std::vector<Tile> one = {{128, 64}, {128, 128}, {128, 192}, {128, 256}};
  std::vector<Tile> two = {{256, 64}, {256, 128}, {256, 192}, {256, 256}};
  if (!scaled) {
    one.insert(one.end(), {{64, 32}, {64, 64}, {64, 128}, {64, 256}, {128, 32}});
    two.insert(two.end(), {{128, 64}, {128, 128}, {128, 256}});
  }
  add(all, KernelFamily::kSm100OneSm, one, tile_k);
  add(all, KernelFamily::kSm100TwoSm, two, tile_k, {{2, 1}, {4, 1}});
}

/// CUTLASS's SM120 tiles for block-scaled operands and FP8.
void add_sm120(std::vector<GemmConfig>& all, bool scaled, int tile_k) {
  std::vector<Tile> cooperative = {{128, 128}, {256, 128}}, turns = {{128, 128}};
  if (!scaled) {
    cooperative.insert(cooperative.end(),
                       {{128, 256}, {128, 64}, {128, 32}, {64, 128}, {64, 64}, {64, 32}});
    turns.insert(turns.end(), {{128, 64}, {64, 128}, {64, 64}});
  }
  add(all, KernelFamily::kSm120Cooperative, cooperative, tile_k);
  add(all, KernelFamily::kSm120PingPong, turns, tile_k);
}

/// What libraries run there for operands that Ampere has too: a CTA for each tile, 64 bytes of a
/// row to a block of K, few stages, so that several CTAs share an SM.
void add_ampere(std::vector<GemmConfig>& all, int tile_k) {
  for (const int stages : {3, 5}) {
    const std::size_t first = all.size();
    add(all, KernelFamily::kSm120Cooperative,
        {{256, 128}, {128, 256}, {128, 128}, {128, 64}, {64, 128}, {64, 64}, {128, 32}, {64, 32}},
        tile_k / 2);
    for (std::size_t i = first; i < all.size(); ++i) {
      all[i].order = TileOrder::kOneTile;
      all[i].stages = stages;
    }
  }
}

void add_sm90(std::vector<GemmConfig>& all, int tile_k) {
  add(all, KernelFamily::kWgmma,
      {{64, 32}, {64, 64}, {64, 128}, {64, 256}, {128, 64}, {128, 128}, {128, 192}, {128, 256}},
      tile_k, {{1, 1}, {2, 1}});
}

/// K is worth splitting where the tiles leave many SMs idle, in their only wave or in the second
/// one. Libraries do so for operands without block scales only, and stream-K is nobody's default.
void add_splits(const Device& device, const GemmProblem& problem, std::vector<GemmConfig>& all) {
  const std::size_t whole = all.size();
  for (std::size_t i = 0; i < whole; ++i) {
    const GemmConfig config = all[i];
    const Program program = build_program(problem, config);
    const std::int64_t slots = static_cast<std::int64_t>(device.chip.sms) / program.sms_per_worker;
    for (const int split : {2, 3, 4, 8})
      if (program.tiles() * split <= 2 * slots && program.blocks >= 4 * split) {
        all.push_back(config);
        all.back().split_k = split;
      }
  }
}

struct Bounded {
  GemmConfig config;
  double least_us;
};

}  // namespace

GemmConfig with_stages(const Device& device, const GemmProblem& problem, GemmConfig config) {
  if (config.stages > 0) return config;
  const Program program = build_program(problem, config);
  const double room = device.shared.bytes_per_cta - static_cast<double>(program.fixed_smem_bytes);
  const int fit = static_cast<int>(room / static_cast<double>(program.stage_bytes));
  config.stages =
      std::min(fit, config.family == KernelFamily::kSmallM ? kSmallStages : kMostStages);
  return config;
}

std::vector<GemmConfig> library_kernels(const Device& device, const GemmProblem& problem) {
  const OperandType& type = find_operand_type(problem.type);
  const bool scaled = type.scale_block > 0;
  const int tile_k = 128 * 8 / type.smem_bits;
  std::vector<GemmConfig> all;
  if (device.architecture == "sm90")
    add_sm90(all, tile_k);
  else if (device.architecture == "sm120" || device.architecture == "sm121")
    if (type.smem_bits >= 16 || type.name == "int8")
      add_ampere(all, tile_k);
    else
      add_sm120(all, scaled, type.smem_bits == 4 ? 128 : tile_k);
  else
    add_sm100(all, scaled, tile_k);
  if (type.smem_bits >= 16 || type.name == "int8") add_splits(device, problem, all);
  for (GemmConfig& config : all) config = with_stages(device, problem, config);
  return all;
}

double least_us(const Device& device, const GemmProblem& problem, const GemmConfig& config,
                const Mechanisms& mechanisms, double clock) {
  const Program program = build_program(problem, config);
  const EngineCosts costs = engine_costs(device, program, clock, mechanisms);
  const std::int64_t sms = concurrent_workers(device, program) / ctas_per_sm(device, program);
  const std::int64_t units = program.tiles() * config.split_k;
  const double blocks = static_cast<double>(program.blocks) / config.split_k;
  const double rounds = config.stream_k ? static_cast<double>(units) / static_cast<double>(sms)
                                        : static_cast<double>((units + sms - 1) / sms);
  const double tensor_cycles =
      static_cast<double>(program.mma.count * costs.interval) / kTicksPerCycle;
  const double path_cycles = static_cast<double>(costs.path_bytes) / costs.path;
  const double block = std::max(tensor_cycles, path_cycles);
  double bytes = 0;
  for (const TileCopy& copy : program.copies)
    bytes += static_cast<double>(copy.global_bytes * program.sms_per_worker) / copy.receivers;
  const double sm = rounds * blocks * block / clock;
  const double l2 = static_cast<double>(units) * blocks * bytes / (device.l2.gb_per_s * 1e3);
  return std::max(sm, mechanisms.l2_bandwidth ? l2 : 0) + launch_us(device, mechanisms);
}

KernelChoice choose_kernel(const Device& device, const GemmProblem& problem,
                           const SimulationOptions& options) {
  SimulationOptions quiet = options;
  quiet.trace = nullptr;
  quiet.every_sm = false;
  KernelChoice choice;
  std::vector<Candidate> illegal;
  std::vector<Bounded> legal;
  for (const GemmConfig& config : library_kernels(device, problem)) {
    if (std::string reason = illegal_reason(device, problem, config); !reason.empty())
      illegal.push_back({config, 0, std::move(reason)});
    else
      legal.push_back(
          {config, least_us(device, problem, config, options.mechanisms, device.clock.burst_mhz)});
  }
  if (legal.empty()) {
    if (illegal.empty()) throw Error(fmt::format("{} has no GEMM kernels here", device.name));
    throw Error(fmt::format("no kernel of {} can do {}: {}", device.name, to_string(problem),
                            illegal.front().reason));
  }
  std::stable_sort(legal.begin(), legal.end(),
                   [](const Bounded& a, const Bounded& b) { return a.least_us < b.least_us; });
  // A library's heuristic knows no clock; and a clock for each would favour those that idle.
  GemmProblem at_one_clock = problem;
  at_one_clock.clock_mhz = simulate_config(device, problem, legal.front().config, quiet).clock_mhz;
  for (Bounded& one : legal)
    one.least_us =
        least_us(device, problem, one.config, options.mechanisms, at_one_clock.clock_mhz);
  std::vector<Candidate> skipped;
  double best = 0;
  for (const Bounded& candidate : legal) {
    if (best > 0 && candidate.least_us >= best) {
      skipped.push_back(
          {candidate.config, 0,
           fmt::format("cannot be faster: needs at least {:.2f} us", candidate.least_us)});
      continue;
    }
    GemmTime time = simulate_config(device, at_one_clock, candidate.config, quiet);
    choice.candidates.push_back({candidate.config, time.us, ""});
    if (best == 0 || time.us < best) {
      best = time.us;
      choice.time = std::move(time);
    }
  }
  std::stable_sort(choice.candidates.begin(), choice.candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.us < b.us; });
  for (std::size_t i = 0; i < choice.candidates.size(); ++i)
    choice.candidates[i].reason =
        i == 0 ? (problem.clock_mhz > 0
                      ? std::string("fastest")
                      : fmt::format("fastest; all compared at {:.0f} MHz", at_one_clock.clock_mhz))
               : fmt::format("{:.1f} % slower", 100 * (choice.candidates[i].us / best - 1));
  choice.candidates.insert(choice.candidates.end(), skipped.begin(), skipped.end());
  choice.candidates.insert(choice.candidates.end(), illegal.begin(), illegal.end());
  choice.time = simulate_config(device, problem, choice.time.config, options);
  return choice;
}

std::vector<Candidate> kernel_candidates(const Device& device, const GemmProblem& problem,
                                         const SimulationOptions& options) {
  return choose_kernel(device, problem, options).candidates;
}

}  // namespace mxscope::sim
