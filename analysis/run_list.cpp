// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Step maps as lists of runs: their ends, digest and text.
#include "analysis/run_list.h"

#include <fmt/format.h>

namespace mxscope::analysis {

spec::Code last_of(const std::vector<spec::Run>& runs, std::size_t k, std::uint64_t inputs) {
  return (k + 1 < runs.size() ? runs[k + 1].first : inputs) - 1;
}

std::string digest_of(const std::vector<spec::Run>& runs) {
  std::uint64_t hash = kFnvOffset;
  const auto feed = [&](std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) hash = (hash ^ ((value >> (8 * i)) & 0xFF)) * kFnvPrime;
  };
  for (const spec::Run& run : runs) {
    feed(run.first, 8);
    feed(run.outcome.code, 8);
    feed(run.outcome.refused ? 1 : 0, 1);
  }
  return fmt::format("{:016x}", hash);
}

std::string outcome_text(const spec::Outcome& outcome) {
  return outcome.refused ? "!!" : fmt::format("0x{:02x}", outcome.code);
}

std::string input_text(std::uint64_t input, int bits) {
  return fmt::format("0x{:0{}x}", input, (bits + 3) / 4);
}

}  // namespace mxscope::analysis
