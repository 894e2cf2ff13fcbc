// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Every batch back end gives the codes of the scalar codec, at any length and alignment.
#include "spec/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "spec/error.h"
#include "spec/number.h"
#include "tests/spec/target_inputs.h"

namespace mxscope::spec {
namespace {

using testing::HasSubstr;

/// Source words packed as bytes, `offset` bytes into their allocation.
struct Packed {
  Packed(const std::vector<Code>& words, int width, std::size_t offset)
      : bytes(words.size() * static_cast<std::size_t>(width) + offset), start(offset) {
    for (std::size_t i = 0; i < words.size(); ++i)
      std::memcpy(data() + i * static_cast<std::size_t>(width), &words[i],
                  static_cast<std::size_t>(width));
  }
  char* data() { return bytes.data() + start; }
  std::vector<char> bytes;
  std::size_t start;
};

Code word_at(const char* words, std::size_t i, int width) {
  Code word = 0;
  std::memcpy(&word, words + i * static_cast<std::size_t>(width), static_cast<std::size_t>(width));
  return word;
}

/// Every 16-bit input, or for wider sources the words around every binary16-like boundary of their
/// top half, specials and random words.
std::vector<Code> inputs_of(Source source) {
  std::vector<Code> words;
  if (source.bits() == 16) {
    for (Code word = 0; word < 0x10000; ++word) words.push_back(word);
    return words;
  }
  const int shift = source.bits() - 16;
  const Code mask = source.bits() == 64 ? ~Code{0} : (Code{1} << source.bits()) - 1;
  for (Code top = 0; top < 0x10000; top += source.bits() == 64 ? 5 : 1) {
    const Code word = top << shift;
    words.insert(words.end(), {word, word + 1, (word - 1) & mask});
  }
  Random random(99);
  for (int i = 0; i < 5000; ++i) words.push_back(random.next() & mask);
  return words;
}

void expect_codec_words(const BatchCast& batch, const Codec& codec, const Format& format,
                        const std::vector<Code>& inputs, std::size_t offset,
                        const std::vector<std::uint32_t>& random) {
  const std::size_t count = inputs.size();
  Packed source(inputs, batch.source_bytes(), offset);
  const auto width = static_cast<std::size_t>(batch.word_bytes());
  constexpr char kUntouched = 0x5A;
  std::vector<char> words(offset + count * width + 1, kUntouched);
  char* const out = words.data() + offset;
  const auto refused = batch.encode(source.data(), out, count, random);
  std::optional<std::size_t> first_refused;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t value = random.empty() ? 0 : random.size() == 1 ? random[0] : random[i];
    const Outcome expected = codec.encode(inputs[i], value);
    if (expected.refused && !first_refused) first_refused = i;
    const Code word = expected.refused ? 0 : expected.code << format.storage_shift;
    ASSERT_EQ(word_at(out, i, batch.word_bytes()), word)
        << std::hex << "input 0x" << inputs[i] << " R 0x" << value << std::dec << " at " << i
        << " of " << count << ", " << format.name << ", " << batch.backend();
  }
  EXPECT_EQ(refused, first_refused);
  EXPECT_EQ(words.back(), kUntouched) << "wrote past the end";
  for (std::size_t i = 0; i < offset; ++i) ASSERT_EQ(words[i], kUntouched) << "wrote before";
}

class BatchBackend : public testing::TestWithParam<std::string> {};
using BatchBackendMedium = BatchBackend;

void expect_codec_everywhere(const Format& format, const Policy& policy, const std::string& name) {
  for (const SourceRow& binary : kSources) {
    if (policy.nan == NanRule::kRebias && binary.source.exponent_bits != 8) continue;
    const BatchCast batch(binary.source, format, policy, 0, name);
    const Codec codec = make_codec(binary.source, format, policy);
    ASSERT_NO_FATAL_FAILURE(
        expect_codec_words(batch, codec, format, inputs_of(binary.source), 0, {}))
        << text_of(policy);
  }
}

TEST_P(BatchBackend, GivesTheCodecsWordsInEveryMode) {
  for (const char* name : {"e4m3", "e2m1", "e8m0", "e5m2", "mxint8", "e4m3fnuz", "ue4m3", "bf16",
                           "tf32", "p3109_k8p1se", "e3m4ieee"})
    for (const Rounding rounding : kDeterministicRoundings) {
      const Format& format = find_format(name);
      ASSERT_NO_FATAL_FAILURE(expect_codec_everywhere(
          format, adapted(format, {.rounding = rounding, .overflow = Overflow::kInfinity}),
          GetParam()));
    }
}

TEST_P(BatchBackendMedium, GivesTheCodecsWordsUnderEveryPolicy) {
  std::vector<Format> formats = formats_up_to(8);
  for (const Format& row : user_formats()) formats.push_back(row);
  for (const Format& format : formats)
    for (const Policy& policy : policies_for(format, Rounding::kNearestEven))
      ASSERT_NO_FATAL_FAILURE(expect_codec_everywhere(format, policy, GetParam()));
}

TEST_P(BatchBackendMedium, GivesTheCodecsWordsForEveryP3109Format) {
  for (const Format& format : p3109_formats(3, 15))
    for (const Rounding rounding : {Rounding::kNearestEven, Rounding::kUp})
      ASSERT_NO_FATAL_FAILURE(
          expect_codec_everywhere(format, adapted(format, {.rounding = rounding}), GetParam()));
}

TEST_P(BatchBackend, TakesRandomBitsForEachInputOrForAll) {
  Random random(5);
  for (const char* name : {"e2m1", "e4m3", "e5m2", "e3m2", "e8m0", "mxint8", "bf16", "fp16"})
    for (const Rounding rounding : kStochasticRoundings)
      for (const SourceRow& binary : kSources)
        for (const int count : {1, 3, 8, 13, 16, 32}) {
          const Format& format = find_format(name);
          const Policy policy = adapted(format, {.rounding = rounding});
          const BatchCast batch(binary.source, format, policy, count, GetParam());
          const Codec codec = make_codec(binary.source, format, policy, count);
          std::vector<Code> inputs = inputs_of(binary.source);
          // A stretch of the inputs, so that each combination sees others.
          const std::size_t first = random.next() % (inputs.size() - 1000);
          inputs = {inputs.begin() + static_cast<std::ptrdiff_t>(first),
                    inputs.begin() + static_cast<std::ptrdiff_t>(first + 1000)};
          for (Code& input : inputs)
            if (random.next() % 3 == 0) input ^= random.next() & 0xFF;
          std::vector<std::uint32_t> each(inputs.size());
          for (std::uint32_t& value : each)
            value = static_cast<std::uint32_t>(random.next() >> (64 - count));
          ASSERT_NO_FATAL_FAILURE(expect_codec_words(batch, codec, format, inputs, 0, each));
          ASSERT_NO_FATAL_FAILURE(expect_codec_words(batch, codec, format, inputs, 0, {each[0]}));
        }
}

TEST_P(BatchBackend, TakesAnyLengthAndAlignment) {
  const std::vector<Code> all = inputs_of(kF32);
  for (const char* name : {"e4m3", "e2m1", "bf16"})
    for (const SourceRow& binary : {kF32Row, kBf16Row}) {
      const Format& format = find_format(name);
      const Policy policy = adapted(format, {});
      const BatchCast batch(binary.source, format, policy, 0, GetParam());
      const Codec codec = make_codec(binary.source, format, policy);
      for (std::size_t count = 0; count < 140; ++count)
        for (const std::size_t offset : {0U, 1U, 3U}) {
          std::vector<Code> inputs;
          for (std::size_t i = 0; i < count; ++i)
            inputs.push_back(all[(i * 7919 + count) % all.size()] >> (32 - binary.source.bits()));
          ASSERT_NO_FATAL_FAILURE(expect_codec_words(batch, codec, format, inputs, offset, {}));
        }
    }
}

TEST_P(BatchBackend, ReportsTheFirstRefusedInput) {
  const Format& e4m3 = find_format("e4m3");
  const BatchCast batch(kF32, e4m3, {.overflow = Overflow::kError}, 0, GetParam());
  std::vector<std::uint32_t> source(100, 0x3F800000);
  std::vector<std::uint8_t> words(100, 0xAA);
  EXPECT_EQ(batch.encode(source.data(), words.data(), 100), std::nullopt);
  source[97] = 0x7F000000;
  source[41] = 0xFF000000;
  EXPECT_EQ(batch.encode(source.data(), words.data(), 100), 41U);
  EXPECT_EQ(words[40], 0x38);
  EXPECT_EQ(words[41], 0);
  EXPECT_EQ(words[97], 0);
  EXPECT_EQ(words[99], 0x38);
}

TEST_P(BatchBackend, RefusesAWrongNumberOfRandomValues) {
  const Format& e2m1 = find_format("e2m1");
  const Policy stochastic = adapted(e2m1, {.rounding = Rounding::kStochasticA});
  const BatchCast drawn(kF32, e2m1, stochastic, 8, GetParam());
  const BatchCast nearest(kF32, e2m1, adapted(e2m1, {}), 0, GetParam());
  const std::vector<std::uint32_t> source(10);
  const std::vector<std::uint32_t> random(9);
  std::vector<std::uint8_t> words(10);
  EXPECT_THROW(drawn.encode(source.data(), words.data(), 10), Error);
  EXPECT_THROW(drawn.encode(source.data(), words.data(), 10, random), Error);
  EXPECT_THROW(nearest.encode(source.data(), words.data(), 10, random), Error);
}

INSTANTIATE_TEST_SUITE_P(All, BatchBackend, testing::ValuesIn(batch_backends()),
                         [](const auto& row) { return row.param; });
INSTANTIATE_TEST_SUITE_P(All, BatchBackendMedium, testing::ValuesIn(batch_backends()),
                         [](const auto& row) { return row.param; });

TEST(BatchCast, NamesItsBackEnds) {
  const std::vector<std::string> names = batch_backends();
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(names.back(), "portable");
  const Format& e4m3 = find_format("e4m3");
  EXPECT_EQ(BatchCast(kF32, e4m3, {}, 0, "portable").backend(), "portable");
  EXPECT_EQ(BatchCast(kF32, e4m3, {}).backend(), names.front());
  try {
    const BatchCast batch(kF32, e4m3, {}, 0, "portabel");
    ADD_FAILURE() << "not refused";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("portable"));
  }
  EXPECT_THROW(BatchCast(kF32, e4m3, {.overflow = Overflow::kInfinity}), Error);
}

