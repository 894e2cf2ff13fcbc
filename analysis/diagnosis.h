// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Which decisions, made otherwise, give the results of somebody else's program.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analysis/evidence.h"

namespace mxscope::analysis {

/// One change of an explanation.
struct ChangeEffect {
  spec::Change change;
  bool beyond_name = false;        ///< the explanation has a name, and this is none of its changes
  std::uint64_t matters = 0;       ///< kept cases whose result the explanation without it changes
  std::uint64_t agrees = 0;        ///< of those, the cases whose given result it explains
  CaseResult first;                ///< of those
  std::vector<spec::Change> also;  ///< that could stand in its place on every kept case
};

/// The smallest set of changes that was found to give every kept result, or else the set that
/// leaves the fewest.
struct Diagnosis {
  std::uint64_t cases = 0;
  std::uint64_t mismatches = 0;
  std::uint64_t examined = 0;  ///< kept cases
  std::uint64_t examined_mismatches = 0;
  std::string named;                    ///< of NamedChanges that the explanation starts from, or ""
  std::vector<std::string> also_named;  ///< others that give the same on every kept case
  std::vector<ChangeEffect> effects;
  std::uint64_t unexplained = 0;  ///< kept cases whose given result the explanation does not give
  std::vector<CaseResult> first_unexplained;  ///< at most five; `expected` is the operation's own

  bool conforms() const { return mismatches == 0; }
  bool complete() const { return unexplained == 0; }
};

/// Tries every change of the operation alone, then the smallest sets of changes that cover the
/// mismatches, what is named, what is named with one exception, and at last adds whatever helps
/// most. A set explains only if it gives the results that match as well. Sets are tried on a
/// selection that grows by the cases on which they fail. `poll` is called between trials; what it
/// throws ends the search.
Diagnosis diagnose(const spec::Operation& operation, const Evidence& evidence,
                   const std::function<void()>& poll = {});

}  // namespace mxscope::analysis
