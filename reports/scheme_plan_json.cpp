// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Plans are read with the readers of TOML tables: the same checks, the same sentences.
#include "reports/scheme_plan_json.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "reports/console.h"
#include "reports/json_input.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using kernels::LayerPlan;
using nlohmann::json;
using spec::TomlNode;
using spec::TomlTable;

constexpr std::int64_t kVersion = 1;

json as_json(const TomlNode& node) {
  json out;
  if (const auto* text = std::get_if<std::string>(&node.value)) out = *text;
  if (const auto* number = std::get_if<std::int64_t>(&node.value)) out = *number;
  if (const auto* number = std::get_if<double>(&node.value)) out = *number;
  if (const auto* truth = std::get_if<bool>(&node.value)) out = *truth;
  if (const auto* list = std::get_if<TomlNode::Array>(&node.value)) {
    out = json::array();
    for (const TomlNode& item : *list) out.push_back(as_json(item));
  }
  if (const auto* table = std::get_if<TomlNode::Table>(&node.value)) {
    out = json::object();
    for (const auto& [key, value] : *table) out[key] = as_json(value);
  }
  return out;
}

TomlNode as_node(const json& from) {
  if (from.is_string()) return {from.get<std::string>()};
  if (from.is_boolean()) return {from.get<bool>()};
  if (from.is_number_unsigned() &&
      from.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return {from.get<double>()};
  if (from.is_number_integer()) return {from.get<std::int64_t>()};
  if (from.is_number()) return {from.get<double>()};
  if (from.is_array()) {
    TomlNode::Array list;
    for (const json& item : from) list.push_back(as_node(item));
    return {std::move(list)};
  }
  if (from.is_object()) {
    TomlNode::Table table;
    for (const auto& [key, value] : from.items()) table.emplace(key, as_node(value));
    return {std::move(table)};
  }
  return {std::string()};  // null: no field takes an empty text
}

std::string toml_value(const TomlNode& node) {
  if (const auto* list = std::get_if<TomlNode::Array>(&node.value)) {
    std::string out;
    for (const TomlNode& item : *list) out += (out.empty() ? "" : ", ") + toml_value(item);
    return "[" + out + "]";
  }
  return as_json(node).dump();  // strings, integers and truth values are written alike
}

std::string toml_fields(const TomlNode& node, const std::vector<std::string>& names) {
  const auto& table = std::get<TomlNode::Table>(node.value);
  std::string out;
  for (const std::string& name : names) {
    const auto found = table.find(name);
    if (found != table.end() && name != "part")
      out += fmt::format("{} = {}\n", name, toml_value(found->second));
  }
  return out;
}

template <typename Number, typename Read>
std::vector<Number> numbers(TomlTable& table, std::string_view field, std::string_view what,
                            Read read) {
  std::vector<Number> out;
  const TomlNode* node = table.node(field);
  if (node == nullptr) return out;
  const auto* list = std::get_if<TomlNode::Array>(&node->value);
  if (list == nullptr) throw table.error(field, fmt::format("must be a list of {}", what));
  for (const TomlNode& item : *list) {
    const std::optional<Number> value = read(item);
    if (!value) throw table.error(field, fmt::format("must be a list of {}", what));
    out.push_back(*value);
  }
  return out;
}

LayerPlan read_layer(const TomlNode& node, const std::string& file, const kernels::Scheme& scheme) {
  if (!std::holds_alternative<TomlNode::Table>(node.value))
    throw Error(fmt::format("{}: field layers: must be a list of objects", file));
  TomlTable table(node, file, "layer");
  LayerPlan out;
  out.activations = table.text("activations", true);
  out.weights = table.text("weights");
  out.channels = table.integer<std::int64_t>("channels", 0, true);
  out.smoothing = numbers<float>(table, "smoothing", "numbers", [](const TomlNode& n) {
    const std::optional<double> x = spec::finite_number(n);
    return x ? std::optional(static_cast<float>(*x)) : std::nullopt;
  });
  out.order = numbers<std::uint32_t>(
      table, "order", "whole numbers from 0",
      [](const TomlNode& n) -> std::optional<std::uint32_t> {
        const auto* x = std::get_if<std::int64_t>(&n.value);
        if (x == nullptr || *x < 0 || *x > std::numeric_limits<std::uint32_t>::max()) return {};
        return static_cast<std::uint32_t>(*x);
      });
  out.levels = numbers<std::int64_t>(table, "levels", "whole numbers",
                                     [](const TomlNode& n) -> std::optional<std::int64_t> {
                                       const auto* x = std::get_if<std::int64_t>(&n.value);
                                       return x != nullptr ? std::optional(*x) : std::nullopt;
                                     });
  table.finish();
  try {
    kernels::validate(out, scheme);
  } catch (const Error& e) {
    throw Error(fmt::format("{}: layer {}: {}", file, out.activations, e.what()));
  }
  return out;
}

}  // namespace

