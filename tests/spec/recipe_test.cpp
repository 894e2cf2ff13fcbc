// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "spec/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "spec/error.h"
#include "spec/recipes.h"

namespace mxscope::spec {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

template <typename Body>
std::string error_of(const Body& body) {
  try {
    body();
  } catch (const Error& e) {
    return e.what();
  }
  return "(no error)";
}

TEST(RecipeTable, NamesAreUniqueAndEveryRowIsSoundAndCited) {
  std::set<std::string> names;
  for (const Recipe& r : named_recipes()) {
    EXPECT_TRUE(names.insert(r.name).second) << r.name;
    EXPECT_NO_THROW(validate(r)) << r.name;
    EXPECT_FALSE(r.source.empty()) << r.name;
  }
  EXPECT_THAT(error_of([] { RecipeTable().find("nvpf4"); }), HasSubstr("nvfp4"));
}

TEST(RecipeFields, DescribeAndSetAreInverse) {
  for (const Recipe& r : named_recipes()) {
    Recipe copy = RecipeTable().find("nvfp4");
    for (const RecipeField& f : describe(r)) {
      if (f.name == "element" || f.name == "scale") continue;  // names lose a row's variations
      set_field(copy, f.name, f.value);
    }
    copy.element = r.element;
    copy.scale = r.scale;
    for (std::size_t i = 0; i < describe(r).size(); ++i)
      ASSERT_EQ(describe(copy)[i].value, describe(r)[i].value) << r.name << describe(r)[i].name;
  }
}

TEST(RecipeFields, OneFieldIsTakenOverAlone) {
  const RecipeTable table;
  const Recipe a = table.find("mxfp4");
  const Recipe b = table.find("mxfp4_rceil");
  const Recipe mixed = with_field(a, b, "divisor");
  EXPECT_EQ(mixed.divisor, 6);
  EXPECT_EQ(mixed.scale_policy.rounding, Rounding::kTowardZero);
  EXPECT_THAT(error_of([&] { with_field(a, b, "diviser"); }), HasSubstr("divisor"));
  Recipe r = a;
  EXPECT_THAT(error_of([&] { set_field(r, "scale_order", "fast"); }), HasSubstr("reciprocal"));
  EXPECT_THAT(error_of([&] { set_field(r, "divisor", "-6"); }), HasSubstr("positive"));
  EXPECT_THAT(error_of([&] { set_field(r, "block_columns", "many"); }), HasSubstr("whole number"));
}

TEST(RecipeValidation, NamesTheFieldThatContradicts) {
  const Recipe good = RecipeTable().find("mxfp4");
  const auto problem = [&](auto change) {
    Recipe r = good;
    change(r);
    return error_of([&] { validate(r); });
  };
  EXPECT_THAT(problem([](Recipe& r) { r.name = ""; }), HasSubstr("name"));
  EXPECT_THAT(problem([](Recipe& r) { r.random_bits = 4; }), HasSubstr("field random_bits"));
  EXPECT_THAT(problem([](Recipe& r) { r.element_policy.nan = NanRule::kTop; }),
              HasSubstr("e2m1 has no NaN"));
  EXPECT_THAT(problem([](Recipe& r) { r.zero_block_scale = 256; }),
              HasSubstr("field zero_block_scale"));
  EXPECT_THAT(problem([](Recipe& r) { r.kind = BlockKind::kHif4; }), HasSubstr("field kind"));
  EXPECT_THAT(problem([](Recipe& r) {
                r.scale_floor = 2;
                r.scale_ceiling = 1;
              }),
              HasSubstr("field scale_floor"));
  const auto add_half = [](Recipe& r) { r.element_method = ElementMethod::kAddHalfF32; };
  EXPECT_EQ(problem(add_half), "(no error)");
  EXPECT_THAT(problem([&](Recipe& r) {
                add_half(r);
                r.scale = find_format("e4m3");
                r.element_order = ElementOrder::kExact;
              }),
              HasSubstr("field element_method"));
  EXPECT_EQ(problem([](Recipe&) {}), "(no error)");
}

TEST(RecipeToml, StartsFromAnotherAndChangesFields) {
  RecipeTable table;
  table.load_text(
      "[[recipe]]\nname = \"mine\"\nfrom = \"nvfp4\"\nblock_columns = 32\n"
      "\"element.rounding\" = \"rna\"\nscale = \"ue5m3\"\n",
      "my.toml");
  const Recipe& mine = table.find("mine");
  EXPECT_EQ(mine.block.columns, 32);
  EXPECT_EQ(mine.element_policy.rounding, Rounding::kNearestAway);
  EXPECT_EQ(mine.scale.name, "ue5m3");
  EXPECT_EQ(mine.divisor, 6);
}

TEST(RecipeToml, ErrorsNameFileLineAndField) {
  const auto load = [](std::string text) {
    return error_of([&] { RecipeTable().load_text(text, "my.toml"); });
  };
  EXPECT_THAT(load("[[recipe]]\nname = \"mine\"\nfrom = \"nvpf4\"\n"),
              testing::AllOf(StartsWith("my.toml:3: field from:"), HasSubstr("nvfp4")));
  EXPECT_THAT(load("[[recipe]]\nname = \"mine\"\ndiviser = 6\n"),
              testing::AllOf(StartsWith("my.toml:3:"), HasSubstr("divisor")));
  EXPECT_THAT(load("[[recipe]]\nname = \"mine\"\ndivisor = 1.5\n"), HasSubstr("\"1/3\""));
  EXPECT_THAT(load("[[recipe]]\nname = \"nvfp4\"\n"), HasSubstr("taken"));
  EXPECT_THAT(load("[[recipe]]\nfrom = \"nvfp4\"\n"), HasSubstr("field name"));
}

// They stand in claims between slashes, in lists between commas, and in the names of certificates.
TEST(RecipeToml, NamesArePlain) {
  for (const char* name : {"a b", "a,b", "a/b", "a\\nb", "\\u001b[31m", "\\u0000"})
    EXPECT_THAT(error_of([&] {
                  RecipeTable().load_text(
                      "[[recipe]]\nname = \"" + std::string(name) + "\"\nfrom = \"mxfp4\"\n", "t");
                }),
                HasSubstr("must be printable ASCII"))
        << name;
}

TEST(RecipeFields, NumbersCanBeReadBack) {
  Recipe r = RecipeTable().find("mxfp4");
  for (const char* text : {"1e9999", "1e-9999", "1/3"}) {
    set_field(r, "divisor", text);
    const Rational value = r.divisor;
    for (const RecipeField& f : describe(r))
      if (f.name == "divisor") set_field(r, "divisor", f.value);
    EXPECT_EQ(r.divisor, value) << text;
  }
  EXPECT_THAT(error_of([&] { set_field(r, "divisor", "1e100000"); }), HasSubstr("digits"));
  const std::string long_error =
      error_of([&] { set_field(r, "divisor", std::string(100000, '9')); });
  EXPECT_THAT(long_error, HasSubstr("digits"));
  EXPECT_LT(long_error.size(), 200u);
}

}  // namespace
}  // namespace mxscope::spec
