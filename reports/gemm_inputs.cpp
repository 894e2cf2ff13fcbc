// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// From files and names to operands.
#include "reports/gemm_inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/descriptor.h"
#include "reports/float_tensor.h"
#include "reports/interrupt.h"
#include "reports/numbers.h"
#include "reports/tensor_file.h"
#include "reports/tensor_tiles.h"
#include "spec/error.h"
#include "spec/philox.h"

namespace mxscope::reports {
namespace {

constexpr std::int64_t kMostExtent = std::int64_t{1} << 24;
constexpr std::size_t kUninterrupted = 1 << 16;  ///< elements made between looks at the interrupt
constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

bool is_format_of(const sim::MmaUnit& unit, const std::string& name) {
  return std::find(unit.a_formats.begin(), unit.a_formats.end(), name) != unit.a_formats.end();
}

/// What an operand is made with where nobody says.
std::string usual_choice(const sim::MmaUnit& unit) {
  const sim::Mma mma = sim::bind_unit(unit);
  const std::string recipe = kernels::usual_recipe(mma, mma.a);
  return recipe.empty() ? mma.a.name : recipe;
}

}  // namespace

GemmMatrix read_matrix(const std::string& option, const std::string& path,
                       const std::string& tensor, Run& run) {
  const TensorFile file(path);
  if (file.tensors().empty()) throw Error(fmt::format("{} {}: holds no tensor", option, path));
  if (tensor.empty() && file.tensors().size() > 1)
    throw Error(fmt::format(
        "{} {}: holds {} tensors; {}", option, path, file.tensors().size(),
        option.size() == 1
            ? fmt::format("name one with --{}-tensor, such as {}", option == "A" ? "a" : "b",
                          in_quotes(file.tensors().front().name))
            : "write the one that is meant to a file of its own"));
  const TensorView& view = tensor.empty() ? file.tensors().front() : file.find(tensor);
  if (!is_quantizable(view.dtype))
    throw Error(fmt::format("{} {}: tensor {} is of {}; write one of F64, F32, F16 or BF16", option,
                            path, in_quotes(view.name), dtype_name(view.dtype)));
  const MatrixShape shape = matrix_shape(view.shape);
  if (shape.rows == 0 || shape.columns == 0)
    throw Error(fmt::format("{} {}: tensor {} is {}, which has no elements", option, path,
                            in_quotes(view.name), shape_text(view.shape)));
  Progress progress("gemm: reading", "files", 1, static_cast<double>(view.data.size()));
  hash_input(run, path, progress);
  return {static_cast<std::int64_t>(shape.rows), static_cast<std::int64_t>(shape.columns),
          load_floats(view, 0, shape.rows * shape.columns)};
}

GemmMatrix random_matrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed,
                         std::uint64_t stream) {
  const spec::RandomStream random{seed, stream};
  GemmMatrix out{rows, columns, {}};
  const auto count = static_cast<std::size_t>(rows * columns);
  out.values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i % kUninterrupted == 0) throw_if_interrupted();
    // Words of 16 bits: sums and the final factor are exact.
    std::int64_t sum = 0;
    for (const std::uint32_t word : random.words(i)) sum += static_cast<std::int64_t>(word >> 16);
    out.values.push_back(static_cast<float>(2 * sum - 4 * 65535) * 0x1p-17F);
  }
  return out;
}

RandomShape random_shape(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  if (parts.size() != 4)
    throw Error(fmt::format("--random {}: write M,N,K,SEED, such as 64,32,256,1", text));
  RandomShape shape{
      whole_number("--random", parts[0], 1, kMostExtent),
      whole_number("--random", parts[1], 1, kMostExtent),
      whole_number("--random", parts[2], 1, kMostExtent),
      static_cast<std::uint64_t>(whole_number("--random", parts[3], 0, std::int64_t{1} << 62))};
  if (shape.m * shape.k > kMostElements || shape.n * shape.k > kMostElements ||
      shape.m * shape.n > kMostElements)
    throw Error(fmt::format("--random {}: matrices have at most {} elements", text, kMostElements));
  return shape;
}

sim::Mma choose_formats(const sim::MmaUnit& unit, OperandChoices& choices,
                        const spec::RecipeTable& recipes) {
  if (choices.a.empty()) choices.a = choices.b.empty() ? usual_choice(unit) : choices.b;
  if (choices.b.empty()) choices.b = choices.a;
  struct Wanted {
    std::string element, scale;
    int block = 0;
  };
  const auto wanted = [&](const std::string& choice) -> Wanted {
    if (is_format_of(unit, choice)) return {choice, "", 0};
    const spec::Recipe& recipe = recipes.find(choice);
    if (unit.scales.empty()) return {recipe.element.name, "", 0};
    const std::string scale = recipe.scale.name == "e4m3" ? "ue4m3" : recipe.scale.name;
    for (const sim::MmaScale& legal : unit.scales)
      if (legal.format == scale && legal.block == recipe.block.columns)
        return {recipe.element.name, scale, legal.block};
    return {recipe.element.name, scale, 0};
  };
  const Wanted a = wanted(choices.a);
  const Wanted b = wanted(choices.b);
  if (!a.scale.empty() && !b.scale.empty() && (a.scale != b.scale || a.block != b.block))
    throw Error(
        fmt::format("recipes {} and {} have scales in {} and {}, and unit {} takes one "
                    "format and block for both operands",
                    choices.a, choices.b, a.scale, b.scale, unit.name));
  return sim::bind_unit(unit, a.element, b.element, a.scale, a.block);
}

kernels::GemmOperand make_operand(const GemmMatrix& matrix, const std::string& choice,
                                  const spec::Format& format, const sim::Mma& mma,
                                  const spec::RecipeTable& recipes) {
  if (is_format_of(mma.unit, choice))
    return kernels::cast_operand(matrix.values, matrix.rows, matrix.columns, format, mma);
  return kernels::quantized_operand(matrix.values, matrix.rows, matrix.columns,
                                    kernels::BlockRoutine(recipes.find(choice)), mma,
                                    throw_if_interrupted);
}

}  // namespace mxscope::reports
