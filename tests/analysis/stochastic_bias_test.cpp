// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/stochastic_bias.h"

#include <gtest/gtest.h>

#include "spec/formats.h"
#include "spec/oracle.h"

namespace mxscope::analysis {
namespace {

using spec::Rational;
using spec::Rounding;

TEST(StochasticBias, CountsAreThoseOfTheOracleForEveryRandomValue) {
  const spec::Format& format = spec::find_format("e4m3");
  for (const Rounding form : spec::kStochasticRoundings)
    for (const int bits : {1, 2, 3, 4})
      for (int k = 0; k < 5 << bits; ++k) {
        const Rational delta = Rational(k, 5 << bits);  // off and on the grid
        std::uint32_t ups = 0;
        for (std::uint32_t r = 0; r < 1U << bits; ++r) {
          spec::Policy policy;
          policy.rounding = form;
          const Rational x = -8 - delta;  // -8 and -9 are neighbours; magnitudes are rounded
          const auto to = spec::cast(spec::Number::finite(x), format, policy, {r, bits});
          ups += spec::decode(format, to.code).value() == -9 ? 1 : 0;
        }
        ASSERT_EQ(count_ups(form, delta, bits), ups)
            << to_string(form) << " n = " << bits << " delta = " << delta;
      }
}

TEST(StochasticBias, TruncatingTheFractionLosesNearlyARandomStep) {
  for (int bits = 1; bits <= 8; ++bits) {
    const Rational step = spec::power_of_two(-bits);
    const StochasticMoments a = stochastic_moments(Rounding::kStochasticA, bits);
    EXPECT_EQ(a.bias.value, step);
    EXPECT_FALSE(a.bias.attained);
    EXPECT_EQ(a.mean_bias, -step / 2);
    const StochasticMoments b = stochastic_moments(Rounding::kStochasticB, bits);
    EXPECT_EQ(b.bias.value, step / 2);
    EXPECT_EQ(b.mean_bias, 0);
    const StochasticMoments c = stochastic_moments(Rounding::kStochasticC, bits);
    EXPECT_EQ(c.bias.value, step / 2);
    EXPECT_TRUE(c.bias.attained);  // at a tie of the inner rounding
    EXPECT_EQ(c.mean_bias, 0);
    for (const StochasticMoments& m : {a, b, c}) {
      EXPECT_TRUE(m.grid_exact);
      EXPECT_EQ(m.variance.value, Rational(1, 4));
    }
  }
}

TEST(StochasticBias, MeanSquareIsVariancePlusSquaredBias) {
  // One random bit, form A: nothing below 1/2 goes up, half of what is above; near 1 half stay.
  const StochasticMoments a = stochastic_moments(Rounding::kStochasticA, 1);
  EXPECT_EQ(a.square.value, Rational(1, 2));
  EXPECT_EQ(a.square.at, 1);
  EXPECT_FALSE(a.square.attained);
  EXPECT_EQ(stochastic_moments(Rounding::kStochasticCarry, 1).square.value, a.square.value);
}

TEST(StochasticBias, ClaimsHoldAndGiveTheDelta) {
  for (const Task& task : stochastic_bias_tasks(3)) {
    const auto claims = task.run(false);
    EXPECT_EQ(claims_problem(task, claims), "");
    for (const Claim& c : claims) {
      EXPECT_TRUE(c.holds()) << c.id << " " << c.witness;
      EXPECT_EQ(c.witness.find("delta") == 0, !c.id.ends_with("/mean")) << c.id;
    }
  }
}

}  // namespace
}  // namespace mxscope::analysis
