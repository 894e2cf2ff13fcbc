// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims of how wrong recipes can be on blocks of real numbers, each with its certificate.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/work.h"
#include "analysis/worst_case.h"

namespace mxscope::analysis {

/// Takes the certificate of the claim of that id; may be called from several threads at once.
using CertificateSink = std::function<void(const std::string& id, const std::string& text)>;

/// "bounds/RECIPE/SCALE ROUNDING/ELEMENT ROUNDING/RANGE", for every recipe and both ranges: the
/// exact worst error over all real blocks, with a block that attains or approaches it; or, with the
/// bound "none", a block whose error is 2^40 times itself. Every recipe is over reals.
std::vector<Task> bound_tasks(const std::vector<spec::Recipe>& recipes, CertificateSink sink);

/// "stages/RECIPE/SCALE ROUNDING/ELEMENT ROUNDING/RANGE": the same for a recipe whose residual is
/// quantized by the same recipe again and added.
std::vector<Task> stage_tasks(const std::vector<spec::Recipe>& recipes, CertificateSink sink);

/// "software/RECIPE": the worst error of recipes with arithmetic of their own, over all blocks of
/// numbers of their input format; two-level ones in a tensor with largest magnitude 2688. Every
/// recipe is on a lattice (see not_on_lattice()).
std::vector<Task> software_tasks(const std::vector<spec::Recipe>& recipes);

/// "choices/RECIPE": the same over all real blocks for recipes that choose (see choice_bound()).
std::vector<Task> choice_tasks(const std::vector<spec::Recipe>& recipes);

/// "wide/RECIPE": the same for recipes under wide scales, up to 2^-16 of it (see
/// wide_scale_bound()).
std::vector<Task> wide_tasks(const std::vector<spec::Recipe>& recipes);

/// The recipe with each of the scale roundings rne, rna, rtz and rup and each deterministic element
/// rounding.
std::vector<spec::Recipe> with_all_roundings(const spec::Recipe& recipe);

}  // namespace mxscope::analysis
