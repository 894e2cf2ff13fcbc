// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Smallest sets of changes: each alone, covers of the mismatches by size, names, then greedily.
#include "analysis/explanation_search.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>

namespace mxscope::analysis {
namespace {

using spec::Change;

constexpr std::size_t kSelectedOfEach = 256;  ///< matches and mismatches, to begin with
constexpr std::size_t kSelectedOfLarge = 96;  ///< of results of more than a few bytes
constexpr std::size_t kFewBytes = 8;
constexpr std::size_t kMostCovers = 400;  ///< tried of each size
constexpr std::size_t kNamesToExtend = 4;
constexpr std::size_t kMostHelpful = 12;
constexpr std::size_t kMostGrown = 5;
constexpr std::size_t kMostStarts = 3;

}  // namespace

Explanation Explanation::without(std::size_t i) const {
  Explanation out = *this;
  out.changes.erase(out.changes.begin() + static_cast<std::ptrdiff_t>(i));
  if (i < out.of_the_name) --out.of_the_name;
  return out;
}

Explanation Explanation::with(const Change& change) const {
  Explanation out = *this;
  out.changes.push_back(change);
  return out;
}

Explanation Explanation::replacing(std::size_t i, const Change& change) const {
  Explanation out = *this;
  out.changes[i] = change;
  return out;
}

bool Explanation::decides(const std::string& field) const {
  return std::any_of(changes.begin(), changes.end(),
                     [&](const Change& c) { return c.field == field; });
}

ExplanationSearch::ExplanationSearch(const spec::Operation& operation, const Evidence& evidence,
                                     std::function<void()> poll)
    : operation_(operation),
      evidence_(evidence),
      poll_(std::move(poll)),
      is_selected_(evidence.kept(), false) {
  std::vector<std::size_t> sorts[2];
  for (std::size_t k = 0; k < evidence.kept(); ++k) sorts[evidence.differs(k) ? 1 : 0].push_back(k);
  std::vector<std::size_t> first;
  for (const std::vector<std::size_t>& sort : sorts) {
    const std::size_t n = std::min(
        sort.size(), evidence.result_bytes() <= kFewBytes ? kSelectedOfEach : kSelectedOfLarge);
    for (std::size_t i = 0; i < n; ++i) first.push_back(sort[i * sort.size() / n]);
  }
  select(first);
}

std::size_t ExplanationSearch::select(const std::vector<std::size_t>& kept) {
  std::size_t added = 0;
  for (const std::size_t k : kept) {
    if (is_selected_[k]) continue;
    is_selected_[k] = true;
    if (evidence_.differs(k)) mismatched_.push_back(selected_.size());
    selected_.push_back(k);
    inputs_.insert(inputs_.end(), evidence_.input(k), evidence_.input(k) + evidence_.input_bytes());
    given_.insert(given_.end(), evidence_.given(k), evidence_.given(k) + evidence_.result_bytes());
    ++added;
  }
  return added;
}

std::optional<spec::Model> ExplanationSearch::model(std::span<const Change> changes) const {
  if (poll_) poll_();
  return operation_.model(changes);
}

std::optional<std::vector<std::uint8_t>> ExplanationSearch::results(
    std::span<const Change> changes) const {
  const std::optional<spec::Model> run = model(changes);
  if (!run) return std::nullopt;
  std::vector<std::uint8_t> out(given_.size());
  (*run)(selected_.size(), inputs_.data(), out.data());
  return out;
}

std::optional<std::size_t> ExplanationSearch::wrong_bytes(std::span<const Change> changes) const {
  const auto all = results(changes);
  if (!all) return std::nullopt;
  return std::inner_product(all->begin(), all->end(), given_.begin(), std::size_t{0}, std::plus<>(),
                            [](std::uint8_t a, std::uint8_t b) { return a != b ? 1U : 0U; });
}

/// Which selected cases have the given results, and how many bytes have not.
ExplanationSearch::Trial ExplanationSearch::trial(const std::vector<std::uint8_t>& all) const {
  const std::size_t bytes = evidence_.result_bytes();
  Trial out;
  out.agrees.resize(selected_.size());
  for (std::size_t i = 0; i < selected_.size(); ++i) {
    std::size_t wrong = 0;
    for (std::size_t b = i * bytes; b < (i + 1) * bytes; ++b) wrong += all[b] != given_[b] ? 1 : 0;
    out.agrees[i] = wrong == 0;
    out.wrong += wrong;
  }
  return out;
}

std::optional<std::size_t> ExplanationSearch::remaining(std::span<const Change> changes,
                                                        std::size_t limit) const {
  const std::optional<spec::Model> run = model(changes);
  if (!run) return std::nullopt;
  constexpr std::size_t kSome = 64;
  const std::size_t bytes = evidence_.result_bytes();
  std::vector<std::uint8_t> results(kSome * bytes);
  std::size_t left = 0;
  for (std::size_t first = 0; first < selected_.size() && left <= limit; first += kSome) {
    const std::size_t n = std::min(kSome, selected_.size() - first);
    (*run)(n, &inputs_[first * evidence_.input_bytes()], results.data());
    for (std::size_t i = 0; i < n; ++i)
      if (std::memcmp(&results[i * bytes], &given_[(first + i) * bytes], bytes) != 0) ++left;
  }
  return left;
}

std::optional<std::vector<std::size_t>> ExplanationSearch::failures(
    const Explanation& explanation) const {
  const std::optional<spec::Model> run = model(explanation.changes);
  if (!run) return std::nullopt;
  constexpr std::size_t kSome = 4096;
  const std::size_t bytes = evidence_.result_bytes();
  std::vector<std::uint8_t> results(kSome * bytes);
  std::vector<std::size_t> out;
  for (std::size_t first = 0; first < evidence_.kept(); first += kSome) {
    const std::size_t n = std::min(kSome, evidence_.kept() - first);
    (*run)(n, evidence_.input(first), results.data());
    for (std::size_t i = 0; i < n; ++i)
      if (std::memcmp(&results[i * bytes], evidence_.given(first + i), bytes) != 0)
        out.push_back(first + i);
  }
  return out;
}

/// Sets of `size` changes of different fields such that each selected mismatch has what one of them
/// alone gives. Branches on the mismatch that the fewest changes give.
std::vector<std::vector<std::size_t>> ExplanationSearch::covers(
    const std::vector<Flags>& agreements, std::size_t size) const {
  std::vector<std::vector<std::size_t>> out;
  std::vector<std::size_t> chosen;
  const auto extend = [&](const auto& self) -> void {
    if (out.size() >= kMostCovers) return;
    const std::vector<std::size_t>* best = nullptr;
    std::vector<std::size_t> givers;
    std::vector<std::size_t> fewest;
    for (const std::size_t m : mismatched_) {
      if (std::any_of(chosen.begin(), chosen.end(), [&](auto c) { return agreements[c][m]; }))
        continue;
      givers.clear();
      for (std::size_t c = 0; c < agreements.size(); ++c)
        if (!agreements[c].empty() && agreements[c][m]) givers.push_back(c);
      if (best == nullptr || givers.size() < fewest.size()) {
        fewest = givers;
        best = &fewest;
      }
      if (fewest.empty()) return;
    }
    if (best == nullptr) {
      if (chosen.size() == size) out.push_back(chosen);
      return;
    }
    if (chosen.size() == size) return;
    const std::vector<std::size_t> branches = fewest;
    for (const std::size_t c : branches) {
      const std::string& field = operation_.changes[c].field;
      if (std::any_of(chosen.begin(), chosen.end(),
                      [&](auto other) { return operation_.changes[other].field == field; }))
        continue;
      chosen.push_back(c);
      self(self);
      chosen.pop_back();
    }
  };
  extend(extend);
  for (auto& cover : out) std::sort(cover.begin(), cover.end());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Leaves out, from the last on, every change without which no more cases remain.
Explanation ExplanationSearch::pruned(Explanation explanation) const {
  const auto left = remaining(explanation.changes);
  if (!left) return explanation;
  for (std::size_t i = explanation.changes.size(); i-- > 0;) {
    Explanation fewer = explanation.without(i);
    const auto now = remaining(fewer.changes, *left);
    if (now && *now <= *left) explanation = std::move(fewer);
  }
  return explanation;
}

/// Adds the change that leaves the fewest wrong bytes until none helps, or there are many.
Explanation ExplanationSearch::grown(Explanation start, const std::vector<Change>& helpful) const {
  std::size_t left = wrong_bytes(start.changes).value_or(given_.size());
  while (left > 0 && start.changes.size() < start.of_the_name + kMostGrown) {
    std::optional<Explanation> best;
    for (const Change& change : helpful) {
      if (start.decides(change.field)) continue;
      Explanation more = start.with(change);
      const auto now = wrong_bytes(more.changes);
      if (!now || *now >= left) continue;
      left = *now;
      best = std::move(more);
    }
    if (!best) break;
    start = std::move(*best);
  }
  return pruned(std::move(start));
}

Explanation ExplanationSearch::search() const {
  const std::vector<Change>& all = operation_.changes;
  std::vector<Flags> agreements(all.size());
  std::vector<std::pair<std::size_t, std::size_t>> ranked;  // wrong bytes, change
  const std::size_t wrong = wrong_bytes({}).value();
  for (std::size_t c = 0; c < all.size(); ++c) {
    const auto got = results(std::span(&all[c], 1));
    if (!got) continue;
    Trial tried = trial(*got);
    if (std::find(tried.agrees.begin(), tried.agrees.end(), false) == tried.agrees.end())
      return {{all[c]}, "", 0};
    if (tried.wrong < wrong) ranked.emplace_back(tried.wrong, c);
    agreements[c] = std::move(tried.agrees);
  }
  std::sort(ranked.begin(), ranked.end());
  if (ranked.size() > kMostHelpful) ranked.resize(kMostHelpful);
  std::vector<Change> helpful;
  for (const auto& [left, c] : ranked) helpful.push_back(all[c]);
  // A change that helps only beside another is worth finding where results cost little.
  if (evidence_.result_bytes() <= kFewBytes) helpful = all;
  const auto from_covers = [&](std::size_t size) -> std::optional<Explanation> {
    for (const std::vector<std::size_t>& cover : covers(agreements, size)) {
      Explanation explanation;
      for (const std::size_t c : cover) explanation.changes.push_back(all[c]);
      if (remaining(explanation.changes, 0) == std::size_t{0}) return explanation;
    }
    return std::nullopt;
  };
  if (const auto pair = from_covers(2)) return *pair;

  struct Start {
    Explanation explanation;
    std::size_t left = 0;
  };
  std::vector<Start> names;
  for (const spec::NamedChanges& named : operation_.named)
    if (const auto left = remaining(named.changes))
      names.push_back({{named.changes, named.name, named.changes.size()}, *left});
  std::stable_sort(names.begin(), names.end(),
                   [](const Start& a, const Start& b) { return a.left < b.left; });
  if (!names.empty() && names.front().left == 0) {
    std::vector<Explanation> exact;
    for (const Start& start : names)
      if (start.left == 0) exact.push_back(pruned(start.explanation));
    return *std::min_element(exact.begin(), exact.end(),
                             [](const Explanation& a, const Explanation& b) {
                               return a.changes.size() < b.changes.size();
                             });
  }
  if (const auto three = from_covers(3)) return *three;
  if (names.size() > kNamesToExtend) names.resize(kNamesToExtend);
  for (const Start& start : names)
    for (const Change& change : helpful) {
      Explanation more = start.explanation.with(change);
      if (remaining(more.changes, 0) == std::size_t{0}) return pruned(std::move(more));
    }
  if (const auto four = from_covers(4)) return *four;

  std::vector<Explanation> starts = {Explanation{}};
  for (const Start& start : names)
    if (starts.size() < kMostStarts) starts.push_back(start.explanation);
  std::optional<Explanation> best;
  std::pair<std::size_t, std::size_t> best_rank;
  for (const Explanation& start : starts) {
    Explanation found = grown(start, helpful);
    const std::pair rank(remaining(found.changes).value_or(selected_.size()), found.changes.size());
    if (best && rank >= best_rank) continue;
    best_rank = rank;
    best = std::move(found);
  }
  return *best;
}

}  // namespace mxscope::analysis
