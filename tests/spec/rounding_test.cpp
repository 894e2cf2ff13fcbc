// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Every rounding mode by its textbook definition on formats small enough to write out, with plain
// integers: independent of both the oracle and the codec, which must agree with it.
#include "spec/rounding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/error.h"
#include "spec/oracle.h"
#include "tests/spec/target_inputs.h"

namespace mxscope::spec {
namespace {

/// A format's magnitudes in units of 1/64, copied from its document in the order of the codes.
struct Listed {
  const char* name;
  std::vector<int> magnitudes;
  int sign_bit;  ///< added to the code of a negative value; 0 for two's complement
  int bits;
};

void PrintTo(const Listed& listed, std::ostream* out) { *out << listed.name; }

const Listed kListed[] = {
    {"e2m1", {0, 32, 64, 96, 128, 192, 256, 384}, 8, 4},
    {"s1p2", {0, 16, 32, 48, 64, 80, 96, 112}, 8, 4},
    {"int4", {0, 64, 128, 192, 256, 320, 384, 448}, 0, 4},
    {"p3109_k4p2se", {0, 16, 32, 48, 64, 96, 128}, 8, 4},
    {"e3m2",
     {0,   4,   8,   12,  16,  20,  24,  28,  32,  40,  48,  56,  64,   80,   96,   112,
      128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792},
     32,
     6},
};

/// Whether the definition sends a magnitude at `part` of `gap` above the neighbour nearer to zero
/// to the other one. `odd`: the nearer neighbour has an odd code.
bool away_from_zero(Rounding rounding, int part, int gap, bool odd, bool negative,
                    RandomBits random) {
  if (part == 0) return false;
  const int n = random.count;
  const std::int64_t r = random.value;
  const std::int64_t one = std::int64_t{1} << n;
  const std::int64_t whole = (part * one) / gap;  // floor(delta 2^n)
  const std::int64_t rest = (part * one) % gap;   // what floor dropped, over gap
  const bool rest_is_half = 2 * rest == gap;
  const bool rest_is_more = 2 * rest > gap;
  switch (rounding) {
    case Rounding::kNearestEven:
      return 2 * part > gap || (2 * part == gap && odd);
    case Rounding::kNearestAway:
      return 2 * part >= gap;
    case Rounding::kTowardZero:
      return false;
    case Rounding::kUp:
      return !negative;
    case Rounding::kDown:
      return negative;
    case Rounding::kToOdd:
      return !odd;
    case Rounding::kStochasticA:
    case Rounding::kStochasticCarry:
      return whole + r >= one;
    case Rounding::kStochasticB:
      return (part * 2 * one) / gap + 2 * r + 1 >= 2 * one;
    case Rounding::kStochasticC:
      return whole + (rest_is_more || (rest_is_half && whole % 2 != 0) ? 1 : 0) + r >= one;
    case Rounding::kStochasticOdd:
      return whole + (rest_is_more || (rest_is_half && whole % 2 == 0) ? 1 : 0) + r >= one;
    case Rounding::kNearestLog2:
      break;
  }
  ADD_FAILURE() << "no definition";
  return false;
}

/// The code of units/64 with saturation, by walking up the list.
Code by_definition(const Listed& listed, int units, Rounding rounding, RandomBits random) {
  const bool negative = units < 0;
  const int magnitude = negative ? -units : units;
  const auto& list = listed.magnitudes;
  std::size_t code = 0;
  while (code + 1 < list.size() && list[code + 1] <= magnitude) ++code;
  if (code + 1 < list.size() &&
      away_from_zero(rounding, magnitude - list[code], list[code + 1] - list[code], code % 2 != 0,
                     negative, random))
    ++code;
  if (!negative) return code;
  if (listed.sign_bit == 0) return code == 0 ? 0 : (Code{1} << listed.bits) - code;
  const bool has_negative_zero = find_format(listed.name).negative_zero;
  return code == 0 && !has_negative_zero ? 0 : code + static_cast<std::size_t>(listed.sign_bit);
}

/// units/64 as binary32, by shifts.
std::uint32_t f32_of(int units) {
  if (units == 0) return 0;
  const std::uint32_t magnitude = static_cast<std::uint32_t>(units < 0 ? -units : units);
  const int top = std::bit_width(magnitude) - 1;
  const std::uint32_t fraction = (magnitude << (23 - top)) & 0x7FFFFF;
  return (units < 0 ? 0x80000000U : 0) | static_cast<std::uint32_t>(top - 6 + 127) << 23 | fraction;
}

class Definition : public testing::TestWithParam<Listed> {};

void expect_definition(const Listed& listed, Rounding rounding, RandomBits random) {
  const Format& format = find_format(listed.name);
  const Policy policy = adapted(format, {.rounding = rounding});
  const Codec codec = make_codec(kF32, format, policy, random.count);
  const int beyond = listed.magnitudes.back() + 130;
  for (int units = -beyond; units <= beyond; ++units) {
    const Code expected = by_definition(listed, units, rounding, random);
    const Number x = Number::finite(Rational(units, 64));
    ASSERT_EQ(cast(x, format, policy, random).code, expected)
        << units << "/64 " << to_string(rounding) << " R " << random.value << " of "
        << random.count;
    ASSERT_EQ(codec.encode(f32_of(units), random.value).code, expected)
        << units << "/64 " << to_string(rounding) << " R " << random.value << " of "
        << random.count;
  }
}

TEST_P(Definition, OfEachDeterministicMode) {
  for (const Rounding rounding : kDeterministicRoundings)
    ASSERT_NO_FATAL_FAILURE(expect_definition(GetParam(), rounding, {}));
}

TEST_P(Definition, OfEachStochasticModeForEveryValueOfTheBits) {
  for (const Rounding rounding : kStochasticRoundings)
    for (int count = 1; count <= 3; ++count)
      for (std::uint32_t value = 0; value < 1U << count; ++value)
        ASSERT_NO_FATAL_FAILURE(expect_definition(GetParam(), rounding, {value, count}));
}

INSTANTIATE_TEST_SUITE_P(Lists, Definition, testing::ValuesIn(kListed),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(OracleInput, MayLieAnywhereOnTheRealLine) {
  const Format& e2m1 = find_format("e2m1");
  const Policy policy = adapted(e2m1, {});
  const auto code = [&](const char* text) { return cast(parse_number(text), e2m1, policy).code; };
  // A third of a gap, and one part in 10^60 to either side of a tie.
  EXPECT_EQ(code("1/3"), 1U);
  EXPECT_EQ(code("2.5"), 4U);
  EXPECT_EQ(code("2.500000000000000000000000000000000000000000000000000000000001"), 5U);
  EXPECT_EQ(code("2.499999999999999999999999999999999999999999999999999999999999"), 4U);
  EXPECT_EQ(code("-1e-5000"), 8U);
  EXPECT_EQ(code("1e5000"), 7U);
}

TEST(PrecisionOne, TiesFollowTheOption) {
  const Format& e8m0 = find_format("e8m0");
  const auto code = [&](const char* text, TieP1 tie) {
    const Policy policy = {.tie_p1 = tie, .negative = NegativeRule::kMagnitude};
    return cast(parse_number(text), e8m0, policy).code;
  };
  EXPECT_EQ(code("1.5", TieP1::kEvenCode), 0x80U);
  EXPECT_EQ(code("3", TieP1::kEvenCode), 0x80U);
  EXPECT_EQ(code("1.5", TieP1::kUp), 0x80U);
  EXPECT_EQ(code("3", TieP1::kUp), 0x81U);
  EXPECT_EQ(code("1.5", TieP1::kTowardZero), 0x7FU);
  EXPECT_EQ(code("3", TieP1::kTowardZero), 0x80U);
  for (const TieP1 tie : {TieP1::kEvenCode, TieP1::kUp, TieP1::kTowardZero}) {
    EXPECT_EQ(code("1.4999999999999999999", tie), 0x7FU);
    EXPECT_EQ(code("1.5000000000000000001", tie), 0x80U);
  }
}

TEST(PrecisionOne, TheLowestIntervalFollowsTheGrid) {
  const Format& e8m0 = find_format("e8m0");
  const auto code = [&](const char* text, LowGrid grid) {
    const Policy policy = {
        .tie_p1 = TieP1::kUp, .negative = NegativeRule::kMagnitude, .low_grid = grid};
    return cast(parse_number(text), e8m0, policy).code;
  };
  // PyTorch and ml_dtypes: everything above 2^-127 and below 2^-126 rounds up.
  EXPECT_EQ(code("0x1p-127", LowGrid::kFromZero), 0U);
  EXPECT_EQ(code("0x1.4p-127", LowGrid::kFromZero), 1U);
  EXPECT_EQ(code("0x1.4p-127", LowGrid::kUnbounded), 0U);
  EXPECT_EQ(code("0x1.8p-127", LowGrid::kUnbounded), 1U);
  EXPECT_EQ(code("0x1p-140", LowGrid::kUnbounded), 0U);
  EXPECT_EQ(code("0x1p-140", LowGrid::kFromZero), 0U);
}

TEST(PrecisionOne, Log2CutsWhereBinary32Log2Rounds) {
  const Format& e8m0 = find_format("e8m0");
  const Policy policy = {.rounding = Rounding::kNearestLog2, .negative = NegativeRule::kMagnitude};
  const auto code = [&](std::uint32_t f32) {
    return cast(decode(find_format("fp32"), f32), e8m0, policy).code;
  };
  // sqrt 2 lies between 0x3fb504f3 and 0x3fb504f4. Between 1 and 2 the logarithm of the former is
  // still less than 1/2 in binary32; between 2 and 4, where logarithms lie wider, 2 sqrt 2 is not
  // told from the number below it, whose logarithm rounds to 3/2, and halves go up.
  EXPECT_EQ(code(0x3FB504F2), 0x7FU);
  EXPECT_EQ(code(0x3FB504F3), 0x7FU);
  EXPECT_EQ(code(0x3FB504F4), 0x80U);
  EXPECT_EQ(code(0x403504F2), 0x80U);
  EXPECT_EQ(code(0x403504F3), 0x81U);
  EXPECT_EQ(code(0x3F800000), 0x7FU);
}

TEST(OverflowThreshold, IsHalfAGapBeyondTheLargestValue) {
  const auto code = [](const char* format, const char* text, Overflow rule) {
    return cast(parse_number(text), find_format(format), {.overflow = rule, .infinity = rule}).code;
  };
  // 464 ties between 448 and 480, which E4M3 has no code for: decided after rounding.
  EXPECT_EQ(code("e4m3", "464", Overflow::kNan), 0x7EU);
  EXPECT_EQ(code("e4m3", "464.0000000000000000000001", Overflow::kNan), 0x7FU);
  EXPECT_EQ(code("e4m3", "-464.0000000000000000000001", Overflow::kNan), 0xFFU);
  EXPECT_EQ(code("e4m3", "1e30", Overflow::kSaturate), 0x7EU);
  EXPECT_EQ(code("e5m2", "61439.99999999999999999999", Overflow::kInfinity), 0x7BU);
  EXPECT_EQ(code("e5m2", "61440", Overflow::kInfinity), 0x7CU);
  EXPECT_EQ(code("e5m2", "-inf", Overflow::kInfinity), 0xFCU);
  EXPECT_EQ(code("e5m2", "inf", Overflow::kSaturate), 0x7BU);
}

TEST(DirectedOverflow, SaturatesTowardZeroUnlessToldAlways) {
  const Format& e5m2 = find_format("e5m2");
  const Number big = parse_number("1e9");
  Policy policy = {.rounding = Rounding::kTowardZero, .overflow = Overflow::kInfinity};
  EXPECT_EQ(cast(big, e5m2, policy).code, 0x7BU);
  policy.directed_overflow = DirectedOverflow::kAlways;
  EXPECT_EQ(cast(big, e5m2, policy).code, 0x7CU);
  policy = {.rounding = Rounding::kUp, .overflow = Overflow::kInfinity};
  EXPECT_EQ(cast(big, e5m2, policy).code, 0x7CU);
  EXPECT_EQ(cast(parse_number("-1e9"), e5m2, policy).code, 0xFBU);
}

TEST(RandomBitsArgument, IsCheckedByTheOracle) {
  const Format& e2m1 = find_format("e2m1");
  const Policy nearest = adapted(e2m1, {});
  const Policy stochastic = adapted(e2m1, {.rounding = Rounding::kStochasticA});
  const Number one = parse_number("1");
  EXPECT_THROW(cast(one, e2m1, nearest, {0, 3}), Error);
  EXPECT_THROW(cast(one, e2m1, stochastic), Error);
  EXPECT_THROW(cast(one, e2m1, stochastic, {8, 3}), Error);
  EXPECT_THROW(cast(one, e2m1, stochastic, {0, 33}), Error);
  EXPECT_NO_THROW(cast(one, e2m1, stochastic, {0xFFFFFFFF, 32}));
}

TEST(RoundingNames, ReadBackAndTakeSynonyms) {
  for (const Rounding rounding : kDeterministicRoundings)
    EXPECT_EQ(parse_rounding(to_string(rounding)), rounding);
  for (const Rounding rounding : kStochasticRoundings)
    EXPECT_EQ(parse_rounding(to_string(rounding)), rounding);
  EXPECT_EQ(parse_rounding("log2"), Rounding::kNearestLog2);
  EXPECT_EQ(heading(Rounding::kNearestEven), "RNE");
  EXPECT_EQ(heading(Rounding::kToOdd), "odd");
  EXPECT_EQ(heading(Rounding::kStochasticCarry), "SR-CARRY");
  EXPECT_EQ(description(Rounding::kNearestAway), "nearest, ties away from zero");
  EXPECT_EQ(parse_rounding("TiesToEven"), Rounding::kNearestEven);
  EXPECT_EQ(parse_rounding("rz"), Rounding::kTowardZero);
  EXPECT_EQ(parse_rounding("StochasticFastest"), Rounding::kStochasticA);
  EXPECT_EQ(parse_rounding("Stochastic"), Rounding::kStochasticC);
  EXPECT_EQ(parse_rounding("rs"), Rounding::kStochasticCarry);
  try {
    parse_rounding("rnee");
    ADD_FAILURE() << "not refused";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("rne"));
  }
}

}  // namespace
}  // namespace mxscope::spec
