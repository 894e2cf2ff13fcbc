// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The integer codec gives the oracle's outcome: on every 16-bit input, and at every decision
// threshold of a binary32 or binary64 input.
#include "spec/codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "spec/error.h"
#include "tests/spec/target_inputs.h"

namespace mxscope::spec {
namespace {

constexpr Format kTiny = {.name = {}, .bits = 4, .exponent_bits = 2, .mantissa_bits = 1, .bias = 1};

// A conversion is a constant expression: 2.6 -> 3 (code 5), 5 -> 4 (a tie, code 6), -inf -> -6.
static_assert(compile_codec(kF32, kTiny, {}).encode(0x40266666).code == 5);
static_assert(compile_codec(kF32, kTiny, {}).encode(0x40A00000).code == 6);
static_assert(compile_codec(kF32, kTiny, {}).encode(0xFF800000).code == 0xF);
static_assert(compile_codec(kBf16, kTiny, {.rounding = Rounding::kUp}).encode(0x4080) ==
              Outcome{6, false});
static_assert(
    compile_codec(kF32, kTiny, {.infinity = Overflow::kError}).encode(0x7F800000).refused);
static_assert(decode_to_f32(kTiny, 0xF) == 0xC0C00000);

/// Compares codec and oracle at both ends of every run of the oracle's step map.
void expect_equal_at_runs(const SourceRow& binary, const Format& target, const Policy& policy,
                          RandomBits random = {}) {
  const Format& source = find_format(binary.format);
  const Codec codec = make_codec(binary.source, target, policy, random.count);
  const std::vector<Run> runs = step_map(source, target, policy, random);
  ASSERT_EQ(runs.front().first, 0U);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Code last = i + 1 < runs.size() ? runs[i + 1].first - 1 : source.code_mask();
    for (const Code input : {runs[i].first, std::min(runs[i].first + 1, last), last})
      ASSERT_EQ(codec.encode(input, random.value), runs[i].outcome)
          << std::hex << "0x" << input << " of " << binary.format << " to " << target.name << ", "
          << text_of(policy) << ", random " << random.value << " of " << random.count << " bits";
  }
}

/// Compares codec and oracle on every input of a 16-bit source.
void expect_equal_everywhere(const SourceRow& binary, const Format& target, const Policy& policy,
                             RandomBits random = {}) {
  const Codec codec = make_codec(binary.source, target, policy, random.count);
  const std::vector<Run> runs = step_map(find_format(binary.format), target, policy, random);
  auto run = runs.begin();
  for (Code input = 0; input < 0x10000; ++input) {
    if (std::next(run) != runs.end() && std::next(run)->first == input) ++run;
    ASSERT_EQ(codec.encode(input, random.value), run->outcome)
        << std::hex << "0x" << input << " of " << binary.format << " to " << target.name << ", "
        << text_of(policy);
  }
}

std::vector<Format> narrow_formats() {
  std::vector<Format> rows = formats_up_to(8);
  for (const Format& row : user_formats()) rows.push_back(row);
  return rows;
}

class NarrowTarget : public testing::TestWithParam<Format> {};
using NarrowTargetMedium = NarrowTarget;

void expect_equal_at_thresholds(const Format& target, const Policy& policy) {
  for (const SourceRow& binary : {kF32Row, kF64Row}) {
    if (policy.nan == NanRule::kRebias && binary.source.exponent_bits != 8) continue;
    ASSERT_NO_FATAL_FAILURE(expect_equal_at_runs(binary, target, policy));
  }
}

TEST_P(NarrowTarget, EqualsTheOracleAtEveryThresholdInEveryMode) {
  for (const Rounding rounding : kDeterministicRoundings)
    for (const Overflow overflow : {Overflow::kSaturate, Overflow::kNan})
      expect_equal_at_thresholds(
          GetParam(),
          adapted(GetParam(), {.rounding = rounding, .overflow = overflow, .infinity = overflow}));
}

TEST_P(NarrowTargetMedium, EqualsTheOracleAtEveryThresholdUnderEveryPolicy) {
  for (const Rounding rounding : kDeterministicRoundings)
    for (const Policy& policy : policies_for(GetParam(), rounding))
      ASSERT_NO_FATAL_FAILURE(expect_equal_at_thresholds(GetParam(), policy));
}

TEST_P(NarrowTarget, EqualsTheOracleForRandomBits) {
  for (const Rounding rounding : kStochasticRoundings) {
    const Policy policy = adapted(GetParam(), {.rounding = rounding});
    for (const RandomBits random : {RandomBits{1, 1}, RandomBits{5, 3}, RandomBits{0, 32}})
      for (const SourceRow& binary : {kF32Row, kF64Row})
        ASSERT_NO_FATAL_FAILURE(expect_equal_at_runs(binary, GetParam(), policy, random));
  }
}

TEST_P(NarrowTargetMedium, EqualsTheOracleOnEvery16BitInput) {
  for (const Rounding rounding : kDeterministicRoundings)
    for (const Policy& policy : policies_for(GetParam(), rounding))
      for (const SourceRow& binary : {kBf16Row, kF16Row}) {
        if (policy.nan == NanRule::kRebias && binary.source.exponent_bits != 8) continue;
        ASSERT_NO_FATAL_FAILURE(expect_equal_everywhere(binary, GetParam(), policy));
      }
}

TEST_P(NarrowTargetMedium, EqualsTheOracleOnEvery16BitInputForThreeRandomBits) {
  for (const Rounding rounding : kStochasticRoundings)
    for (std::uint32_t value = 0; value < 8; ++value)
      for (const SourceRow& binary : {kBf16Row, kF16Row})
        ASSERT_NO_FATAL_FAILURE(expect_equal_everywhere(
            binary, GetParam(), adapted(GetParam(), {.rounding = rounding}), {value, 3}));
}

std::string name_of(const testing::TestParamInfo<Format>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Formats, NarrowTarget, testing::ValuesIn(narrow_formats()), name_of);
INSTANTIATE_TEST_SUITE_P(Formats, NarrowTargetMedium, testing::ValuesIn(narrow_formats()), name_of);

std::vector<Format> wide_formats() {
  std::vector<Format> rows;
  for (const char* name : {"bf16", "fp16", "tf32", "fp32", "fp64"})
    rows.push_back(find_format(name));
  for (Format& row : p3109_formats(9, 15))
    if (row.bits % 3 == 0 && row.mantissa_bits % 3 == 0) rows.push_back(std::move(row));
  Format widest = {.name = "widest", .bits = 64, .exponent_bits = 1, .mantissa_bits = 62};
  widest.high_nans = 3;
  rows.push_back(widest);
  Format wide_range = {.name = "wide_range", .bits = 60, .exponent_bits = 16, .mantissa_bits = 43};
  wide_range.bias = 32767;
  wide_range.subnormals = false;
  rows.push_back(wide_range);
  return rows;
}

class WideTarget : public testing::TestWithParam<Format> {};

/// Source words at a value of the target, a middle or a quarter of a gap, one unit up and down, and
/// random words.
std::vector<Code> wide_inputs(const Format& source, const Format& target, Random& random) {
  std::vector<Code> inputs = {0,
                              1,
                              2,
                              source.code_mask() >> 1,
                              *source.infinity_code(false),
                              *source.infinity_code(false) - 1,
                              *source.infinity_code(false) + 1};
  for (int i = 0; i < 40; ++i) inputs.push_back(random.next() & source.code_mask());
  const auto top = static_cast<std::uint64_t>(target.max_ordinal());
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t ordinal = i < 4 ? top - static_cast<std::uint64_t>(i) / 2
                                        : (random.next() >> (random.next() % 64)) % (top + 1);
    const Rational low = target.ordinal_value(static_cast<std::int64_t>(ordinal));
    const Rational gap = target.ordinal_value(static_cast<std::int64_t>(ordinal) + 1) - low;
    const Rational value = low + gap * Rational(static_cast<int>(random.next() % 4), 4);
    const Policy truncate = {.rounding = Rounding::kTowardZero};
    const Code word = cast(Number::finite(value), source, truncate).code;
    inputs.insert(inputs.end(), {word, word + 1, word == 0 ? 0 : word - 1});
  }
  const std::size_t positive = inputs.size();
  for (std::size_t i = 0; i < positive; ++i) inputs.push_back(inputs[i] | source.sign_mask());
  return inputs;
}

