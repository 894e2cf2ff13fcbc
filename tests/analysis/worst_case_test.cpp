// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/worst_case.h"

#include <gmock/gmock.h>

#include <random>

#include "analysis/dual_stage.h"
#include "spec/error.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

using spec::Recipe;

Recipe named(const char* name) { return spec::RecipeTable().find(name); }

std::vector<Recipe> real_recipes() {
  std::vector<Recipe> out;
  for (const Recipe& r : spec::named_recipes())
    if (not_over_reals(r).empty()) out.push_back(r);
  return out;
}

/// A recipe as it acts on a block of reals, scales unbounded, tensor scale 1.
Recipe on_reals(Recipe r) {
  r = with_unbounded_scales(r);
  r.tensor_scale = spec::TensorScale::kNone;
  r.input = spec::Precision::kExact;
  return r;
}

Rational worst_ratio_of(const char* name) {
  return worst_case(named(name), ScaleRange::kUnbounded).worst.ratio;
}

TEST(WorstCase, KnownByHand) {
  EXPECT_EQ(worst_ratio_of("mxfp4"), Rational(1, 4));              // M just below 8 clips to 6
  EXPECT_EQ(worst_ratio_of("mxfp4_rceil"), Rational(1, 5));        // 5 is a tie between 4 and 6
  EXPECT_EQ(worst_ratio_of("mxfp8_e4m3"), Rational(1, 8));         // just below 512, to 448
  EXPECT_EQ(worst_ratio_of("mxfp8_e4m3_rceil"), Rational(1, 17));  // 272 between 256 and 288
  EXPECT_EQ(worst_ratio_of("mxfp8_e5m2_rceil"), Rational(1, 9));
  EXPECT_EQ(worst_ratio_of("nvfp4"), Rational(3, 17));  // amax/6 at the tie 17/16, scale 9/8
}

TEST(WorstCase, NoBlockIsWorseAndTheWitnessReachesIt) {
  std::mt19937 random(1);
  for (const Recipe& r : real_recipes()) {
    const WorstCase bound = worst_case(r, ScaleRange::kUnbounded);
    const Recipe exact = on_reals(r);
    const Rational reached = measured_ratio(exact, witness_block(bound.worst));
    if (bound.worst.attained) {
      EXPECT_EQ(reached, bound.worst.ratio) << r.name;
    } else {
      EXPECT_LT(reached, bound.worst.ratio) << r.name;
      EXPECT_LT(bound.worst.ratio - reached, spec::power_of_two(-30)) << r.name;
    }
    for (int i = 0; i < 200; ++i) {
      std::vector<Rational> block;
      for (int k = 0; k < 4; ++k)
        block.push_back(Rational(static_cast<int>(random() >> 8) - (1 << 23), 1 + random() % 99));
      if (block[0] == 0) block[0] = 1;
      EXPECT_LE(measured_ratio(exact, block), bound.worst.ratio) << r.name;
    }
  }
}

TEST(WorstCase, CurveIsTheLargestErrorAtEachMaximum) {
  // Two elements suffice: every multiple of M/64 beside M itself must stay at or below the curve,
  // and where M is at a tie of a coarse format one of them meets it.
  for (const char* name : {"mxfp4", "mxfp4_rceil", "nvfp4_1level", "nvfp4_up", "mxfp6_e3m2"}) {
    const WorstCase bound = worst_case(named(name), ScaleRange::kStored);
    const ErrorCurve curve = block_error_curve(bound);
    Recipe exact = named(name);
    exact.input = spec::Precision::kExact;
    exact.tensor_scale = spec::TensorScale::kNone;
    for (int i = 1; i < 60; ++i) {
      const Rational m = Rational(i * i, 7);
      const auto piece = std::find_if(curve.begin(), curve.end(),
                                      [&](const ErrorPiece& p) { return p.at.contains(m); });
      ASSERT_NE(piece, curve.end());
      Rational most = 0;
      for (int k = -64; k <= 64; ++k)
        most = std::max(most, Rational(m * measured_ratio(exact, {m, m * Rational(k, 64)})));
      EXPECT_LE(most, piece->error_at(m)) << name << " " << m;
      if (piece->grows) {
        EXPECT_EQ(Rational(m * measured_ratio(exact, {m})), piece->error_at(m)) << name << " " << m;
      } else if (piece->attained) {
        EXPECT_EQ(Rational(m * measured_ratio(exact, {m, piece->negative ? Rational(-piece->element)
                                                                         : piece->element})),
                  piece->error_at(m))
            << name << " " << m;
      }
    }
  }
}

