// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Diagnoses in words: what the other program does instead, and where that first shows.
#include <fmt/format.h>

#include <algorithm>

#include "reports/conform_stream.h"
#include "reports/table.h"
#include "spec/formats.h"
#include "spec/number.h"

namespace mxscope::reports {
namespace {

using analysis::CaseResult;
using analysis::ChangeEffect;
using analysis::Diagnosis;
using spec::Change;
using spec::Operation;
using spec::RecordLayout;
using spec::WordField;

std::string words_text(const RecordLayout& layout, const std::vector<std::uint8_t>& record) {
  std::string text;
  analysis::append_record(text, layout, record.data());
  return text;
}

std::string brief(std::string text) {
  constexpr std::size_t kShown = 40;
  if (text.size() <= kShown) return text;
  return text.substr(0, text.rfind(' ', kShown)) + " ...";
}

/// A word with the number that it stands for: "3f800000 = 1".
std::string word_text(const WordField& field, std::uint64_t word) {
  std::string text = fmt::format("{:0{}x}", word, 2 * field.word_bytes());
  if (field.format.empty()) return text;
  const spec::Format format = spec::find_format(field.format);
  const spec::Code code = word >> format.storage_shift;
  if (code > format.code_mask() || format.classify(code) == spec::CodeClass::kUnused) return text;
  const spec::Number number = decode(format, code);
  std::string value = spec::to_text(number);
  if (value.size() > 14 && number.kind == spec::NumberKind::kFinite)
    value = (number.negative ? "-" : "") + spec::to_hex_text(number.magnitude);
  return text + " = " + value;
}

/// The first word in which two results differ.
struct Place {
  const WordField* field = nullptr;
  std::size_t index = 0;
  std::uint64_t expected = 0, given = 0;

