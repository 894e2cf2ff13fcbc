// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Schemes from tables and into them: the names of all fields and of their values.
#include <fmt/format.h>

#include "kernels/scheme.h"
#include "spec/error.h"
#include "spec/names.h"
#include "spec/number.h"

namespace mxscope::kernels {
namespace {

using spec::TomlNode;
using spec::TomlTable;

template <typename Enum>
struct Word {
  const char* text;
  Enum value;
};

constexpr Word<ChannelOrder> kOrders[] = {{"none", ChannelOrder::kNone},
                                          {"max", ChannelOrder::kMax},
                                          {"mean", ChannelOrder::kMean},
                                          {"mean-square", ChannelOrder::kMeanSquare}};
constexpr Word<SplitBy> kSplits[] = {{"none", SplitBy::kNothing},
                                     {"counts", SplitBy::kCounts},
                                     {"channels", SplitBy::kChannels},
                                     {"elements", SplitBy::kElements}};
constexpr Word<Rotation> kRotations[] = {{"none", Rotation::kNone},
                                         {"hadamard", Rotation::kHadamard}};
constexpr Word<WeightMethod> kMethods[] = {{"nearest", WeightMethod::kNearest},
                                           {"gptq", WeightMethod::kGptq},
                                           {"double", WeightMethod::kDouble}};
constexpr Word<GemmOutput> kOutputs[] = {
    {"fp32", GemmOutput::kFp32}, {"bf16", GemmOutput::kBf16}, {"fp16", GemmOutput::kFp16}};
constexpr Word<spec::Precision> kPrecisions[] = {{"f32", spec::Precision::kF32},
                                                 {"bf16", spec::Precision::kBf16}};

template <typename Enum, std::size_t N>
Enum word(TomlTable& table, std::string_view field, const Word<Enum> (&words)[N], Enum otherwise) {
  const std::string text = table.text(field);
  if (text.empty() && !table.has(field)) return otherwise;
  std::string known;
  for (const Word<Enum>& w : words) {
    if (text == w.text) return w.value;
    known += (known.empty() ? "" : ", ") + std::string(w.text);
  }
  throw table.error(field, fmt::format("'{}' is not one of {}", text, known));
}

template <typename Enum, std::size_t N>
std::string text_of(Enum value, const Word<Enum> (&words)[N]) {
  for (const Word<Enum>& w : words)
    if (w.value == value) return w.text;
  return "";
}

std::vector<spec::Rational> read_fractions(TomlTable& table, std::string_view field) {
  std::vector<spec::Rational> out;
  for (const std::string& text : table.texts(field)) {
    try {
      const spec::Number number = spec::parse_number(text);
      if (number.kind != spec::NumberKind::kFinite || number.value() <= 0)
        throw Error("not a positive number");
      out.push_back(number.value());
    } catch (const Error&) {
      throw table.error(field,
                        fmt::format("'{}' is no positive number; write such as \"1/8\"", text));
    }
  }
  return out;
}

std::vector<std::int64_t> read_counts(TomlTable& table, std::string_view field) {
  std::vector<std::int64_t> out;
  const TomlNode* node = table.node(field);
  if (node == nullptr) return out;
  const auto* list = std::get_if<TomlNode::Array>(&node->value);
  if (list == nullptr) throw table.error(field, "must be a list of integers");
  for (const TomlNode& item : *list) {
    const auto* value = std::get_if<std::int64_t>(&item.value);
    if (value == nullptr) throw table.error(field, "must be a list of integers");
    out.push_back(*value);
  }
  return out;
}

SchemePart read_part(TomlTable& table) {
  SchemePart out;
  out.levels = table.integer<int>("levels", out.levels);
  out.activations = table.text("activations", true);
  out.activations_with = table.texts("activations_with");
  out.weights = table.text("weights");
  out.weights_with = table.texts("weights_with");
  out.residuals = table.boolean("residuals", out.residuals);
  out.residual_rule.precision =
      word(table, "residual_precision", kPrecisions, out.residual_rule.precision);
  out.residual_rule.unrounded_scale =
      table.boolean("residual_unrounded_scale", out.residual_rule.unrounded_scale);
  out.interleave = table.integer<std::int64_t>("interleave", out.interleave);
  out.unit = table.text("unit");
  table.finish();
  return out;
}

/// Fields in a table of their own, those left out that are as in a new record.
class FieldWriter {
 public:
  template <typename Value>
  void add(const char* name, const Value& value, const Value& usual) {
    if (value != usual) fields_.emplace(name, TomlNode{value});
  }
  void texts(const char* name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    TomlNode::Array list;
    for (const std::string& value : values) list.push_back({value});
    fields_.emplace(name, TomlNode{std::move(list)});
  }
  void set(const char* name, TomlNode::Array list) {
    fields_.emplace(name, TomlNode{std::move(list)});
  }
  TomlNode node() && { return {std::move(fields_)}; }

