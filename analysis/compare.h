// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/conversions.h"
#include "spec/oracle.h"

namespace mxscope::analysis {

/// Inputs of one class (finite, infinity, nan; by sign) on which two conversions differ.
struct Difference {
  std::string input_class;     ///< "+finite", "-finite", "+inf", "-inf", "+nan", "-nan"
  std::uint64_t inputs = 0;    ///< how many of the 2^32 differ
  std::uint64_t first = 0;     ///< the first such input in ascending order of bit patterns
  std::uint64_t run_last = 0;  ///< last input of the class from `first` on with these two codes
  spec::Outcome first_a, first_b;
  std::vector<std::string> fields;  ///< smallest set of policy fields that explains all of them
};

/// When two outcomes are equal.
enum class Compared : std::uint8_t {
  kCodes,   ///< the codes are, whatever they mean in their formats
  kValues,  ///< they mean one number; -0 and 0 are two, all NaNs are one
};

struct Comparison {
  std::vector<Difference> differences;  ///< classes in the order above; equal classes are left out
  std::vector<std::string> fields;      ///< policy fields (and kRandomField) that differ at all
  bool same_format = true;              ///< else no field explains the differences
  std::uint64_t differing() const;
};

/// Stands among policy fields for the random bits of two stochastic conversions.
inline constexpr std::string_view kRandomField = "random_bits";

/// Compares two conversions on all 2^32 binary32 inputs, from their step maps: exact, instant.
/// A class of one format always gets its fields: all that differ together explain everything.
Comparison compare_conversions(const spec::Conversion& a, const spec::Conversion& b,
                               Compared compared = Compared::kCodes);

}  // namespace mxscope::analysis
