// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Results files of mxscope probe: a case's operands and D's word as text, out and in.
#include "reports/probe_set.h"

#include <fmt/format.h>

#include <charconv>

#include "spec/error.h"

namespace mxscope::reports {
namespace {

using nlohmann::json;
using spec::Code;

constexpr std::size_t kMostSets = 1000;
constexpr std::size_t kMostCases = 100000;

std::string scale_text(const std::vector<std::uint8_t>& scales) {
  std::string text;
  for (std::size_t i = 0; i < scales.size(); ++i)
    text += fmt::format("{}{}:{:x}", i == 0 ? "" : " ", i, scales[i]);
  return text;
}

/// Numbers of one set, with its place for errors.
class SetReader {
 public:
  explicit SetReader(std::string where) : where_(std::move(where)) {}

  [[noreturn]] void fail(const std::string& what) const { throw Error(where_ + ": " + what); }

  const json& member(const json& object, const char* name) const {
    if (!object.is_object()) fail("it is no JSON object");
    const auto at = object.find(name);
    if (at == object.end()) fail(fmt::format("field {} is missing", name));
    return *at;
  }
  std::string text(const json& object, const char* name) const {
    const json& value = member(object, name);
    if (!value.is_string()) fail(fmt::format("field {} is no string", name));
    return value.get<std::string>();
  }
  std::int64_t whole(const json& object, const char* name) const {
    const json& value = member(object, name);
    if (!value.is_number_integer()) fail(fmt::format("field {} is no whole number", name));
    return value.get<std::int64_t>();
  }
  Code word(const json& object, const char* name, int bits) const {
    const std::string value = text(object, name);
    Code code = 0;
    const char* const end = value.data() + value.size();
    const bool prefixed = value.starts_with("0x");
    const auto [rest, error] = std::from_chars(value.data() + (prefixed ? 2 : 0), end, code, 16);
    if (!prefixed || error != std::errc() || rest != end || (bits < 64 && code >> bits != 0))
      fail(fmt::format("field {}: '{}' is no word of {} bits, such as 0x3f", name, value, bits));
    return code;
  }
  /// "0:38 5:b8" into `count` containers.
  std::vector<std::uint8_t> operand(const json& object, const char* name, int count,
                                    int bytes) const {
    const std::string value = text(object, name);
    std::vector<std::uint8_t> containers(static_cast<std::size_t>(count * bytes), 0);
    const char* at = value.data();
    const char* const end = at + value.size();
    while (at != end) {
      int position = 0;
      Code code = 0;
      const auto [colon, first] = std::from_chars(at, end, position);
      const bool good = first == std::errc() && colon != end && *colon == ':';
      const auto [rest, second] = good ? std::from_chars(colon + 1, end, code, 16)
                                       : std::from_chars_result{at, std::errc::invalid_argument};
      if (second != std::errc() || (rest != end && *rest != ' ') || position < 0 ||
          position >= count || (bytes < 8 && code >> 8 * bytes != 0))
        fail(
            fmt::format("field {}: write position:code with positions 0 to {} and codes of {} "
                        "bits, such as 0:38 1:b8",
                        name, count - 1, 8 * bytes));
      for (int i = 0; i < bytes; ++i)
        containers[static_cast<std::size_t>(position * bytes + i)] =
            static_cast<std::uint8_t>(code >> 8 * i);
      at = rest == end ? end : rest + 1;
    }
    return containers;
  }