TEST(WorstCase, DirectedAndStochasticRoundingAreCovered) {
  Recipe r = named("mxfp4_rceil");
  r.element_policy.rounding = spec::Rounding::kTowardZero;
  EXPECT_EQ(worst_case(r, ScaleRange::kUnbounded).worst.ratio, Rational(1, 3));  // just below 6
  r.element_policy.rounding = spec::Rounding::kUp;
  const WorstCase up = worst_case(r, ScaleRange::kUnbounded);
  EXPECT_EQ(up.worst.ratio, Rational(1, 2));  // just above 4 becomes 6; -6 + tiny becomes -4
  EXPECT_FALSE(up.worst.attained);
  r.element_policy.rounding = spec::Rounding::kStochasticA;
  r.random_bits = 8;
  const WorstCase sure = worst_case(r, ScaleRange::kUnbounded);
  // 4 + 2/256 is the least that may go up; 6 - epsilon may stay at 4, which is less of M.
  EXPECT_EQ(sure.worst.ratio, (2 - Rational(2, 256)) / (4 + Rational(2, 256)));
  EXPECT_TRUE(sure.worst.attained);
}

TEST(WorstCase, StoredScalesLoseSmallBlocks) {
  const WorstCase stored = worst_case(named("nvfp4"), ScaleRange::kStored);
  EXPECT_EQ(stored.limit, 2688);
  EXPECT_EQ(stored.worst.ratio, 1);
  EXPECT_EQ(stored.cases.front().scale.value, 0);  // amax/6 at most half the least subnormal
  EXPECT_EQ(*stored.cases.front().scale.at.upper, Rational(6, 1024));
  EXPECT_EQ(stored.cases.back().scale.value, 448);
}

TEST(WorstCase, SaysWhyNot) {
  try {
    worst_case(named("torchao_nvfp4"), ScaleRange::kStored);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("rounded to binary32"));
  }
}

TEST(WorstCase, TiesToEvenExponentsNeedTwoBinades) {
  // amax 6 under OCP's divisor 4 is the tie 3/2: 1 is 2^0, code 127, and 2 is code 128, so ties go
  // to 2 and the scale-1 blocks alone do not attain what those with scale 2 do.
  Recipe r = named("mxfp4");
  r.scale_policy.rounding = spec::Rounding::kNearestEven;
  const WorstCase bound = worst_case(r, ScaleRange::kUnbounded);
  ASSERT_EQ(bound.cases.size(), 2U);
  EXPECT_EQ(bound.cases[0].scale.at, Interval::open(3, 6));
  EXPECT_EQ(bound.cases[1].scale.at, (Interval{6, Rational(12), true, true}));
  r.scale_policy.rounding = spec::Rounding::kToOdd;
  EXPECT_EQ(worst_case(r, ScaleRange::kUnbounded).cases[1].scale.at, Interval::point(8));
}

TEST(WorstCase, WitnessStaysUnderItsScale) {
  // Scales rounded to odd: 1 is reached by amax = 6 alone, where elements just below 6 become 4.
  Recipe r = named("nvfp4");
  r.scale_policy.rounding = spec::Rounding::kToOdd;
  r.element_policy.rounding = spec::Rounding::kTowardZero;
  const WorstCase bound = worst_case(r, ScaleRange::kUnbounded);
  EXPECT_EQ(bound.worst.ratio, Rational(1, 3));
  EXPECT_FALSE(bound.worst.attained);
  EXPECT_LT(bound.worst.ratio - measured_ratio(on_reals(r), witness_block(bound.worst)),
            spec::power_of_two(-30));
}

