// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The cases by what they ask; design_probe() joins them.
#pragma once

#include <vector>

#include "sim/probe.h"

namespace mxscope::sim {

/// Distances in bits that sweeps cover: past every kept_bits that set_field takes.
inline constexpr int kProbeDistances = 45;

void add_window_cases(const Mma& mma, std::vector<ProbeCase>& cases);   ///< kept bits, steps, D
void add_zero_cases(const Mma& mma, std::vector<ProbeCase>& cases);     ///< zero terms, the floor
void add_group_cases(const Mma& mma, std::vector<ProbeCase>& cases);    ///< several scaled blocks
void add_integer_cases(const Mma& mma, std::vector<ProbeCase>& cases);  ///< wrapping or clamping
void add_special_cases(const Mma& mma, std::vector<ProbeCase>& cases);  ///< NaN, infinity, range
void add_mixed_cases(const Mma& mma, std::vector<ProbeCase>& cases);    ///< pseudo-random codes

}  // namespace mxscope::sim
