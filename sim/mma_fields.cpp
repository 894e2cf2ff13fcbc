// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Reads and writes the parameters of an MmaUnit by the names of its fields.

#include <fmt/format.h>

#include <charconv>
#include <functional>

#include "sim/mma_unit.h"
#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::sim {
namespace {

struct Field {
  std::string name;
  std::string values;  ///< for errors
  std::function<std::string(const MmaUnit&)> read;
  std::function<bool(MmaUnit&, std::string_view)> write;  ///< false: not a value of the field
};

std::optional<int> to_integer(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Field integer_field(std::string name, int MmaUnit::*member, int least, int most) {
  return {std::move(name), fmt::format("{} to {}", least, most),
          [member](const MmaUnit& unit) { return std::to_string(unit.*member); },
          [member, least, most](MmaUnit& unit, std::string_view text) {
            const std::optional<int> value = to_integer(text);
            if (!value || *value < least || *value > most) return false;
            unit.*member = *value;
            return true;
          }};
}

Field optional_field(std::string name, std::optional<int> MmaUnit::*member) {
  return {std::move(name), "an exponent or none",
          [member](const MmaUnit& unit) {
            return unit.*member ? std::to_string(*(unit.*member)) : std::string("none");
          },
          [member](MmaUnit& unit, std::string_view text) {
            const std::optional<int> value = to_integer(text);
            if (!value && text != "none") return false;
            unit.*member = value;
            return true;
          }};
}

template <typename Enum>
Field choice_field(std::string name, Enum MmaUnit::*member,
                   std::vector<std::pair<Enum, std::string>> choices) {
  std::string values;
  for (const auto& [value, word] : choices) values += (values.empty() ? "" : " or ") + word;
  return {std::move(name), values,
          [member, choices](const MmaUnit& unit) {
            for (const auto& [value, word] : choices)
              if (unit.*member == value) return word;
            throw Error("a matrix unit has a field of no known value");
          },
          [member, choices](MmaUnit& unit, std::string_view text) {
            for (const auto& [value, word] : choices)
              if (text == word) {
                unit.*member = value;
                return true;
              }
            return false;
          }};
}

const std::vector<Field>& fields() {
  static const std::vector<std::pair<ZeroTerms, std::string>> zeros = {
      {ZeroTerms::kIgnored, "ignored"}, {ZeroTerms::kCounted, "counted"}};
  static const std::vector<Field> all = {
      integer_field("step_k", &MmaUnit::step_k, 1, 256),
      integer_field("kept_bits", &MmaUnit::kept_bits, 1, 40),
      integer_field("output_bits", &MmaUnit::output_bits, 1, 23),
      integer_field("group", &MmaUnit::group, 1, 64),
      choice_field<bool>("saturate", &MmaUnit::saturate, {{false, "no"}, {true, "yes"}}),
      choice_field<bool>("parity_halves", &MmaUnit::parity_halves, {{false, "no"}, {true, "yes"}}),
      choice_field<bool>("flush_subnormals", &MmaUnit::flush_subnormals,
                         {{false, "no"}, {true, "yes"}}),
      choice_field("zero_products", &MmaUnit::zero_products, zeros),
      choice_field("zero_addend", &MmaUnit::zero_addend, zeros),
      choice_field("zero_groups", &MmaUnit::zero_groups, zeros),
      choice_field<AddendWindow>(
          "addend_window", &MmaUnit::addend_window,
          {{AddendWindow::kRaises, "raises"}, {AddendWindow::kPastProducts, "past-products"}}),
      optional_field("least_exponent", &MmaUnit::least_exponent),
      optional_field("least_unit", &MmaUnit::least_unit),
  };
  return all;
}

}  // namespace

void set_field(MmaUnit& unit, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  const std::string_view name = assignment.substr(0, equals);
  std::vector<std::string> names;
  for (const Field& field : fields()) {
    names.push_back(field.name);
    if (field.name != name) continue;
    if (equals == std::string_view::npos || !field.write(unit, assignment.substr(equals + 1)))
      throw Error(fmt::format("unit {}: field {}: write {}=VALUE with VALUE {}", unit.name, name,
                              name, field.values));
    return;
  }
  throw spec::unknown_name("field of a matrix unit", name, names);
}

std::vector<std::string> field_texts(const MmaUnit& unit) {
  std::vector<std::string> texts;
  for (const Field& field : fields()) texts.push_back(field.name + "=" + field.read(unit));
  return texts;
}

std::string field_values(std::string_view name) {
  std::vector<std::string> names;
  for (const Field& field : fields()) {
    if (field.name == name) return field.values;
    names.push_back(field.name);
  }
  throw spec::unknown_name("field of a matrix unit", name, names);
}

}  // namespace mxscope::sim
