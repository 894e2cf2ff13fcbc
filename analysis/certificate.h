// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A bound and everything needed to check it again, as JSON that tests/check_certificate.py accepts.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "analysis/dual_stage.h"
#include "analysis/worst_case.h"

namespace mxscope::analysis {

/// What every certificate begins with: {"kind": kCertificateKind, ...}.
inline constexpr const char* kCertificateKind = "mxscope certificate 1";

/// Numbers are text, "n/d" or "n"; intervals are text, "(51/8, 57/8]". Recipes are written out as
/// far as errors depend on them: formats by their fields, policies by their rules, no names that a
/// table would have to explain. Errors are of exact inputs: `input` is left out.
///
/// The worst case of one quantizer, "claim": "worst case". For each scale the block maxima that get
/// it and the worst ratio and relative error under it; the steps of the elements; the supremum and
/// a block that attains or approaches it.
nlohmann::ordered_json certificate(const WorstCase& result);

/// The sum of stages, "claim": "stages": the curve of the greatest error against the block maximum,
/// its supremum, a block, and for each of `bounds` from where upward the curve keeps to it
/// ("above", see last_excess()).
nlohmann::ordered_json certificate(const MultiStage& result, const std::vector<Rational>& bounds);

/// The recipe as it acts on one block of exact numbers in a tensor whose scale is 1: what witness
/// blocks are measured with.
spec::Recipe on_one_block(spec::Recipe recipe, ScaleRange range);

}  // namespace mxscope::analysis
