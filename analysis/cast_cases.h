// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "spec/codec.h"
#include "spec/operation.h"

namespace mxscope::analysis {

/// A pseudo-random word that is a function of two numbers alone.
/// Source: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), its output function on seed + index gamma.
constexpr std::uint64_t mixed_word(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

/// Source codes at which conversions to the format part, ascending: each value and each midpoint of
/// the format, also past its largest and below its least, with their neighbours at all distances
/// 2^j for small formats and at distance 1 for others; every exponent with the extreme mantissas;
/// zeros, infinities, NaNs of several payloads; each with both signs.
std::vector<std::uint64_t> boundary_inputs(const spec::Source& source, const spec::Format& target);

/// Words of a source, each in its own bytes. Level 2 adds every exponent with every run of ones and
/// of zeros in the mantissa, and 2^24 words weighted toward the target's range and its ties;
/// level 3 is all words in ascending order, Error for binary64.
spec::CaseList source_cases(const spec::Source& source, const spec::Format& target,
                            spec::CaseLevel level, std::uint64_t seed);

/// A case list of words that are all there.
spec::CaseList listed_cases(std::vector<std::uint64_t> words, std::size_t word_bytes);

/// Case lists of records of one size, one after the other.
spec::CaseList joined(std::vector<spec::CaseList> parts, std::size_t record_bytes);

}  // namespace mxscope::analysis
