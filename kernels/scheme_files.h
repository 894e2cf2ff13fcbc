// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace mxscope::kernels {

struct SchemeFile {
  std::string_view name;  ///< "micromix.toml"
  std::string_view text;
};

/// The files of kernels/schemes/, as the build put them into the library, in the order of their
/// names.
std::span<const SchemeFile> scheme_files();

}  // namespace mxscope::kernels
