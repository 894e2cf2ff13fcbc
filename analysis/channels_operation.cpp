// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// MicroMix's choice of channels as an operation: signs, thresholds, ties and the rounding of
// counts.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>

#include "analysis/cast_cases.h"
#include "analysis/micromix_counts.h"
#include "analysis/operations.h"
#include "spec/error.h"
#include "spec/names.h"
#include "spec/number.h"

namespace mxscope::analysis {
namespace {

using spec::Arguments;
using spec::CaseLevel;
using spec::CaseList;
using spec::Change;
using spec::Operation;
using spec::OperationKind;

const MicromixRule& find_rule(const std::string& name) {
  static const std::vector<MicromixRule> all = micromix_rules();
  std::vector<std::string> known;
  for (const MicromixRule& rule : all) {
    if (rule.name == name) return rule;
    known.push_back(rule.name);
  }
  throw spec::unknown_name("rule of MicroMix", name, known);
}

std::string yes(bool b) { return b ? "yes" : "no"; }

/// A rule's fields by name and text.
std::vector<std::pair<std::string, std::string>> fields_of(const MicromixRule& rule) {
  return {{"signed_max", yes(rule.signed_max)},
          {"signed_value", yes(rule.signed_value)},
          {"inclusive", yes(rule.inclusive)},
          {"mxfp4", spec::to_text(rule.mxfp4)},
          {"mxfp6", spec::to_text(rule.mxfp6)}};
}

/// A rule, and how counts become channels.
struct Plan {
  MicromixRule rule;
  std::string counts = "up";
  std::int64_t group = 128;

  void apply(const Change& change) {
    const bool flag = change.value == "yes";
    if (change.field == "signed_max") rule.signed_max = flag;
    if (change.field == "signed_value") rule.signed_value = flag;
    if (change.field == "inclusive") rule.inclusive = flag;
    if (change.field == "mxfp4") rule.mxfp4 = spec::parse_number(change.value).magnitude;
    if (change.field == "mxfp6") rule.mxfp6 = spec::parse_number(change.value).magnitude;
    if (change.field == "counts") counts = change.value;
    if (change.field == "group")
      std::from_chars(change.value.data(), change.value.data() + change.value.size(), group);
  }

  std::int64_t channels_of(std::uint64_t part, std::uint64_t whole, std::size_t channels) const {
    const auto wanted = static_cast<std::int64_t>(part * channels);
    const auto unit = static_cast<std::int64_t>(whole) * group;
    const std::int64_t more = counts == "up" ? unit - 1 : counts == "nearest" ? unit / 2 : 0;
    return (wanted + more) / unit * group;
  }

