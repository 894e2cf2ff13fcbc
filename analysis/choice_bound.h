// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Worst cases of quantizers that choose: four-over-six between two scales, HiF4 between exponents.
#pragma once

#include <string>

#include "analysis/dual_stage.h"

namespace mxscope::analysis {

/// Why choice_bound() does not describe the recipe, or "".
std::string not_a_choice(const spec::Recipe& recipe);

struct ChoiceBound {
  Rational ratio = 0;      ///< no block errs by more than this of its largest magnitude
  BlockWitness witness;    ///< by the exact path
  bool witnessed = false;  ///< the witness is within 2^-30 of the bound: the supremum is this
};

/// Over all real blocks, scales without bounds.
///
/// Four-over-six chooses between the scale of M / d, d = 6 as a rule, and that of 3/2 M / d. By the
/// largest error: the lesser of the two scales' error curves at M, since one element can err most
/// under one scale and another under the other. By squared or absolute errors: no better than the
/// worse of the two scales, and the witness shows whether 14 other elements can make the block
/// choose that.
///
/// HiF4 multiplies elements by 1, 2 or 4 as the maxima of their eighth and sixteenth of the block
/// reach 4 and 2 scales; each choice is a quantizer of its own for the elements that can have it.
ChoiceBound choice_bound(const spec::Recipe& recipe);

}  // namespace mxscope::analysis
