// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Matrix instructions through the C library: every unit and choice of operands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include "capi/mxscope.h"
#include "tests/sim/made_operands.h"

namespace mxscope::sim {
namespace {

using testing::HasSubstr;

struct Free {
  void operator()(mxscope_mma* mma) const { mxscope_mma_free(mma); }
};
using Instruction = std::unique_ptr<mxscope_mma, Free>;

Instruction bound(const Mma& mma) {
  mxscope_mma* made = nullptr;
  EXPECT_EQ(mxscope_mma_create(mxscope_find_unit(mma.unit.name.c_str()), mma.a.name.c_str(),
                               mma.b.name.c_str(), mma.scale ? mma.scale->name.c_str() : nullptr,
                               mma.block, nullptr, &made),
            MXSCOPE_OK)
      << mxscope_error();
  return Instruction(made);
}

TEST(CLibraryMma, GivesTheReferencesWords) {
  std::mt19937_64 engine(11);
  ASSERT_EQ(mxscope_unit_count(), mma_units().size());
  for (const MmaUnit& unit : mma_units()) {
    for (const Mma& mma : choices_of(unit)) {
      const Instruction made = bound(mma);
      ASSERT_NE(made, nullptr);
      mxscope_mma_info info{};
      ASSERT_EQ(mxscope_mma_describe(made.get(), &info), MXSCOPE_OK);
      EXPECT_EQ(info.block, mma.block);
      mxscope_format_info d{};
      ASSERT_EQ(mxscope_format_describe(info.d, &d), MXSCOPE_OK);
      const auto bytes = static_cast<std::size_t>(d.storage_bits / 8);
      const std::int64_t k = 2L * unit.k;
      const auto kind = static_cast<Operands>(engine() % kOperandKinds);
      const MadeOperands made_operands(engine, mma, kind, 3, 2, k);
      std::vector<std::uint64_t> expected = made_operands.c();
      std::vector<std::uint8_t> c(expected.size() * bytes);
      for (std::size_t i = 0; i < expected.size(); ++i)
        std::memcpy(c.data() + i * bytes, &expected[i], bytes);
      reference_mma(mma, made_operands.a(), made_operands.b(), expected);
      std::vector<std::uint8_t> words(c.size());
      const MmaMatrix a = made_operands.a();
      const MmaMatrix b = made_operands.b();
      const auto run = [&](const void* from) {
        return mxscope_mma_run(made.get(), 3, 2, static_cast<std::size_t>(k), a.codes.data(),
                               a.scales.data(), b.codes.data(), b.scales.data(), from,
                               words.data());
      };
      ASSERT_EQ(run(c.data()), MXSCOPE_OK) << mxscope_error();
      for (std::size_t i = 0; i < expected.size(); ++i) {
        std::uint64_t word = 0;
        std::memcpy(&word, words.data() + i * bytes, bytes);
        ASSERT_EQ(word, expected[i]) << unit.name << " " << mma.a.name << " " << mma.b.name;
      }
      const std::vector<std::uint8_t> apart = words;
      words = c;  // in place
      ASSERT_EQ(run(words.data()), MXSCOPE_OK);
      EXPECT_EQ(words, apart) << unit.name;
    }
  }
}

TEST(CLibraryMma, FieldsAreSet) {
  const mxscope_unit* unit = mxscope_find_unit("sm90.wgmma.fp8");
  ASSERT_NE(unit, nullptr) << mxscope_error();
  mxscope_unit_info info{};
  ASSERT_EQ(mxscope_unit_describe(unit, &info), MXSCOPE_OK);
  EXPECT_STREQ(info.name, "sm90.wgmma.fp8");
  // 1 * 1 + 2^-9 * 2^-6 of C's neighbourhood: fewer kept bits lose the small product.
  std::vector<std::uint8_t> a(static_cast<std::size_t>(info.step_k));
  std::vector<std::uint8_t> b(a.size());
  a[0] = b[0] = 0x38;  // 1
  a[1] = 0x01;         // 2^-9
  b[1] = 0x08;         // 2^-6
  std::uint32_t kept = 0;
  std::uint32_t lost = 0;
  for (const auto& [fields, d] :
       {std::pair{"kept_bits=25,output_bits=23", &kept}, {"kept_bits=13,output_bits=23", &lost}}) {
    mxscope_mma* made = nullptr;
    ASSERT_EQ(mxscope_mma_create(unit, "e4m3", nullptr, nullptr, 0, fields, &made), MXSCOPE_OK)
        << mxscope_error();
    const Instruction owner(made);
    ASSERT_EQ(
        mxscope_mma_run(made, 1, 1, a.size(), a.data(), nullptr, b.data(), nullptr, nullptr, d),
        MXSCOPE_OK);
  }
  EXPECT_EQ(lost, 0x3F800000U);
  EXPECT_GT(kept, lost);
}

TEST(CLibraryMma, BadArgumentsAreNamed) {
  mxscope_mma* made = nullptr;
  const mxscope_unit* unit = mxscope_find_unit("sm120.mma.mxf4nvf4");
  ASSERT_NE(unit, nullptr) << mxscope_error();
  EXPECT_EQ(mxscope_find_unit("sm20.mma"), nullptr);
  EXPECT_EQ(mxscope_mma_create(nullptr, nullptr, nullptr, nullptr, 0, nullptr, &made),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(mxscope_mma_create(unit, nullptr, nullptr, nullptr, 0, nullptr, nullptr),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(mxscope_mma_create(unit, "bf16", nullptr, nullptr, 0, nullptr, &made),
            MXSCOPE_UNSUPPORTED);
  EXPECT_EQ(made, nullptr);
  EXPECT_EQ(mxscope_mma_create(unit, nullptr, nullptr, nullptr, 0, "kept_bits=many", &made),
            MXSCOPE_UNSUPPORTED);
  ASSERT_EQ(mxscope_mma_create(unit, nullptr, nullptr, nullptr, 0, "", &made), MXSCOPE_OK);
  const Instruction owner(made);
  std::vector<std::uint8_t> codes(64);
  std::uint32_t d = 0;
  EXPECT_EQ(mxscope_mma_run(made, 1, 1, 64, codes.data(), nullptr, codes.data(), codes.data(),
                            nullptr, &d),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_STREQ(mxscope_error(), "a_scales is null");
  EXPECT_EQ(mxscope_mma_run(made, SIZE_MAX, 1, 64, codes.data(), codes.data(), codes.data(),
                            codes.data(), nullptr, &d),
            MXSCOPE_BAD_ARGUMENT);
  EXPECT_EQ(
      mxscope_mma_run(nullptr, 1, 1, 64, codes.data(), nullptr, codes.data(), nullptr, nullptr, &d),
      MXSCOPE_BAD_ARGUMENT);
  mxscope_mma_free(nullptr);
}

}  // namespace
}  // namespace mxscope::sim
