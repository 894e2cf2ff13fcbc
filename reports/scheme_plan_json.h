// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Schemes and calibrated plans as text: TOML to read and edit, JSON files for run-scheme.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/scheme_plan.h"
#include "reports/provenance.h"

namespace mxscope::reports {

/// A scheme whose layers are calibrated.
struct SchemePlan {
  kernels::Scheme scheme;
  std::vector<kernels::LayerPlan> layers;
  InputFile calibration;  ///< activations, that some schemes need again
};

nlohmann::json scheme_json(const kernels::Scheme& scheme);

/// [[scheme]] and [[scheme.part]] tables, the fields that differ from a new scheme's.
std::string scheme_toml(const kernels::Scheme& scheme);

/// The whole file: "mxscope_plan" (the version of the format), "run", "scheme", "layers".
std::string plan_text(const SchemePlan& plan, const Run& run);

/// Throws Error, one sentence that names the file and the field, for anything but a whole plan.
SchemePlan parse_plan(std::string_view text, const std::string& file,
                      const spec::RecipeTable& recipes);

}  // namespace mxscope::reports
