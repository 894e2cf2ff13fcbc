// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "spec/operation.h"
#include "spec/recipe.h"

namespace mxscope::kernels {

/// Magnitudes at which block scales change, as binary32 patterns, ascending: divisor times each
/// value and each midpoint of the scale's format, powers of two, the ends of binary32, zero,
/// infinity and NaN; each with its neighbours.
std::vector<std::uint32_t> scale_boundaries(const spec::Recipe& recipe);

/// Records of `elements` binary32 words, then the tensor's largest magnitude if the recipe has
/// tensor scales, then a word of random bits for each element if its rounding is stochastic.
/// Level 1: a block for each scale boundary, the adversarial matrices, NaNs and infinities in
/// every place; level 2: the matrices of 16 seeds; level 3: each bfloat16 magnitude with every
/// bfloat16 number.
spec::CaseList block_cases(const spec::Recipe& recipe, std::size_t elements, spec::CaseLevel level,
                           std::uint64_t seed);

/// Bytes of such a record.
std::size_t block_record_bytes(const spec::Recipe& recipe, std::size_t elements);

/// One-element records of the same kind. Level 1: the boundaries; level 2: all bfloat16 words and
/// 2^20 random ones too; level 3: all binary32 words.
spec::CaseList magnitude_cases(const spec::Recipe& recipe, spec::CaseLevel level,
                               std::uint64_t seed);

}  // namespace mxscope::kernels
