// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// An explanation is searched on a selection, held against all kept cases, and searched again with
// those on which it fails; then each of its changes is accounted for.
#include "analysis/diagnosis.h"

#include <algorithm>
#include <cstring>

#include "analysis/explanation_search.h"

namespace mxscope::analysis {
namespace {

constexpr int kMostRounds = 8;
constexpr std::size_t kAddedPerRound = 256;
constexpr std::size_t kShownUnexplained = 5;
constexpr std::size_t kMostAlso = 6;
constexpr std::size_t kMostToReplace = 2;  ///< changes of an explanation that are varied

std::vector<std::uint8_t> results_of(const spec::Operation& operation, const Evidence& evidence,
                                     std::span<const spec::Change> changes) {
  const std::optional<spec::Model> model = operation.model(changes);
  std::vector<std::uint8_t> results(evidence.kept() * evidence.result_bytes());
  if (model && evidence.kept() > 0) (*model)(evidence.kept(), evidence.input(0), results.data());
  return results;
}

Explanation explain(ExplanationSearch& search) {
  Explanation found;
  for (int round = 0; round < kMostRounds; ++round) {
    found = search.search();
    // What does not explain the selection does not explain more.
    if (search.remaining(found.changes, 0) != std::size_t{0}) break;
    std::vector<std::size_t> failures = search.failures(found).value_or(std::vector<std::size_t>{});
    if (failures.size() > kAddedPerRound) {
      std::vector<std::size_t> some;
      for (std::size_t i = 0; i < kAddedPerRound; ++i)
        some.push_back(failures[i * failures.size() / kAddedPerRound]);
      failures = std::move(some);
    }
    if (search.select(failures) == 0) break;
  }
  return found;
}

/// Other changes that could stand in the place of one, giving all that the explanation gives.
std::vector<spec::Change> stand_ins(const spec::Operation& operation,
                                    const ExplanationSearch& search, const Explanation& explanation,
                                    std::size_t place) {
  std::vector<spec::Change> also;
  for (const spec::Change& change : operation.changes) {
    if (also.size() == kMostAlso) break;
    if (change == explanation.changes[place]) continue;
    if (explanation.without(place).decides(change.field)) continue;
    const Explanation other = explanation.replacing(place, change);
    if (search.remaining(other.changes, 0) != std::size_t{0}) continue;
    const auto failures = search.failures(other);
    if (failures && failures->empty()) also.push_back(change);
  }
  return also;
}

/// Other names that give all that the named explanation gives.
std::vector<std::string> same_names(const spec::Operation& operation,
                                    const ExplanationSearch& search,
                                    const Explanation& explanation) {
  std::vector<std::string> also;
  for (const spec::NamedChanges& other : operation.named) {
    if (also.size() == kMostAlso) break;
    if (other.name == explanation.named) continue;
    Explanation renamed{other.changes, other.name, other.changes.size()};
    for (std::size_t i = explanation.of_the_name; i < explanation.changes.size(); ++i)
      renamed = renamed.with(explanation.changes[i]);
    if (search.remaining(renamed.changes, 0) != std::size_t{0}) continue;
    const auto failures = search.failures(renamed);
    if (failures && failures->empty()) also.push_back(other.name);
  }
  return also;
}

}  // namespace

Diagnosis diagnose(const spec::Operation& operation, const Evidence& evidence,
                   const std::function<void()>& poll) {
  Diagnosis out;
  out.cases = evidence.cases();
  out.mismatches = evidence.mismatches();
  out.examined = evidence.kept();
  out.examined_mismatches = evidence.kept_mismatches();
  if (out.mismatches == 0) return out;

  ExplanationSearch search(operation, evidence, poll);
  const Explanation found = explain(search);
  out.named = found.of_the_name > 0 ? found.named : "";
  const std::size_t bytes = evidence.result_bytes();
  const std::vector<std::uint8_t> explained = results_of(operation, evidence, found.changes);
  for (std::size_t k = 0; k < evidence.kept(); ++k) {
    if (std::memcmp(&explained[k * bytes], evidence.given(k), bytes) == 0) continue;
    ++out.unexplained;
    if (out.first_unexplained.size() < kShownUnexplained)
      out.first_unexplained.push_back(evidence.at(k));
  }
  if (!out.named.empty() && out.complete()) out.also_named = same_names(operation, search, found);
  for (std::size_t i = 0; i < found.changes.size(); ++i) {
    ChangeEffect effect;
    effect.change = found.changes[i];
    effect.beyond_name = !out.named.empty() && i >= found.of_the_name;
    const std::vector<std::uint8_t> others =
        results_of(operation, evidence, found.without(i).changes);
    for (std::size_t k = 0; k < evidence.kept(); ++k) {
      if (std::memcmp(&explained[k * bytes], &others[k * bytes], bytes) == 0) continue;
      ++effect.matters;
      if (std::memcmp(&explained[k * bytes], evidence.given(k), bytes) != 0) continue;
      if (effect.agrees++ == 0) effect.first = evidence.at(k);
    }
    if (out.unexplained == 0 && found.changes.size() <= kMostToReplace)
      effect.also = stand_ins(operation, search, found, i);
    out.effects.push_back(std::move(effect));
  }
  return out;
}

}  // namespace mxscope::analysis
