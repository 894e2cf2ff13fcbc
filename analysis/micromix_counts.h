// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What MicroMix's thresholds make of activations: shares of MXFP4, MXFP6 and MXFP8, channels, bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analysis/claim.h"
#include "spec/number.h"

namespace mxscope::analysis {

using spec::Rational;

/// Which elements of a token, a row, become MXFP4, which MXFP6, and MXFP8 the others.
struct MicromixRule {
  std::string name;  ///< part of claims' ids
  std::string source;
  Rational mxfp4, mxfp6;      ///< thresholds as shares of the token's largest
  bool signed_max = false;    ///< of the token: its largest number, not magnitude
  bool signed_value = false;  ///< which is compared with the threshold
  bool inclusive = true;      ///< an element that equals the threshold is below it
};

/// Both branches of the code, whose MXFP6 is E3M2; and for E3M2 and E2M3 ("-e2m3") the paper's
/// equations 7 and 8 and for each scale rule the largest thresholds that keep the error within
/// INT8's.
/// Source: arXiv 2508.02343; github.com/lwy2020/MicroMix c57370b (ICLR), e837897 (main).
std::vector<MicromixRule> micromix_rules();

struct MicromixCounts {
  std::uint64_t elements = 0;
  std::uint64_t mxfp4 = 0;
  std::uint64_t mxfp6 = 0;

  std::uint64_t mxfp8() const { return elements - mxfp4 - mxfp6; }
  Rational bits() const;  ///< of an element on average, its share of a scale (1/4) left out
  MicromixCounts& operator+=(const MicromixCounts& more);
  bool operator==(const MicromixCounts&) const = default;
};

/// Of whole rows of `channels` numbers, in exact arithmetic. Throws Error for one that is not
/// finite, and for thresholds whose terms have more than 29 bits.
MicromixCounts count_micromix(const MicromixRule& rule, std::span<const float> rows,
                              std::size_t channels);

/// How many channels of K become what, as the code counts: MXFP8 and MXFP6 in multiples of 128,
/// rounded up, MXFP4 what is left, which may be less than nothing.
struct MicromixChannels {
  std::int64_t mxfp4 = 0;
  std::int64_t mxfp6 = 0;
  std::int64_t mxfp8 = 0;

  Rational bits() const;  ///< meaningless where mxfp4 is less than nothing
  bool operator==(const MicromixChannels&) const = default;
};
MicromixChannels micromix_channels(const MicromixCounts& counts, std::size_t channels);

/// A measured claim: shares and bits, channels and their bits, in columns.
Claim micromix_count_claim(const MicromixRule& rule, const MicromixCounts& counts,
                           std::size_t channels);

}  // namespace mxscope::analysis
