// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "sim/data_files.h"

namespace mxscope::kernels {

/// The files of kernels/schemes/, as the build put them into the library, in the order of their
/// names.
std::span<const sim::DataFile> scheme_files();

}  // namespace mxscope::kernels