class BatchDecodeFormat : public testing::TestWithParam<Format> {};

TEST_P(BatchDecodeFormat, GivesTheExactValueOfEveryWord) {
  const Format& format = GetParam();
  const Format& fp32 = find_format("fp32");
  const BatchDecode batch(format);
  std::vector<Code> codes;
  const Code step = format.bits > 16 ? 37 : 1;
  for (Code code = 0; code <= format.code_mask(); code += step) codes.push_back(code);
  std::vector<Code> words;
  for (const Code code : codes) words.push_back(code << format.storage_shift);
  Packed packed(words, batch.word_bytes(), 1);
  std::vector<std::uint32_t> f32(codes.size());
  batch.decode(packed.data(), f32.data(), codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const Number expected = decode(format, codes[i]);
    const Number actual = decode(fp32, f32[i]);
    ASSERT_EQ(to_text(actual), to_text(expected)) << format.name << " " << codes[i];
  }
}

std::vector<Format> decodable_formats() {
  std::vector<Format> rows = formats_up_to(19);
  for (const Format& row : user_formats())
    if (row.name != "big_only" || row.emax() <= 127) rows.push_back(row);
  Format roomy = find_format("e4m3");
  roomy.name = "e4m3_in_64_bits";
  roomy.storage_bits = 64;
  roomy.storage_shift = 40;
  rows.push_back(roomy);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Formats, BatchDecodeFormat, testing::ValuesIn(decodable_formats()),
                         [](const auto& row) { return row.param.name; });

TEST(BatchDecode, RefusesFormatsBinary32DoesNotHold) {
  EXPECT_THROW(BatchDecode(find_format("fp64")), Error);
  EXPECT_THROW(BatchDecode(find_format("p3109_k15p1ue")), Error);
  EXPECT_NO_THROW(BatchDecode(find_format("fp32")));
}

TEST(BatchDecode, KeepsEveryFiniteBinary32Word) {
  const BatchDecode batch(find_format("fp32"));
  std::vector<std::uint32_t> words;
  Random random(3);
  for (int i = 0; i < 20000; ++i) words.push_back(static_cast<std::uint32_t>(random.next()));
  words.insert(words.end(), {0, 0x80000000, 1, 0x7FFFFF, 0x800000, 0x7F7FFFFF, 0xFF800000});
  std::vector<std::uint32_t> out(words.size());
  batch.decode(words.data(), out.data(), words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_nan = (words[i] & 0x7FFFFFFF) > 0x7F800000;
    ASSERT_EQ(out[i], is_nan ? words[i] | 0x400000 : words[i]);
  }
}

}  // namespace
}  // namespace mxscope::spec
