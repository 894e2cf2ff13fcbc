// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Unknown names get the nearest known ones in the error.
#include "spec/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mxscope::spec {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string message(std::string_view name, const std::vector<std::string>& known) {
  return unknown_name("animal", name, known).what();
}

TEST(UnknownName, SuggestsByTyposInAnyCase) {
  const std::vector<std::string> known = {"horse", "house", "elephant"};
  EXPECT_EQ(message("hrose", known), "unknown animal 'hrose'; did you mean horse, house?");
  EXPECT_THAT(message("HORSE", known), HasSubstr("horse"));
  EXPECT_THAT(message("horse1", known), Not(HasSubstr("elephant")));
  EXPECT_THAT(message("phant", known), HasSubstr("elephant"));
}

TEST(UnknownName, ListsTheFirstOfAllWhenNothingIsNear) {
  std::vector<std::string> known;
  for (int i = 0; i < 100; ++i) known.push_back("name" + std::to_string(1000 + i));
  const std::string text = message("zzzzzzzzzzzzzzzz", known);
  EXPECT_THAT(text, HasSubstr("known: name1000, name1001"));
  EXPECT_THAT(text, HasSubstr(", ..."));
  EXPECT_THAT(text, Not(HasSubstr("name1020")));
}

TEST(UnknownName, StaysShortForALongNameAndManyMatches) {
  std::vector<std::string> known(1000, "abcd");
  EXPECT_LT(message(std::string(100000, 'a'), known).size(), 300U);
  EXPECT_LT(message("abc", known).size(), 100U);
}

TEST(UnknownName, AnswersEvenWithNothingKnown) {
  EXPECT_THAT(message("x", {}), HasSubstr("unknown animal 'x'"));
}

}  // namespace
}  // namespace mxscope::spec
