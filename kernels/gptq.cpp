// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// arXiv 2210.17323, algorithm 1: the inverse of H by Cholesky, errors divided by its diagonal.
#include "kernels/gptq.h"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <bit>

#include "spec/error.h"

namespace mxscope::kernels {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr double kDamping = 0.01;

/// The upper Cholesky factor of H's inverse.
RowMajor inverse_factor(const MatrixView& activations) {
  using Floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const Floats> x(activations.values.data(), activations.rows,
                                   activations.columns);
  const Eigen::MatrixXd wide = x.cast<double>();
  Eigen::MatrixXd h = wide.transpose() * wide;
  for (Eigen::Index j = 0; j < h.rows(); ++j)
    if (h(j, j) == 0) h(j, j) = 1;
  h.diagonal().array() += kDamping * h.diagonal().mean();
  const Eigen::LLT<Eigen::MatrixXd> factor(h);
  const Eigen::MatrixXd inverse =
      factor.solve(Eigen::MatrixXd::Identity(h.rows(), h.cols())).eval();
  const Eigen::LLT<Eigen::MatrixXd> second(inverse);
  if (factor.info() != Eigen::Success || second.info() != Eigen::Success)
    throw Error(
        "the calibration's second moments are not positive definite even with 1 % of their mean "
        "added; calibrate with more tokens");
  return second.matrixU();
}

}  // namespace

MatrixCodes gptq_codes(const MatrixView& weights, const BlockRoutine& routine,
                       const TensorState& state, const MatrixView& activations) {
  const spec::Recipe& recipe = routine.recipe();
  if (recipe.block.rows != 1 || recipe.kind != spec::BlockKind::kScaled || recipe.random_bits != 0)
    throw Error(fmt::format(
        "recipe {}: GPTQ needs one scale for a block within a row, and rounding that is "
        "not random",
        recipe.name));
  const Eigen::Index columns = weights.columns;
  const Eigen::Index block = recipe.block.columns == 0 ? columns : recipe.block.columns;
  const Eigen::Index blocks = (columns + block - 1) / block;
  const RowMajor u = inverse_factor(activations);
  const spec::Codec codec = spec::make_codec(spec::kF64, recipe.element, recipe.element_policy);
  MatrixCodes out{.codes = {.tile = {0, 0, static_cast<std::size_t>(weights.rows),
                                     static_cast<std::size_t>(columns)}},
                  .state = state};
  out.codes.elements.resize(weights.values.size());
  out.codes.scales.resize(static_cast<std::size_t>(weights.rows * blocks));
  const double tensor = recipe.has_tensor_scale() ? state.factors.decode : 1;
  // Rows do not depend on one another.
  Eigen::RowVectorXd w(columns);
  std::vector<float> now;
  std::vector<std::uint8_t> codes;
  for (std::int64_t row = 0; row < weights.rows; ++row) {
    const auto given = weights.row(row);
    for (Eigen::Index j = 0; j < columns; ++j) w[j] = given[static_cast<std::size_t>(j)];
    double step = 1;
    for (Eigen::Index j = 0; j < columns; ++j) {
      if (j % block == 0) {
        const Eigen::Index length = std::min(block, columns - j);
        now.clear();
        for (Eigen::Index i = 0; i < length; ++i) now.push_back(static_cast<float>(w[j + i]));
        codes.resize(now.size());
        const BlockOutput scale = routine.quantize(now, state.factors, codes.data());
        if (scale.refused)
          throw Error(fmt::format("recipe {} refuses the weights of row {} from channel {} on",
                                  recipe.name, row, j));
        out.codes.scales[static_cast<std::size_t>(row * blocks + j / block)] = scale.scale;
        step = static_cast<double>(routine.scale_value(scale.scale)) * tensor;
      }
      const double quotient = step > 0 ? w[j] / step : 0;
      const auto code =
          static_cast<std::uint8_t>(codec.encode(std::bit_cast<std::uint64_t>(quotient)).code);
      out.codes.elements[static_cast<std::size_t>(row * columns + j)] = code;
      const double error = (w[j] - routine.element_value(code) * step) / u(j, j);
      const Eigen::Index rest = columns - j - 1;
      if (error != 0) w.tail(rest) -= error * u.row(j).tail(rest);
    }
  }
  return out;
}

}  // namespace mxscope::kernels
