// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "reports/provenance.h"
#include "reports/simulate_request.h"

namespace mxscope::reports {

struct SweepOptions {
  GemmOptions gemm;
  std::string shapes, csv;
  int threads = 0;
  bool json = false;
};

/// Simulates every shape on every device, in the order of the file, the same on any number of
/// threads. A shape that a device cannot run has a row with the reason and no time, and makes the
/// exit code kRefuted; a line that is no shape is an Error that names it. Exit code.
int run_sweep(const SweepOptions& options, Run run);

}  // namespace mxscope::reports
