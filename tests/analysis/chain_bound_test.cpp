// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Proved bounds of sums against the sums themselves, run by the reference executor.
#include "analysis/chain_bound.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "analysis/gemm_bound.h"
#include "analysis/inner_product.h"
#include "analysis/outward.h"
#include "spec/error.h"
#include "spec/number.h"

namespace mxscope::analysis {
namespace {

using sim::Mma;
using spec::Rational;

constexpr std::int64_t kRows = 4;

/// Rows of finite codes; `spread`: any code, else those within a few binades of 1.
struct Made {
  std::vector<std::uint8_t> codes, scales;

  sim::MmaMatrix matrix(std::int64_t k) const { return {kRows, k, codes, scales}; }
};

std::uint64_t made_code(const spec::Format& format, bool spread, std::mt19937_64& random) {
  while (true) {
    const std::uint64_t code = random() & format.code_mask();
    const spec::Number number = spec::decode(format, code);
    if (number.kind != spec::NumberKind::kFinite) continue;
    if (spread || number.is_zero()) return code;
    const std::int64_t exponent = spec::floor_log2(number.magnitude);
    if (exponent >= -4 && exponent <= 4) return code;
  }
}

Made made(const Mma& mma, const spec::Format& format, std::int64_t k, bool spread,
          std::mt19937_64& random) {
  Made out;
  for (std::int64_t i = 0; i < kRows * k; ++i) {
    const std::uint64_t word = made_code(format, spread, random) << format.storage_shift;
    for (int byte = 0; byte < format.storage_bits / 8; ++byte)
      out.codes.push_back(static_cast<std::uint8_t>(word >> 8 * byte));
  }
  for (std::int64_t i = 0; i < kRows * mma.scales_per_row(k); ++i)
    out.scales.push_back(static_cast<std::uint8_t>(made_code(*mma.scale, spread, random)));
  return out;
}

Rational value_at(const Mma& mma, const spec::Format& format, const Made& operand, std::int64_t row,
                  std::int64_t k, std::int64_t at) {
  const auto size = static_cast<std::size_t>(format.storage_bits / 8);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i)
    word |= std::uint64_t{operand.codes[static_cast<std::size_t>(row * k + at) * size + i]}
            << 8 * i;
  Rational value = spec::decode(format, word >> format.storage_shift).value();
  if (mma.scale)
    value *=
        spec::decode(
            *mma.scale,
            operand.scales[static_cast<std::size_t>(row * mma.scales_per_row(k) + at / mma.block)])
            .value();
  return value;
}

struct Found {
  int finite = 0, exact = 0, above = 0;
  double largest_share = 0;
};

/// Every output of a random product of the unit; `run` computes, `bounded` is bounded.
Found compare(const Mma& run, const Mma& bounded, std::int64_t k, bool spread, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Found found;
  for (int repeat = 0; repeat < 6; ++repeat) {
    const Made a = made(run, run.a, k, spread, random);
    const Made b = made(run, run.b, k, spread, random);
    std::vector<std::uint64_t> d(kRows * kRows);
    sim::reference_mma(run, a.matrix(k), b.matrix(k), d);
    const ChainBound bound(bounded, {}, {a.matrix(k), {}, 0}, {b.matrix(k), {}, 0});
    for (std::int64_t i = 0; i < kRows; ++i)
      for (std::int64_t j = 0; j < kRows; ++j) {
        const spec::Number computed =
            spec::decode(run.d, d[static_cast<std::size_t>(i * kRows + j)]);
        const SumBound proved = bound.of(i, j);
        if (computed.kind != spec::NumberKind::kFinite) {
          EXPECT_TRUE(std::isinf(proved.error)) << run.unit.name;
          continue;
        }
        Rational exact = 0;
        Rational magnitude = 0;
        for (std::int64_t at = 0; at < k; ++at) {
          const Rational product =
              value_at(run, run.a, a, i, k, at) * value_at(run, run.b, b, j, k, at);
          exact += product;
          magnitude += abs(product);
        }
        if (std::isinf(proved.error)) continue;
        ++found.finite;
        EXPECT_LE(magnitude, Rational(proved.magnitude)) << run.unit.name;
        EXPECT_LE(abs(computed.value()), Rational(proved.magnitude)) << run.unit.name;
        const Rational error = abs(Rational(computed.value() - exact));
        if (error > Rational(proved.error)) ++found.above;
        if (proved.error == 0) ++found.exact;
        if (error != 0 && proved.error > 0)
          found.largest_share = std::max(
              found.largest_share, Rational(error / Rational(proved.error)).convert_to<double>());
      }
  }
  return found;
}

class ChainBoundUnits : public testing::TestWithParam<const char*> {};

TEST_P(ChainBoundUnits, NoErrorExceedsIt) {
  const Mma mma = sim::bind_unit(sim::find_unit(GetParam()));
  for (const std::int64_t k : {std::int64_t{mma.unit.k}, std::int64_t{3} * mma.unit.k + 5}) {
    const Found mild = compare(mma, mma, k, false, 1);
    EXPECT_EQ(mild.above, 0) << "k " << k;
    EXPECT_GT(mild.finite, 0);
    const Found spread = compare(mma, mma, k, true, 2);
    EXPECT_EQ(spread.above, 0) << "k " << k;
  }
}

TEST_P(ChainBoundUnits, OpenPointsAreWithinItToo) {
  sim::MmaUnit unit = sim::find_unit(GetParam());
  sim::set_field(unit, "zero_products=counted");
  sim::set_field(unit, "zero_addend=counted");
  sim::set_field(unit, "zero_groups=ignored");
  sim::set_field(unit, "addend_window=past-products");
  sim::set_field(unit, "least_exponent=-20");
  const Mma mma = sim::bind_unit(unit);
  for (const bool spread : {false, true})
    EXPECT_EQ(compare(mma, mma, 2 * unit.k, spread, 3).above, 0);
}

INSTANTIATE_TEST_SUITE_P(All, ChainBoundUnits,
                         testing::Values("sm70.mma.f16", "sm80.mma.bf16", "sm80.mma.tf32",
                                         "sm80.mma.f16.f16acc", "sm89.mma.fp8", "sm90.wgmma.fp8",
                                         "sm90.mma.fp8", "sm90.mma.fp8.f16acc",
                                         "sm100.tcgen05.f8f6f4", "sm100.tcgen05.mxf8f6f4",
                                         "sm120.mma.mxf4", "sm120.mma.mxf4nvf4", "cdna3.mfma.f32"));

TEST(ChainBound, AUnitThatKeepsFewerBitsExceedsAnothersBound) {
  const Mma mma = sim::bind_unit(sim::find_unit("sm80.mma.f16"));
  sim::MmaUnit coarse = mma.unit;
  sim::set_field(coarse, "kept_bits=16");
  EXPECT_GT(compare(sim::bind_unit(coarse), mma, 64, false, 4).above, 10);
}

TEST(ChainBound, IsNotFarFromWhatIsReached) {
  for (const char* name : {"sm80.mma.f16", "sm90.wgmma.fp8", "sm120.mma.mxf4nvf4"}) {
    const Mma mma = sim::bind_unit(sim::find_unit(name));
    EXPECT_GT(compare(mma, mma, mma.unit.k, true, 5).largest_share, 0.05) << name;
  }
}

TEST(ChainBound, SmallIntegersAreExact) {
  // FP4 products under equal scales: multiples of 1/4 below 2^21, which everything represents.
  const Mma mma = sim::bind_unit(sim::find_unit("sm120.mma.mxf4"));
  Made a;
  std::mt19937_64 random(6);
  for (std::int64_t i = 0; i < kRows * 256; ++i) a.codes.push_back(random() & 0xF);
  a.scales.assign(kRows * 8, 127);
  const ChainBound bound(mma, {}, {a.matrix(256), {}, 0}, {a.matrix(256), {}, 0});
  for (std::int64_t i = 0; i < kRows; ++i) EXPECT_EQ(bound.of(i, 0).error, 0);
}

TEST(ChainBound, SpecialOperandsAndOtherRulesHaveNone) {
  const Mma mma = sim::bind_unit(sim::find_unit("sm120.mma.mxf4"));
  Made a;
  a.codes.assign(kRows * 64, 2);
  a.scales.assign(kRows * 2, 127);
  a.scales[2] = 0xFF;
  const ChainBound bound(mma, {}, {a.matrix(64), {}, 0}, {a.matrix(64), {}, 0});
  EXPECT_EQ(bound.of(0, 0).error, 0);
  EXPECT_TRUE(std::isinf(bound.of(0, 1).error));
  const Mma late = sim::bind_unit(sim::find_unit("cdna3.mfma.f16"));
  EXPECT_FALSE(ChainBound::holds_for(late));
  EXPECT_THROW(ChainBound(late, {}, {}, {}), Error);
}

TEST(GemmBound, ElementsMatterAsInRationals) {
  std::mt19937_64 random(7);
  Operand x, w;
  std::vector<float> xs, dx, ws, dw;
  for (int i = 0; i < 50; ++i) {
    const auto number = [&] { return static_cast<float>(static_cast<std::int32_t>(random())); };
    xs.push_back(number());
    ws.push_back(number());
    dx.push_back(std::fabs(number()) * 0x1p-10F);
    dw.push_back(i % 3 == 0 ? 0 : std::fabs(number()) * 0x1p-12F);
    x.values.emplace_back(xs.back());
    w.values.emplace_back(ws.back());
    x.error.emplace_back(dx.back());
    w.error.emplace_back(dw.back());
  }
  const Rational exact = certain_bound(x, w, {.unit = 0}).quantization;
  const Rational bound(elements_bound(xs, dx, ws, dw));
  EXPECT_GE(bound, exact);
  EXPECT_LE(bound, exact * (1 + spec::power_of_two(-40)));
}

TEST(GemmBound, AnEpilogueWithoutRoundingsAddsNothing) {
  const SumBound sum{0.25, 8};
  EXPECT_EQ(output_bound(sum, {}, 3), 0.25);
  EXPECT_DOUBLE_EQ(output_bound(sum, {.output_bits = 7}, 3), 0.25 + 0x1p-7);
  const double scaled = output_bound(sum, {.alpha = 3}, 9);
  EXPECT_GE(scaled, 0.75 + 0x1p-20);
  EXPECT_LE(scaled, 0.75 + 0x1p-19);
}

TEST(Outward, RationalsRoundUp) {
  EXPECT_EQ(rounded_up(Rational(1, 4)), 0.25);
  EXPECT_GT(Rational(rounded_up(Rational(1, 3))), Rational(1, 3));
  EXPECT_EQ(rounded_up(Rational(0)), 0);
  EXPECT_GT(raised(1), 1);
}

}  // namespace
}  // namespace mxscope::analysis
