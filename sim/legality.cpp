// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Why a device cannot run a kernel, in one sentence.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sim/engine.h"
#include "sim/engine_costs.h"
#include "sim/gemm_time.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

/// CTAs of a cluster, at most; more than 8 are not portable (CUDA C++ Programming Guide).
constexpr int kMostClusterCtas = 8;
constexpr int kMostRegisters = 168;          ///< of a thread, for accumulators
constexpr std::int64_t kCopyAlignment = 16;  ///< bytes of a row's pitch, for TMA
constexpr double kGigabyte = 1e9;

std::vector<std::string_view> architectures(KernelFamily family) {
  switch (family) {
    case KernelFamily::kSm100OneSm:
    case KernelFamily::kSm100TwoSm:
      return {"sm100", "sm103", "sm110"};
    case KernelFamily::kSm120Cooperative:
    case KernelFamily::kSm120PingPong:
    case KernelFamily::kSmallM:
      return {"sm120", "sm121"};
    case KernelFamily::kWgmma:
      return {"sm90"};
  }
  return {};
}

/// Kinds of mixed operands: PTX ISA 8.7, mma.block_scale and tcgen05.mma with .kind::mxf8f6f4.
std::string weights_reason(const GemmProblem& problem) {
  if (problem.weights.empty() || problem.weights == problem.type) return "";
  const auto any = [](const std::string& name, const std::vector<std::string_view>& of) {
    return std::find(of.begin(), of.end(), name) != of.end();
  };
  if (any(problem.type, {"mxfp8", "mxfp6"}) && any(problem.weights, {"mxfp8", "mxfp6", "mxfp4"}))
    return "";
  return fmt::format(
      "no matrix instruction takes A of {} and B of {}; A may be mxfp8 or mxfp6 with B of mxfp8, "
      "mxfp6 or mxfp4",
      problem.type, problem.weights);
}

std::string problem_reason(const Device& device, const GemmProblem& problem) {
  if (problem.m < 1 || problem.n < 1 || problem.k < 1)
    return fmt::format("m={} n={} k={}: each must be at least 1", problem.m, problem.n, problem.k);
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  if (problem.m > kMost || problem.n > kMost || problem.k > kMost)
    return fmt::format("m={} n={} k={}: each may be at most {}", problem.m, problem.n, problem.k,
                       kMost);
  const OperandType& type = find_operand_type(problem.type);
  if (problem.output != "fp32") find_operand_type(problem.output);
  if (device.find_rate(type.name, type.name == "int8" ? "int32" : "fp32") == nullptr) {
    std::vector<std::string> kinds;
    for (const TensorRate& rate : device.rates)
      if (kinds.empty() || kinds.back() != rate.kind) kinds.push_back(rate.kind);
    return fmt::format("the tensor cores of {} take no {}; they take {}", device.name, type.name,
                       fmt::join(kinds, ", "));
  }
  if (std::string reason = weights_reason(problem); !reason.empty()) return reason;
  const OperandType weights = weight_type(problem);
  for (const OperandType& operand : {type, weights})
    if (problem.k * operand.bits % (8 * kCopyAlignment) != 0)
      return fmt::format(
          "k={} of {}: a row must be a multiple of {} bytes to be copied by TMA, so k a multiple "
          "of {}",
          problem.k, operand.name, kCopyAlignment,
          8 * kCopyAlignment / (operand.bits == 6 ? 2 : operand.bits));
  const auto m = static_cast<double>(problem.m), n = static_cast<double>(problem.n);
  const double operands = (m * type.bits + n * weights.bits * std::max(1, problem.weight_copies)) *
                          static_cast<double>(problem.k);
  const double bytes = (operands + m * n * output_bits(problem.output)) / 8;
  if (bytes > device.dram.bytes)
    return fmt::format("A, B and D have {:.1f} GB, and {} has {:.1f} GB of memory",
                       bytes / kGigabyte, device.name, device.dram.bytes.value / kGigabyte);
  return "";
}

std::string cluster_reason(const Device& device, const GemmConfig& config) {
  const int ctas = config.cluster_m * config.cluster_n;
  if (ctas > 1 && device.tma.multicast == 0)
    return fmt::format("{} has no clusters; cluster={}x{} must be 1x1", device.name,
                       config.cluster_m, config.cluster_n);
  if (ctas > kMostClusterCtas)
    return fmt::format("cluster={}x{}: {} CTAs, more than {}", config.cluster_m, config.cluster_n,
                       ctas, kMostClusterCtas);
  if (config.family == KernelFamily::kSm100TwoSm && config.cluster_m % 2 != 0)
    return fmt::format("cluster={}x{}: a tile of two SMs needs an even cluster along m",
                       config.cluster_m, config.cluster_n);
  return "";
}

