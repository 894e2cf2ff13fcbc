// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What a probe's words say, as text and as JSON.
#include "reports/probe_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <optional>

#include "reports/console.h"
#include "reports/table.h"

namespace mxscope::reports {
namespace {

std::optional<int> integer(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string word_text(const sim::Mma& mma, spec::Code word) {
  return fmt::format("0x{:0{}x}", word, mma.d.bits / 4);
}

/// "kept_bits: C = +3/2 at distance 25: 0x33c00000, by the row 0x00000000"
std::string mismatch_text(const ProbeAnswer& answer) {
  const sim::ProbeMismatch& first = answer.reading.row_mismatches.front();
  const sim::ProbeCase& asked = answer.set.cases[first.index];
  return fmt::format("{}: {}: {}, by the row {}", asked.question, asked.what,
                     word_text(answer.set.mma, answer.set.words[first.index]),
                     word_text(answer.set.mma, first.expected));
}

std::string verdict(const ProbeAnswer& answer) {
  const sim::ProbeReading& reading = answer.reading;
  const std::size_t count = answer.set.cases.size();
  std::string text;
  if (reading.row_mismatches.empty())
    text = fmt::format("{} words, all as the row gives them\n", count);
  else if (reading.explained)
    text = fmt::format("{} of {} words are not the row's; all are explained by {}\n",
                       reading.row_mismatches.size(), count, fmt::join(reading.changes, ", "));
  else
    text = fmt::format(
        "{} of {} words are not the row's, and no known rule explains all; the one\nthat goes "
        "furthest ({}) fails at {}\n",
        reading.row_mismatches.size(), count,
        reading.fields.empty() ? "" : values_text(reading.fields.front().values),
        reading.unanswered);
  if (!reading.row_mismatches.empty()) text += "first: " + mismatch_text(answer) + "\n";
  for (const std::string& variant : reading.beyond)
    text += "what no row has would give the words about kept bits, steps and D: " + variant + "\n";
  if (!answer.set.uneven.empty()) {
    const sim::ProbeCase& asked = answer.set.cases[answer.set.uneven.front()];
    text += fmt::format(
        "{} cases gave several words where all of D should be equal, first {}: {};\nthe operands' "
        "layout is to be checked before anything else is believed\n",
        answer.set.uneven.size(), asked.question, asked.what);
  }
  return text;
}

}  // namespace

bool ProbeAnswer::agrees() const { return reading.row_mismatches.empty() && set.uneven.empty(); }

std::string values_text(const std::vector<std::string>& values) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < values.size();) {
    std::size_t end = i + 1;
    const auto first = integer(values[i]);
    while (first && end < values.size() &&
           integer(values[end]) == *first + static_cast<int>(end - i))
      ++end;
    parts.push_back(end - i > 2 ? values[i] + " to " + values[end - 1] : values[i]);
    i = end - i > 2 ? end : i + 1;
  }
  return fmt::format("{}", fmt::join(parts, parts.size() == 2 ? " or " : ", "));
}

std::string answer_text(const ProbeAnswer& answer) {
  const sim::ProbeReading& reading = answer.reading;
  std::string text = fmt::format("{}, {}\n{}", answer.set.mma.unit.name,
                                 formats_text(answer.set.mma), verdict(answer));
  Table table({{"field"}, {"row"}, {reading.explained ? "read" : "read so far"}});
  for (const sim::ProbeField& field : reading.fields) {
    std::string read = values_text(field.values);
    if (field.values.size() > 1) read += " (not told apart)";
    if (!field.agrees()) read = coloured(Colour::kBad, read);
    table.add({field.name, field.row, read});
  }
  return text + table.text();
}

nlohmann::json answer_json(const ProbeAnswer& answer) {
  const sim::ProbeReading& reading = answer.reading;
  const sim::Mma& mma = answer.set.mma;
  nlohmann::json fields = nlohmann::json::array();
  for (const sim::ProbeField& field : reading.fields)
    fields.push_back({{"field", field.name},
                      {"row", field.row},
                      {"values", field.values},
                      {"open", field.values.size() > 1},
                      {"agrees", field.agrees()}});
  nlohmann::json mismatches = nlohmann::json::array();
  for (const sim::ProbeMismatch& mismatch : reading.row_mismatches)
    mismatches.push_back({{"case", mismatch.index},
                          {"question", answer.set.cases[mismatch.index].question},
                          {"what", answer.set.cases[mismatch.index].what},
                          {"word", word_text(mma, answer.set.words[mismatch.index])},
                          {"row", word_text(mma, mismatch.expected)}});
  return {{"unit", mma.unit.name},
          {"a", mma.a.name},
          {"b", mma.b.name},
          {"scale", mma.scale ? mma.scale->name : ""},
          {"block", mma.block},
          {"cases", answer.set.cases.size()},
          {"agrees", answer.agrees()},
          {"explained", reading.explained},
          {"changes", reading.changes},
          {"beyond", reading.beyond},
          {"unanswered", reading.unanswered},
          {"combinations", reading.survivors},
          {"uneven_cases", answer.set.uneven},
          {"fields", std::move(fields)},
          {"mismatches", std::move(mismatches)}};
}

}  // namespace mxscope::reports
