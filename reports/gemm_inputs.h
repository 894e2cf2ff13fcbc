// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What mxscope gemm multiplies: matrices of files, or made-up ones, and a unit for them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/gemm.h"
#include "reports/provenance.h"
#include "spec/recipes.h"

namespace mxscope::reports {

/// Row-major binary32 numbers; the last axis of a tensor is a row.
struct GemmMatrix {
  std::int64_t rows = 0, columns = 0;
  std::vector<float> values;
};

/// A tensor of a .npy or .safetensors file, by name where the file has several. `option` names the
/// argument in errors: no such tensor, not of floating point, without elements.
GemmMatrix read_matrix(const std::string& option, const std::string& path,
                       const std::string& tensor, Run& run);

/// Sums of four numbers evenly spread over -1/2 .. 1/2, of variance 1/3, from Philox4x32-10 of the
/// seed, the stream and the element's index: nearly normal, the same everywhere.
GemmMatrix random_matrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed,
                         std::uint64_t stream);

/// "M,N,K,SEED"; throws Error.
struct RandomShape {
  std::int64_t m = 0, n = 0, k = 0;
  std::uint64_t seed = 0;
};
RandomShape random_shape(const std::string& text);

/// How an operand is quantized: a recipe's name, the name of a format that it is cast to, or "" for
/// what suits the unit.
struct OperandChoices {
  std::string a, b;
};

/// The unit with formats for both operands, and the recipes that give them; "" in a choice becomes
/// the name that was chosen. Throws Error where the unit does not take what a recipe gives.
sim::Mma choose_formats(const sim::MmaUnit& unit, OperandChoices& choices,
                        const spec::RecipeTable& recipes);

kernels::GemmOperand make_operand(const GemmMatrix& matrix, const std::string& choice,
                                  const spec::Format& format, const sim::Mma& mma,
                                  const spec::RecipeTable& recipes);

}  // namespace mxscope::reports
