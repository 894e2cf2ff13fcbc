// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/encoding_json.h"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <type_traits>

#include "spec/error.h"

namespace mxscope::analysis {
namespace {

using spec::FormatKind;

/// Calls visit(name, field) for every field but the kind; `Row` is a Format, const or not.
template <typename Row, typename Visit>
void for_each_field(Row& f, const Visit& visit) {
  visit("bits", f.bits);
  visit("exponent_bits", f.exponent_bits);
  visit("mantissa_bits", f.mantissa_bits);
  visit("bias", f.bias);
  visit("signed", f.is_signed);
  visit("negative_zero", f.negative_zero);
  visit("infinities", f.infinities);
  visit("high_nans", f.high_nans);
  visit("subnormals", f.subnormals);
  visit("zero", f.zero);
  visit("symmetric", f.symmetric);
}

}  // namespace

nlohmann::ordered_json encoding_json(const spec::Format& format) {
  nlohmann::ordered_json out = {{"kind", format.kind == FormatKind::kFixed ? "fixed" : "float"}};
  for_each_field(format, [&](const char* name, const auto& field) { out[name] = field; });
  return out;
}

int whole_number(const nlohmann::json& json, const char* field) {
  const nlohmann::json& value = json.at(field);
  if (!value.is_number_integer() || value < std::numeric_limits<int>::min() ||
      value > std::numeric_limits<int>::max())
    throw Error(fmt::format("format field {} is no whole number of 32 bits", field));
  return value.get<int>();
}

void read_encoding(const nlohmann::json& json, spec::Format& format) {
  const auto kind = json.at("kind").get<std::string>();
  if (kind != "fixed" && kind != "float")
    throw Error(fmt::format("format field kind '{}' is neither fixed nor float", kind));
  format.kind = kind == "fixed" ? FormatKind::kFixed : FormatKind::kFloat;
  for_each_field(format, [&](const char* name, auto& field) {
    if constexpr (std::is_same_v<std::decay_t<decltype(field)>, bool>)
      json.at(name).get_to(field);
    else if constexpr (std::is_same_v<std::decay_t<decltype(field)>, int>)
      field = whole_number(json, name);
    else if (const nlohmann::json& value = json.at(name); value.is_number_integer())
      field = value.get<std::int64_t>();  // a count of NaNs has up to 52 bits
    else
      throw Error(fmt::format("format field {} is no whole number", name));
  });
}

}  // namespace mxscope::analysis
