// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The exact error of a second stage, whose block maximum is a residual of the first.
#pragma once

#include "analysis/worst_case.h"

namespace mxscope::analysis {

/// The error of quantizing first's residuals by a second quantizer, as a function of the block's
/// largest magnitude M. Its block maximum, the largest residual, is at most the first stage's error
/// e(M), and at least what M itself leaves over, since M is in the block. Anything between is the
/// residual of some element: residuals fill [-e(M), e(M)] where |x - Q(x)| is continuous, as for
/// rounding to nearest (elsewhere this contains them all, and the result is an upper bound).
/// `scales` and `unit_curve` describe the second quantizer as in block_error_curve(), in units of
/// `tensor_scale` of the first's.
ErrorCurve second_stage_curve(const WorstCase& first, const Steps& scales,
                              const ErrorCurve& unit_curve, const Rational& tensor_scale);

}  // namespace mxscope::analysis
