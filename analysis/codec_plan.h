// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/codec_claims.h"
#include "spec/codec.h"
#include "spec/policy.h"

namespace mxscope::analysis {

/// One conversion to be checked: a format and what is done with every real.
struct CodecPlan {
  spec::Format format;
  spec::Policy policy;
  std::string conversion = {};  ///< the name of a named conversion, else ""

  /// "e4m3/rne/saturate", "e8m0/rne-up/nan", "nv_e4m3_sat": unique among the plans of a request.
  std::string name() const;
};

/// Which overflow rules a list of plans spans.
enum class OverflowSpan : std::uint8_t {
  kRules,     ///< the legal ones, infinite inputs treated alike
  kDirected,  ///< and, for modes toward one side, both readings of IEEE 754-2019 7.4
};

/// Every legal plan of a format: each mode x each overflow rule that the format can follow. At
/// precision 1, nearest-even comes with each rule for ties. Throws Error for more than 8 bits.
std::vector<CodecPlan> plans_of(const spec::Format& format,
                                const std::vector<spec::Rounding>& roundings,
                                OverflowSpan span = OverflowSpan::kRules);

/// The plans of all formats of a request; one for each format if the request is quick.
std::vector<CodecPlan> plans_of(const CodecRequest& request,
                                OverflowSpan span = OverflowSpan::kRules);

/// The named conversions of real software into the formats of a request, as plans. Those of mode
/// log2 have no codec, and are left out.
std::vector<CodecPlan> named_plans_of(const CodecRequest& request);

/// The name of the back end that a request asks for: "auto" is the fastest of this processor. Any
/// other name stays; a task that runs throws Error for one that is not there.
std::string resolved_backend(const std::string& backend);

}  // namespace mxscope::analysis
