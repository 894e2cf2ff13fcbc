// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What certificates say; tests/house/certificates_test.py has them checked and mutated.
#include "analysis/certificate.h"

#include <gmock/gmock.h>

#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

spec::Recipe named(const char* name) { return spec::RecipeTable().find(name); }

TEST(Certificate, SaysTheCasesTheSupremumAndTheWitness) {
  const auto c = certificate(worst_case(named("nvfp4"), ScaleRange::kUnbounded));
  EXPECT_EQ(c.at("kind"), "mxscope certificate 1");
  EXPECT_EQ(c.at("cases").size(), 8U);
  EXPECT_EQ(c.at("cases").at(1).at("scale"), "9/8");
  EXPECT_EQ(c.at("cases").at(1).at("block_max"), "(51/8, 57/8)");
  EXPECT_EQ(c.at("worst").at("ratio"), "3/17");
  EXPECT_EQ(c.at("worst").at("attained"), false);
  EXPECT_EQ(c.at("recipe").at("element").at("bits"), 4);
  EXPECT_EQ(c.at("recipe").at("scale_policy").at("rounding"), "rne");
  EXPECT_FALSE(c.at("recipe").contains("source"));
  const auto stored = certificate(worst_case(named("nvfp4"), ScaleRange::kStored));
  EXPECT_EQ(stored.at("limit"), "2688");
  EXPECT_EQ(stored.at("cases").back().at("code"), 0x7E);
}

TEST(Certificate, SaysTheCurveOfTwoStagesAndWhereABoundIsKept) {
  const spec::Recipe nv = named("nvfp4");
  const auto c = certificate(multi_stage({{nv}, {nv}}, ScaleRange::kStored), {Rational(1, 17), 1});
  EXPECT_EQ(c.at("claim"), "stages");
  EXPECT_EQ(c.at("bounds_kept").at(0).at("above"), "51/512");
  EXPECT_EQ(c.at("bounds_kept").at(1).at("above"), nullptr);
  EXPECT_EQ(c.at("curve").front().at("error_is_block_max_minus"), "0");
  EXPECT_EQ(c.at("witness").at("block").size(), c.at("witness").at("hex").size());
}

}  // namespace
}  // namespace mxscope::analysis
