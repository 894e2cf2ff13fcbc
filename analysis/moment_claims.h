// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Expected errors as claims: the closed forms' digits, and quadrature that must reproduce them.
#pragma once

#include <functional>
#include <vector>

#include "analysis/block_moments.h"
#include "analysis/work.h"

namespace mxscope::analysis {

/// "block-moments/normal/nvfp4": the enclosure of block_moments() has at least 20 proved digits,
/// and block_mse_by_quadrature() agrees to 20. The bound is the number. `shift` is added to the
/// closed form: a test's way to see the claim refuted.
Claim block_moments_claim(const Density& density, const spec::Recipe& recipe,
                          const spec::Rational& shift = 0);

/// "scalar-moments/normal/e2m1": at least 50 proved digits, and quadrature agrees to 50.
Claim scalar_moments_claim(const Density& density, const spec::Format& format,
                           const spec::Rational& scale, const spec::Rational& shift = 0);

/// "optimal-scale/normal/e2m1": the least error over scales has a bracket of 20 digits, and error
/// at both neighbours of the bracket, 1/1000 away, is proved to be higher.
Claim optimal_scale_claim(const Density& density, const spec::Format& format);

/// All of the above for normal, Laplace, uniform and Student-t densities and the common recipes and
/// formats, each a task.
std::vector<Task> moment_tasks();

}  // namespace mxscope::analysis
