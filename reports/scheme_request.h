// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Options that say which scheme, with how many channels of which kind, and which model.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "reports/provenance.h"
#include "sim/model_time.h"

namespace mxscope::reports {

/// As written; empty strings stand for a scheme's defaults.
struct TimedChoice {
  std::vector<std::string> schemes;
  std::string residual, shares, average_bits, amax = "published";
};

/// --residual, --shares, --average-bits and --amax; `lists`: the first and the third take several
/// values, "0..1024:64" or "0,64,128".
void add_scheme_options(CLI::App& command, TimedChoice& choice, bool lists);

/// One scheme of the choice. Throws Error, also where an option is not of this scheme.
sim::SchemeSetting setting_of(const TimedChoice& choice, const std::string& scheme);

/// Every setting that the lists ask for of a scheme: its residual channels, or its average bits.
std::vector<sim::SchemeSetting> settings_of(const TimedChoice& choice, const std::string& scheme);

/// A model by name, or from a file NAME.toml, which becomes an input of the run. Throws Error.
sim::ModelShape model_of(const std::string& name, Run& run);

/// Lines "layer,group,residual" or "layer,group,p6,p8", layer "*" for all. Throws Error that names
/// file and line.
std::vector<sim::PlannedChannels> read_channel_plan(const std::string& file,
                                                    const sim::ModelShape& model,
                                                    const sim::SchemeSetting& setting, Run& run);

}  // namespace mxscope::reports
