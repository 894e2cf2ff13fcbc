// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Schemes as text, what calibration makes of activations, and average bits.
#include "kernels/scheme.h"

#include <gmock/gmock.h>

#include "kernels/scheme_plan.h"
#include "spec/error.h"
#include "tests/kernels/made_layers.h"

namespace mxscope::kernels {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string problem_of(const std::string& toml) {
  try {
    scheme_of(toml);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

const char* const kPart = "[[scheme.part]]\nactivations = \"nvfp4\"\n";

TEST(Scheme, EveryBuiltInOneSurvivesItsOwnText) {
  ASSERT_GE(all_schemes().rows().size(), 38u);
  for (const Scheme& scheme : all_schemes().rows()) {
    EXPECT_NE(scheme.source, "") << scheme.name;
    const spec::TomlNode node = scheme_node(scheme);
    spec::TomlTable table(node, "again", "scheme");
    const Scheme again = read_scheme(table, "again", all_recipes());
    EXPECT_EQ(again.name, scheme.name);
    EXPECT_EQ(scheme_node(again).value.index(), node.value.index());
    const auto& a = std::get<spec::TomlNode::Table>(node.value);
    const spec::TomlNode other_node = scheme_node(again);
    const auto& b = std::get<spec::TomlNode::Table>(other_node.value);
    ASSERT_EQ(a.size(), b.size()) << scheme.name;
    for (const auto& [key, value] : a) {
      EXPECT_THAT(scheme_fields(), testing::Contains(key));
      ASSERT_TRUE(b.contains(key)) << scheme.name << " " << key;
      if (const auto* text = std::get_if<std::string>(&value.value)) {
        EXPECT_EQ(*text, std::get<std::string>(b.at(key).value)) << scheme.name;
      }
      if (const auto* number = std::get_if<std::int64_t>(&value.value)) {
        EXPECT_EQ(*number, std::get<std::int64_t>(b.at(key).value)) << scheme.name;
      }
      if (const auto* truth = std::get_if<bool>(&value.value)) {
        EXPECT_EQ(*truth, std::get<bool>(b.at(key).value)) << scheme.name;
      }
    }
    EXPECT_EQ(again.split.thresholds, scheme.split.thresholds);
    EXPECT_EQ(again.split.counts, scheme.split.counts);
    ASSERT_EQ(again.parts.size(), scheme.parts.size());
    for (std::size_t i = 0; i < again.parts.size(); ++i) {
      EXPECT_EQ(again.parts[i].activations, scheme.parts[i].activations);
      EXPECT_EQ(again.parts[i].activations_with, scheme.parts[i].activations_with);
      EXPECT_EQ(again.parts[i].weights, scheme.parts[i].weights);
      EXPECT_EQ(again.parts[i].unit, scheme.parts[i].unit);
      EXPECT_EQ(again.parts[i].residuals, scheme.parts[i].residuals);
      EXPECT_EQ(again.parts[i].interleave, scheme.parts[i].interleave);
    }
  }
}

TEST(Scheme, ErrorsNameFileLineAndField) {
  const std::string name = "[[scheme]]\nname = \"mine\"\n";
  EXPECT_THAT(problem_of(name), HasSubstr("test.toml:1: field part: a scheme needs one"));
  EXPECT_THAT(problem_of(name + "order = \"big\"\n" + kPart),
              HasSubstr("test.toml:3: field order: 'big' is not one of none, max, mean"));
  EXPECT_THAT(problem_of(name + "ordr = \"max\"\n" + kPart), HasSubstr("test.toml:3: "));
  EXPECT_THAT(problem_of(name + "split = \"elements\"\n" + kPart),
              HasSubstr("field thresholds: are missing"));
  EXPECT_THAT(problem_of(name + "split = \"counts\"\ncounts = [16]\n" + kPart),
              HasSubstr("the parts take 1 levels, and the split makes 2"));
  EXPECT_THAT(problem_of(name + "rotation = \"hadamard\"\nrotation_block = 12\n" + kPart),
              HasSubstr("field rotation_block: must be a power of two"));
  EXPECT_THAT(problem_of(name + "[[scheme.part]]\nactivations = \"nvfp5\"\n"),
              HasSubstr("field part.activations: "));
  EXPECT_THAT(problem_of(name + kPart + "unit = \"sm120.mma.mxf4\"\n"),
              HasSubstr("field part.unit: sm120.mma.mxf4 takes no scales in ue4m3 per 16"));
  EXPECT_THAT(problem_of(name + "[[scheme.part]]\nactivations = \"mxfp4\"\nresiduals = true\n"),
              HasSubstr("field part.residuals: need a recipe with blocks of 1x16"));
  EXPECT_THAT(problem_of("[[scheme]]\nname = \"nvfp4\"\n" + std::string(kPart)),
              HasSubstr("field name: nvfp4 is taken"));
}

TEST(Scheme, OrderIsAscendingAndTiesKeepTheirPlaces) {
  const Matrix x{2, 4, {1, -8, 2, 1, /**/ -3, 0, 0, 3}};
  const auto order = [&](const char* by) {
    const Scheme scheme =
        scheme_of(std::string("[[scheme]]\nname = \"mine\"\norder = \"") + by + "\"\n" + kPart);
    return calibrate_layer(scheme, x.view(), {}).order;
  };
  EXPECT_THAT(order("max"), ElementsAre(2, 0, 3, 1));
  EXPECT_THAT(order("mean"), ElementsAre(2, 0, 3, 1));
  EXPECT_THAT(order("mean-square"), ElementsAre(2, 0, 3, 1));
  EXPECT_THAT(order("none"), ElementsAre());
}

TEST(Scheme, PaperAndCodeChooseDifferentNumbersOfResiduals) {
  // One large channel of 256, its numbers negative in half of the tokens.
  Matrix x{4, 256, std::vector<float>(1024, 1.0F)};
  for (std::int64_t i = 0; i < 4; ++i) x.row(i)[9] = i % 2 == 0 ? -100.0F : 100.0F;
  const auto levels = [&](const char* name) {
    return calibrate_layer(all_schemes().find(name), x.view(), {}).levels;
  };
  // The paper: one channel above 100/8, rounded up to 64.
  EXPECT_THAT(levels("arcquant_paper"), ElementsAre(192, 64));
  // The code: where the large number is negative, the largest is 1 and 255 of 256 are above 1/8; on
  // average 128 of 256.
  EXPECT_THAT(levels("arcquant"), ElementsAre(128, 128));
}

TEST(Scheme, MicroMixCountsAsItsBranchesDo) {
  Matrix x{1, 512, std::vector<float>(512, 0.001F)};
  const auto row = x.row(0);
  row[0] = 1;      // MXFP8 for all
  row[1] = 0.1F;   // above 0.036 and 0.0729, below 0.25
  row[2] = 0.02F;  // above 0.0105
  row[3] = -0.9F;  // to signed comparisons a small number
  const auto levels = [&](const char* name) {
    return calibrate_layer(all_schemes().find(name), x.view(), {}).levels;
  };
  EXPECT_THAT(levels("micromix_iclr"), ElementsAre(256, 128, 128));  // 509, 1, 2 of 512
  EXPECT_THAT(levels("micromix_main"), ElementsAre(256, 128, 128));  // 509, 1, 2
  EXPECT_THAT(levels("micromix_paper"), ElementsAre(448, 32, 32));   // 508, 1, 3
}

TEST(Scheme, CountsThatDoNotFitAreRefusedWhereTheCodeDoesNotLimitThem) {
  Matrix x{1, 128, {}};
  for (int j = 0; j < 128; ++j) x.values.push_back(static_cast<float>(j + 1));
  EXPECT_THROW(calibrate_layer(all_schemes().find("micromix_main"), x.view(), {}), Error);
  const auto paper = calibrate_layer(all_schemes().find("micromix_paper"), x.view(), {});
  EXPECT_THAT(paper.levels, ElementsAre(0, 0, 128));
}

TEST(Scheme, SmoothingMovesTheSizeToTheWeights) {
  const Matrix x{1, 2, {16, 1}};
  const Matrix w{1, 2, {1, 4}};
  const Scheme& scheme = all_schemes().find("smoothquant_int8");
  const LayerPlan plan = calibrate_layer(scheme, x.view(), w.view());
  EXPECT_THAT(plan.smoothing, ElementsAre(4, 0.5));  // sqrt(16/1), sqrt(1/4)
  EXPECT_THAT(transformed_activations(scheme, plan, x.view()).values, ElementsAre(4, 2));
  EXPECT_THAT(transformed_weights(scheme, plan, w.view()).values, ElementsAre(4, 2));
  EXPECT_THROW(calibrate_layer(scheme, x.view(), {}), Error);
}

TEST(Scheme, AverageBitsCountScalesAndResiduals) {
  const auto bits = [&](const char* name, std::vector<std::int64_t> levels, std::int64_t channels) {
    const LayerPlan plan{.channels = channels, .levels = std::move(levels)};
    return average_bits(all_schemes().find(name), plan, 100, 50, all_recipes());
  };
  EXPECT_EQ(bits("nvfp4", {256}, 256).activations, 4.5);
  EXPECT_EQ(bits("mxfp4", {256}, 256).weights, 4.25);
  EXPECT_EQ(bits("hif4", {256}, 256).weights, 4.5);
  EXPECT_EQ(bits("int8_token", {256}, 256).activations, 8 + 32.0 / 256);
  // 4.5 (K + S) / K, for weights too.
  EXPECT_EQ(bits("arcquant", {192, 64}, 256).activations, 4.5 * 320 / 256);
  EXPECT_EQ(bits("arcquant", {192, 64}, 256).weights, 4.5 * 320 / 256);
  EXPECT_EQ(bits("micromix_main", {128, 64, 64}, 256).activations, 0.25 + (4 * 2 + 6 + 8) / 4.0);
  EXPECT_EQ(bits("micromix_main", {128, 64, 64}, 256).weights, 4.25);
  EXPECT_EQ(bits("svdquant_nvfp4", {256}, 256).weights, 4.5 + 16 * 32 * (1 / 50.0 + 1 / 256.0));
}

TEST(Scheme, PlansAreChecked) {
  const Scheme& scheme = all_schemes().find("arcquant");
  LayerPlan plan{.channels = 4, .order = {3, 1, 0, 2}, .levels = {4, 0}};
  EXPECT_NO_THROW(validate(plan, scheme));
  LayerPlan twice = plan;
  twice.order[0] = 1;
  EXPECT_THROW(validate(twice, scheme), Error);
  LayerPlan more = plan;
  more.levels = {4, 1};
  EXPECT_THROW(validate(more, scheme), Error);
  LayerPlan smoothed = plan;
  smoothed.smoothing = {1, 1, 1, 1};
  EXPECT_THROW(validate(smoothed, scheme), Error);
}

}  // namespace
}  // namespace mxscope::kernels
