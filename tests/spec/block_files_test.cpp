// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Blocks quantized by real software, to the last code, where MXSCOPE_VECTORS names their folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "spec/block.h"
#include "spec/oracle.h"
#include "spec/recipes.h"
#include "tests/spec/vector_table.h"

namespace mxscope::spec {
namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Number> floats_of(const std::filesystem::path& path) {
  const std::string bytes = bytes_of(path);
  std::vector<Number> out;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, &bytes[i], 4);
    out.push_back(decode(find_format("fp32"), word));
  }
  return out;
}

/// The file that holds a recipe's outputs; file names and recipe names differ for a few.
std::string file_of(const Recipe& recipe) {
  std::string name = recipe.name;
  const auto put = [&](std::string_view from, std::string_view to) {
    if (const auto at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
  };
  if (name.rfind("torchao_mx", 0) == 0) {
    put("mxfp4", "mx_e2m1");
    put("mxfp6_", "mx_");
    put("mxfp8_", "mx_");
  }
  if (name.rfind("gfloat_", 0) == 0) put("mxfp4", "mxfp4_e2m1");
  if (name == "torchao_nvfp4") name = "torchao_nvfp4_2level";
  put("arcquant_fake_mxfp", "arcquant_model_quantize_mxfp");
  put("arcquant_fake_hif4", "arcquant_model_quantize_hif4");
  if (name.rfind("arcquant_model", 0) == 0) name += "_tensor";
  return name + ".bin";
}

/// One without a name where the files are not given.
std::vector<Recipe> recipes_with_files() {
  const auto folder = oracle_folder();
  if (!folder) return {Recipe{}};
  std::vector<Recipe> out;
  for (const Recipe& r : named_recipes())
    if (std::filesystem::exists(*folder / file_of(r))) out.push_back(r);
  return out;
}

class BlockFileMedium : public testing::TestWithParam<Recipe> {
 protected:
  std::filesystem::path folder_ = oracle_folder().value_or("");
};

/// 420 blocks of 32: scale and element codes, or decoded values.
void check_blocks(const Recipe& r, const std::filesystem::path& folder, const std::string& want) {
  const std::vector<Number> inputs = floats_of(folder / "blocks32_fp32.bin");
  const std::string ok = bytes_of((folder / file_of(r)).replace_extension(".ok"));
  std::vector<std::string> labels;
  std::ifstream lines(folder / "blocks32_labels.txt");
  for (std::string line; std::getline(lines, line);) labels.push_back(line);
  const auto length = static_cast<std::size_t>(r.block.columns);
  const bool values = want.size() == inputs.size() * 4;
  const std::vector<Number> decoded = values ? floats_of(folder / file_of(r)) : inputs;
  for (std::size_t b = 0; b < inputs.size() / length; ++b) {
    const std::string& label = labels[b * length / 32];
    // Universal converts an infinite logarithm to int there, which C++ leaves undefined.
    if (r.name.rfind("universal_mx", 0) == 0 && label.find("inf") != std::string::npos) continue;
    const auto codes = quantize_block(r, std::span(inputs).subspan(b * length, length));
    if (!ok.empty()) {
      ASSERT_EQ(codes.refused, ok[b] == 0) << label;
      if (codes.refused) continue;
    }
    if (!values) {
      const auto* row = reinterpret_cast<const std::uint8_t*>(&want[b * (length + 1)]);
      ASSERT_EQ(codes.scale, row[0]) << label;
      ASSERT_EQ(codes.elements, std::vector<std::uint8_t>(row + 1, row + 1 + length)) << label;
      continue;
    }
    const auto actual = dequantize_block(r, codes);
    for (std::size_t i = 0; i < length; ++i) {
      const Number& expected = decoded[b * length + i];
      ASSERT_EQ(actual[i].kind, expected.kind) << label << " element " << i;
      ASSERT_EQ(actual[i].magnitude, expected.magnitude) << label << " element " << i;
      // MXINT8 has no code for the negative zero that floats of the peer may hold.
      const bool sign_lost = r.element.kind == FormatKind::kFixed && actual[i].is_zero();
      if (actual[i].kind != NumberKind::kNan && !sign_lost) {
        ASSERT_EQ(actual[i].negative, expected.negative) << label << " element " << i;
      }
    }
  }
}

/// 24 tensors of 16 x 64 under their own tensor scale.
void check_tensors(const Recipe& r, const std::filesystem::path& folder, const std::string& want) {
  const std::vector<Number> inputs = floats_of(folder / "nvfp4_tensors_24x16x64_fp32.bin");
  const auto rows = static_cast<std::size_t>(r.block.rows);
  for (std::size_t t = 0; t < 24; ++t) {
    const auto tensor = std::span(inputs).subspan(t * 1024, 1024);
    const TensorScales scales = tensor_scales(r, block_amax(r, tensor));
    for (std::size_t row = 0; row < 16; row += rows)
      for (std::size_t column = 0; column < 4; ++column) {
        std::vector<Number> block;
        for (std::size_t i = row; i < row + rows; ++i)
          for (std::size_t k = 0; k < 16; ++k) block.push_back(tensor[i * 64 + column * 16 + k]);
        const BlockCodes codes = quantize_block(r, block, scales);
        for (std::size_t i = 0; i < rows; ++i) {
          const auto* cell =
              reinterpret_cast<const std::uint8_t*>(&want[((t * 16 + row + i) * 4 + column) * 17]);
          ASSERT_EQ(codes.scale, cell[0]) << "tensor " << t << " row " << row + i;
          for (std::size_t k = 0; k < 16; ++k)
            ASSERT_EQ(codes.elements[i * 16 + k], cell[1 + k])
                << "tensor " << t << " row " << row + i << " element " << k;
        }
      }
  }
}

TEST_P(BlockFileMedium, IsReproduced) {
  if (GetParam().name.empty()) GTEST_SKIP() << "MXSCOPE_VECTORS is not set";
  const std::string want = bytes_of(folder_ / file_of(GetParam()));
  if (want.size() == 24U * 16 * 4 * 17)
    check_tensors(GetParam(), folder_, want);
  else
    check_blocks(GetParam(), folder_, want);
}

INSTANTIATE_TEST_SUITE_P(Oracle, BlockFileMedium, testing::ValuesIn(recipes_with_files()),
                         [](const auto& param) {
                           return param.param.name.empty() ? "NotGiven" : param.param.name;
                         });

TEST(BlockFiles, EveryFileHasItsRecipe) {
  const auto folder = oracle_folder();
  if (!folder) GTEST_SKIP() << "MXSCOPE_VECTORS is not set";
  std::vector<std::string> known = {"blocks32_fp32.bin", "nvfp4_tensors_24x16x64_fp32.bin",
                                    "torchao_nvfp4_tensor_scale_fp32.bin",
                                    // the same function as arcquant_fake_nvfp4.bin
                                    "arcquant_model_quantize_nvfp4_tensor.bin"};
  for (const Recipe& r : named_recipes()) known.push_back(file_of(r));
  for (const auto& path : files_named(*folder, "", ".bin")) {
    const std::string name = path.filename().string();
    if (name.rfind("nv_", 0) == 0) continue;  // scalar conversions
    EXPECT_THAT(known, testing::Contains(name));
  }
}

TEST(BlockFiles, TorchaoTensorScalesAreReproduced) {
  const auto folder = oracle_folder();
  if (!folder) GTEST_SKIP() << "MXSCOPE_VECTORS is not set";
  const auto inputs = floats_of(*folder / "nvfp4_tensors_24x16x64_fp32.bin");
  const auto expected = floats_of(*folder / "torchao_nvfp4_tensor_scale_fp32.bin");
  const Recipe r = RecipeTable().find("torchao_nvfp4");
  for (std::size_t t = 0; t < expected.size(); ++t)
    EXPECT_EQ(
        tensor_scales(r, block_amax(r, std::span(inputs).subspan(t * 1024, 1024))).decode.magnitude,
        expected[t].magnitude)
        << t;
}

}  // namespace
}  // namespace mxscope::spec
