// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "spec/format.h"
#include "spec/oracle.h"
#include "spec/policy.h"

namespace mxscope::reports {

/// A maximal open interval of reals that all convert to one code, and the code of the end points.
struct Step {
  spec::Rational from, to;
  spec::Rational value;          ///< what the interior converts to
  spec::Rational value_at_from;  ///< what `from` itself converts to
};

/// The values of a signed format and the midpoints between neighbours inside [low, high], both ends
/// included: a deterministic conversion changes nowhere else. Above the largest value the grid is
/// continued by one step, where overflow is decided.
std::vector<spec::Rational> decision_points(const spec::Format& format, const spec::Rational& low,
                                            const spec::Rational& high);

/// Finite results only: the given rounding, saturating, as far as the format can follow.
spec::Policy plain_policy(const spec::Format& format, spec::Rounding rounding);

/// The conversion as a step function on [low, high], by the oracle. Its results must be finite.
std::vector<Step> steps_between(const spec::Format& format, const spec::Policy& policy,
                                const spec::Rational& low, const spec::Rational& high);

/// What the oracle converts a real to, which must be a finite value.
spec::Rational converted(const spec::Rational& real, const spec::Format& format,
                         const spec::Policy& policy);

}  // namespace mxscope::reports
