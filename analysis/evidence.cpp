// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Stretches of cases, and the first of each that match and that do not.
#include "analysis/evidence.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace mxscope::analysis {
namespace {

constexpr std::uint64_t kStretches = 4096;
constexpr std::size_t kMostOfAStretch = 16;

}  // namespace

Evidence::Evidence(const spec::Operation& operation, std::uint64_t cases)
    : canonical_(operation.canonical),
      input_bytes_(operation.input.bytes()),
      result_bytes_(operation.result.bytes()) {
  const std::uint64_t all = cases * (input_bytes_ + 2 * result_bytes_ + sizeof(std::uint64_t));
  const bool keep_all = all <= kKeptBytes;
  stretch_ = keep_all ? std::max<std::uint64_t>(cases, 1) : (cases + kStretches - 1) / kStretches;
  most_of_a_stretch_ = keep_all ? std::numeric_limits<std::size_t>::max() : kMostOfAStretch;
}

void Evidence::keep(std::uint64_t index, const std::uint8_t* input, const std::uint8_t* expected,
                    const std::uint8_t* given, bool differs) {
  indices_.push_back(index);
  inputs_.insert(inputs_.end(), input, input + input_bytes_);
  expected_.insert(expected_.end(), expected, expected + result_bytes_);
  given_.insert(given_.end(), given, given + result_bytes_);
  differs_.push_back(differs);
  if (differs) ++kept_mismatches_;
}

void Evidence::add(std::size_t count, const std::uint8_t* inputs, const std::uint8_t* expected,
                   std::uint8_t* given) {
  if (canonical_) canonical_(count, given);
  for (std::size_t i = 0; i < count;) {
    const std::uint64_t here = (seen_ + i) / stretch_;
    if (here != current_) {
      current_ = here;
      matches_here_ = mismatches_here_ = 0;
    }
    const auto n = static_cast<std::size_t>(
        std::min<std::uint64_t>(count - i, (here + 1) * stretch_ - (seen_ + i)));
    const std::uint8_t* const good = expected + i * result_bytes_;
    const std::uint8_t* const got = given + i * result_bytes_;
    const bool same = std::memcmp(good, got, n * result_bytes_) == 0;
    // Of a stretch without mismatches only the first matches are of interest.
    const std::size_t looked_at =
        same ? std::min(n, most_of_a_stretch_ - std::min(matches_here_, most_of_a_stretch_)) : n;
    for (std::size_t j = 0; j < looked_at; ++j) {
      const std::size_t at = j * result_bytes_;
      const bool differs = !same && std::memcmp(good + at, got + at, result_bytes_) != 0;
      if (differs) ++mismatches_;
      std::size_t& kept = differs ? mismatches_here_ : matches_here_;
      if (kept < most_of_a_stretch_) {
        keep(seen_ + i + j, inputs + (i + j) * input_bytes_, good + at, got + at, differs);
        ++kept;
      }
    }
    i += n;
  }
  seen_ += count;
}

CaseResult Evidence::at(std::size_t k) const {
  return {index(k),
          {input(k), input(k) + input_bytes_},
          {expected(k), expected(k) + result_bytes_},
          {given(k), given(k) + result_bytes_}};
}

}  // namespace mxscope::analysis
