// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/codec_claims.h"

#include <gtest/gtest.h>

#include <set>

#include "analysis/codec_plan.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

CodecRequest request_for(const std::vector<std::string>& names) {
  CodecRequest request;
  request.roundings.assign(spec::kDeterministicRoundings.begin(),
                           spec::kDeterministicRoundings.end());
  for (const std::string& name : names) request.formats.push_back(spec::find_format(name));
  return request;
}

CodecRequest small_formats() {
  CodecRequest request = request_for({});
  for (const spec::Format& format : spec::builtin_formats())
    if (format.bits <= 8) request.formats.push_back(format);
  return request;
}

/// Runs the tasks and expects every claim to hold, with an id of its own.
std::vector<Claim> all_hold(const std::vector<Task>& tasks) {
  const std::atomic<bool> stop{false};
  std::vector<Claim> all;
  std::set<std::string> ids;
  run_tasks(tasks, 0, stop, [&](std::size_t, const std::vector<Claim>& claims) {
    for (const Claim& claim : claims) {
      EXPECT_TRUE(claim.holds()) << claim.id << ": " << claim.witness;
      EXPECT_TRUE(ids.insert(claim.id).second) << claim.id;
      EXPECT_FALSE(claim.statement.empty() || claim.method.empty() || claim.domain.empty());
      EXPECT_GT(claim.cases, 0U) << claim.id;
      all.push_back(claim);
    }
  });
  return all;
}

std::vector<std::string> names_of(const std::vector<CodecPlan>& plans) {
  std::vector<std::string> names;
  for (const CodecPlan& plan : plans) names.push_back(plan.name());
  return names;
}

/// Formats far beyond binary32: values among its subnormals, below all of it, and above.
TEST(CellTasks, FormatsFarFromBinary32AreSettledToo) {
  for (const int bias : {150, 140, 400, -150}) {
    spec::Format far = {.name = "far", .bits = 8, .exponent_bits = 4, .mantissa_bits = 3};
    far.bias = bias;
    far.high_nans = 1;
    far.storage_bits = 8;
    spec::validate(far);
    CodecRequest request = request_for({});
    request.formats = {far};
    const auto claims = all_hold(cell_tasks(request));
    EXPECT_EQ(claims.size(), cell_tasks(request).size()) << bias;
    for (const Claim& claim : claims) EXPECT_EQ(claim.result, Result::kProved) << claim.id;
    // The rules that refuse, among what is otherwise swept.
    std::vector<Task> refusing = exhaustive_codec_tasks(request);
    std::erase_if(refusing,
                  [](const Task& t) { return t.id.find("/error/") == std::string::npos; });
    EXPECT_EQ(all_hold(refusing).size(), 6U) << bias;
  }
}

