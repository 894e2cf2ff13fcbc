// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/engine.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/gemm_time.h"
#include "sim/kernel_choice.h"
#include "sim/power_clock.h"
#include "sim/stream_kernel.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

struct Shape {
  std::int64_t m, n, k;
};
const std::vector<Shape> kShapes = {{1, 512, 512},      {128, 4096, 4096},  {300, 1000, 7168},
                                    {2048, 2048, 2048}, {4096, 4096, 4096}, {8192, 1024, 16384}};

const std::vector<std::pair<const char*, const char*>> kTypes = {
    {"b200", "bf16"},     {"b200", "nvfp4"},     {"b300", "mxfp8"},
    {"rtx-5090", "bf16"}, {"rtx-5090", "nvfp4"}, {"rtx-pro-6000-server", "mxfp8"},
    {"gb10", "nvfp4"},    {"h200", "fp8"}};

GemmTime simulate(const Device& device, const char* type, Shape s, int weight_copies = 1,
                  const SimulationOptions& options = {}) {
  return simulate_gemm(device,
                       {.m = s.m, .n = s.n, .k = s.k, .type = type, .weight_copies = weight_copies},
                       std::nullopt, options);
}

TEST(Engine, NeverBeatsTheRooflineOfItsDevice) {
  for (const auto& [name, type] : kTypes)
    for (const Shape& shape : kShapes)
      for (const int copies : {0, 1}) {
        const GemmTime time = simulate(find_device(name), type, shape, copies);
        EXPECT_GE(time.us, time.roofline_us) << name << ' ' << to_string(time.problem);
        EXPECT_LE(time.peak_share, 1);
      }
}

/// How much slower a kernel may be with less to wait for. Several CTAs on an SM take its pipes in
/// the order in which they come, and such schedules have anomalies (Graham, SIAM J. Appl. Math. 17,
/// 1969); the clock under a load is solved to a few parts in 10^7.
double slack(const Device& device, const GemmTime& time) {
  if (ctas_per_sm(device, build_program(time.problem, time.config)) > 1) return 0.01;
  return time.problem.clock_mhz > 0 ? 1e-12 : 1e-6;
}

TEST(Engine, SwitchingAMechanismOffIsNeverSlower) {
  for (const auto& [name, type] : kTypes)
    for (const Shape& shape : kShapes)
      for (const bool fixed_clock : {false, true}) {
        const Device& device = find_device(name);
        GemmTime full = simulate(device, type, shape, 0);
        if (fixed_clock) {
          full.problem.clock_mhz = device.clock.sustained_mhz;
          full = simulate_gemm(device, full.problem, full.config);
        }
        for (const std::string& mechanism : mechanism_names()) {
          SimulationOptions options;
          switch_off(options.mechanisms, mechanism);
          const GemmTime less = simulate_gemm(device, full.problem, full.config, options);
          EXPECT_LE(less.us, full.us * (1 + slack(device, full)))
              << mechanism << ' ' << name << ' ' << to_string(full.problem);
        }
      }
}

// Each change makes a part of the device better.
TEST(Engine, ABetterDeviceIsNeverSlower) {
  const std::vector<std::pair<const char*, void (*)(Device&)>> better = {
      {"DRAM", [](Device& d) { d.dram.peak_gb_per_s.value *= 1.5; }},
      {"L2", [](Device& d) { d.l2.gb_per_s.value *= 1.5; }},
      {"L2 size", [](Device& d) { d.l2.bytes.value *= 2; }},
      {"latency", [](Device& d) { d.tma.latency_cycles.value /= 2; }},
      {"copy path", [](Device& d) { d.tma.row_cycles.value /= 2; }},
      {"barriers", [](Device& d) { d.barrier.signal_cycles.value = 0; }},
      {"epilogue", [](Device& d) { d.launch.epilogue_cycles.value /= 2; }}};
  for (const auto& [name, type] : kTypes)
    for (const Shape& shape : kShapes)
      for (const bool fixed_clock : {false, true}) {
        GemmTime before = simulate(find_device(name), type, shape, 0);
        if (fixed_clock) {
          before.problem.clock_mhz = find_device(name).clock.sustained_mhz;
          before = simulate_gemm(find_device(name), before.problem, before.config);
        }
        for (const auto& [what, change] : better) {
          Device device = find_device(name);
          change(device);
          const GemmTime after = simulate_gemm(device, before.problem, before.config);
          EXPECT_LE(after.us, before.us * (1 + slack(device, before)))
              << what << ' ' << name << ' ' << to_string(before.problem);
        }
      }
}

TEST(Engine, AccountsForEveryCycleOfTheSlowestSm) {
  for (const auto& [name, type] : kTypes)
    for (const Shape& shape : kShapes) {
      const GemmTime time = simulate(find_device(name), type, shape);
      double cycles = 0;
      for (const GemmTime::Stall& stall : time.stalls) {
        EXPECT_GE(stall.cycles, 0) << stall.cause;
        cycles += stall.cycles;
      }
      EXPECT_NEAR(cycles / time.clock_mhz, time.kernel_us, 1e-6 * time.kernel_us);
    }
}

