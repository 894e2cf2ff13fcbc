// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/provenance.h"
#include "sim/device.h"

namespace mxscope::reports {

/// The device that a command line means: a TOML file if the text ends in ".toml", which is noted in
/// `run`, else one that comes with mxscope, by its name. Throws Error.
sim::Device device_argument(const std::string& text, Run& run);

/// The devices that come with mxscope, with those of the files in place of their namesakes or in
/// front; the files are noted in `run`. Throws Error.
std::vector<sim::Device> devices_with(const std::vector<std::string>& files, Run& run);

}  // namespace mxscope::reports
