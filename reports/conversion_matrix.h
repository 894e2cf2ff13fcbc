// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/compare.h"
#include "spec/conversions.h"
#include "spec/number.h"

namespace mxscope::reports {

/// All published binary32 conversions to one format, and how every two of them differ.
struct ConversionFamily {
  std::string format;
  std::vector<spec::Conversion> conversions;
  /// Sets of conversions equal on every input, each in table order, by first member.
  std::vector<std::vector<std::size_t>> equal_sets;

  struct Pair {
    std::size_t a = 0, b = 0;  ///< a < b, indices of `equal_sets`
    analysis::Comparison comparison;
  };
  std::vector<Pair> pairs;  ///< every two sets, by a, then b

  const spec::Conversion& first_of(std::size_t set) const {
    return conversions[equal_sets[set].front()];
  }

  /// The differing inputs of two sets, in either order; 0 for a set and itself.
  std::uint64_t differing(std::size_t a, std::size_t b) const;
};

/// Every published conversion from binary32 to a format.
ConversionFamily conversion_family(const std::string& format);

/// The families of E4M3, E5M2, E2M1 and E8M0. Conversions from binary64 are left out.
std::vector<ConversionFamily> conversion_families();

nlohmann::json to_json_value(const ConversionFamily& family);

}  // namespace mxscope::reports
