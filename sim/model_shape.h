// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A decoder-only transformer as its sizes: which linear layers it has, and how much memory it
// takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mxscope::sim {

/// A model of the Llama family: RMSNorm, rotary positions, grouped-query attention, SiLU-gated MLP,
/// dense or a mixture of experts. One TOML file each, with the same names.
struct ModelShape {
  std::string name, title;
  std::vector<std::string> aliases;
  std::string source;
  std::int64_t hidden = 0, intermediate = 0, layers = 0;
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
  std::int64_t vocabulary = 0;
  bool tied_embeddings = false;  ///< the last product takes the embedding's table
  bool qkv_bias = false;
  std::int64_t experts = 0, active_experts = 0;  ///< of a token; 0: a dense MLP
  std::int64_t parameters = 0;                   ///< as cited; 0: none cited
  std::string parameters_source;

  std::int64_t attention_width() const { return heads * head_dim; }
  std::int64_t kv_width() const { return kv_heads * head_dim; }
};

/// What makes the input of a linear layer.
enum class LinearInput : std::uint8_t { kNorm, kAttention, kGate };

/// A linear layer: n output channels of k inputs. An expert's is there once for each expert.
struct Linear {
  std::string name;   ///< "q", "qkv", "o", "gate", "gate_up", "down"
  std::string group;  ///< of those with the same input: "qkv", "o", "gate_up", "down"
  LinearInput input = LinearInput::kNorm;
  std::int64_t n = 0, k = 0;
  bool expert = false;
};

/// Those of one layer that schemes quantize, in the order they run in; projections of one input as
/// one product, or each by itself.
std::vector<Linear> linears(const ModelShape& model, bool fused);

/// Parameters by what they are, of the whole model; a scheme quantizes `linear` and leaves the
/// rest.
struct ParameterCounts {
  std::int64_t linear = 0;     ///< of the layers' products, all experts
  std::int64_t embedding = 0;  ///< the table, and the last product unless tied
  std::int64_t other = 0;      ///< norms, biases, routers
  std::int64_t active = 0;     ///< that one token's products use, the last one included

  std::int64_t total() const { return linear + embedding + other; }
};
ParameterCounts count_parameters(const ModelShape& model);

/// Keys and values of one token in all layers, `bits` an element.
double kv_bytes_per_token(const ModelShape& model, int bits);

/// The models that come with mxscope.
const std::vector<ModelShape>& models();
/// By name, alias or an unambiguous beginning; throws Error that names the nearest.
const ModelShape& find_model(std::string_view name);

/// Reads a model from TOML text. Throws Error that names file, line and field, also where sizes
/// contradict each other or the sum over the tensors is not the cited number of parameters.
ModelShape read_model(std::string_view text, std::string_view file);

}  // namespace mxscope::sim
