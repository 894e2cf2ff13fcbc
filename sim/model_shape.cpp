// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/model_shape.h"

#include <fmt/format.h>

#include "sim/data_files.h"
#include "sim/named_row.h"
#include "spec/names.h"
#include "spec/toml_table.h"

namespace mxscope::sim {
namespace {

using spec::TomlTable;

constexpr std::int64_t kMostWidth = std::int64_t{1} << 16;
constexpr std::int64_t kMostCount = std::int64_t{1} << 40;

std::int64_t read_size(TomlTable& table, std::string_view field, std::int64_t most = kMostWidth) {
  const auto value = table.integer<std::int64_t>(field, 0, true);
  if (value < 1 || value > most) throw table.error(field, fmt::format("must be 1 to {}", most));
  return value;
}

std::string one_line(TomlTable& table, std::string_view field, bool required) {
  std::string text = table.text(field, required);
  for (const char c : text)
    if (c < ' ' || c > '~') throw table.error(field, "must be one line of printable ASCII");
  return text;
}

}  // namespace

std::vector<Linear> linears(const ModelShape& m, bool fused) {
  const std::int64_t q = m.attention_width(), kv = m.kv_width();
  const bool expert = m.experts > 0;
  std::vector<Linear> all;
  if (fused)
    all.push_back({"qkv", "qkv", LinearInput::kNorm, q + 2 * kv, m.hidden});
  else
    for (const auto& [name, n] : {std::pair("q", q), std::pair("k", kv), std::pair("v", kv)})
      all.push_back({name, "qkv", LinearInput::kNorm, n, m.hidden});
  all.push_back({"o", "o", LinearInput::kAttention, m.hidden, q});
  if (fused) {
    all.push_back({"gate_up", "gate_up", LinearInput::kNorm, 2 * m.intermediate, m.hidden, expert});
  } else {
    for (const char* name : {"gate", "up"})
      all.push_back({name, "gate_up", LinearInput::kNorm, m.intermediate, m.hidden, expert});
  }
  all.push_back({"down", "down", LinearInput::kGate, m.hidden, m.intermediate, expert});
  return all;
}

ParameterCounts count_parameters(const ModelShape& m) {
  ParameterCounts c;
  const std::int64_t table = m.vocabulary * m.hidden;
  for (const Linear& linear : linears(m, true)) {
    c.linear += m.layers * linear.n * linear.k * (linear.expert ? m.experts : 1);
    c.active += m.layers * linear.n * linear.k * (linear.expert ? m.active_experts : 1);
  }
  c.active += table;
  c.embedding = m.tied_embeddings ? table : 2 * table;
  const std::int64_t bias = m.qkv_bias ? m.attention_width() + 2 * m.kv_width() : 0;
  c.other = m.layers * (2 * m.hidden + bias + m.experts * m.hidden) + m.hidden;
  return c;
}

double kv_bytes_per_token(const ModelShape& m, int bits) {
  return static_cast<double>(2 * m.layers * m.kv_width() * bits) / 8;
}

const std::vector<ModelShape>& models() {
  static const std::vector<ModelShape> kModels = [] {
    std::vector<ModelShape> out;
    for (const DataFile& file : model_files()) out.push_back(read_model(file.text, file.name));
    return out;
  }();
  return kModels;
}

const ModelShape& find_model(std::string_view name) {
  return find_named_row("model", name, models());
}

ModelShape read_model(std::string_view text, std::string_view file) {
  const spec::TomlNode document = spec::parse_toml(text, file);
  TomlTable table(document, file, "model");
  ModelShape m;
  m.name = table.text("name", true);
  if (!spec::is_row_name(m.name)) throw table.error("name", spec::kRowNameRule);
  m.title = one_line(table, "title", true);
  m.aliases = table.texts("aliases");
  for (const std::string& alias : m.aliases)
    if (!spec::is_row_name(alias)) throw table.error("aliases", spec::kRowNameRule);
  m.source = one_line(table, "source", true);
  m.hidden = read_size(table, "hidden");
  m.intermediate = read_size(table, "intermediate");
  m.layers = read_size(table, "layers", 1024);
  m.heads = read_size(table, "heads", 4096);
  m.kv_heads = read_size(table, "kv_heads", 4096);
  m.head_dim = read_size(table, "head_dim", 4096);
  m.vocabulary = read_size(table, "vocabulary", std::int64_t{1} << 22);
  m.tied_embeddings = table.boolean("tied_embeddings", false);
  m.qkv_bias = table.boolean("qkv_bias", false);
  if (table.has("experts") || table.has("active_experts")) {
    m.experts = read_size(table, "experts", 1024);
    m.active_experts = read_size(table, "active_experts", 1024);
  }
  if (table.has("parameters")) {
    m.parameters = read_size(table, "parameters", kMostCount);
    m.parameters_source = one_line(table, "parameters_source", true);
  }
  table.finish();
  if (m.heads % m.kv_heads != 0)
    throw table.error("kv_heads", fmt::format("must divide the {} heads", m.heads));
  if (m.active_experts > m.experts)
    throw table.error("active_experts", fmt::format("must be at most the {} experts", m.experts));
  if (const std::int64_t sum = count_parameters(m).total(); m.parameters > 0 && m.parameters != sum)
    throw table.error("parameters",
                      fmt::format("is {}, but the tensors have {}: embedding, {} layers, last norm",
                                  m.parameters, sum, m.layers));
  return m;
}

}  // namespace mxscope::sim
