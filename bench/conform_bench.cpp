// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Cases made, expected results and the comparison with given ones, one thread, beside memcpy of the
// same bytes and beside a pipeline that prints and reads every case as text.
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "analysis/evidence.h"
#include "analysis/operations.h"
#include "bench/ratio.h"

namespace mxscope::bench {
namespace {

constexpr std::size_t kCases = std::size_t{1} << 20;

/// What conform gen and check do to raw cases, in chunks that stay in cache.
class Checked {
 public:
  Checked(const spec::Operation& operation, spec::CaseLevel level)
      : operation_(operation), cases_(operation.cases(level, 1)), model_(*operation.model({})) {
    chunk_ = std::min<std::size_t>(
        kCases, (std::size_t{1} << 18) / (operation.input.bytes() + operation.result.bytes()));
    inputs_.resize(chunk_ * operation.input.bytes());
    expected_.resize(chunk_ * operation.result.bytes());
  }

  std::size_t count() const { return std::min<std::uint64_t>(kCases, cases_.count); }

  void generate(std::size_t first, std::size_t n) {
    cases_.fill(offset() + first, n, inputs_.data());
  }

  void run() {
    analysis::Evidence evidence(operation_, count());
    for (std::size_t first = 0; first < count(); first += chunk_) {
      const std::size_t n = std::min(chunk_, count() - first);
      generate(first, n);
      model_(n, inputs_.data(), expected_.data());
      given_ = expected_;
      evidence.add(n, inputs_.data(), expected_.data(), given_.data());
    }
    benchmark::DoNotOptimize(evidence.mismatches());
  }

  /// The same through printf and scanf, as programs under test often are.
  void run_as_text() {
    char line[64];
    std::uint64_t sum = 0;
    for (std::size_t first = 0; first < count(); first += chunk_) {
      const std::size_t n = std::min(chunk_, count() - first);
      generate(first, n);
      model_(n, inputs_.data(), expected_.data());
      for (std::size_t i = 0; i < n; ++i) {
        std::snprintf(line, sizeof line, "%08" PRIx64 " %02" PRIx64,
                      spec::read_word(inputs_.data(), 4, i),
                      spec::read_word(expected_.data(), 1, i));
        std::uint32_t input = 0;
        std::uint32_t code = 0;
        std::sscanf(line, "%x %x", &input, &code);
        sum += input ^ code;
      }
    }
    benchmark::DoNotOptimize(sum);
  }

  void copy() {
    std::vector<std::uint8_t> to(inputs_.size());
    for (std::size_t first = 0; first < count(); first += chunk_) {
      std::memcpy(to.data(), inputs_.data(),
                  std::min(chunk_, count() - first) * operation_.input.bytes());
      benchmark::DoNotOptimize(to.data());
    }
  }

 private:
  /// Random cases, where a level has them.
  std::uint64_t offset() const { return cases_.count - count(); }

  const spec::Operation& operation_;
  spec::CaseList cases_;
  spec::Model model_;
  std::size_t chunk_;
  std::vector<std::uint8_t> inputs_, expected_, given_;
};

const spec::Operation& e4m3() {
  static const spec::Operation operation = analysis::cast_operation().make({{"to", "e4m3"}});
  return operation;
}

void against_memcpy(benchmark::State& state, spec::CaseLevel level) {
  Checked checked(e4m3(), level);
  compare(
      state, static_cast<double>(checked.count()), 0, [&] { checked.run(); },
      [&] { checked.copy(); });
}

void against_text(benchmark::State& state) {
  Checked checked(e4m3(), spec::CaseLevel::kPatterns);
  compare(
      state, static_cast<double>(checked.count()), 0, [&] { checked.run(); },
      [&] { checked.run_as_text(); });
}

BENCHMARK_CAPTURE(against_memcpy, random, spec::CaseLevel::kPatterns)
    ->UseManualTime()
    ->Iterations(31);
BENCHMARK_CAPTURE(against_memcpy, everything, spec::CaseLevel::kEverything)
    ->UseManualTime()
    ->Iterations(31);
BENCHMARK(against_text)->UseManualTime()->Iterations(5);

}  // namespace
}  // namespace mxscope::bench

BENCHMARK_MAIN();
