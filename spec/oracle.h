// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "spec/format.h"
#include "spec/number.h"
#include "spec/policy.h"

namespace mxscope::spec {

/// Converts an exact number: the reference that every fast path is proven equal to. It knows only
/// ordered values and exact comparison; it shares nothing with the codec.
/// Throws Error when the policy conflicts with the format or the random bits with the mode.
Outcome cast(const Number& number, const Format& format, const Policy& policy,
             RandomBits random = {});

/// A maximal interval of source codes, in ascending unsigned order, with one outcome.
struct Run {
  Code first = 0;
  Outcome outcome;

  bool operator==(const Run&) const = default;
};

/// The whole conversion as a step function of the source's bit pattern: the oracle's decision
/// thresholds, sorted. runs[0].first is 0 and the last run ends at the source's largest code.
/// Source: any float format of at most 64 bits, signed, sign-magnitude. Cost: one bisection per
/// code of the target, so it is for targets of at most 19 bits (TF32); throws Error above 20.
std::vector<Run> step_map(const Format& source, const Format& target, const Policy& policy,
                          RandomBits random = {});

/// The outcome of one source code in a step map.
Outcome lookup(const std::vector<Run>& runs, Code source_code);

}  // namespace mxscope::spec
