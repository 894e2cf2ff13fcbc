// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spec/oracle.h"

namespace mxscope::analysis {

inline constexpr std::uint64_t kF32Inputs = std::uint64_t{1} << 32;
inline constexpr std::uint64_t kFnvOffset = 0xcbf29ce484222325U;
inline constexpr std::uint64_t kFnvPrime = 0x100000001b3U;

/// The last input of run k of a step map whose source has `inputs` - 1 as its largest code
/// (`inputs` may be 0, meaning 2^64).
spec::Code last_of(const std::vector<spec::Run>& runs, std::size_t k, std::uint64_t inputs);

/// FNV-1a 64 of a step map, as 16 hex digits: for every run its first input and its code, 8 bytes
/// each with the low byte first, then 1 if it is refused and 0 if not.
std::string digest_of(const std::vector<spec::Run>& runs);

/// "0x7e", or "!!" for a refusal, as in the tables of conformance.h; two digits at least.
std::string outcome_text(const spec::Outcome& outcome);

/// A source bit pattern of `bits` bits in hex, all its digits: "0x3f800000".
std::string input_text(std::uint64_t input, int bits);

/// Inputs first..last, in ascending order, on which two step maps of one source have one outcome
/// each: `visit(first, last, outcome_a, outcome_b)`.
template <typename Visit>
void for_each_common_run(const std::vector<spec::Run>& a, const std::vector<spec::Run>& b,
                         std::uint64_t inputs, const Visit& visit) {
  std::size_t i = 0;
  std::size_t j = 0;
  spec::Code first = 0;
  while (i < a.size() && j < b.size()) {
    const spec::Code last_a = last_of(a, i, inputs);
    const spec::Code last_b = last_of(b, j, inputs);
    const spec::Code last = last_a < last_b ? last_a : last_b;
    visit(first, last, a[i].outcome, b[j].outcome);
    if (last == last_a) ++i;
    if (last == last_b) ++j;
    first = last + 1;
  }
}

}  // namespace mxscope::analysis
