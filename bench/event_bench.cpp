// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Events a second: the timing wheel against std::priority_queue, and of a whole simulated GEMM.
#include <benchmark/benchmark.h>

#include <queue>
#include <random>

#include "sim/engine.h"
#include "sim/event_queue.h"
#include "sim/gemm_time.h"
#include "sim/kernel_choice.h"

namespace {

using mxscope::sim::Tick;

/// Delays as the engine's: a few cycles to a few thousand.
std::vector<Tick> delays() {
  std::mt19937 random(1);
  std::vector<Tick> all(4096);
  for (Tick& delay : all) delay = static_cast<Tick>(random() % (2000 * 16));
  return all;
}

// "Hold": take the earliest, insert another, with a constant number pending.
void BM_Wheel(benchmark::State& state) {
  const std::vector<Tick> delay = delays();
  mxscope::sim::EventQueue<std::uint64_t> queue;
  std::size_t next = 0;
  for (std::int64_t i = 0; i < state.range(0); ++i) queue.push(delay[next++ % delay.size()], 0);
  for (auto _ : state) {
    const auto event = queue.pop();
    queue.push(event.time + delay[next++ % delay.size()], event.payload);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Wheel)->Arg(16)->Arg(512)->Arg(8192);

void BM_PriorityQueue(benchmark::State& state) {
  using Event = std::tuple<Tick, std::uint64_t, std::uint64_t>;  // time, sequence, payload
  const std::vector<Tick> delay = delays();
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue;
  std::size_t next = 0;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    queue.emplace(delay[next % delay.size()], next, 0), ++next;
  for (auto _ : state) {
    const Event event = queue.top();
    queue.pop();
    queue.emplace(std::get<0>(event) + delay[next % delay.size()], next, std::get<2>(event));
    ++next;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_PriorityQueue)->Arg(16)->Arg(512)->Arg(8192);

// 4096^3 in NVFP4 on an RTX 5090, every SM simulated.
void BM_EverySm(benchmark::State& state) {
  const mxscope::sim::Device& device = mxscope::sim::find_device("rtx-5090");
  const auto program = mxscope::sim::build_program(
      {.m = 4096, .n = 4096, .k = 4096, .type = "nvfp4"},
      mxscope::sim::parse_config("sm120-cooperative:128x128x128,stages=4"));
  std::int64_t events = 0;
  for (auto _ : state)
    events +=
        mxscope::sim::run_engine(device, program, {.clock_mhz = 2800, .every_sm = true}).events;
  state.SetItemsProcessed(events);
}
BENCHMARK(BM_EverySm)->Unit(benchmark::kMillisecond);

// The same with the choice of the kernel, one SM for all that do the same.
void BM_Gemm(benchmark::State& state) {
  const mxscope::sim::Device& device = mxscope::sim::find_device("rtx-5090");
  for (auto _ : state)
    benchmark::DoNotOptimize(
        mxscope::sim::simulate_gemm(device, {.m = 4096, .n = 4096, .k = 4096, .type = "nvfp4"}));
}
BENCHMARK(BM_Gemm)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
