// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Reads a rule from words: candidates multiply by the values of a stage's fields, and those that
// give another word than the hardware did are dropped.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sim/mma_matrix.h"
#include "sim/probe.h"
#include "sim/probe_axes.h"
#include "sim/probe_variants.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

using spec::Code;

/// "25" of kept_bits, by set_field's texts.
std::string value_of(const MmaUnit& unit, const std::string& field) {
  for (const std::string& text : field_texts(unit))
    if (text.starts_with(field + "=")) return text.substr(field.size() + 1);
  throw Error(fmt::format("unit {} has no field {}", unit.name, field));
}

/// Cases of some questions in an order that does not follow their sweeps, so that wrong candidates
/// fall early.
std::vector<std::size_t> asked(const std::vector<ProbeCase>& cases,
                               const std::vector<std::string>& questions) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < cases.size(); ++i)
    if (std::find(questions.begin(), questions.end(), cases[i].question) != questions.end())
      indices.push_back(i);
  std::size_t stride = indices.size() * 5 / 13 + 1;
  while (!indices.empty() && std::gcd(stride, indices.size()) != 1) ++stride;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < indices.size(); ++i)
    order.push_back(indices[i * stride % indices.size()]);
  return order;
}

/// How far one rule goes with the words.
struct RuleOutcome {
  std::vector<MmaUnit> candidates;  ///< after the last stage that some candidate passed
  std::size_t stages = 0;           ///< passed
  bool complete = false;
  std::string unanswered;  ///< incomplete: the case that the candidate which got furthest failed
};