TEST(WorstCase, SaysWhereThereIsNoBound) {
  const auto message = [](const Recipe& r) {
    try {
      worst_case(r, ScaleRange::kStored);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  Recipe up = named("mxfp4");  // E8M0 has no zero: a tiny block becomes half of 2^-127
  up.element_policy.rounding = spec::Rounding::kUp;
  EXPECT_THAT(message(up), testing::HasSubstr("rounded away from zero"));
  Recipe nan = named("mxfp8_e4m3");  // clips 464 and above under OCP's floor rule
  nan.element_policy.overflow = spec::Overflow::kNan;
  EXPECT_THAT(message(nan), testing::HasSubstr("become no number"));
  Recipe flush = named("mxfp4");
  flush.flush_below = spec::power_of_two(-126);
  EXPECT_THAT(message(flush), testing::HasSubstr("flushes"));
}

TEST(MultiStage, DualNvfp4) {
  const Recipe nv = named("nvfp4");
  const MultiStage dual = multi_stage({{nv}, {nv}}, ScaleRange::kUnbounded);
  EXPECT_EQ(dual.worst.ratio, Rational(3, 100));
  EXPECT_TRUE(dual.witnessed);
  EXPECT_LT(dual.worst.ratio, worst_ratio_of("mxfp8_e4m3_rceil"));
}

TEST(MultiStageMedium, NoBlockIsWorse) {
  std::mt19937 random(2);
  for (const char* name : {"nvfp4", "nvfp4_up", "nvfp4_down", "mxfp4", "mxfp4_rceil"}) {
    const Recipe r = named(name);
    for (const ScaleRange range : {ScaleRange::kUnbounded, ScaleRange::kStored}) {
      const MultiStage dual = multi_stage({{r}, {r}}, range);
      EXPECT_TRUE(dual.witnessed) << name;
      Recipe exact = range == ScaleRange::kUnbounded ? with_unbounded_scales(r) : r;
      exact.tensor_scale = spec::TensorScale::kNone;
      exact.input = spec::Precision::kExact;
      for (int i = 0; i < 300; ++i) {
        std::vector<Rational> block;
        for (int k = 0; k < 6; ++k)
          block.push_back(
              Rational(static_cast<int>(random() >> 12) - (1 << 19), 1 + random() % 999));
        block[0] += 1;
        Rational m = 0;
        for (const Rational& x : block) m = std::max(m, Rational(abs(x)));
        const auto piece = std::find_if(dual.curve.begin(), dual.curve.end(),
                                        [&](const ErrorPiece& p) { return p.at.contains(m); });
        const Rational ratio = measured_ratio({{exact}, {exact}}, block);
        EXPECT_LE(ratio, dual.worst.ratio) << name;
        if (piece != dual.curve.end()) {
          EXPECT_LE(ratio * m, piece->error_at(m)) << name;
        }
      }
    }
  }
}

TEST(MultiStage, WhereTheSecondStageVanishes) {
  const Recipe nv = named("nvfp4");
  const auto point = vanishing_point(multi_stage({{nv}, {nv}}, ScaleRange::kStored));
  ASSERT_TRUE(point);
  EXPECT_EQ(*point, Rational(1, 65536));
  Recipe exact = nv;
  exact.tensor_scale = spec::TensorScale::kNone;
  exact.input = spec::Precision::kExact;
  const auto gains = [&](const std::vector<Rational>& block) {
    return measured_ratio({{exact}, {exact}}, block) < measured_ratio({{exact}}, block);
  };
  const Rational m = *point * 2688;
  const Rational little = spec::power_of_two(-20) * m;
  for (int k = -64; k <= 64; ++k) EXPECT_FALSE(gains({m - little, (m - little) * k / 64}));
  EXPECT_TRUE(gains({m + little, Rational(5, 128)}));  // the scale is 1/128: 5 is a tie
}

TEST(MultiStage, ThreeStagesAreBetterThanTwo) {
  const Recipe nv = named("nvfp4");
  const MultiStage two = multi_stage({{nv}, {nv}}, ScaleRange::kUnbounded);
  const MultiStage three = multi_stage({{nv}, {nv}, {nv}}, ScaleRange::kUnbounded);
  EXPECT_LT(three.worst.ratio * 4, two.worst.ratio);
}

TEST(LastExcess, SeparatesWhereABoundHolds) {
  const Recipe nv = named("nvfp4");
  const MultiStage dual = multi_stage({{nv}, {nv}}, ScaleRange::kStored);
  const Rational bound = worst_ratio_of("mxfp8_e4m3_rceil");
  const auto m = last_excess(dual.curve, bound);
  ASSERT_TRUE(m);
  EXPECT_EQ(*m, Rational(51, 512));
  for (const ErrorPiece& piece : dual.curve)
    if (piece.at.lower >= *m) {
      EXPECT_LE(worst_ratio(piece).ratio, bound);
    }
}

}  // namespace
}  // namespace mxscope::analysis
