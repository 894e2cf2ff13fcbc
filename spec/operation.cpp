// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Sizes of records and the completion of arguments.
#include "spec/operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "spec/names.h"

namespace mxscope::spec {

std::size_t WordField::word_bytes() const {
  return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
}

std::size_t RecordLayout::bytes() const {
  std::size_t sum = 0;
  for (const WordField& field : fields) sum += field.bytes();
  return sum;
}

std::size_t RecordLayout::words() const {
  std::size_t sum = 0;
  for (const WordField& field : fields) sum += field.count;
  return sum;
}

std::string argument(const OperationKind& kind, const Arguments& given, std::string_view name) {
  const auto parameter = std::find_if(kind.parameters.begin(), kind.parameters.end(),
                                      [&](const Parameter& p) { return p.name == name; });
  if (parameter == kind.parameters.end())
    throw Error(fmt::format("operation {} has no parameter '{}'", kind.name, name));
  const auto found = given.find(name);
  if (found != given.end()) return found->second;
  if (parameter->required)
    throw Error(fmt::format("operation {} needs --{}: {}", kind.name, name, parameter->meaning));
  return parameter->initial;
}

Arguments complete(const OperationKind& kind, const Arguments& given) {
  std::vector<std::string> known;
  for (const Parameter& p : kind.parameters) known.push_back(p.name);
  for (const auto& [name, value] : given)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw unknown_name(fmt::format("parameter of {}", kind.name), name, known);
  Arguments all;
  for (const std::string& name : known) all[name] = argument(kind, given, name);
  return all;
}

std::uint64_t read_word(const std::uint8_t* field, std::size_t bytes, std::size_t index) {
  std::uint64_t word = 0;
  std::memcpy(&word, field + index * bytes, bytes);
  return word;
}

void write_word(std::uint8_t* field, std::size_t bytes, std::size_t index, std::uint64_t word) {
  std::memcpy(field + index * bytes, &word, bytes);
}

}  // namespace mxscope::spec
