// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reports/figures.h"

namespace mxscope::reports {

/// Error of a GEMM against the fraction bits that a tensor core keeps while it adds.
Figure kept_bits();

}  // namespace mxscope::reports
