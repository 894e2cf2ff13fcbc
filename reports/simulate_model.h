// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "reports/commands.h"

namespace mxscope::reports {

// Subcommands of `mxscope simulate` about schemes, each a file.

/// A pass of a whole model under schemes, beside FP16 and FP8.
void add_simulate_model(CLI::App& simulate, Context& context);
/// One linear layer under schemes, over residual channels or average bits.
void add_simulate_scheme(CLI::App& simulate, Context& context);
/// Published numbers beside predictions.
void add_simulate_published(CLI::App& simulate, Context& context);

}  // namespace mxscope::reports
