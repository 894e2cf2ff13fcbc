// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace mxscope::sim {

struct DeviceFile {
  std::string_view name;  ///< "b200.toml"
  std::string_view text;
};

/// The files of sim/devices/, as the build put them into the library, in the order of their names.
std::span<const DeviceFile> device_files();

}  // namespace mxscope::sim
