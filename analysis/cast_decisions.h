// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Everything that a program which converts numbers can decide otherwise, and what comes of it.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "spec/codec.h"
#include "spec/operation.h"

namespace mxscope::analysis {

/// Rounding to nearest with ties that no Rounding has, and nearest-even without its sticky bit.
/// "half-up" and "half-down" go by value, "half-toward-zero" by magnitude; "half-odd" takes the odd
/// code; "no-sticky" takes the even code from the midpoint on, whatever is below.
inline constexpr std::array<std::string_view, 5> kTieRules = {
    "half-up", "half-down", "half-toward-zero", "half-odd", "no-sticky"};

/// Formats through which a number may pass before it is converted (double rounding, nearest-even;
/// or cut off).
inline constexpr std::array<std::string_view, 6> kVias = {"bf16", "fp16",     "tf32",
                                                          "fp32", "bf16-cut", "tf32-cut"};

struct CastDecisions {
  spec::Source source = spec::kF32;
  spec::Format target;
  spec::Policy policy;
  int random_bits = 0;
  std::string ties;            ///< one of kTieRules instead of the policy's rounding, or ""
  std::string via;             ///< one of kVias, or ""
  bool flush_inputs = false;   ///< subnormal inputs count as zeros of their sign
  bool flush_results = false;  ///< subnormal codes become zeros of their sign
  bool drop_negative_zero = false;
  bool big_endian = false;
  int bias_step = 0;  ///< added to the target's bias

  /// Makes one decision otherwise; false for one that a conversion does not have.
  bool apply(const spec::Change& change);

  /// Whether the decisions can be followed together.
  bool sound() const;

  /// Throws Error where the codec has something to say. The records: a word of the source, and one
  /// of 4 bytes with the random bits where there are any; the stored word of the code.
  spec::Model model() const;
};

/// "fp32", "bf16", "fp16" or "fp64", or their short names. Throws Error that lists them.
spec::Source source_named(std::string_view name);
std::string source_name(const spec::Source& source);

/// Each case with random bits: all zeros, all ones and one half first, then any.
spec::CaseList with_random_words(const CastDecisions& decisions, spec::CaseList words,
                                 std::uint64_t seed);

}  // namespace mxscope::analysis
