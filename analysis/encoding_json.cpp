// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/encoding_json.h"

#include <fmt/format.h>

#include <string>

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

void read_encoding(const nlohmann::json& json, spec::Format& format) {
  const auto kind = json.at("kind").get<std::string>();
  if (kind != "fixed" && kind != "float")
    throw Error(fmt::format("format kind '{}' is neither float nor fixed", kind));
  format.kind = kind == "fixed" ? FormatKind::kFixed : FormatKind::kFloat;
  for_each_field(format, [&](const char* name, auto& field) { json.at(name).get_to(field); });
}

}  // namespace mxscope::analysis
