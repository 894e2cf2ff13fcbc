// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Finds a unit by name and chooses its operand formats.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sim/mma_unit.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/names.h"

namespace mxscope::sim {
namespace {

std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = name.find('.');
    parts.push_back(name.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    name.remove_prefix(dot + 1);
  }
}

/// True when every part of `name` is a part of `full`, in order.
bool abbreviates(std::string_view name, std::string_view full) {
  const auto all = parts_of(full);
  auto at = all.begin();
  for (const std::string_view part : parts_of(name)) {
    at = std::find(at, all.end(), part);
    if (at == all.end()) return false;
    ++at;
  }
  return true;
}

/// The hardware integers beside spec's formats: s8 has -128, and s32 accumulates.
spec::Format unit_format(std::string_view name) {
  if (name != "s8" && name != "s32") return spec::find_format(name);
  spec::Format format = spec::find_format("int8");
  format.name = name;
  format.aliases.clear();
  format.symmetric = false;
  format.source = "PTX ISA 9.0, 5.2 (." + std::string(name) + ")";
  format.note.clear();
  if (name == "s32") format.bits = format.storage_bits = 32;
  return format;
}

bool takes(const MmaUnit& unit, const spec::Format& format) {
  return std::find(unit.a_formats.begin(), unit.a_formats.end(), format.name) !=
         unit.a_formats.end();
}

spec::Format operand(const MmaUnit& unit, std::string_view name) {
  const bool listed =
      std::find(unit.a_formats.begin(), unit.a_formats.end(), name) != unit.a_formats.end();
  const spec::Format format = listed ? unit_format(name) : spec::find_format(name);
  if (!takes(unit, format))
    throw Error(fmt::format("unit {} takes operands in {}, not {}", unit.name,
                            fmt::join(unit.a_formats, ", "), name));
  return format;
}

}  // namespace

const MmaUnit& find_unit(std::string_view name) {
  std::vector<const MmaUnit*> matches;
  std::vector<std::string> names;
  for (const MmaUnit& unit : mma_units()) {
    if (unit.name == name) return unit;
    names.push_back(unit.name);
    if (abbreviates(name, unit.name)) matches.push_back(&unit);
  }
  if (matches.size() > 1 && name.find("f16acc") == std::string_view::npos)
    std::erase_if(matches, [](const MmaUnit* unit) { return unit->d_format == "fp16"; });
  if (matches.size() == 1) return *matches.front();
  if (matches.empty()) throw spec::unknown_name("matrix unit", name, names);
  std::vector<std::string_view> candidates;
  for (const MmaUnit* unit : matches) candidates.push_back(unit->name);
  throw Error(fmt::format("matrix unit {} is one of {}: write more of the name", name,
                          fmt::join(candidates, ", ")));
}

Mma bind_unit(const MmaUnit& unit, std::string_view a, std::string_view b, std::string_view scale,
              int block) {
  Mma mma{
      .unit = unit, .a = operand(unit, a.empty() ? unit.a_formats.front() : a), .b = {}, .d = {}};
  mma.b = b.empty() ? mma.a : operand(unit, b);
  mma.d = unit_format(unit.d_format);
  if (mma.a.name != mma.b.name && !unit.mixed)
    throw Error(fmt::format("unit {} takes A and B in one format, not {} and {}", unit.name,
                            mma.a.name, mma.b.name));
  if (unit.scales.empty()) {
    if (!scale.empty() || block != 0)
      throw Error(fmt::format("unit {} takes no block scales", unit.name));
    return mma;
  }
  const std::string wanted = scale.empty() ? "" : spec::find_format(scale).name;
  std::vector<std::string> legal;
  for (const MmaScale& choice : unit.scales) {
    if ((wanted.empty() || wanted == choice.format) && (block == 0 || block == choice.block)) {
      mma.scale = spec::find_format(choice.format);
      mma.block = choice.block;
      return mma;
    }
    legal.push_back(fmt::format("{} per {}", choice.format, choice.block));
  }
  throw Error(fmt::format("unit {} takes block scales in {}, not {}{}", unit.name,
                          fmt::join(legal, ", "), scale.empty() ? "another block" : scale,
                          block == 0 ? "" : fmt::format(" per {}", block)));
}

std::vector<Mma> choices_of(const MmaUnit& unit) {
  std::vector<Mma> all;
  const std::vector<MmaScale> none(1, {"", 0});
  for (const MmaScale& scale : unit.scales.empty() ? none : unit.scales)
    for (const std::string& a : unit.a_formats)
      for (const std::string& b : unit.a_formats)
        if (a == b || unit.mixed) all.push_back(bind_unit(unit, a, b, scale.format, scale.block));
  return all;
}

}  // namespace mxscope::sim