std::string shape_reason(const Device& device, const Program& program) {
  const GemmConfig& config = program.config;
  const BlockMma& mma = program.mma;
  const OperandType& type = find_operand_type(program.problem.type);
  if (config.tile_k % mma.k != 0)
    return fmt::format("tile k {}: not a multiple of the {} of one {} of {}", config.tile_k, mma.k,
                       mma.instruction, type.name);
  const bool tensor_memory = !program.reads_registers;
  if (tensor_memory && type.scale_block > 0 && config.tile_m != 128 * mma.ctas)
    return fmt::format("tile m {}: block-scaled tcgen05 of {} SM{} has m = {} only", config.tile_m,
                       mma.ctas, mma.ctas == 1 ? "" : "s", 128 * mma.ctas);
  if (find_shape(device, program) == nullptr)
    return fmt::format("{} with m={} n={} is not in the instruction set of {} for {}",
                       mma.instruction, mma.m, mma.n, device.architecture, type.name);
  if (!tensor_memory && (config.tile_m % mma.m != 0 || config.tile_n % mma.n != 0))
    return fmt::format("tile {}x{}: not whole instructions of m{}n{}", config.tile_m, config.tile_n,
                       mma.m, mma.n);
  return "";
}

std::string storage_reason(const Device& device, const Program& program) {
  const GemmConfig& config = program.config;
  const double smem = static_cast<double>(program.smem_bytes());
  if (config.stages < 1 || smem > device.shared.bytes_per_cta)
    return fmt::format(
        "{} stages of {} bytes and {} for the epilogue exceed the {:.0f} bytes of shared memory of "
        "a CTA on {}",
        std::max(config.stages, 1), program.stage_bytes, program.fixed_smem_bytes,
        device.shared.bytes_per_cta.value, device.name);
  if (!program.reads_registers) {
    const double columns = static_cast<double>(config.tile_n + program.scale_columns);
    if (columns > device.tensor_memory.columns)
      return fmt::format(
          "an accumulator of {} columns and {} of scales exceed the {:.0f} columns of tensor "
          "memory",
          config.tile_n, program.scale_columns, device.tensor_memory.columns.value);
    return "";
  }
  const Role& math = program.roles.back();
  const int registers = config.tile_m * config.tile_n / (32 * math.warps);
  if (registers > kMostRegisters)
    return fmt::format(
        "an accumulator of {}x{} is {} registers of each of {} threads, more than {}",
        config.tile_m, config.tile_n, registers, 32 * math.warps, kMostRegisters);
  return "";
}

std::string order_reason(const Program& program) {
  const GemmConfig& config = program.config;
  if (config.split_k > program.blocks)
    return fmt::format("split-k={}: K has {} blocks of {}", config.split_k, program.blocks,
                       config.tile_k);
  if (config.stream_k && config.split_k > 1) return "stream-k and split-k exclude each other";
  if (config.stream_k && config.order != TileOrder::kStatic)
    return "stream-k needs order=static: its work is dealt before the kernel runs";
  if (config.family == KernelFamily::kSm120PingPong && config.order == TileOrder::kOneTile)
    return "ping-pong needs a persistent order: its groups take tiles in turn";
  return "";
}

}  // namespace

std::string illegal_reason(const Device& device, const GemmProblem& problem,
                           const GemmConfig& config) {
  if (std::string reason = problem_reason(device, problem); !reason.empty()) return reason;
  const auto wanted = architectures(config.family);
  if (std::find(wanted.begin(), wanted.end(), device.architecture) == wanted.end())
    return fmt::format("{} is {}; {} kernels run on {}", device.name, device.architecture,
                       family_name(config.family), fmt::join(wanted, ", "));
  if (std::string reason = cluster_reason(device, config); !reason.empty()) return reason;
  if (config.family == KernelFamily::kSm100TwoSm &&
      (config.tile_m % 2 != 0 || config.tile_n % 2 != 0))
    return fmt::format("tile {}x{}: two SMs need even halves", config.tile_m, config.tile_n);
  const Program program = build_program(problem, config);
  if (std::string reason = shape_reason(device, program); !reason.empty()) return reason;
  if (std::string reason = storage_reason(device, program); !reason.empty()) return reason;
  return order_reason(program);
}

}  // namespace mxscope::sim
