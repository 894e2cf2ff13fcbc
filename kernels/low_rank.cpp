// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// SVDQuant's branch of low rank (arXiv 2411.05007, equation 6).
#include "kernels/low_rank.h"

#include <fmt/format.h>

#include <Eigen/Core>
#include <Eigen/SVD>
#include <cmath>

#include "kernels/gemm.h"
#include "spec/error.h"

namespace mxscope::kernels {
namespace {

using Floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::MatrixXd wide(const MatrixView& m) {
  return Eigen::Map<const Floats>(m.values.data(), m.rows, m.columns).cast<double>();
}

Matrix as_binary16(const Eigen::MatrixXd& from) {
  Matrix out{from.rows(), from.cols(), {}};
  for (Eigen::Index i = 0; i < from.rows(); ++i)
    for (Eigen::Index j = 0; j < from.cols(); ++j) {
      out.values.push_back(rounded_output(static_cast<float>(from(i, j)), GemmOutput::kFp16));
      if (!std::isfinite(out.values.back()))
        throw Error("the factors of low rank are beyond binary16's range; scale the weights");
    }
  return out;
}

}  // namespace

LowRank low_rank(const MatrixView& weights, std::int64_t rank) {
  if (rank > std::min(weights.rows, weights.columns))
    throw Error(fmt::format("field low_rank: {} is more than weights of {} x {} have", rank,
                            weights.rows, weights.columns));
  const Eigen::BDCSVD<Eigen::MatrixXd> svd(wide(weights),
                                           Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Eigen::VectorXd roots = svd.singularValues().head(rank).cwiseSqrt();
  return {as_binary16(svd.matrixU().leftCols(rank) * roots.asDiagonal()),
          as_binary16(roots.asDiagonal() * svd.matrixV().leftCols(rank).transpose())};
}

Matrix without_low_rank(const MatrixView& weights, const LowRank& factors) {
  const Eigen::MatrixXd rest = wide(weights) - wide(factors.up.view()) * wide(factors.down.view());
  Matrix out{weights.rows, weights.columns, std::vector<float>(weights.values.size())};
  Eigen::Map<Floats>(out.values.data(), out.rows, out.columns) = rest.cast<float>();
  return out;
}

}  // namespace mxscope::kernels
