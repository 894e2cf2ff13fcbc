// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The report's figures: whole documents, and data that say what their texts say.
#include "reports/figures.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/conversion_matrix.h"
#include "reports/page.h"
#include "spec/formats.h"
#include "spec/number.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

TEST(FiguresMedium, AreCompleteDocuments) {
  std::set<std::string> names;
  std::vector<Figure> figures;
  for (const FigureSource& source : sources_of(page_sections()))
    for (Figure& figure : source.make()) figures.push_back(std::move(figure));
  for (const Figure& figure : figures) {
    EXPECT_TRUE(names.insert(figure.name).second);
    EXPECT_FALSE(figure.title.empty());
    EXPECT_FALSE(figure.caption.empty());
    const auto document = nlohmann::json::parse(to_vega_lite(figure));
    EXPECT_EQ(document.at("data").at("values").size(), figure.rows.size());
    const std::string csv = to_csv(figure);
    EXPECT_EQ(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')),
              figure.rows.size() + 1);
    for (const auto& row : figure.rows) ASSERT_EQ(row.size(), figure.columns.size()) << figure.name;
  }
}

/// The exact curve itself: its level on tensor-wide blocks is that of scales without bounds.
TEST(Figures, TheDualStageCrossesMxfp8WhereItIsProvedTo) {
  const Figure f = worst_error_by_share();
  std::set<std::string> crossings;
  std::map<std::string, double> most;  // of the upper half of the range, by series
  for (const auto& row : f.rows) {
    if (row[0] == "crossing") crossings.insert(row[4]);
    if (row[0] == "line" && std::stod(row[2]) >= 0x1p-9)
      most[row[1]] = std::max(most[row[1]], std::stod(row[3]));
  }
  EXPECT_THAT(crossings, testing::Contains("17/458752"));
  EXPECT_DOUBLE_EQ(most.at("NVFP4, two stages"), 0.03);
  EXPECT_DOUBLE_EQ(most.at("NVFP4, one stage"), 3.0 / 17);
  EXPECT_DOUBLE_EQ(most.at("MXFP8 E4M3, scale rounded up"), 1.0 / 17);
}

/// What a figure's text says about its data.
TEST(Figures, TheirTextsAreTrue) {
  std::map<std::string, std::string> bars;
  const Figure ties = scale_ties();
  for (const auto& row : ties.rows) bars[row[0]] += row[1] + row[2] + ">" + row[6] + ";";
  std::set<std::string> answers;
  for (const auto& [conversion, steps] : bars) answers.insert(steps);
  EXPECT_EQ(bars.size(), 11U);
  EXPECT_EQ(answers.size(), 5U);
  EXPECT_THAT(ties.title, HasSubstr("eleven conversions, five answers"));

  std::string top_binade;
  for (const auto& row : values_per_binade().rows)
    if (row[0] == "E4M3" && row[1] == "8") top_binade = row[2];
  EXPECT_EQ(top_binade, "7");

  std::map<std::string, spec::Rational> bias;
  for (const auto& row : stochastic_bias().rows)
    bias[row[0] + row[1]] += spec::parse_number(row[4]).value();
  // Both ends of segments of equal width: the mean is half their sum over the segments.
  EXPECT_EQ(bias.at("2A, and the carry of cvt.rs") / 2 / 8, spec::Rational(-1, 8));
  EXPECT_EQ(bias.at("3A, and the carry of cvt.rs") / 2 / 16, spec::Rational(-1, 16));
  for (const char* form : {"2B", "3B", "2C", "3C", "2odd", "3odd"}) EXPECT_EQ(bias.at(form), 0);

  for (const auto& row : relative_error().rows) {
    if (row[1] != "largest") continue;
    const int mantissa_bits = row[0] == "E2M1" ? 1 : row[0] == "E3M2" || row[0] == "E5M2" ? 2 : 3;
    EXPECT_EQ(row[4], fmt::format("1/{}", (2 << mantissa_bits) + 1)) << row[0];
  }
}

TEST(ConversionMatrix, SetsAreEqualAndPairsDiffer) {
  for (const char* format : {"e4m3", "e5m2"}) {
    const ConversionFamily family = conversion_family(format);
    std::size_t members = 0;
    for (const auto& set : family.equal_sets) {
      members += set.size();
      for (const std::size_t i : set)
        EXPECT_EQ(
            analysis::compare_conversions(family.conversions[set.front()], family.conversions[i])
                .differing(),
            0U);
    }
    EXPECT_EQ(members, family.conversions.size());
    const std::size_t n = family.equal_sets.size();
    EXPECT_EQ(family.pairs.size(), n * (n - 1) / 2);
    for (const auto& pair : family.pairs) EXPECT_GT(pair.comparison.differing(), 0U);
  }
}

}  // namespace
}  // namespace mxscope::reports