  std::string name() const {
    return field->count == 1 ? field->name : fmt::format("{}[{}]", field->name, index);
  }
};

Place first_difference(const RecordLayout& layout, const CaseResult& result) {
  std::size_t offset = 0;
  for (const WordField& field : layout.fields) {
    const std::size_t bytes = field.word_bytes();
    for (std::size_t i = 0; i < field.count; ++i, offset += bytes) {
      const std::uint64_t expected = spec::read_word(&result.expected[offset], bytes, 0);
      const std::uint64_t given = spec::read_word(&result.given[offset], bytes, 0);
      if (expected != given) return {&field, i, expected, given};
    }
  }
  return {&layout.fields.front(), 0, 0, 0};
}

std::string input_text(const Operation& operation, const CaseResult& result) {
  if (operation.input.words() == 1)
    return word_text(operation.input.fields.front(),
                     spec::read_word(result.input.data(), result.input.size(), 0));
  return brief(words_text(operation.input, result.input));
}

void add_witness(Table& table, const Operation& operation, const CaseResult& result,
                 std::vector<std::string> before) {
  const Place place = first_difference(operation.result, result);
  before.push_back(std::to_string(result.index));
  before.push_back(input_text(operation, result));
  if (operation.result.words() > 1) before.push_back(place.name());
  before.push_back(word_text(*place.field, place.expected));
  before.push_back(word_text(*place.field, place.given));
  table.add(std::move(before));
}

std::vector<Table::Column> witness_columns(const Operation& operation,
                                           std::vector<Table::Column> before) {
  before.push_back({"first\ncase", true});
  before.push_back({"input"});
  if (operation.result.words() > 1) before.push_back({"word"});
  before.push_back({"expected"});
  before.push_back({"given"});
  return before;
}

std::string stated(const Change& change) { return change.field + " " + change.value; }

nlohmann::json witness_json(const Operation& operation, const CaseResult& result) {
  return {{"case", result.index},
          {"input", words_text(operation.input, result.input)},
          {"expected", words_text(operation.result, result.expected)},
          {"given", words_text(operation.result, result.given)}};
}

nlohmann::json change_json(const Change& change) {
  return {{"field", change.field}, {"value", change.value}, {"instead_of", change.was}};
}

}  // namespace

std::string diagnosis_headline(const Diagnosis& d) {
  std::vector<std::string> beyond;
  for (const ChangeEffect& effect : d.effects)
    if (d.named.empty() || effect.beyond_name) beyond.push_back(stated(effect.change));
  std::string text;
  for (std::size_t i = 0; i < beyond.size(); ++i)
    text += (i == 0 ? "" : i + 1 == beyond.size() ? " and " : ", ") + beyond[i];
  if (d.named.empty()) return text.empty() ? "no known change" : text;
  std::string names = d.named;
  for (const std::string& other : d.also_named) names += " or " + other;
  return "as " + names + (text.empty() ? "" : ", except " + text);
}

std::string diagnosis_text(const Operation& operation, const StreamRequest& request,
                           const Diagnosis& d) {
  std::string out = fmt::format("{}\n", operation.title);
  const int level = static_cast<int>(request.level);
  if (d.conforms())
    return out + fmt::format("conforms: all {} results of level {} are right\n", d.cases, level);
  out += fmt::format("does not conform: {} of {} results of level {} differ\n", d.mismatches,
                     d.cases, level);
  if (d.examined_mismatches < d.mismatches)
    out += fmt::format("diagnosed from {} of them and {} that match\n", d.examined_mismatches,
                       d.examined - d.examined_mismatches);
  out += fmt::format("{}: {}\n", d.complete() ? "theirs" : "theirs, as far as explained",
                     diagnosis_headline(d));
  if (!d.effects.empty()) {
    Table table(witness_columns(
        operation, {{"field"}, {"theirs"}, {"asked for"}, {"given where\nit matters", true}}));
    for (const ChangeEffect& effect : d.effects)
      add_witness(table, operation, effect.first,
                  {effect.change.field, effect.change.value, effect.change.was,
                   fmt::format("{} of {}", effect.agrees, effect.matters)});
    out += "\n" + table.text();
    for (const ChangeEffect& effect : d.effects) {
      if (effect.also.empty()) continue;
      std::string others;
      for (const Change& change : effect.also)
        others += (others.empty() ? "" : ", ") + stated(change);
      out += fmt::format("not told apart from {}: {}\n", stated(effect.change), others);
    }
  }
  if (d.complete()) return out + "\nevery mismatch is explained\n";
  Table table(witness_columns(operation, {}));
  for (const CaseResult& result : d.first_unexplained) add_witness(table, operation, result, {});
  return out + fmt::format("\n{} results are not explained, such as\n", d.unexplained) +
         table.text();
}

nlohmann::json diagnosis_json(const Operation& operation, const StreamRequest& request,
                              const Diagnosis& d) {
  nlohmann::json effects = nlohmann::json::array();
  for (const ChangeEffect& effect : d.effects) {
    nlohmann::json also = nlohmann::json::array();
    for (const Change& change : effect.also) also.push_back(change_json(change));
    nlohmann::json row = change_json(effect.change);
    row["beyond_name"] = effect.beyond_name;
    row["matters"] = effect.matters;
    row["agrees"] = effect.agrees;
    row["first"] = witness_json(operation, effect.first);
    row["not_told_apart_from"] = std::move(also);
    effects.push_back(std::move(row));
  }
  nlohmann::json unexplained = nlohmann::json::array();
  for (const CaseResult& result : d.first_unexplained)
    unexplained.push_back(witness_json(operation, result));
  return {{"operation", operation.kind},
          {"title", operation.title},
          {"source", operation.source},
          {"arguments", operation.arguments},
          {"level", static_cast<int>(request.level)},
          {"seed", request.seed},
          {"cases", d.cases},
          {"mismatches", d.mismatches},
          {"conforms", d.conforms()},
          {"examined", d.examined},
          {"examined_mismatches", d.examined_mismatches},
          {"named", d.named.empty() ? nlohmann::json() : nlohmann::json(d.named)},
          {"also_named", d.also_named},
          {"changes", std::move(effects)},
          {"unexplained", d.unexplained},
          {"first_unexplained", std::move(unexplained)}};
}

}  // namespace mxscope::reports