TEST(CodecPlans, HaveEveryRuleThatTheFormatCanFollow) {
  const auto plans = [](const std::string& format, spec::Rounding rounding) {
    return names_of(plans_of(spec::find_format(format), {rounding}));
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(plans("e2m1", spec::Rounding::kUp), (Names{"e2m1/rup/saturate", "e2m1/rup/error"}));
  EXPECT_EQ(plans("e5m2", spec::Rounding::kToOdd),
            (Names{"e5m2/odd/saturate", "e5m2/odd/infinity", "e5m2/odd/nan", "e5m2/odd/error"}));
  EXPECT_EQ(plans("e8m0", spec::Rounding::kNearestEven).size(), 9U);
  EXPECT_EQ(plans("e8m0", spec::Rounding::kNearestEven)[1], "e8m0/rne-up/saturate");
  EXPECT_EQ(names_of(plans_of(spec::find_format("e4m3"), {spec::Rounding::kTowardZero},
                              OverflowSpan::kDirected)),
            (Names{"e4m3/rtz/saturate", "e4m3/rtz/nan", "e4m3/rtz/nan-always", "e4m3/rtz/error",
                   "e4m3/rtz/error-always"}));
}

TEST(CodecPlans, RefuseWideFormatsAndTasksUnknownBackEnds) {
  EXPECT_THROW(exhaustive_codec_tasks(request_for({"bf16"})), Error);
  CodecRequest request = request_for({"e4m3"});
  request.backend = "abacus";
  // Another machine's back end can be planned for, to merge its journals.
  const auto tasks = cell_tasks(request);
  const std::atomic<bool> stop{false};
  EXPECT_THROW(tasks.front().run(stop), Error);
}

TEST(CodecPlans, AreOnePerFormatForAGlance) {
  CodecRequest request = request_for({"e4m3", "e8m0"});
  request.quick = true;
  EXPECT_EQ(exhaustive_codec_tasks(request).size(), 2U);
}

TEST(CellClaims, HoldForEveryModeAndRuleOfOneFormat) {
  const auto claims = all_hold(cell_tasks(request_for({"e3m2"})));
  EXPECT_EQ(claims.size(), 15U + 8U);  // and eight named conversions
  for (const Claim& claim : claims) EXPECT_EQ(claim.result, Result::kProved);
}

TEST(NarrowClaims, HoldForOneFormat) {
  const auto claims = all_hold(narrow_source_tasks(request_for({"e2m1"})));
  EXPECT_GE(claims.size(), 3U);
}

TEST(StochasticClaims, HoldForFewBits) {
  CodecRequest request = request_for({"e2m1"});
  request.quick = true;
  EXPECT_EQ(all_hold(stochastic_tasks(request)).size(), 16U);
}

TEST(PropertyClaims, HoldForEverySmallFormat) {
  std::size_t errors = 0;
  for (const Claim& claim : all_hold(property_tasks(small_formats()))) {
    if (claim.id.find("/error") == std::string::npos) continue;
    ++errors;
    EXPECT_FALSE(claim.bound.empty()) << claim.id;
    if (claim.id.find("/rne/") != std::string::npos) {
      EXPECT_EQ(claim.bound, "1/2") << claim.id;
    }
  }
  EXPECT_GT(errors, 100U);
}

Claim two_step_claim(const std::string& target, const std::string& id) {
  CodecRequest request = request_for({target});
  for (const Task& task : two_step_tasks(request)) {
    const bool wide = task.id.find("tf32") != std::string::npos;
    if (wide) continue;  // the widest middle takes seconds
    const std::atomic<bool> stop{false};
    if (id.rfind("two-step/" + task.id.substr(9, 4), 0) != 0) continue;
    for (const Claim& claim : task.run(stop))
      if (claim.id == id) return claim;
  }
  return {};
}

TEST(TwoStepClaimsMedium, CountDoubleRoundingExactly) {
  // 126 midpoints of E4M3 between its finite magnitudes, of either sign; each has one side whose
  // nearest 2^15 inputs bfloat16 (2^16 binary32 steps apart there) rounds onto the midpoint, from
  // where the tie goes to even: the wrong way.
  const Claim claim = two_step_claim("e4m3", "two-step/bf16/e4m3/rne");
  EXPECT_EQ(claim.statement,
            "fp32 -> bf16 -> e4m3 (rne, saturate) differs from one step on 8257536 of 2^32 inputs");
  EXPECT_EQ(8257536, 2 * 126 << 15);
  EXPECT_EQ(claim.witness, "0x3a800001: bf16 0x3a80, then 0x00; one step 0x01");
  EXPECT_EQ(claim.result, Result::kProved);
}

TEST(TwoStepClaims, ToOddCuresASmallMiddleToo) {
  const Claim claim = two_step_claim("e2m1", "two-step/e4m3/e2m1/odd-then-rne");
  EXPECT_EQ(claim.statement, "fp32 -> e4m3 (odd) -> e2m1 (rne, saturate) equals one step");
  EXPECT_TRUE(claim.holds());
}

TEST(TwoStepClaimsMedium, ToOddCuresIt) {
  const Claim claim = two_step_claim("e4m3", "two-step/bf16/e4m3/odd-then-rne");
  EXPECT_EQ(claim.statement, "fp32 -> bf16 (odd) -> e4m3 (rne, saturate) equals one step");
  EXPECT_TRUE(claim.holds());
}

TEST(CodecClaimsMedium, CellsOfEverySmallFormat) { all_hold(cell_tasks(small_formats())); }

TEST(CodecClaimsMedium, CellsOfTheP3109Families) {
  CodecRequest request = request_for({});
  request.formats = spec::p3109_formats(3, 8);
  all_hold(cell_tasks(request));
}

TEST(CodecClaimsMedium, NarrowSourcesOfEverySmallFormat) {
  all_hold(narrow_source_tasks(small_formats()));
}

TEST(CodecClaimsMedium, TwoStepsIntoEverySmallFormat) { all_hold(two_step_tasks(small_formats())); }

TEST(CodecClaimsMedium, PropertiesOfTheP3109Families) {
  CodecRequest request = request_for({});
  request.formats = spec::p3109_formats(3, 8);
  all_hold(property_tasks(request));
}

/// Every `step`-th task: `mxscope verify codec` runs them all, here there is a time to keep to.
std::vector<Task> one_in(std::size_t step, std::vector<Task> tasks) {
  std::vector<Task> out;
  for (std::size_t i = 0; i < tasks.size(); i += step) out.push_back(std::move(tasks[i]));
  return out;
}

TEST(CodecClaimsSlow, OneInFiveStochasticForms) {
  all_hold(one_in(5, stochastic_tasks(small_formats())));
}

TEST(CodecClaimsSlow, AllInputsInOneOfFiveModesAndRules) {
  all_hold(one_in(5, exhaustive_codec_tasks(small_formats())));
}

}  // namespace
}  // namespace mxscope::analysis