std::vector<MmaUnit> multiplied(const std::vector<MmaUnit>& candidates, const ProbeStage& stage) {
  if (stage.axes.empty()) return candidates;
  std::vector<MmaUnit> all;
  for (const auto& axes : stage.axes) {
    std::vector<MmaUnit> part = candidates;
    for (const ProbeAxis& axis : axes) {
      std::vector<MmaUnit> next;
      for (const MmaUnit& unit : part)
        for (const std::string& value : axis.values) {
          set_field(next.emplace_back(unit), axis.field + "=" + value);
        }
      part = std::move(next);
    }
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

class Reader {
 public:
  Reader(const Mma& mma, const std::vector<ProbeCase>& cases, const std::vector<Code>& words)
      : mma_(mma), cases_(cases), words_(words) {}

  RuleOutcome follow(MmaRule rule) const {
    RuleOutcome outcome;
    MmaUnit start = mma_.unit;
    start.rule = rule;
    outcome.candidates = {start};
    for (const ProbeStage& stage : probe_stages(mma_, rule)) {
      const std::vector<std::size_t> order = asked(cases_, stage.questions);
      std::vector<MmaUnit> left;
      std::size_t furthest = 0;
      for (const MmaUnit& unit : multiplied(outcome.candidates, stage)) {
        const std::size_t passed = passes(unit, order);
        if (passed == order.size()) {
          left.push_back(unit);
        } else if (passed >= furthest) {
          furthest = passed;
          const ProbeCase& failed = cases_[order[passed]];
          outcome.unanswered = failed.question + ": " + failed.what;
        }
      }
      if (left.empty()) return outcome;
      outcome.candidates = std::move(left);
      ++outcome.stages;
    }
    outcome.complete = true;
    outcome.unanswered.clear();
    return outcome;
  }

 private:
  /// How many cases, in this order, give the words.
  std::size_t passes(const MmaUnit& unit, const std::vector<std::size_t>& order) const {
    Mma candidate = mma_;
    candidate.unit = unit;
    std::size_t passed = 0;
    while (passed < order.size() &&
           probe_word(candidate, cases_[order[passed]]) == words_[order[passed]])
      ++passed;
    return passed;
  }

  const Mma& mma_;
  const std::vector<ProbeCase>& cases_;
  const std::vector<Code>& words_;
};

void check_case(const Mma& mma, const ProbeCase& probe) {
  const auto elements = static_cast<std::size_t>(mma.unit.k);
  const auto blocks = static_cast<std::size_t>(mma.scales_per_row(mma.unit.k));
  const bool fits = probe.a.size() * 8 == elements * static_cast<std::size_t>(mma.a.storage_bits) &&
                    probe.b.size() * 8 == elements * static_cast<std::size_t>(mma.b.storage_bits) &&
                    probe.scale_a.size() == blocks && probe.scale_b.size() == blocks;
  if (!fits)
    throw Error(
        fmt::format("case '{}: {}' does not have the operands of {}: {} elements and {} "
                    "scales each",
                    probe.question, probe.what, mma.unit.name, elements, blocks));
}

/// Fields of `candidates` by value; "rule" is the first, with the values of every rule that fits.
std::vector<ProbeField> fields_of(const Mma& mma, const std::vector<MmaUnit>& candidates) {
  std::vector<ProbeField> fields = {{"rule", rule_text(mma.unit.rule), {}}};
  const auto note = [](ProbeField& field, const std::string& value) {
    if (std::find(field.values.begin(), field.values.end(), value) == field.values.end())
      field.values.push_back(value);
  };
  for (const MmaUnit& unit : candidates) note(fields.front(), rule_text(unit.rule));
  for (const ProbeAxis& axis : probe_axes(mma, candidates.front().rule)) {
    ProbeField field = {axis.field, value_of(mma.unit, axis.field), {}};
    for (const MmaUnit& unit : candidates) note(field, value_of(unit, axis.field));
    fields.push_back(std::move(field));
  }
  return fields;
}

std::vector<std::string> changes_to(const Mma& mma, const MmaUnit& unit) {
  std::vector<std::string> changes;
  if (unit.rule != mma.unit.rule) changes.push_back("rule=" + rule_text(unit.rule));
  for (const ProbeAxis& axis : probe_axes(mma, unit.rule))
    if (value_of(unit, axis.field) != value_of(mma.unit, axis.field))
      changes.push_back(axis.field + "=" + value_of(unit, axis.field));
  return changes;
}

}  // namespace

bool ProbeField::agrees() const {
  return std::find(values.begin(), values.end(), row) != values.end();
}

Code probe_word(const Mma& mma, const ProbeCase& probe) {
  Code d = probe.c;
  reference_mma(mma, {1, mma.unit.k, probe.a, probe.scale_a},
                {1, mma.unit.k, probe.b, probe.scale_b}, {&d, 1});
  return d;
}

ProbeReading read_probe(const Mma& mma, const std::vector<ProbeCase>& cases,
                        const std::vector<Code>& words) {
  if (cases.size() != words.size())
    throw Error(fmt::format("{} cases have {} words", cases.size(), words.size()));
  for (const ProbeCase& probe : cases) check_case(mma, probe);
  ProbeReading reading;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Code expected = probe_word(mma, cases[i]);
    if (expected != words[i]) reading.row_mismatches.push_back({i, expected});
  }
  const Reader reader(mma, cases, words);
  RuleOutcome best;
  for (const MmaRule rule : probed_rules(mma)) {
    RuleOutcome outcome = reader.follow(rule);
    if (outcome.complete && best.complete) {
      best.candidates.insert(best.candidates.end(), outcome.candidates.begin(),
                             outcome.candidates.end());
    } else if (outcome.complete || (!best.complete && outcome.stages >= best.stages)) {
      best = std::move(outcome);
    }
  }
  reading.explained = best.complete;
  reading.unanswered = best.unanswered;
  reading.survivors = best.candidates.size();
  reading.fields = fields_of(mma, best.candidates);
  reading.nearest = best.candidates.front();
  for (const MmaUnit& unit : best.candidates)
    if (changes_to(mma, unit).size() < changes_to(mma, reading.nearest).size())
      reading.nearest = unit;
  reading.changes = changes_to(mma, reading.nearest);
  if (!reading.explained) reading.beyond = matching_variants(mma, cases, words);
  return reading;
}

}  // namespace mxscope::sim
