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
};

/// Simulates every shape on every device, in the order of the file, the same on any number of
/// threads. A shape that a device cannot run is an error that names its line. Exit code.
int run_sweep(const SweepOptions& options, Run run);

}  // namespace mxscope::reports
