// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What another program gave, beside what it should have: all of it counted, enough of it kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "spec/operation.h"

namespace mxscope::analysis {

/// A case with the result that it should have and the one that it got.
struct CaseResult {
  std::uint64_t index = 0;
  std::vector<std::uint8_t> input, expected, given;
};

/// Collects the results of all cases in order. Up to kKeptBytes every case is kept; beyond, of
/// each of 4096 equal stretches of the cases the first mismatches and the first matches.
class Evidence {
 public:
  static constexpr std::size_t kKeptBytes = std::size_t{1} << 26;

  Evidence(const spec::Operation& operation, std::uint64_t cases);

  /// The next `count` cases. `given` is made canonical where the operation says how.
  void add(std::size_t count, const std::uint8_t* inputs, const std::uint8_t* expected,
           std::uint8_t* given);

  std::uint64_t cases() const { return seen_; }
  std::uint64_t mismatches() const { return mismatches_; }

  /// The kept cases, in order.
  std::size_t kept() const { return indices_.size(); }
  std::uint64_t index(std::size_t k) const { return indices_[k]; }
  const std::uint8_t* input(std::size_t k) const { return &inputs_[k * input_bytes_]; }
  const std::uint8_t* expected(std::size_t k) const { return &expected_[k * result_bytes_]; }
  const std::uint8_t* given(std::size_t k) const { return &given_[k * result_bytes_]; }
  bool differs(std::size_t k) const { return differs_[k]; }
  std::uint64_t kept_mismatches() const { return kept_mismatches_; }

  CaseResult at(std::size_t k) const;

  std::size_t input_bytes() const { return input_bytes_; }
  std::size_t result_bytes() const { return result_bytes_; }

 private:
  void keep(std::uint64_t index, const std::uint8_t* input, const std::uint8_t* expected,
            const std::uint8_t* given, bool differs);

  std::function<void(std::size_t, std::uint8_t*)> canonical_;
  std::size_t input_bytes_, result_bytes_;
  std::uint64_t stretch_;          ///< cases in one of the equal stretches
  std::size_t most_of_a_stretch_;  ///< kept of each sort
  std::uint64_t seen_ = 0;
  std::uint64_t mismatches_ = 0;
  std::uint64_t kept_mismatches_ = 0;
  std::uint64_t current_ = 0;  ///< stretch
  std::size_t matches_here_ = 0, mismatches_here_ = 0;
  std::vector<std::uint64_t> indices_;
  std::vector<std::uint8_t> inputs_, expected_, given_;
  std::vector<bool> differs_;
};

}  // namespace mxscope::analysis
