// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace mxscope::bench {

template <typename Body>
double seconds(const Body& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Runs ours and theirs in turn and reports the median of theirs/ours over the rounds, so that a
/// machine that slows down slows both: "ratio" is how many times faster ours is. `overhead` is what
/// the peer's call costs without work, subtracted from its time. `items` are done by either call.
template <typename Ours, typename Theirs>
void compare(benchmark::State& state, double items, double overhead, const Ours& ours,
             const Theirs& theirs) {
  std::vector<double> ratios;
  std::vector<double> our_times;
  std::vector<double> their_times;
  ours();
  theirs();
  for (auto _ : state) {
    const double mine = seconds(ours);
    const double peer = std::max(seconds(theirs) - overhead, 0.0);
    state.SetIterationTime(mine);
    our_times.push_back(mine);
    their_times.push_back(peer);
    ratios.push_back(peer / mine);
  }
  state.counters["ratio"] = median(ratios);
  state.counters["ours_per_s"] = items / median(our_times);
  state.counters["peer_per_s"] = items / median(their_times);
}

}  // namespace mxscope::bench
