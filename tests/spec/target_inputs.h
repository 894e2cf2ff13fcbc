// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Which formats, policies and inputs the tests of conversions run over.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "spec/codec.h"
#include "spec/format.h"
#include "spec/formats.h"
#include "spec/oracle.h"
#include "spec/policy.h"

namespace mxscope::spec {

/// SplitMix64: the same numbers everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

/// The rows of at most `bits` bits, and four P3109 rows that no built-in row resembles.
inline std::vector<Format> formats_up_to(int bits) {
  std::vector<Format> rows;
  for (const Format& f : builtin_formats())
    if (f.bits <= bits) rows.push_back(f);
  for (const char* name : {"p3109_k3p2sf", "p3109_k8p1se", "p3109_k8p1ue", "p3109_k7p3uf"})
    rows.push_back(find_format(name));
  return rows;
}

/// Rows that only a user would write: no subnormals beside a zero, unusual biases and specials.
inline std::vector<Format> user_formats() {
  std::vector<Format> rows(5);
  rows[0] = {.name = "no_subnormals", .bits = 6, .exponent_bits = 3, .mantissa_bits = 2, .bias = 3};
  rows[0].subnormals = false;
  rows[1] = {.name = "unsigned_no_subnormals", .bits = 6, .exponent_bits = 3, .mantissa_bits = 3};
  rows[1].bias = 2;
  rows[1].is_signed = false;
  rows[1].subnormals = false;
  rows[1].high_nans = 2;
  rows[2] = {.name = "far_bias", .bits = 7, .exponent_bits = 4, .mantissa_bits = 2, .bias = 140};
  rows[2].infinities = true;
  rows[2].high_nans = 2;
  rows[3] = {.name = "big_only", .bits = 5, .exponent_bits = 2, .mantissa_bits = 2, .bias = -100};
  rows[3].negative_zero = false;
  rows[3].infinities = true;
  rows[4] = {.name = "no_zero", .bits = 6, .exponent_bits = 4, .mantissa_bits = 2, .bias = 8};
  rows[4].is_signed = false;
  rows[4].subnormals = false;
  rows[4].zero = false;
  rows[4].high_nans = 1;
  for (Format& row : rows) row.storage_bits = 8;
  return rows;
}

/// Policies that differ in what they do with everything but an ordinary value, for one rounding.
/// Only those that the format can follow.
inline std::vector<Policy> policies_for(const Format& format, Rounding rounding) {
  const Overflow overflows[] = {Overflow::kSaturate, Overflow::kInfinity, Overflow::kNan,
                                Overflow::kError};
  std::vector<Policy> candidates;
  for (const Overflow overflow : overflows)
    for (const Overflow infinity : overflows)
      candidates.push_back({.rounding = rounding, .overflow = overflow, .infinity = infinity});
  for (const NanRule nan : {NanRule::kQuiet, NanRule::kPayload, NanRule::kMaximum, NanRule::kZero,
                            NanRule::kError, NanRule::kRebias})
    for (const NanSign sign :
         {NanSign::kPositive, NanSign::kNegative, NanSign::kKeep, NanSign::kFlip})
      candidates.push_back({.rounding = rounding,
                            .overflow = Overflow::kNan,
                            .nan = nan,
                            .nan_sign = sign,
                            .made_nan_sign = sign});
  for (const NegativeRule negative :
       {NegativeRule::kMagnitude, NegativeRule::kLowest, NegativeRule::kLowestFinite,
        NegativeRule::kNan, NegativeRule::kError, NegativeRule::kRoundThenNan,
        NegativeRule::kRoundThenError})
    for (const LowGrid grid : {LowGrid::kUnbounded, LowGrid::kFromZero})
      for (const LowRule low : {LowRule::kLowest, LowRule::kNan, LowRule::kError})
        candidates.push_back({.rounding = rounding,
                              .tie_p1 = TieP1::kUp,
                              .negative = negative,
                              .zero = low,
                              .underflow = low,
                              .low_grid = grid});
  for (const TieP1 tie : {TieP1::kUp, TieP1::kTowardZero})
    candidates.push_back(
        {.rounding = rounding, .tie_p1 = tie, .directed_overflow = DirectedOverflow::kAlways});
  std::vector<Policy> out;
  for (const Policy& candidate : candidates) {
    // As asked where the format can, else the nearest that it can.
    const Policy policy =
        conflict(format, candidate).empty() ? candidate : adapted(format, candidate);
    if (!conflict(format, policy).empty()) continue;
    bool seen = false;
    for (const Policy& p : out) seen = seen || p == policy;
    if (!seen) out.push_back(policy);
  }
  return out;
}

/// The fields of a policy in one line, for messages.
inline std::string text_of(const Policy& policy) {
  std::string text;
  for (const auto& [name, value] : describe(policy))
    text.append(name).append("=").append(value).append(" ");
  return text;
}

// What GoogleTest shows for a parameter or a failed comparison.
inline void PrintTo(const Format& format, std::ostream* out) { *out << format.name; }
inline void PrintTo(const Policy& policy, std::ostream* out) { *out << text_of(policy); }
inline void PrintTo(const Outcome& outcome, std::ostream* out) {
  if (outcome.refused)
    *out << "refused";
  else
    *out << "0x" << std::hex << outcome.code << std::dec;
}

}  // namespace mxscope::spec
