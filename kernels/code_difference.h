// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Where the codes of two recipes differ, and which changes of the first give those of the second.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/tensor_quantizer.h"

namespace mxscope::kernels {

/// A scale (with HiF4's exponent bits) or an element whose codes differ.
struct Witness {
  std::size_t tensor = 0;  ///< set by whoever merges tensors
  bool is_scale = false;
  std::size_t row = 0;  ///< of the element; of a scale, the block's first element of largest |x|
  std::size_t column = 0;
  std::uint32_t input = 0;  ///< binary32 pattern of that element
  std::uint32_t code_a = 0;
  std::uint32_t code_b = 0;
};

/// How a variant of A fares where A and B differ.
struct VariantAgreement {
  std::uint64_t scales = 0;  ///< differences between A and B where the variant has B's code
  std::uint64_t elements = 0;
  std::uint64_t remaining = 0;  ///< scales and elements anywhere that are not B's
  std::optional<Witness> first;
};

struct CodeDifference {
  std::uint64_t blocks = 0;
  std::uint64_t elements = 0;
  std::uint64_t scales_differ = 0;
  std::uint64_t elements_differ = 0;
  std::optional<Witness> first;
  std::vector<VariantAgreement> variants;

  std::uint64_t differ() const { return scales_differ + elements_differ; }
};

/// Compares the codes of one tile under A, B and the variants, all of the same blocks.
CodeDifference tile_difference(const TensorQuantizer& quantizer, std::span<const float> values,
                               const TileCodes& a, const TileCodes& b,
                               std::span<const TileCodes> variants);

/// Adds the next tile's, in order, so that the first witness is the first.
void merge(CodeDifference& all, const CodeDifference& next);

/// The names of the fields of describe() that differ, formats compared in full.
std::vector<std::string> differing_fields(const spec::Recipe& a, const spec::Recipe& b);

/// Throws Error where the codes of two recipes cannot be compared place by place.
void check_comparable(const spec::Recipe& a, const spec::Recipe& b);

/// Blocks that set recipes apart, as a matrix of whole blocks and one tail: deterministic.
struct LabelledMatrix {
  std::string label;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<float> values;
};
std::vector<LabelledMatrix> adversarial_matrices(const spec::Recipe& recipe, std::uint64_t seed);

}  // namespace mxscope::kernels
