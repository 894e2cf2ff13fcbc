// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A verified sweep of binary32 inputs beside memcpy of the same 2^32 words (16 GiB), one thread:
// both are measured on a part of the inputs, in turn, and a copy reuses 256 MiB of memory.
#include <cstring>

#include "analysis/sweep.h"
#include "bench/ratio.h"
#include "spec/conversions.h"
#include "spec/formats.h"

namespace mxscope::bench {
namespace {

constexpr std::uint64_t kInputs = std::uint64_t{1} << 26;

void against_memcpy(benchmark::State& state, const char* conversion, const char* backend) {
  const spec::Conversion c = spec::find_conversion(conversion);
  const spec::Format& format = spec::find_format(c.format);
  const spec::BatchCast cast(spec::kF32, format, c.policy, 0, backend);
  const auto runs = spec::step_map(spec::find_format("fp32"), format, c.policy);
  const std::vector<std::uint32_t> from(kInputs, 1);
  std::vector<std::uint32_t> to(kInputs);
  const std::atomic<bool> stop{false};
  std::uint64_t first = 0;
  bool agrees = true;
  compare(
      state, static_cast<double>(kInputs), 0,
      [&] {
        const auto result = analysis::sweep(cast, runs, format.storage_shift, first, kInputs, stop);
        agrees = agrees && !result.disagreement && result.cases == kInputs;
        first = (first + kInputs) & 0xFFFFFFFF;
      },
      [&] {
        std::memcpy(to.data(), from.data(), kInputs * sizeof(std::uint32_t));
        benchmark::DoNotOptimize(to.data());
      });
  if (!agrees) state.SkipWithError("codec and oracle disagree");
}

// 64 parts are the whole of the inputs; the first round of each side is not counted.
BENCHMARK_CAPTURE(against_memcpy, e4m3, "nv_e4m3_sat", "auto")->UseManualTime()->Iterations(64);
BENCHMARK_CAPTURE(against_memcpy, e2m1, "nv_e2m1_rn", "auto")->UseManualTime()->Iterations(64);

}  // namespace
}  // namespace mxscope::bench

BENCHMARK_MAIN();