TEST_P(WideTarget, EqualsTheOracleOnBoundaryAndRandomInputs) {
  const Format& target = GetParam();
  Random random(20260117);
  for (const SourceRow& binary : kSources) {
    const Format& source = find_format(binary.format);
    const std::vector<Code> inputs = wide_inputs(source, target, random);
    for (const Rounding rounding : kDeterministicRoundings) {
      const Policy policy = adapted(target, {.rounding = rounding,
                                             .overflow = Overflow::kInfinity,
                                             .infinity = Overflow::kInfinity,
                                             .nan = NanRule::kPayload,
                                             .nan_sign = NanSign::kKeep});
      const Codec codec = make_codec(binary.source, target, policy);
      for (const Code input : inputs)
        ASSERT_EQ(codec.encode(input), cast(decode(source, input), target, policy))
            << std::hex << "0x" << input << " of " << binary.format << " to " << target.name << ", "
            << text_of(policy);
    }
    for (const Rounding rounding : kStochasticRoundings) {
      const Policy policy = adapted(target, {.rounding = rounding});
      const int count = 1 + static_cast<int>(random.next() % 32);
      const Codec codec = make_codec(binary.source, target, policy, count);
      for (const Code input : inputs) {
        const auto value = static_cast<std::uint32_t>(random.next() >> (64 - count));
        ASSERT_EQ(codec.encode(input, value),
                  cast(decode(source, input), target, policy, {value, count}))
            << std::hex << "0x" << input << " of " << binary.format << " to " << target.name << ", "
            << text_of(policy) << ", random " << value << " of " << std::dec << count << " bits";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, WideTarget, testing::ValuesIn(wide_formats()), name_of);

TEST(MakeCodec, RefusesWhatConflictOrTheBitsForbid) {
  const Format& e4m3 = find_format("e4m3");
  EXPECT_THROW(make_codec(kF32, e4m3, {.overflow = Overflow::kInfinity}), Error);
  EXPECT_THROW(make_codec(kF32, e4m3, {}, 3), Error);
  EXPECT_THROW(make_codec(kF32, e4m3, {.rounding = Rounding::kStochasticA}), Error);
  EXPECT_THROW(make_codec(kF32, e4m3, {.rounding = Rounding::kStochasticA}, 33), Error);
  EXPECT_THROW(make_codec(kF16, find_format("e2m1"), {.nan = NanRule::kRebias}), Error);
  Policy log2 = adapted(find_format("e8m0"), {.rounding = Rounding::kNearestLog2});
  EXPECT_THROW(make_codec(kF32, find_format("e8m0"), log2), Error);
}

class DecodeToF32 : public testing::TestWithParam<Format> {};

TEST_P(DecodeToF32, IsTheExactValueOfEveryCode) {
  const Format& f = GetParam();
  const Format& fp32 = find_format("fp32");
  for (Code code = 0; code <= f.code_mask(); ++code) {
    const std::uint32_t word = decode_to_f32(f, code);
    const Number expected = decode(f, code);
    const Number actual = decode(fp32, word);
    ASSERT_EQ(actual.kind, expected.kind) << f.name << " " << code;
    ASSERT_EQ(actual.negative, expected.negative) << f.name << " " << code;
    ASSERT_EQ(actual.magnitude, expected.magnitude) << f.name << " " << code;
    if (expected.kind == NumberKind::kNan) {
      ASSERT_NE(word & 0x400000U, 0U) << f.name << " " << code;
    }
  }
}

std::vector<Format> formats_within_f32() {
  std::vector<Format> rows = formats_up_to(16);
  for (const Format& row : user_formats()) rows.push_back(row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Formats, DecodeToF32, testing::ValuesIn(formats_within_f32()), name_of);

}  // namespace
}  // namespace mxscope::spec
