// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify bounds as a command.
#include <gmock/gmock.h>

#include "program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

TEST(VerifyBounds, RanksTheWorstCasesExactly) {
  const Seen seen =
      run({"verify", "bounds", "--recipe", "mxfp4_rceil", "nvfp4", "--only", "bounds"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_THAT(seen.out, HasSubstr("3/17"));  // nvfp4: amax/6 at the tie 17/16
  EXPECT_THAT(seen.out, HasSubstr("1/5"));   // mxfp4_rceil: 5 between 4 and 6
  EXPECT_LT(seen.out.find("3/17"), seen.out.find("1/5"));
  EXPECT_EQ(seen.last_line(), "4 claims: 4 hold, 0 refuted");
}

TEST(VerifyBounds, ClaimsCarryBoundAndWitness) {
  const Seen seen =
      run({"verify", "bounds", "--recipe", "mxfp4_rceil", "--only", "bounds", "--json"});
  const auto claim = seen.json().at("claims").at(0);
  EXPECT_EQ(claim.at("id"), "bounds/mxfp4_rceil/rup/rne/unbounded");
  EXPECT_EQ(claim.at("result"), "proved");
  EXPECT_EQ(claim.at("bound"), "1/5");
  EXPECT_EQ(claim.at("witness"), "[0x1.4p+2]");
}

TEST(VerifyBounds, SaysWhereThereIsNoBound) {
  const Seen seen = run(
      {"verify", "bounds", "--recipe", "mxfp4", "--all-roundings", "--only", "bounds", "--json"});
  EXPECT_EQ(seen.code, 0);
  bool found = false;
  const auto json = seen.json();
  for (const auto& claim : json.at("claims"))
    if (claim.at("id") == "bounds/mxfp4/rtz/rup/stored") {
      found = true;
      EXPECT_EQ(claim.at("bound"), "none");
      EXPECT_EQ(claim.at("witness"), "[0x1p-191]");
    }
  EXPECT_TRUE(found);
}

TEST(VerifyBounds, StochasticRoundingHasItsBiasAndVariance) {
  const Seen seen = run({"verify", "bounds", "--only", "stochastic-bias", "--json"});
  EXPECT_EQ(seen.code, 0);
  const auto json = seen.json();
  EXPECT_EQ(json.at("claims").size(), 5u * 8 * 4);
  const auto claim = json.at("claims").at(0);
  EXPECT_EQ(claim.at("id"), "stochastic-bias/sr-a/1/bias");
  EXPECT_EQ(claim.at("bound"), "1/2");
  EXPECT_EQ(claim.at("witness"), "delta near 1/2");
  // A recipe's own bounds say nothing about it, but a journal of all recipes is read back whole.
  const Seen one = run({"verify", "bounds", "--recipe", "nvfp4", "--only", "stochastic-bias"});
  EXPECT_EQ(one.code, 2);
  EXPECT_THAT(one.err, HasSubstr("no --recipe"));
  const Folder folder;
  const Seen whole =
      run({"verify", "bounds", "--only", "stochastic-bias", "--journal", folder.path("j.jsonl")});
  EXPECT_THAT(whole.out, HasSubstr("sr-carry"));
  EXPECT_EQ(run({"verify", "merge", folder.path("j.jsonl")}).out, whole.out);
}

TEST(VerifyBounds, WritesACertificateForEachClaim) {
  const Folder folder;
  const Seen seen =
      run({"verify", "bounds", "--recipe", "mxfp4_rceil", "--certificates", folder.path("proofs")});
  EXPECT_EQ(seen.code, 0);
  for (const char* name :
       {"bounds.mxfp4_rceil.rup.rne.unbounded", "bounds.mxfp4_rceil.rup.rne.stored",
        "stages.mxfp4_rceil.rup.rne.unbounded", "stages.mxfp4_rceil.rup.rne.stored"}) {
    const auto text = contents(folder.path(std::string("proofs/") + name + ".json"));
    EXPECT_EQ(nlohmann::json::parse(text).at("kind"), "mxscope certificate 1") << name;
  }
}

TEST(VerifyBounds, SoftwareHasBoundsOverItsOwnInputs) {
  const Seen seen = run({"verify", "bounds", "--recipe", "te_nvfp4", "--json"});
  EXPECT_EQ(seen.code, 0);
  const auto claim = seen.json().at("claims").at(0);
  EXPECT_EQ(claim.at("id"), "software/te_nvfp4");
  EXPECT_EQ(claim.at("bound"), "8/45");  // the least normal scale 2^-6, and 5 times it
}

TEST(VerifyBounds, RefusesWhatHasNoBound) {
  const Seen seen = run({"verify", "bounds", "--recipe", "mxfp4_sweep"});
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("its scale is searched"));
  const Folder folder;
  const Seen file = run({"verify", "bounds", "--certificates", folder.write("a", "")});
  EXPECT_EQ(file.code, 2);
  EXPECT_THAT(file.err, HasSubstr("--certificates"));
}

}  // namespace
}  // namespace mxscope::reports
