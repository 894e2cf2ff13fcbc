// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spec/oracle.h"

namespace mxscope::analysis {

/// What a property turned out to be on a step map from binary32.
struct Finding {
  bool holds = true;
  std::string witness;      ///< refutes the property, or attains the bound
  std::string bound;        ///< exact fraction, of find_worst_error
  std::uint64_t cases = 0;  ///< comparisons made
};

/// Results never decrease along ascending inputs, from the most negative to +infinity (from zero
/// for unsigned formats). NaN results have no order and are passed over.
Finding check_monotone(const spec::Format& format, const std::vector<spec::Run>& runs);

/// Every finite value of the format that binary32 has converts to itself, with its own code.
Finding check_idempotent(const spec::Format& format, const std::vector<spec::Run>& runs);

/// A result is the input, or the nearest value of the format above or below it. Inputs beyond the
/// largest finite value (or below the least one where there is no zero) may become that value,
/// infinity or NaN. Unsigned formats: inputs that are not negative.
Finding check_faithful(const spec::Format& format, const std::vector<spec::Run>& runs);

/// The result of `a` for -x is the result of `b` for x with the opposite sign, for every x. Signed
/// formats; where there is no negative zero, zero is its own opposite, and NaN is in any case.
Finding check_mirrored(const spec::Format& format, const std::vector<spec::Run>& a,
                       const std::vector<spec::Run>& b);

/// The largest |result - x| over finite inputs x within the format's range, in units of the gap
/// between the two values of the format around x; the first input that attains it is the witness.
Finding find_worst_error(const spec::Format& format, const std::vector<spec::Run>& runs);

}  // namespace mxscope::analysis
