// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Shares, channels and bits of a tensor that is counted by hand.
#include "analysis/micromix_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "spec/error.h"

namespace mxscope::analysis {
namespace {

MicromixRule rule_of(const std::string& name) {
  static const std::vector<MicromixRule> all = micromix_rules();
  for (const MicromixRule& rule : all)
    if (rule.name == name) return rule;
  ADD_FAILURE() << name;
  return {};
}

/// Two tokens of eight channels. With the largest magnitude 381 the paper's thresholds 4/381 and
/// 4/381 * 24/7 are 4 and 13.71; main's 7/96 and 1/4 are 27.8 and 95.25. In the second token the
/// largest number, 38.1, is a tenth of the largest magnitude.
const std::vector<float> kTokens = {381, 4,  -4,   5,     -13,  14,    -95,  96,
                                    0,   -1, 0.4F, 4.25F, 1.3F, 38.1F, -381, 0.5F};

TEST(MicromixCounts, ThresholdsAreTheSources) {
  EXPECT_EQ(rule_of("paper").mxfp4, Rational(2 * 8, 254 * 6));
  EXPECT_EQ(rule_of("iclr").mxfp6, Rational(8 * 32, 254 * 28));
  EXPECT_EQ(rule_of("main").mxfp4, Rational(448, 6 * 1024));
  EXPECT_EQ(rule_of("main").mxfp6, Rational(1, 4));
  EXPECT_EQ(rule_of("paper-e2m3").mxfp4, rule_of("paper").mxfp4);
  EXPECT_EQ(rule_of("paper-e2m3").mxfp6, Rational(2 * 64, 254 * 15));
  // E2M3 is finer near its top.
  EXPECT_GT(rule_of("safe-rceil-e2m3").mxfp6, rule_of("safe-rceil").mxfp6);
  // MXFP4 with scales rounded up errs by up to a fifth of a block's maximum.
  EXPECT_EQ(rule_of("safe-rceil").mxfp4, Rational(5, 254));
}

TEST(MicromixCounts, TokensCountedByHand) {
  const auto counts = [](const char* name) { return count_micromix(rule_of(name), kTokens, 8); };
  // Token 1: 4 -4 | 5 -13 | 381 14 -95 96. Token 2: 0 -1 0.4 1.3 0.5 | 4.25 | 38.1 -381.
  EXPECT_EQ(counts("paper"), (MicromixCounts{16, 7, 3}));
  // Negative ones join the first group: -13 and -95, and -381.
  EXPECT_EQ(counts("paper-signed"), (MicromixCounts{16, 10, 2}));
  // Token 1: -4 -13 -95 | 4 (not below 4) 5 | 381 14 96. Token 2, thresholds 0.4 and 1.371 of the
  // largest number: 0 -1 -381 | 0.5 1.3 | 4.25 38.1, and 0.4F is above 4/381 * 38.1F or not.
  const MicromixCounts iclr = counts("iclr");
  const bool below = Rational(0.4F) < Rational(4, 381) * Rational(38.1F);
  EXPECT_EQ(iclr, (MicromixCounts{16, below ? 7U : 6U, below ? 4U : 5U}));
  // Token 1: 4 -4 5 -13 14 | -95 | 381 96. Token 2: all but 38.1 | 38.1 | -381.
  EXPECT_EQ(counts("main"), (MicromixCounts{16, 11, 2}));
}

TEST(MicromixCounts, BitsAreExact) {
  const MicromixCounts counts{16, 7, 3};
  EXPECT_EQ(counts.mxfp8(), 6U);
  EXPECT_EQ(counts.bits(), Rational(7 * 4 + 3 * 6 + 6 * 8, 16));
}

TEST(MicromixCounts, ChannelsAreWholeGroups) {
  // 1024 channels: 6/16 are 384, 3/16 are 192 and so 256.
  const MicromixChannels k = micromix_channels({16, 7, 3}, 1024);
  EXPECT_EQ(k, (MicromixChannels{384, 256, 384}));
  EXPECT_EQ(k.bits(), Rational(384 * 4 + 256 * 6 + 384 * 8, 1024));
  // 128 channels: each group takes all of them.
  EXPECT_EQ(micromix_channels({16, 7, 3}, 128), (MicromixChannels{-128, 128, 128}));
  EXPECT_EQ(micromix_channels({16, 16, 0}, 520), (MicromixChannels{520, 0, 0}));
}

TEST(MicromixCounts, TokensOfNothingAndNoPositiveNumber) {
  const std::vector<float> zeros(4);
  EXPECT_EQ(count_micromix(rule_of("paper"), zeros, 4), (MicromixCounts{4, 4, 0}));
  EXPECT_EQ(count_micromix(rule_of("main"), zeros, 4), (MicromixCounts{4, 0, 0}));
  // The largest number is -1, its thresholds -4/381 and -96/2667, and all are below both.
  EXPECT_EQ(count_micromix(rule_of("iclr"), std::vector<float>{-1, -2, -4}, 3),
            (MicromixCounts{3, 3, 0}));
}

TEST(MicromixCounts, EqualityIsExact) {
  // 1 is a quarter of 4; the next number above it is more.
  const std::vector<float> token = {4, 1, std::nextafter(1.0F, 2.0F), std::nextafter(1.0F, 0.0F)};
  EXPECT_EQ(count_micromix(rule_of("main"), token, 4).mxfp6, 1U);
  MicromixRule inclusive = rule_of("main");
  inclusive.inclusive = true;
  EXPECT_EQ(count_micromix(inclusive, token, 4).mxfp6, 2U);
}

TEST(MicromixCounts, WhatIsNotFiniteIsRefused) {
  const std::vector<float> token = {1, std::numeric_limits<float>::infinity()};
  EXPECT_THROW(count_micromix(rule_of("paper"), token, 2), Error);
}

TEST(MicromixCounts, SafeThresholdsNeverExceedTheirFormatsOrder) {
  for (const MicromixRule& rule : micromix_rules()) EXPECT_LT(rule.mxfp4, rule.mxfp6) << rule.name;
}

}  // namespace
}  // namespace mxscope::analysis
