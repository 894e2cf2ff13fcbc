// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims that fast block quantizers give the codes of the exact path.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analysis/pair_sweep.h"
#include "analysis/work.h"
#include "spec/recipe.h"

namespace mxscope::analysis {

/// A whole block of binary32 numbers, and the largest magnitude of the tensor it is from.
struct TestBlock {
  std::vector<float> values;
  float tensor_amax = 1;
};

/// A recipe and the program that is to have its codes.
struct RecipeUnderTest {
  spec::Recipe recipe;
  BlockQuantizer quantizer;
  /// Blocks where quantizers go wrong, the same for the same seed.
  std::function<std::vector<TestBlock>(std::uint64_t seed)> blocks;
};

struct RecipeRequest {
  std::vector<RecipeUnderTest> recipes;
  int seeds = 16;      ///< sets of blocks for recipes that do not reduce to pairs; others get one
  bool quick = false;  ///< some pairs, and one set
};

/// The tensor maxima of pair sweeps under recipes with a tensor scale, bfloat16 patterns: 1, 2688
/// (where NVFP4's tensor scale is 1), 5.34375 and the largest there is.
inline constexpr std::uint16_t kTensorMaxima[] = {0x3F80, 0x4528, 0x40AB, PairDomain::kLargestBf16};

/// A task of three or four claims for each pair sweep ("pairs/nvfp4/tensor-0x3f80/codes": equality;
/// ".../error" and ".../inner-error": the largest |x - Q(x)| / amax; ".../bound": the latter is
/// never above the worst case over real blocks and, of all pairs, reaches that of bfloat16
/// numbers), one for the special pairs ("special/nvfp4"), and one for each set of blocks
/// ("blocks/nvfp4/0").
std::vector<Task> recipe_tasks(const RecipeRequest& request);

}  // namespace mxscope::analysis
