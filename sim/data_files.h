// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace mxscope::sim {

/// A file of a folder of data, as the build put it into the library.
struct DataFile {
  std::string_view name;  ///< "b200.toml"
  std::string_view text;
};

/// Those of sim/devices/, sim/models/ and sim/published/, in the order of their names.
std::span<const DataFile> device_files();
std::span<const DataFile> model_files();
std::span<const DataFile> published_files();

}  // namespace mxscope::sim