json scheme_json(const kernels::Scheme& scheme) { return as_json(kernels::scheme_node(scheme)); }

std::string scheme_toml(const kernels::Scheme& scheme) {
  const TomlNode node = kernels::scheme_node(scheme);
  std::string out = "[[scheme]]\n" + toml_fields(node, kernels::scheme_fields());
  const auto& parts = std::get<TomlNode::Table>(node.value).at("part");
  for (const TomlNode& part : std::get<TomlNode::Array>(parts.value))
    out += "[[scheme.part]]\n" + toml_fields(part, kernels::part_fields());
  return out;
}

std::string plan_text(const SchemePlan& plan, const Run& run) {
  json layers = json::array();
  for (const LayerPlan& layer : plan.layers) {
    json& row = layers.emplace_back(json{{"activations", layer.activations},
                                         {"channels", layer.channels},
                                         {"levels", layer.levels}});
    if (!layer.weights.empty()) row["weights"] = layer.weights;
    if (!layer.smoothing.empty()) row["smoothing"] = layer.smoothing;
    if (!layer.order.empty()) row["order"] = layer.order;
  }
  // One line a layer: orders are long.
  std::string text = fmt::format(
      "{{\n\"mxscope_plan\": {},\n\"run\": {},\n\"calibration\": {},\n\"scheme\": {},\n"
      "\"layers\": [\n",
      kVersion, json(run).dump(),
      json{{"path", plan.calibration.path}, {"sha256", plan.calibration.sha256}}.dump(),
      scheme_json(plan.scheme).dump());
  for (std::size_t i = 0; i < layers.size(); ++i)
    text += layers[i].dump() + (i + 1 < layers.size() ? ",\n" : "\n");
  return text + "]\n}\n";
}

SchemePlan parse_plan(std::string_view text, const std::string& file,
                      const spec::RecipeTable& recipes) {
  TomlNode node;
  try {
    node = as_node(parse_json(text));
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", file, e.what()));
  }
  TomlTable table(node, file, "plan");
  const auto version = table.integer<std::int64_t>("mxscope_plan", 0, true);
  if (version != kVersion)
    throw table.error(
        "mxscope_plan",
        fmt::format("version {} is not one that this program reads; calibrate again", version));
  table.node("run");
  SchemePlan out;
  TomlTable calibration = table.table("calibration", true);
  out.calibration.path = calibration.text("path", true);
  out.calibration.sha256 = calibration.text("sha256", true);
  calibration.finish();
  TomlTable scheme = table.table("scheme", true);
  out.scheme = kernels::read_scheme(scheme, file, recipes);
  const TomlNode* layers = table.node("layers");
  const auto* list = layers != nullptr ? std::get_if<TomlNode::Array>(&layers->value) : nullptr;
  if (list == nullptr || list->empty())
    throw table.error("layers", "must be a list of one layer at least");
  for (const TomlNode& layer : *list) out.layers.push_back(read_layer(layer, file, out.scheme));
  table.finish();
  return out;
}

}  // namespace mxscope::reports
