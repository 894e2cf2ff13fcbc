// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "spec/exact.h"
#include "spec/format.h"

namespace mxscope::reports {

/// The gap between neighbouring values in the binade that holds `magnitude`, read on the format's
/// grid continued past its ends: never below the subnormal gap, nor above that of the top binade.
spec::Rational ulp_at(const spec::Format& format, const spec::Rational& magnitude);

/// The exact text when it has at most `width` characters, else six digits after "~".
std::string brief_text(const spec::Rational& value, std::size_t width);

}  // namespace mxscope::reports
