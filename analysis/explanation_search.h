// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "analysis/evidence.h"

namespace mxscope::analysis {

/// Changes, and the name that they begin with.
struct Explanation {
  std::vector<spec::Change> changes;
  std::string named;
  std::size_t of_the_name = 0;  ///< how many of `changes` are the name's, the first ones

  /// The same set with the change at `i` taken out, or another in its place.
  Explanation without(std::size_t i) const;
  Explanation with(const spec::Change& change) const;
  Explanation replacing(std::size_t i, const spec::Change& change) const;
  bool decides(const std::string& field) const;
};

/// Sets of changes held against some of the kept cases.
class ExplanationSearch {
 public:
  /// `poll` is called before each trial, if there is one.
  ExplanationSearch(const spec::Operation& operation, const Evidence& evidence,
                    std::function<void()> poll);

  /// The smallest explanation of the selected cases, or that which leaves the fewest of them.
  Explanation search() const;

  /// Kept cases that the explanation does not give, in order; all of them. Nothing where its
  /// changes contradict each other.
  std::optional<std::vector<std::size_t>> failures(const Explanation& explanation) const;

  /// Adds kept cases to the selection; returns how many were not in it.
  std::size_t select(const std::vector<std::size_t>& kept);

  /// Selected cases that the changes do not give; stops counting beyond `limit`.
  std::optional<std::size_t> remaining(
      std::span<const spec::Change> changes,
      std::size_t limit = std::numeric_limits<std::size_t>::max()) const;

 private:
  using Flags = std::vector<bool>;

  /// How one change fares.
  struct Trial {
    Flags agrees;           ///< by selected case
    std::size_t wrong = 0;  ///< bytes
  };

  std::optional<spec::Model> model(std::span<const spec::Change> changes) const;
  std::optional<std::vector<std::uint8_t>> results(std::span<const spec::Change> changes) const;
  std::optional<std::size_t> wrong_bytes(std::span<const spec::Change> changes) const;
  Trial trial(const std::vector<std::uint8_t>& results) const;
  std::vector<std::vector<std::size_t>> covers(const std::vector<Flags>& agreements,
                                               std::size_t size) const;
  Explanation pruned(Explanation explanation) const;
  Explanation grown(Explanation start, const std::vector<spec::Change>& helpful) const;

  const spec::Operation& operation_;
  const Evidence& evidence_;
  std::function<void()> poll_;
  std::vector<std::size_t> selected_;
  std::vector<bool> is_selected_;
  std::vector<std::uint8_t> inputs_, given_;  ///< of the selected
  std::vector<std::size_t> mismatched_;       ///< places in selected_
};

}  // namespace mxscope::analysis
