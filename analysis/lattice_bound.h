// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How wrong quantizers of real software are, on any block of numbers of their input format.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "analysis/steps.h"

namespace mxscope::analysis {

/// A supremum over blocks of binary32 (or bfloat16) numbers, which is always attained.
struct LatticeWorst {
  Rational ratio = 0;      ///< |x - Q(x)| / M
  Rational block_max = 0;  ///< M
  Rational element = 0;    ///< x, with its sign
};

struct LatticeBound {
  LatticeWorst all;    ///< over every M > 0 whose scale is a number
  LatticeWorst inner;  ///< over M with a normal scale that is neither the least nor the greatest of
                       ///< those that occur
  std::optional<LatticeWorst> not_finite;  ///< a pair whose Q(x) is no number; such are left out
  std::uint64_t scale_steps = 0;
  std::uint64_t element_steps = 0;  ///< of all scales together
  std::uint64_t evaluations = 0;    ///< elements given to the exact path
};

/// Why lattice_bound() does not describe the recipe ("its scale is searched"), or "".
std::string not_on_lattice(const spec::Recipe& recipe);

/// The largest error of any block of two or more finite numbers of the recipe's input format
/// (bfloat16 for recipes that round to it first, else binary32), with arithmetic as the recipe has
/// it. Every operation of such recipes rounds monotonically, so the scale is a step function of M
/// and each element one of x; the ends of all steps are found by bisection on the exact path, and
/// errors are largest there. `tensor_amax` > 0: the tensor's largest magnitude, for recipes with a
/// tensor scale; blocks then go up to it. Throws Error for a recipe that is not on a lattice, or
/// that turns a finite block with a finite scale into something else. Stops early, with a lower
/// bound, when `stop` becomes true.
LatticeBound lattice_bound(const spec::Recipe& recipe, const Rational& tensor_amax,
                           const std::atomic<bool>& stop);

/// |x - Q(x)| / M of the pair, by the exact path.
Rational lattice_ratio(const spec::Recipe& recipe, const Rational& tensor_amax,
                       const LatticeWorst& pair);

}  // namespace mxscope::analysis
