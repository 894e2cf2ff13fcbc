// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims about suprema over real blocks: what they have in common, their texts and witnesses.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analysis/claim.h"
#include "analysis/dual_stage.h"
#include "analysis/work.h"

namespace mxscope::analysis {

/// A named recipe as it acts on real numbers: what it says about the precision of inputs left out.
spec::Recipe recipe_over_reals(const char* name);

/// "3/17": the claims' way to write a fraction.
std::string fraction_text(const Rational& value);

/// "[0x1.2cp+3, -0x1p+0, 0x0p+0 14 times]".
std::string block_text(const std::vector<Rational>& block);

/// A task that makes one claim, whose id is the task's. `fill` may return early when told to stop.
Task claim_task(std::string id, double cost, std::function<Claim(const std::atomic<bool>&)> fill);

/// Of a published inequality a <= b with one side published and the other the best there is: as
/// stated where they are equal, true with another constant where a is less.
Verdict at_most_verdict(const Rational& a, const Rational& b);

/// Says in the claim what was published and what is true of it.
void settle(Claim& claim, std::string published, Verdict verdict);

/// A claim about a supremum over all real blocks, with the witness of the result.
Claim worst_case_claim(const WorstCase& result);
Claim multi_stage_claim(const MultiStage& result);

}  // namespace mxscope::analysis