TEST(Engine, MovesEveryByteOnce) {
  const Device& device = find_device("b200");
  GemmProblem p{.m = 2048, .n = 2048, .k = 4096, .type = "bf16", .weight_copies = 0};
  const GemmConfig config = parse_config("sm100-1sm:128x128x64,stages=6");
  for (const bool every_sm : {false, true}) {
    const GemmTime time = simulate_gemm(device, p, config, {.every_sm = every_sm});
    const double operands = 2.0 * 2048 * 4096 * 2, tiles = 16 * 16;
    EXPECT_NEAR(time.dram_bytes, operands, 1e-3 * operands);
    const double fills = tiles * (128 + 128) * 4096 * 2;
    EXPECT_NEAR(time.smem_fill_bytes, fills, (every_sm ? 0 : 1e-3) * fills);
    EXPECT_NEAR(time.l2_bytes, fills + 2048.0 * 2048 * 2, 1e-3 * fills);
  }
}

// Every family and order does all of the work, on one SM for all and on each.
TEST(Engine, EveryKernelDoesAllOfItsWork) {
  const std::vector<std::tuple<const char*, const char*, const char*>> kernels = {
      {"b200", "bf16", "sm100-1sm:128x128x64,order=dynamic"},
      {"b200", "nvfp4", "sm100-2sm:256x128x256,cluster=2x1,order=dynamic"},
      {"b200", "nvfp4", "sm100-1sm:128x256x256"},
      {"b200", "bf16", "sm100-1sm:64x64x64,order=one-tile"},
      {"b200", "bf16", "sm100-1sm:128x256x64,stream-k=yes"},
      {"b200", "fp8", "sm100-2sm:256x256x128,cluster=4x2,split-k=2"},
      {"rtx-5090", "nvfp4", "small-m:32x32x128,stages=4,order=one-tile"},
      {"rtx-5090", "nvfp4", "sm120-pingpong:128x128x128,order=dynamic"},
      {"rtx-5090", "nvfp4", "sm120-pingpong:128x128x128,stream-k=yes"},
      {"h200", "bf16", "sm90-wgmma:128x256x64,cluster=2x1"},
      {"h200", "bf16", "sm90-wgmma:128x128x64,order=dynamic"}};
  for (const auto& [name, type, text] : kernels)
    for (const bool every_sm : {false, true}) {
      const Device& device = find_device(name);
      const GemmProblem p{.m = 2048, .n = 4096, .k = 2048, .type = type};
      const GemmConfig config = with_stages(device, p, parse_config(text));
      const GemmTime time = simulate_gemm(device, p, config, {.every_sm = every_sm});
      const Program program = build_program(p, config);
      const double fills = static_cast<double>(program.tiles() * program.blocks *
                                               program.stage_bytes * program.sms_per_worker);
      EXPECT_NEAR(time.smem_fill_bytes, fills, (every_sm ? 0 : 2e-2) * fills) << text;
      EXPECT_GE(time.us, time.roofline_us) << text;
    }
}

TEST(Engine, TheClockFallsAsFarAsTheLoadNeeds) {
  for (const auto& [name, type] : kTypes) {
    const Device& device = find_device(name);
    double before = device.clock.burst_mhz;
    for (const std::int64_t size : {256, 2048, 16384}) {
      const GemmTime time = simulate(device, type, {size, size, size});
      EXPECT_LE(time.clock_mhz, before);
      before = time.clock_mhz;
      // The clock is the one that this kernel's own load allows.
      const double power = tensor_rate(device, type).relative_power();
      const double busy = power * time.peak_share, us = time.us;
      const ChipLoad load{busy, time.dram_bytes / us / 1e3 / device.dram.peak_gb_per_s};
      EXPECT_NEAR(clock_under(device, load) / time.clock_mhz, 1, 1e-6) << name << ' ' << size;
    }
    const GemmTime small = simulate(device, type, {256, 256, 256});
    EXPECT_EQ(small.clock_mhz, device.clock.burst_mhz);
  }
}

TEST(Engine, SlicesOfKAreAddedByAKernelOfItsOwn) {
  const Device& device = find_device("b200");
  const GemmProblem p{.m = 128, .n = 512, .k = 8192, .type = "bf16", .clock_mhz = 1900};
  const auto launches = [&](const char* config) {
    const GemmTime time = simulate_gemm(device, p, parse_config(config));
    return (time.us - time.kernel_us) / device.launch.kernel_us;
  };
  EXPECT_DOUBLE_EQ(launches("sm100-1sm:128x128x64,stages=6"), 1);
  EXPECT_DOUBLE_EQ(launches("sm100-1sm:128x128x64,stages=6,split-k=4"), 2);
}

TEST(Engine, APairReadsItsHalvesOfSharedMemory) {
  // Of m256n256k16, each SM reads 128 rows of A and 128 of B, 32 bytes of each: the interval of
  // such pairs, 32 + N/8 cycles (umma_throughput), is what the port needs for that.
  const GemmTime time =
      simulate_gemm(find_device("b200"), {.m = 256, .n = 256, .k = 4096, .type = "bf16"},
                    parse_config("sm100-2sm:256x256x64,cluster=2x1,stages=6"));
  EXPECT_DOUBLE_EQ(time.smem_read_bytes, 256.0 * (128 + 128) * 32 * 2);
  EXPECT_LE(time.smem_busy, 1);
}

