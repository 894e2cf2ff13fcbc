// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/arcquant_claims.h"

#include <gtest/gtest.h>

#include <map>

#include "spec/exact.h"

namespace mxscope::analysis {
namespace {

std::map<std::string, Claim> claims_of(const std::vector<Task>& tasks) {
  const std::atomic<bool> stop = false;
  std::map<std::string, Claim> out;
  for (const Task& task : tasks) {
    const std::vector<Claim> claims = task.run(stop);
    EXPECT_EQ(claims_problem(task, claims), "") << task.id;
    for (const Claim& c : claims) out[c.id] = c;
  }
  return out;
}

TEST(ArcquantClaims, EveryStepOfTheArgumentIsSettled) {
  const auto claims = claims_of(arcquant_argument_tasks());
  for (const auto& [id, c] : claims) {
    EXPECT_TRUE(c.holds()) << id << ": " << c.statement;
    EXPECT_NE(c.verdict, Verdict::kNone) << id;
    EXPECT_FALSE(c.published.empty()) << id;
  }
  const auto verdict = [&](const char* id) { return claims.at(id).verdict; };
  EXPECT_EQ(verdict("argument/eps4"), Verdict::kAsStated);
  EXPECT_EQ(verdict("argument/alpha-at-least-1/nvfp4"), Verdict::kRefuted);  // 16/17: M/6 = 17/16
  EXPECT_EQ(verdict("argument/alpha-at-least-1/nvfp4_up"), Verdict::kAsStated);
  EXPECT_EQ(verdict("argument/alpha-at-most-1.125/nvfp4"), Verdict::kOtherConstant);
  EXPECT_EQ(verdict("argument/alpha-at-most-1.125/nvfp4_up"), Verdict::kAsStated);
  EXPECT_EQ(verdict("argument/total/nvfp4"), Verdict::kOtherConstant);
  EXPECT_EQ(verdict("argument/total/nvfp4/stored"), Verdict::kRefuted);
  EXPECT_EQ(verdict("argument/alpha-mx/mxfp8_e4m3"), Verdict::kRefuted);  // floor clips
  EXPECT_EQ(verdict("argument/alpha-mx/mxfp8_e4m3_rceil"), Verdict::kAsStated);
  EXPECT_EQ(verdict("argument/mx-bound/mxfp8_e4m3"), Verdict::kRefuted);
  EXPECT_EQ(claims.at("argument/first-residual/nvfp4").bound, "1/6");
}

TEST(ArcquantClaimsMedium, BoundsHoldWithWitnesses) {
  const auto claims = claims_of(arcquant_bound_tasks());
  for (const auto& [id, c] : claims) {
    EXPECT_TRUE(c.holds()) << id << ": " << c.statement;
    if (c.verdict == Verdict::kRefuted) {
      EXPECT_FALSE(c.witness.empty()) << id;
    }
  }
  EXPECT_EQ(claims.at("dual/nvfp4").bound, "3/100");
  EXPECT_EQ(claims.at("tighter/mxfp8_e4m3_rceil").verdict, Verdict::kAsStated);
  EXPECT_EQ(claims.at("every-block/mxfp8_e4m3_rceil").verdict, Verdict::kRefuted);
  // The clamp at 2^-9 carries the second stage four binades further down.
  EXPECT_LT(spec::Rational(claims.at("range/nvfp4_clamped/mxfp8_e4m3_rceil").bound) * 8,
            spec::Rational(claims.at("range/nvfp4/mxfp8_e4m3_rceil").bound));
}

TEST(ArcquantClaimsMedium, Kernels) {
  const auto claims = claims_of(arcquant_kernel_tasks());
  for (const auto& [id, c] : claims) EXPECT_EQ(c.result, Result::kExhaustive) << id;
  EXPECT_EQ(claims.at("kernel/arcquant_16").verdict, Verdict::kAsStated);
  EXPECT_EQ(claims.at("kernel/arcquant_32").verdict, Verdict::kRefuted);
}

TEST(ArcquantClaims, AKernelTaskThatIsStoppedEndsQuietly) {
  const std::atomic<bool> stop = true;
  for (const Task& task : arcquant_kernel_tasks()) EXPECT_NO_THROW(task.run(stop)) << task.id;
}

}  // namespace
}  // namespace mxscope::analysis
