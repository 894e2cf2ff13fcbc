// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Every kernel on every back end against the reference executor.
#include "sim/mma_fast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/batch.h"
#include "spec/error.h"
#include "tests/sim/made_operands.h"

namespace mxscope::sim {
namespace {

using testing::HasSubstr;
using Words = std::vector<std::uint32_t>;

/// Every choice of formats of a unit.
std::vector<Mma> bindings(const MmaUnit& unit) {
  std::vector<Mma> all;
  const auto add = [&](const std::string& a, const std::string& b) {
    if (unit.scales.empty()) all.push_back(bind_unit(unit, a, b));
    for (const MmaScale& scale : unit.scales)
      all.push_back(bind_unit(unit, a, b, scale.format, scale.block));
  };
  for (const std::string& a : unit.a_formats)
    for (const std::string& b : unit.a_formats)
      if (unit.mixed || a == b) add(a, b);
  return all;
}

std::vector<FastMma> on_every_backend(const Mma& mma) {
  std::vector<FastMma> all;
  for (const std::string& backend : spec::batch_backends()) {
    FastMma fast(mma, backend);
    const bool again = fast.engine() == "reference" || fast.engine() == "portable";
    if (!again || all.empty()) all.push_back(std::move(fast));
  }
  return all;
}

/// Compares one tile; returns the number of outputs that kernels computed.
std::int64_t expect_equal(const Mma& mma, const std::vector<FastMma>& engines,
                          const MadeOperands& made, const std::string& what) {
  std::vector<std::uint64_t> want = made.c();
  reference_mma(mma, made.a(), made.b(), want);
  std::int64_t outputs = 0;
  for (const FastMma& fast : engines) {
    Words d(made.c().begin(), made.c().end());
    const PackedOperand a = fast.pack_a(made.a());
    const PackedOperand b = fast.pack_b(made.b());
    fast.run(a, b, {0, a.rows, 0, b.rows}, d);
    for (std::size_t i = 0; i < d.size(); ++i)
      if (d[i] != want[i]) {
        ADD_FAILURE() << mma.unit.name << " " << mma.a.name << " " << mma.b.name << " on "
                      << fast.engine() << what << ": " << a.rows << " x " << b.rows << " x "
                      << made.a().k << ", output " << i << " with C = " << std::hex << made.c()[i]
                      << " is " << d[i] << ", not " << want[i];
        return outputs;
      }
    outputs += static_cast<std::int64_t>(d.size());
  }
  return outputs;
}

/// Tiles of odd shapes, of every kind of operands in turn, until there are enough outputs.
std::int64_t expect_equal(const Mma& mma, std::mt19937_64& engine, std::int64_t enough,
                          const std::string& what = "") {
  const std::vector<FastMma> engines = on_every_backend(mma);
  const auto pick = [&](std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(engine);
  };
  std::int64_t outputs = 0;
  for (int tile = 0; outputs < enough && !testing::Test::HasFailure(); ++tile) {
    const auto kind = static_cast<Operands>(tile % kOperandKinds);
    const std::int64_t k = tile % 3 == 0 ? pick(1, 3 * mma.unit.k) : mma.unit.k * pick(1, 2);
    const MadeOperands made(engine, mma, kind, pick(1, 7), pick(1, 40), k);
    outputs += expect_equal(mma, engines, made, what);
  }
  return outputs;
}

std::vector<std::string> names_of_rows() {
  std::vector<std::string> names;
  for (const MmaUnit& unit : mma_units())
    if (unit.d_format != "fp64") names.push_back(unit.name);
  return names;
}

std::string name_of(const testing::TestParamInfo<std::string>& row) {
  std::string name = row.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

class MmaFastRows : public testing::TestWithParam<std::string> {};

TEST_P(MmaFastRows, EqualTheReference) {
  std::mt19937_64 engine(1);
  for (const Mma& mma : bindings(find_unit(GetParam()))) expect_equal(mma, engine, 1500);
}

INSTANTIATE_TEST_SUITE_P(Row, MmaFastRows, testing::ValuesIn(names_of_rows()), name_of);

using MmaFastRowsMedium = MmaFastRows;

void expect_row_equal(const MmaUnit& unit, std::uint32_t seed, std::int64_t outputs) {
  std::mt19937_64 engine(seed);
  const std::vector<Mma> all = bindings(unit);
  for (const Mma& mma : all)
    expect_equal(mma, engine, outputs / static_cast<std::int64_t>(all.size()));
}

TEST_P(MmaFastRowsMedium, EqualTheReferenceOnMoreOutputs) {
  expect_row_equal(find_unit(GetParam()), 2, 400'000);
}

INSTANTIATE_TEST_SUITE_P(Row, MmaFastRowsMedium, testing::ValuesIn(names_of_rows()), name_of);

using MmaFastRowsSlow = MmaFastRows;

TEST_P(MmaFastRowsSlow, EqualTheReferenceOnTensOfMillionsOfOutputs) {
  expect_row_equal(find_unit(GetParam()), 5, 20'000'000);
}

INSTANTIATE_TEST_SUITE_P(Row, MmaFastRowsSlow, testing::ValuesIn(names_of_rows()), name_of);

TEST(MmaFast, NegativeSumsUnderScalesOfZeroAreNoNegativeZero) {
  const Mma mma = bind_unit(find_unit("sm120.mxf4nvf4"), "", "", "ue4m3", 16);
  const std::vector<std::uint8_t> a(64, 2), b(64, 10), zeros(4), ones(4, 0x38);
  for (std::uint32_t c : {0U, 0x80000000U}) {
    Words d = {c};
    fast_mma(mma, {1, 64, a, zeros}, {1, 64, b, ones}, d);
    EXPECT_EQ(d[0], 0u) << std::hex << c;
  }
}

/// Assignments of random values to a few of a unit's fields.
std::vector<std::string> random_fields(std::mt19937_64& engine, const MmaUnit& unit) {
  const auto one_of = [&](std::vector<std::string> values) {
    return values[std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(engine)];
  };
  const std::vector<std::string> steps = {"1", "2", "4", "8", "16", "32", "64"};
  std::vector<std::string> all = {
      "zero_products=" + one_of({"ignored", "counted"}),
      "zero_addend=" + one_of({"ignored", "counted"}),
      "zero_groups=" + one_of({"ignored", "counted"}),
      "addend_window=" + one_of({"raises", "past-products"}),
      "least_exponent=" + one_of({"-133", "-126", "-20", "0", "6", "40", "300", "-5000", "5000"}),
      "least_unit=" + one_of({"-174", "-149", "-30", "-8", "0", "200"}),
      "kept_bits=" + one_of({"1", "8", "13", "14", "20", "22", "23", "24", "26", "34", "36", "40"}),
      "output_bits=" + one_of({"1", "7", "10", "13", "22", "23"}),
      "step_k=" + one_of(steps),
      "group=" + one_of(steps),
      "saturate=" + one_of({"no", "yes"})};
  std::shuffle(all.begin(), all.end(), engine);
  all.resize(std::uniform_int_distribution<std::size_t>(1, 3)(engine));
  std::erase_if(all, [&](const std::string& text) {
    return text.starts_with("step_k=") &&
           (unit.k % std::stoi(text.substr(7)) != 0 || unit.rule == MmaRule::kPairTree ||
            unit.rule == MmaRule::kSplitWindows);
  });
  return all;
}

void expect_equal_with_fields(std::mt19937_64& engine, int rounds, std::int64_t enough) {
  for (int round = 0; round < rounds; ++round)
    for (const MmaUnit& row : mma_units()) {
      const bool by_reference = row.rule == MmaRule::kFmaChain ||
                                row.rule == MmaRule::kLateAddend || row.rule == MmaRule::kPairTree;
      if (by_reference || testing::Test::HasFailure()) continue;
      MmaUnit unit = row;
      std::string what;
      for (const std::string& field : random_fields(engine, unit)) {
        set_field(unit, field);
        what += " " + field;
      }
      const std::vector<Mma> all = bindings(unit);
      expect_equal(all[engine() % all.size()], engine, enough, what);
    }
}

TEST(MmaFast, EqualsTheReferenceWithAnyFields) {
  std::mt19937_64 engine(3);
  expect_equal_with_fields(engine, 2, 1000);
}

TEST(MmaFastMedium, EqualsTheReferenceWithAnyFields) {
  std::mt19937_64 engine(4);
  expect_equal_with_fields(engine, 60, 4000);
}

TEST(MmaFast, KernelsHoldEveryNvidiaRow) {
  if (spec::batch_backends().front() == "portable") GTEST_SKIP() << "no SIMD on this processor";
  for (const MmaUnit& unit : mma_units()) {
    if (!unit.name.starts_with("sm") || unit.d_format == "fp64") continue;
    for (const Mma& mma : bindings(unit))
      EXPECT_NE(FastMma(mma).engine(), "reference") << unit.name;
  }
}

TEST(MmaFast, TilesMakeUpTheMatrix) {
  std::mt19937_64 engine(5);
  for (const char* unit :
       {"sm120.mma.mxf4nvf4", "sm90.wgmma.fp8", "sm100.mma.fp8", "sm80.mma.s8", "cdna3.mfma.f16"}) {
    const Mma mma = bind_unit(find_unit(unit));
    const FastMma fast(mma);
    const MadeOperands made(engine, mma, Operands::kNear, 70, 50, 2 * mma.unit.k + 3);
    const PackedOperand a = fast.pack_a(made.a());
    const PackedOperand b = fast.pack_b(made.b());
    const Words c(made.c().begin(), made.c().end());
    Words whole = c;
    fast_mma(mma, made.a(), made.b(), whole);
    Words tiled = c;
    for (const std::int64_t row : {0, 3, 66})
      for (const std::int64_t column : {0, 16, 48})
        fast.run(a, b,
                 {row,
                  row == 66  ? 4
                  : row == 0 ? 3
                             : 63,
                  column,
                  column == 48  ? 2
                  : column == 0 ? 16
                                : 32},
                 tiled);
    EXPECT_EQ(tiled, whole) << unit;
    EXPECT_NE(whole, c) << unit;
  }
}

TEST(MmaFast, RefusesWhatDoesNotFit) {
  std::mt19937_64 engine(6);
  const Mma mma = bind_unit(find_unit("sm120.mma.mxf4nvf4"));
  const FastMma fast(mma);
  const MadeOperands made(engine, mma, Operands::kNear, 2, 20, 64);
  const PackedOperand a = fast.pack_a(made.a());
  const PackedOperand b = fast.pack_b(made.b());
  Words d(40);
  const auto refusal = [&](const auto& call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal([&] {
                fast.run(a, b, {0, 2, 0, 20}, std::span(d).first(39));
              }),
              HasSubstr("2 x 20 words, not 39"));
  EXPECT_THAT(refusal([&] { fast.run(a, b, {0, 2, 1, 4}, d); }), HasSubstr("multiple of 16"));
  EXPECT_THAT(refusal([&] { fast.run(a, b, {1, 2, 0, 20}, d); }), HasSubstr("not one of 2 x 20"));
  MmaMatrix short_scales = made.a();
  short_scales.scales = short_scales.scales.first(7);
  EXPECT_THAT(refusal([&] { fast.pack_a(short_scales); }), HasSubstr("scales of A take 8 bytes"));
  const MadeOperands longer(engine, mma, Operands::kNear, 2, 20, 128);
  EXPECT_THAT(refusal([&] {
                fast.run(a, fast.pack_b(longer.b()), {0, 2, 0, 20}, d);
              }),
              HasSubstr("A has k = 64 and B has k = 128"));
  EXPECT_THAT(refusal([] { FastMma(bind_unit(find_unit("sm80.mma.f64"))); }),
              HasSubstr("use the reference executor"));
  EXPECT_THAT(refusal([&] { FastMma(mma, "AVX9"); }), HasSubstr("AVX9"));
}

}  // namespace
}  // namespace mxscope::sim
