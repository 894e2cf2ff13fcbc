// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <set>

#include "sim/mma_unit.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

using testing::HasSubstr;

template <typename Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(MmaUnits, RowsAreWholeAndTheirNamesFindThem) {
  std::set<std::string> names;
  for (const MmaUnit& unit : mma_units()) {
    EXPECT_TRUE(names.insert(unit.name).second) << unit.name;
    EXPECT_EQ(find_unit(unit.name).name, unit.name);
    EXPECT_EQ(unit.k % unit.step_k, 0) << unit.name;
    EXPECT_FALSE(unit.evidence.empty()) << unit.name;
    EXPECT_EQ(unit.rule == MmaRule::kScaledGroups, unit.k == 64) << unit.name;
    for (const std::string& a : unit.a_formats) {
      for (const std::string& b : unit.a_formats) {
        if (a == b || unit.mixed) {
          EXPECT_EQ(bind_unit(unit, a, b).b.name, b) << unit.name;
        }
      }
    }
    for (const MmaScale& scale : unit.scales)
      EXPECT_EQ(bind_unit(unit, "", "", scale.format, scale.block).block, scale.block);
    for (const std::string& open : unit.open) {
      const auto texts = field_texts(unit);
      EXPECT_THAT(texts, testing::Contains(testing::StartsWith(open + "="))) << unit.name;
    }
  }
}

TEST(MmaUnits, PartsOfANameAreEnoughWhenTheyLeaveNoChoice) {
  EXPECT_EQ(find_unit("sm120.mxf4nvf4").name, "sm120.mma.mxf4nvf4");
  EXPECT_EQ(find_unit("wgmma.bf16").name, "sm90.wgmma.bf16");
  EXPECT_EQ(find_unit("sm89.fp8").name, "sm89.mma.fp8");
  EXPECT_EQ(find_unit("sm89.fp8.f16acc").name, "sm89.mma.fp8.f16acc");
  EXPECT_THAT(error_of([] { find_unit("sm100.tf32"); }),
              HasSubstr("sm100.mma.tf32, sm100.tcgen05.tf32"));
  EXPECT_THAT(error_of([] { find_unit("sm120.mxfp4nv"); }), HasSubstr("matrix unit"));
  EXPECT_THAT(error_of([] { find_unit(""); }), HasSubstr("matrix unit"));
}

TEST(MmaUnits, OperandsThatAUnitDoesNotTake) {
  const MmaUnit& unit = find_unit("sm120.mxf4nvf4");
  EXPECT_THAT(error_of([&] { bind_unit(unit, "e4m3"); }), HasSubstr("takes operands in e2m1"));
  EXPECT_THAT(error_of([&] { bind_unit(unit, "", "", "e8m0", 16); }), HasSubstr("ue4m3 per 16"));
  EXPECT_THAT(error_of([&] { bind_unit(find_unit("sm90.wgmma.f16"), "", "", "e8m0"); }),
              HasSubstr("takes no block scales"));
  EXPECT_EQ(bind_unit(find_unit("sm120.f8f6f4"), "e3m2", "fp4").b.name, "e2m1");
}

TEST(MmaUnits, FieldsAreSetByName) {
  MmaUnit unit = find_unit("sm120.mxf4nvf4");
  set_field(unit, "group=4");
  set_field(unit, "zero_groups=ignored");
  set_field(unit, "addend_window=past-products");
  set_field(unit, "least_unit=-174");
  set_field(unit, "least_exponent=none");
  EXPECT_EQ(unit.group, 4);
  EXPECT_EQ(unit.zero_groups, ZeroTerms::kIgnored);
  EXPECT_EQ(unit.addend_window, AddendWindow::kPastProducts);
  EXPECT_EQ(unit.least_unit, -174);
  for (const std::string& text : field_texts(unit)) {
    MmaUnit same = unit;
    set_field(same, text);
    EXPECT_EQ(field_texts(same), field_texts(unit)) << text;
  }
  EXPECT_THAT(error_of([&] { set_field(unit, "zero_groups=maybe"); }), HasSubstr("ignored or"));
  EXPECT_THAT(error_of([&] { set_field(unit, "kept_bits=41"); }), HasSubstr("1 to 40"));
  EXPECT_THAT(error_of([&] { set_field(unit, "keptbits=3"); }), HasSubstr("kept_bits"));
  EXPECT_THAT(error_of([&] { set_field(unit, "group"); }), HasSubstr("group=VALUE"));
}

}  // namespace
}  // namespace mxscope::sim
