// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/micromix_claims.h"

#include <gtest/gtest.h>

#include <map>

#include "analysis/supremum_claims.h"

namespace mxscope::analysis {
namespace {

TEST(MicromixClaims, ThresholdsAreSettled) {
  const std::atomic<bool> stop = false;
  std::map<std::string, Claim> claims;
  for (const Task& task : micromix_tasks())
    for (const Claim& c : task.run(stop)) {
      EXPECT_TRUE(c.holds()) << c.id << ": " << c.statement;
      claims[c.id] = c;
    }
  EXPECT_EQ(claims.at("threshold/paper/mxfp4_bias").verdict, Verdict::kOtherConstant);
  EXPECT_EQ(claims.at("threshold/paper/mxfp6_e3m2_rceil").verdict, Verdict::kRefuted);
  EXPECT_EQ(claims.at("threshold/paper/mxfp6_e2m3_rceil").verdict, Verdict::kOtherConstant);
  EXPECT_EQ(claims.at("gamma/mxfp6_e3m2").verdict, Verdict::kRefuted);
  EXPECT_EQ(claims.at("channel-counts").bound, "-128");
}

TEST(MicromixClaims, SafeThresholdIsSharp) {
  for (const char* name : {"mxfp4_rceil", "mxfp4", "mxfp6_e3m2_rceil"}) {
    const spec::Recipe recipe = recipe_over_reals(name);
    const WorstCase bound = worst_case(recipe, ScaleRange::kUnbounded);
    const std::vector<Rational> block = witness_block(bound.worst);
    // The witness's maximum is M; choose the token's so that M lies just above the threshold.
    const Rational above = 1 + spec::power_of_two(-20);
    const Rational m = abs(block.front());
    const Rational token = m / (micromix_safe_threshold(recipe) * above);
    const Rational error = m * measured_ratio(with_unbounded_scales(recipe), block);
    EXPECT_GT(error, token * micromix_int8_share()) << name;
  }
}

}  // namespace
}  // namespace mxscope::analysis