TEST(Engine, GivesTheSameAnswerTwice) {
  const Device& device = find_device("rtx-5090");
  for (const bool every_sm : {false, true}) {
    const SimulationOptions options{.every_sm = every_sm};
    const GemmTime one = simulate(device, "nvfp4", {4096, 4096, 4096}, 1, options);
    const GemmTime two = simulate(device, "nvfp4", {4096, 4096, 4096}, 1, options);
    EXPECT_EQ(one.us, two.us);
    EXPECT_EQ(one.events, two.events);
  }
}

// One SM may stand for all that do the same. Those that add other units' sums in the end do not do
// quite the same as those that leave them.
TEST(Engine, TheSmThatStandsForAllEndsWithThem) {
  for (const auto& [name, type] : kTypes)
    for (const Shape& shape : kShapes) {
      const GemmTime one = simulate(find_device(name), type, shape, 0);
      const GemmTime all =
          simulate_gemm(find_device(name), one.problem, one.config, {.every_sm = true});
      EXPECT_NEAR(one.us / all.us, 1, one.config.split_k > 1 ? 0.15 : 0.10)
          << name << ' ' << to_string(one.problem) << ' ' << to_string(one.config);
    }
}

TEST(Engine, WaitsForTheLastByteAndNotLonger) {
  // One tile, one block of K: prologue, copy, multiply, signal, drain, store, each known.
  Device device = find_device("b200");
  device.launch.prologue_cycles.value = 100;
  device.launch.epilogue_cycles.value = 50;
  device.tma.latency_cycles.value = 400;
  device.tma.issue_cycles.value = 0;
  device.tma.bytes_per_cycle_sm.value = 128;
  device.barrier.signal_cycles.value = 10;
  device.tensor_memory.read_bytes_per_cycle.value = 256;
  Mechanisms on;
  on.l2_bandwidth = false;
  const GemmTime time =
      simulate_gemm(device, {.m = 128, .n = 128, .k = 64, .type = "bf16", .clock_mhz = 1000},
                    parse_config("sm100-1sm:128x128x64,stages=2"), {.mechanisms = on});
  const double rows = 128 + 128, mma = 3 * 64 + 200, drain = 50 + 128 * 128 * 4 / 256.0;
  EXPECT_DOUBLE_EQ(time.kernel_us * 1000, 100 + rows + 400 + 10 + mma + 10 + drain);
}

TEST(Engine, AnExtraRowBeginsAnotherWave) {
  const Device& device = find_device("b200");
  const GemmConfig config = parse_config("sm100-1sm:128x256x64");
  const auto us = [&](std::int64_t m) {
    return simulate_gemm(device, {.m = m, .n = 4096, .k = 4096, .type = "bf16", .clock_mhz = 1500},
                         config)
        .kernel_us;
  };
  // 9 x 16 tiles are one wave of 148 SMs, 10 x 16 are two.
  EXPECT_NEAR(us(1151), us(1152), 1e-9);
  EXPECT_GT(us(1153), 1.5 * us(1152));
}

TEST(KernelChoice, IsTheFastestAndSaysWhyOthersLost) {
  const Device& device = find_device("b200");
  const GemmProblem p{.m = 4096, .n = 4096, .k = 4096, .type = "nvfp4", .clock_mhz = 1500};
  const auto candidates = kernel_candidates(device, p);
  ASSERT_GT(candidates.size(), 5u);
  EXPECT_EQ(candidates.front().reason, "fastest");
  for (const Candidate& candidate : candidates) {
    EXPECT_FALSE(candidate.reason.empty());
    if (illegal_reason(device, p, candidate.config).empty()) {
      EXPECT_GE(simulate_gemm(device, p, candidate.config).us, candidates.front().us)
          << to_string(candidate.config);
    }
  }
}

TEST(StreamKernel, NeverBeatsTheRooflineAndApproachesIt) {
  for (const char* name : {"b200", "rtx-5090"})
    for (const char* kind : {"quantize", "reorder-quantize", "rmsnorm-quantize",
                             "silu-mul-quantize", "amax", "add", "fill"})
      for (const std::int64_t rows : {1, 100, 8192, 65536}) {
        const StreamTime time = simulate_stream(
            find_device(name),
            {.kind = find_stream_kind(kind), .rows = rows, .columns = 8192, .input_in_l2 = false},
            0);
        EXPECT_GE(time.us, time.roofline_us) << name << ' ' << kind << ' ' << rows;
        if (rows == 65536) {
          // Nothing else hides what the L2 does not keep of a result.
          const double most = std::string_view(kind) == "fill" ? 3 : 2;
          EXPECT_LT(time.us, most * time.roofline_us) << name << ' ' << kind;
        }
      }
}

}  // namespace
}  // namespace mxscope::sim
