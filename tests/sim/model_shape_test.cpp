// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/model_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/error.h"

namespace mxscope::sim {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& text) {
  try {
    read_model(text, "my.toml");
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

const std::string kSmall =
    "name = \"small\"\ntitle = \"Small\"\nsource = \"a test\"\nhidden = 64\nintermediate = 128\n"
    "layers = 2\nheads = 4\nkv_heads = 2\nhead_dim = 16\nvocabulary = 1000\n";

// Every tensor by hand: embedding and last product, q, k, v, o, gate, up, down, two norms a layer.
TEST(ModelShape, CountsEveryTensor) {
  const ParameterCounts counts = count_parameters(read_model(kSmall, "my.toml"));
  const std::int64_t layer = 64 * 64 + 2 * 64 * 32 + 64 * 64 + 3 * 64 * 128;
  EXPECT_EQ(counts.linear, 2 * layer);
  EXPECT_EQ(counts.embedding, 2 * 1000 * 64);
  EXPECT_EQ(counts.other, 2 * 2 * 64 + 64);
  EXPECT_EQ(counts.active, 2 * layer + 1000 * 64);
  const ParameterCounts tied =
      count_parameters(read_model(kSmall + "tied_embeddings = true\nqkv_bias = true\n", "my.toml"));
  EXPECT_EQ(tied.embedding, 1000 * 64);
  EXPECT_EQ(tied.other, counts.other + 2 * (64 + 2 * 32));
  const ParameterCounts experts =
      count_parameters(read_model(kSmall + "experts = 8\nactive_experts = 2\n", "my.toml"));
  EXPECT_EQ(experts.linear - counts.linear, 2 * 7 * 3 * 64 * 128);
  EXPECT_EQ(experts.active - counts.active, 2 * 1 * 3 * 64 * 128);
  EXPECT_EQ(experts.other - counts.other, 2 * 8 * 64);
}

TEST(ModelShape, FusedProjectionsAreTheSameWeights) {
  for (const ModelShape& model : models()) {
    std::int64_t fused = 0, separate = 0;
    for (const Linear& linear : linears(model, true)) fused += linear.n * linear.k;
    for (const Linear& linear : linears(model, false)) separate += linear.n * linear.k;
    EXPECT_EQ(fused, separate) << model.name;
    EXPECT_GT(model.parameters, 0) << model.name;  // cited, so checked as it was read
  }
  EXPECT_GE(models().size(), 7u);
}

// Llama-2-7B has 0.5 MiB of keys and values a token, Llama-3.1-8B a quarter of it.
TEST(ModelShape, CachesOfKnownModels) {
  EXPECT_EQ(kv_bytes_per_token(find_model("llama-2-7b"), 16), 524288);
  EXPECT_EQ(kv_bytes_per_token(find_model("llama-3.1-8b"), 16), 131072);
  EXPECT_EQ(kv_bytes_per_token(find_model("llama-3.1-8b"), 4), 32768);
}

TEST(ModelShape, NamesAreForgiving) {
  EXPECT_EQ(find_model("Llama 3.1 8B").name, "llama-3.1-8b");
  EXPECT_EQ(find_model("mixtral").name, "mixtral-8x7b");
  EXPECT_THROW(find_model("qwen2.5"), Error);  // three of them
}

TEST(ModelShape, BadFilesAreRefusedWithLineAndField) {
  EXPECT_THAT(error_of(kSmall + "parameters = 200000\nparameters_source = \"guess\"\n"),
              HasSubstr("field parameters: is 200000, but the tensors have 202048"));
  EXPECT_THAT(error_of(kSmall + "experts = 4\nactive_experts = 5\n"), HasSubstr("at most the 4"));
  EXPECT_THAT(error_of(kSmall + "colour = 3\n"), HasSubstr("colour"));
  EXPECT_THAT(error_of(kSmall + "experts = 4\n"), HasSubstr("active_experts"));
  std::string odd = kSmall;
  odd.replace(odd.find("kv_heads = 2"), 12, "kv_heads = 3");
  EXPECT_THAT(error_of(odd), HasSubstr("must divide the 4 heads"));
  std::string none = kSmall;
  none.replace(none.find("layers = 2"), 10, "layers = 0");
  EXPECT_THAT(error_of(none), HasSubstr("my.toml:6: field layers: must be 1 to 1024"));
}

}  // namespace
}  // namespace mxscope::sim