 private:
  TomlNode::Table fields_;
};

TomlNode part_node(const SchemePart& part) {
  const SchemePart usual;
  FieldWriter out;
  out.add("levels", std::int64_t{part.levels}, std::int64_t{usual.levels});
  out.add("activations", part.activations, std::string());
  out.texts("activations_with", part.activations_with);
  out.add("weights", part.weights, std::string());
  out.texts("weights_with", part.weights_with);
  out.add("residuals", part.residuals, usual.residuals);
  out.add("residual_precision", text_of(part.residual_rule.precision, kPrecisions),
          text_of(usual.residual_rule.precision, kPrecisions));
  out.add("residual_unrounded_scale", part.residual_rule.unrounded_scale,
          usual.residual_rule.unrounded_scale);
  out.add("interleave", part.interleave, usual.interleave);
  out.add("unit", part.unit, std::string());
  return std::move(out).node();
}

}  // namespace

const std::vector<std::string>& scheme_fields() {
  static const std::vector<std::string> fields = {"name",
                                                  "source",
                                                  "smoothing",
                                                  "rotation",
                                                  "rotation_block",
                                                  "random_signs",
                                                  "seed",
                                                  "order",
                                                  "split",
                                                  "thresholds",
                                                  "signed_max",
                                                  "signed_value",
                                                  "inclusive",
                                                  "counts",
                                                  "multiple",
                                                  "clamp",
                                                  "weight_method",
                                                  "signed_weight_max",
                                                  "double_activations",
                                                  "low_rank",
                                                  "between",
                                                  "output",
                                                  "part"};
  return fields;
}

const std::vector<std::string>& part_fields() {
  static const std::vector<std::string> fields = {
      "levels",    "activations",        "activations_with",         "weights",    "weights_with",
      "residuals", "residual_precision", "residual_unrounded_scale", "interleave", "unit"};
  return fields;
}

Scheme read_scheme(TomlTable& table, std::string_view file, const spec::RecipeTable& recipes) {
  Scheme out;
  out.name = table.text("name", true);
  out.source = table.text("source");
  out.smoothing = table.text("smoothing");
  out.rotation = word(table, "rotation", kRotations, out.rotation);
  out.rotation_block = table.integer<std::int64_t>("rotation_block", out.rotation_block);
  out.random_signs = table.boolean("random_signs", out.random_signs);
  out.seed = table.integer<std::int64_t>("seed", out.seed);
  out.order = word(table, "order", kOrders, out.order);
  out.split.by = word(table, "split", kSplits, out.split.by);
  out.split.thresholds = read_fractions(table, "thresholds");
  out.split.signed_max = table.boolean("signed_max", out.split.signed_max);
  out.split.signed_value = table.boolean("signed_value", out.split.signed_value);
  out.split.inclusive = table.boolean("inclusive", out.split.inclusive);
  out.split.counts = read_counts(table, "counts");
  out.split.multiple = table.integer<std::int64_t>("multiple", out.split.multiple);
  out.split.clamp = table.boolean("clamp", out.split.clamp);
  out.weight_method = word(table, "weight_method", kMethods, out.weight_method);
  out.signed_weight_max = table.boolean("signed_weight_max", out.signed_weight_max);
  out.double_activations = table.boolean("double_activations", out.double_activations);
  out.low_rank = table.integer<std::int64_t>("low_rank", out.low_rank);
  out.between = word(table, "between", kOutputs, out.between);
  out.output = word(table, "output", kOutputs, out.output);
  const TomlNode* parts = table.node("part");
  const auto* list = parts != nullptr ? std::get_if<TomlNode::Array>(&parts->value) : nullptr;
  if (list == nullptr || list->empty())
    throw table.error("part", "a scheme needs one [[scheme.part]] at least");
  for (const TomlNode& node : *list) {
    if (!std::holds_alternative<TomlNode::Table>(node.value))
      throw table.error("part", "must be tables, as in [[scheme.part]]");
    TomlTable part(node, file, "part");
    out.parts.push_back(read_part(part));
  }
  table.finish();
  try {
    validate(out, recipes);
  } catch (const Error& e) {
    throw table.error(e.what());
  }
  return out;
}

TomlNode scheme_node(const Scheme& scheme) {
  const Scheme usual;
  FieldWriter out;
  out.add("name", scheme.name, std::string());
  out.add("source", scheme.source, std::string());
  out.add("smoothing", scheme.smoothing, std::string());
  out.add("rotation", text_of(scheme.rotation, kRotations), text_of(usual.rotation, kRotations));
  out.add("rotation_block", scheme.rotation_block, usual.rotation_block);
  out.add("random_signs", scheme.random_signs, usual.random_signs);
  out.add("seed", scheme.seed, usual.seed);
  out.add("order", text_of(scheme.order, kOrders), text_of(usual.order, kOrders));
  const ChannelSplit& split = scheme.split;
  out.add("split", text_of(split.by, kSplits), text_of(usual.split.by, kSplits));
  std::vector<std::string> thresholds;
  for (const spec::Rational& t : split.thresholds) thresholds.push_back(t.str());
  out.texts("thresholds", thresholds);
  out.add("signed_max", split.signed_max, usual.split.signed_max);
  out.add("signed_value", split.signed_value, usual.split.signed_value);
  out.add("inclusive", split.inclusive, usual.split.inclusive);
  if (!split.counts.empty()) {
    TomlNode::Array counts;
    for (const std::int64_t count : split.counts) counts.push_back({count});
    out.set("counts", std::move(counts));
  }
  out.add("multiple", split.multiple, usual.split.multiple);
  out.add("clamp", split.clamp, usual.split.clamp);
  out.add("weight_method", text_of(scheme.weight_method, kMethods),
          text_of(usual.weight_method, kMethods));
  out.add("signed_weight_max", scheme.signed_weight_max, usual.signed_weight_max);
  out.add("double_activations", scheme.double_activations, usual.double_activations);
  out.add("low_rank", scheme.low_rank, usual.low_rank);
  out.add("between", text_of(scheme.between, kOutputs), text_of(usual.between, kOutputs));
  out.add("output", text_of(scheme.output, kOutputs), text_of(usual.output, kOutputs));
  TomlNode::Array parts;
  for (const SchemePart& part : scheme.parts) parts.push_back(part_node(part));
  out.set("part", std::move(parts));
  return std::move(out).node();
}

}  // namespace mxscope::kernels