 private:
  std::string where_;
};

sim::Mma bound(const SetReader& read, const json& set) {
  const std::int64_t block = read.whole(set, "block");
  if (block < 0 || block > 64) read.fail("field block is none of 0 to 64");
  try {
    return sim::bind_unit(sim::find_unit(read.text(set, "unit")), read.text(set, "a"),
                          read.text(set, "b"), read.text(set, "scale"), static_cast<int>(block));
  } catch (const Error& e) {
    read.fail(e.what());
  }
}

ProbeSet parse_set(const json& set, std::size_t index) {
  const std::string where = fmt::format("sets[{}]", index);
  const SetReader read(where);
  ProbeSet result{bound(read, set), {}};
  const sim::Mma& mma = result.mma;
  const json& cases = read.member(set, "cases");
  if (!cases.is_array() || cases.empty() || cases.size() > kMostCases)
    read.fail(fmt::format("field cases is no list of 1 to {} cases", kMostCases));
  const int blocks = static_cast<int>(mma.scales_per_row(mma.unit.k));
  for (const json& one : cases) {
    const SetReader at(fmt::format("{}.cases[{}]", where, result.cases.size()));
    result.cases.push_back({at.text(one, "question"), at.text(one, "what"),
                            at.operand(one, "a", mma.unit.k, mma.a.storage_bits / 8),
                            at.operand(one, "b", mma.unit.k, mma.b.storage_bits / 8),
                            at.operand(one, "scale_a", blocks, 1),
                            at.operand(one, "scale_b", blocks, 1), at.word(one, "c", mma.d.bits)});
    if (at.whole(one, "differing") != 0) result.uneven.push_back(result.words.size());
    result.words.push_back(at.word(one, "d", mma.d.bits));
  }
  if (const std::size_t all = sim::design_probe(mma).size(); result.cases.size() != all)
    read.fail(
        fmt::format("it has {} cases and the probe of {} has {}: what is missing leaves "
                    "questions open; run the whole probe",
                    result.cases.size(), mma.unit.name, all));
  return result;
}

}  // namespace

std::string formats_text(const sim::Mma& mma) {
  std::string text = mma.a.name + " x " + mma.b.name;
  if (mma.scale) text += fmt::format(", {} per {}", mma.scale->name, mma.block);
  return text;
}

std::vector<ProbeSet> probe_sets(const sim::MmaUnit& unit) {
  std::vector<ProbeSet> sets;
  std::vector<sim::MmaScale> scales = unit.scales;
  if (scales.empty()) scales.push_back({"", 0});
  for (const std::string& format : unit.a_formats)
    for (const sim::MmaScale& scale : scales) {
      sim::Mma mma = sim::bind_unit(unit, format, format, scale.format, scale.block);
      std::vector<sim::ProbeCase> cases = sim::design_probe(mma);
      sets.push_back({std::move(mma), std::move(cases)});
    }
  return sets;
}

std::string operand_text(const std::vector<std::uint8_t>& containers, int bytes) {
  std::string text;
  const std::size_t size = static_cast<std::size_t>(bytes);
  for (std::size_t at = 0; at < containers.size(); at += size) {
    Code code = 0;
    for (std::size_t i = 0; i < size; ++i) code |= Code{containers[at + i]} << 8 * i;
    if (code != 0) text += fmt::format("{}{}:{:x}", text.empty() ? "" : " ", at / size, code);
  }
  return text;
}

json set_json(const ProbeSet& set) {
  const sim::Mma& mma = set.mma;
  json cases = json::array();
  for (std::size_t i = 0; i < set.cases.size(); ++i) {
    const sim::ProbeCase& one = set.cases[i];
    cases.push_back({{"question", one.question},
                     {"what", one.what},
                     {"a", operand_text(one.a, mma.a.storage_bits / 8)},
                     {"b", operand_text(one.b, mma.b.storage_bits / 8)},
                     {"scale_a", scale_text(one.scale_a)},
                     {"scale_b", scale_text(one.scale_b)},
                     {"c", fmt::format("0x{:x}", one.c)},
                     {"d", fmt::format("0x{:x}", set.words.at(i))},
                     {"differing", 0}});
  }
  return {{"unit", mma.unit.name},    {"a", mma.a.name},
          {"b", mma.b.name},          {"scale", mma.scale ? mma.scale->name : ""},
          {"block", mma.block},       {"instruction", mma.unit.instruction},
          {"cases", std::move(cases)}};
}

std::vector<ProbeSet> parse_results(const json& results) {
  const SetReader read("the file");
  if (read.whole(results, "probe") != 1)
    read.fail("field probe: this program reads version 1 of results files");
  const json& sets = read.member(results, "sets");
  if (!sets.is_array() || sets.empty() || sets.size() > kMostSets)
    read.fail(fmt::format("field sets is no list of 1 to {} sets", kMostSets));
  std::vector<ProbeSet> all;
  for (const json& set : sets) all.push_back(parse_set(set, all.size()));
  return all;
}

}  // namespace mxscope::reports
