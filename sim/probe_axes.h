// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sim/probe.h"

namespace mxscope::sim {

/// A field and the values among which it is looked for.
struct ProbeAxis {
  std::string field;
  std::vector<std::string> values;
};

/// Fields that are decided together, and by which questions. Earlier stages' questions do not
/// depend on later stages' fields. Each entry of `axes` is a product of axes; a candidate of the
/// stage before becomes one candidate for each combination of any entry.
struct ProbeStage {
  std::vector<std::vector<ProbeAxis>> axes;
  std::vector<std::string> questions;
};

/// "window", "scaled-groups", ...
std::string rule_text(MmaRule rule);

/// The rules that could compute an instruction with these formats, the row's own first.
std::vector<MmaRule> probed_rules(const Mma& mma);

/// The stages of one rule; the last has no axes and asks whatever is left.
std::vector<ProbeStage> probe_stages(const Mma& mma, MmaRule rule);

/// The fields of probe_stages, in order.
std::vector<ProbeAxis> probe_axes(const Mma& mma, MmaRule rule);

}  // namespace mxscope::sim
