// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Windows that no row has: what a tensor core would do if a decision that every known rule takes
// alike (truncation of terms, the rounding of D, where C joins, the order of k) were another one.
#pragma once

#include <string>
#include <vector>

#include "sim/mma_rules.h"
#include "sim/probe.h"

namespace mxscope::sim {

enum class TermCut : std::uint8_t { kTruncated, kFloored, kNearest };
enum class StepOrder : std::uint8_t { kAscending, kDescending, kEvenThenOdd, kPairs };

/// A window rule with those decisions; step_k, kept_bits and output_bits are the Mma's. A step
/// takes the next step_k elements in the order; kPairs takes k mod 4 in {0, 1} before {2, 3}.
struct ProbeVariant {
  TermCut cut = TermCut::kTruncated;
  FinalRounding final_rounding = FinalRounding::kTowardZero;
  bool late_addend = false;  ///< C is added to the last step's result, rounded the same way
  StepOrder order = StepOrder::kAscending;
};

/// "terms floored, D rounded to nearest, C added afterwards": what differs from known rules.
std::string variant_text(const ProbeVariant& variant);

/// D's word for finite operands without block scales.
spec::Code variant_word(const Mma& mma, const ProbeVariant& variant, const ProbeCase& probe);

/// The variants, with their parameters, that give every word of the questions about kept bits,
/// steps and D, as texts. Empty for instructions with scales or beyond 16-bit operands.
std::vector<std::string> matching_variants(const Mma& mma, const std::vector<ProbeCase>& cases,
                                           const std::vector<spec::Code>& words);

}  // namespace mxscope::sim