  MicromixChannels channels(const MicromixCounts& c, std::size_t channels) const {
    if (counts == "up" && group == 128) return micromix_channels(c, channels);
    MicromixChannels out;
    out.mxfp8 = channels_of(c.mxfp8(), c.elements, channels);
    out.mxfp6 = channels_of(c.mxfp6, c.elements, channels);
    out.mxfp4 = static_cast<std::int64_t>(channels) - out.mxfp6 - out.mxfp8;
    return out;
  }
};

constexpr int kFamilies = 6;

/// Rows of numbers around the thresholds, so that the number of each sort lands at and next to the
/// steps of whole groups.
CaseList row_cases(const MicromixRule& rule, std::size_t rows, std::size_t channels,
                   CaseLevel level, std::uint64_t seed) {
  if (level == CaseLevel::kEverything)
    throw Error("rows of numbers have no level 3; use level 1 or 2");
  const double t4 = rule.mxfp4.convert_to<double>();
  const double t6 = rule.mxfp6.convert_to<double>();
  const std::size_t elements = rows * channels;
  const std::uint64_t count = level == CaseLevel::kPatterns ? 8192 : 512;
  return {count, [=](std::uint64_t first, std::size_t n, std::uint8_t* records) {
            for (std::size_t i = 0; i < n; ++i, records += elements * sizeof(float)) {
              const std::uint64_t at = first + i;
              const std::uint64_t draw = mixed_word(seed, at);
              // How many elements are above the thresholds: whole groups, one more, one fewer.
              const std::uint64_t group = 128 * rows;
              const auto around = [&](std::uint64_t r) {
                return r % (elements / group + 1) * group + r / 64 % 3 - (r % 7 == 0 ? 0 : 1);
              };
              const std::uint64_t above6 = std::min<std::uint64_t>(around(draw), elements);
              const std::uint64_t above4 =
                  std::min<std::uint64_t>(above6 + around(draw >> 20), elements);
              const double largest = std::ldexp(1 + static_cast<double>(draw >> 40 & 0xFFF) / 4096,
                                                static_cast<int>(draw >> 52 & 15) - 8);
              for (std::size_t e = 0; e < elements; ++e) {
                const std::uint64_t r = mixed_word(draw, e);
                const double u = static_cast<double>(r >> 32) * 0x1p-32;
                double x = u * t4 * largest;
                if (e < above4) x = (t4 + u * (t6 - t4)) * largest;
                if (e < above6) x = (t6 + u * (1 - t6)) * largest;
                if (e % channels == 0) x = largest;
                auto word = std::bit_cast<std::uint32_t>(static_cast<float>(x));
                // Ties with a threshold and neighbours of it.
                if (at % kFamilies == 1 && e % channels != 0 && r % 4 == 0)
                  word = std::bit_cast<std::uint32_t>(
                             static_cast<float>((r & 16) != 0 ? t4 * largest : t6 * largest)) +
                         static_cast<std::uint32_t>(r >> 8) % 3 - 1;
                const bool flips = at % kFamilies == 2   ? (r & 1) != 0
                                   : at % kFamilies == 3 ? true
                                   : at % kFamilies == 4 ? e % channels == 0
                                                         : false;
                if (flips) word ^= 0x80000000;
                if (at % kFamilies == 5 && e % 5 == 1) word = 0;
                if (at == 0) word = 0;  // a row of zeros
                std::memcpy(records + e * sizeof word, &word, sizeof word);
              }
            }
          }};
}

Operation make(const OperationKind& kind, const Arguments& arguments) {
  const auto number = [&](const char* name, std::size_t most) {
    const std::string text = spec::argument(kind, arguments, name);
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > most)
      throw Error(fmt::format("--{} takes a whole number from 1 to {}", name, most));
    return value;
  };
  const std::size_t channels = number("channels", 16384);
  const std::size_t rows = number("rows", 64);
  const Plan plan{find_rule(spec::argument(kind, arguments, "rule"))};
  Operation out;
  out.kind = kind.name;
  out.title =
      fmt::format("MicroMix channels by rule {}: {} rows of {}", plan.rule.name, rows, channels);
  out.source = plan.rule.source;
  out.arguments = spec::complete(kind, arguments);
  out.input.fields = {{"x", "fp32", 32, rows * channels}};
  out.result.fields = {{"mxfp4", "", 64, 1}, {"mxfp6", "", 64, 1}, {"mxfp8", "", 64, 1}};
  out.cases = [=](CaseLevel level, std::uint64_t seed) {
    return row_cases(plan.rule, rows, channels, level, seed);
  };
  out.model = [=](std::span<const Change> changes) -> std::optional<spec::Model> {
    Plan changed = plan;
    for (const Change& change : changes) changed.apply(change);
    return [=](std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) {
      std::vector<float> x(rows * channels);
      for (std::size_t i = 0; i < count; ++i) {
        std::memcpy(x.data(), inputs + i * x.size() * sizeof(float), x.size() * sizeof(float));
        const MicromixChannels got =
            changed.channels(count_micromix(changed.rule, x, channels), channels);
        const std::int64_t words[] = {got.mxfp4, got.mxfp6, got.mxfp8};
        std::memcpy(results + i * sizeof words, words, sizeof words);
      }
    };
  };
  const auto own = fields_of(plan.rule);
  for (const char* const flag : {"signed_max", "signed_value", "inclusive"})
    for (const auto& [name, value] : own)
      if (name == flag) out.changes.push_back({name, yes(value != "yes"), value});
  for (const char* const counts : {"down", "nearest"})
    out.changes.push_back({"counts", counts, "up"});
  for (const char* const group : {"64", "32", "16", "256"})
    out.changes.push_back({"group", group, "128"});
  for (const MicromixRule& other : micromix_rules()) {
    spec::NamedChanges named{other.name, {}};
    const auto theirs = fields_of(other);
    for (std::size_t f = 0; f < own.size(); ++f) {
      if (own[f].second == theirs[f].second) continue;
      const Change change{own[f].first, theirs[f].second, own[f].second};
      named.changes.push_back(change);
      if (std::find(out.changes.begin(), out.changes.end(), change) == out.changes.end())
        out.changes.push_back(change);
    }
    if (!named.changes.empty()) out.named.push_back(std::move(named));
  }
  return out;
}

}  // namespace

OperationKind channels_operation() {
  OperationKind out;
  out.name = "channels";
  out.summary = "MicroMix's channels of each format from activations";
  out.parameters = {{"rule", "iclr, main, paper, ... (mxscope verify micromix)", "iclr"},
                    {"channels", "Of a row", "512"},
                    {"rows", "Tokens of a record", "2"}};
  out.example = "--rule iclr --channels 1024";
  out.make = [kind = out](const Arguments& arguments) { return make(kind, arguments); };
  return out;
}

}  // namespace mxscope::analysis
