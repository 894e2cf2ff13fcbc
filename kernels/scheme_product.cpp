// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Parts as Gemms with the addend left to this file, so that tiles stay independent.
#include "kernels/scheme_product.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "spec/formats.h"

namespace mxscope::kernels {
namespace {

constexpr std::int64_t kTile = 64;  // as Gemm's

GemmExecutor gemm_executor(SchemeExecutor executor) {
  return executor == SchemeExecutor::kReference ? GemmExecutor::kReference : GemmExecutor::kFast;
}

}  // namespace

ValueProduct::ValueProduct(const MatrixView& x, const MatrixView& y)
    : x_{x.rows, x.columns, {x.values.begin(), x.values.end()}},
      y_(y.values.size()),
      outputs_(y.rows) {
  for (std::int64_t j = 0; j < y.rows; ++j)
    for (std::int64_t k = 0; k < y.columns; ++k)
      y_[static_cast<std::size_t>(k * outputs_ + j)] =
          y.values[static_cast<std::size_t>(j * y.columns + k)];
}

std::vector<double> ValueProduct::compute(const GemmTile& tile) const {
  std::vector<double> out(static_cast<std::size_t>(tile.rows * tile.columns));
  for (std::int64_t i = 0; i < tile.rows; ++i) {
    double* const sums = out.data() + i * tile.columns;
    const float* const x = x_.values.data() + (tile.row + i) * x_.columns;
    for (std::int64_t k = 0; k < x_.columns; ++k) {
      const double factor = x[k];
      const float* const y = y_.data() + k * outputs_ + tile.column;
      for (std::int64_t j = 0; j < tile.columns; ++j) sums[j] += factor * static_cast<double>(y[j]);
    }
  }
  return out;
}

SchemeProduct::SchemeProduct(const Scheme& scheme, const LayerPlan& plan,
                             const spec::RecipeTable& recipes, const QuantizedMatrix& x,
                             const QuantizedMatrix& w, SchemeExecutor executor)
    : rows_(x.transformed.rows),
      columns_(w.transformed.rows),
      between_(scheme.between),
      output_(scheme.output) {
  if (w.low_rank) add_low_rank(x, *w.low_rank, executor);
  const std::vector<PartChannels> channels = part_channels(scheme, plan);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::int64_t count = channels[i].count;
    if (count == 0) continue;
    Stage& stage = stages_.emplace_back();
    if (scheme.parts[i].unit.empty() || executor == SchemeExecutor::kValues) {
      stage.values =
          std::make_unique<const ValueProduct>(MatrixView{rows_, count, x.parts[i].values},
                                               MatrixView{columns_, count, w.parts[i].values});
      continue;
    }
    const sim::Mma mma = part_unit(scheme.parts[i], recipes);
    const GemmOperand& a = x.parts[i].operand;
    const GemmOperand& b = w.parts[i].operand;
    stage.gemm = std::make_unique<const Gemm>(
        mma, a, b, sim::KOrder{.promote_every = usual_promotion(mma, a, b)}, Epilogue{},
        gemm_executor(executor));
  }
  for (std::int64_t row = 0; row < rows_; row += kTile)
    for (std::int64_t column = 0; column < columns_; column += kTile)
      tiles_.push_back(
          {row, std::min(kTile, rows_ - row), column, std::min(kTile, columns_ - column)});
}

void SchemeProduct::add_low_rank(const QuantizedMatrix& x, const LowRank& factors,
                                 SchemeExecutor executor) {
  const sim::Mma mma = sim::bind_unit(sim::find_unit(kLowRankUnit));
  const auto operand = [&](const MatrixView& m) {
    return cast_operand(m.values, m.rows, m.columns, mma.a, mma);
  };
  Matrix down{rows_, factors.down.rows, {}};
  if (executor == SchemeExecutor::kValues) {
    for (const double sum : ValueProduct(x.transformed.view(), factors.down.view())
                                .compute({0, rows_, 0, factors.down.rows}))
      down.values.push_back(rounded_output(static_cast<float>(sum), GemmOutput::kFp16));
    stages_.emplace_back().values =
        std::make_unique<const ValueProduct>(down.view(), factors.up.view());
    return;
  }
  down.values = Gemm(mma, operand(x.transformed.view()), operand(factors.down.view()), {},
                     Epilogue{.output = GemmOutput::kFp16}, gemm_executor(executor))
                    .compute();
  stages_.emplace_back().gemm =
      std::make_unique<const Gemm>(mma, operand(down.view()), operand(factors.up.view()),
                                   sim::KOrder{}, Epilogue{}, gemm_executor(executor));
}

std::vector<float> SchemeProduct::stage(const Stage& stage, const GemmTile& tile,
                                        std::span<std::uint32_t> d) const {
  std::vector<float> out;
  if (stage.values) {
    for (const double sum : stage.values->compute(tile)) out.push_back(static_cast<float>(sum));
    return out;
  }
  stage.gemm->compute(tile, d);
  for (std::int64_t i = 0; i < tile.rows; ++i)
    for (std::int64_t j = 0; j < tile.columns; ++j)
      out.push_back(std::bit_cast<float>(
          d[static_cast<std::size_t>((tile.row + i) * columns_ + tile.column + j)]));
  return out;
}

void SchemeProduct::compute(const GemmTile& tile, std::span<std::uint32_t> d) const {
  std::vector<float> sum;
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    const std::vector<float> next = stage(stages_[s], tile, d);
    const GemmOutput to = s + 1 == stages_.size() ? output_ : between_;
    if (sum.empty()) sum.assign(next.size(), -0.0F);  // what leaves every addend as it is
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = rounded_output(sum[i] + next[i], to);
  }
  for (std::int64_t i = 0; i < tile.rows; ++i)
    for (std::int64_t j = 0; j < tile.columns; ++j)
      d[static_cast<std::size_t>((tile.row + i) * columns_ + tile.column + j)] =
          std::bit_cast<std::uint32_t>(sum[static_cast<std::size_t>(i * tile.columns + j)]);
}

std::vector<float> SchemeProduct::compute() const {
  std::vector<std::uint32_t> d(static_cast<std::size_t>(rows_ * columns_));
  for (const GemmTile& tile : tiles_) compute(tile, d);
  return as_floats(d);
}

std::string SchemeProduct::made_by() const {
  std::string out;
  for (const Stage& stage : stages_)
    out += (out.empty() ? "" : ", ") +
           (stage.gemm ? stage.gemm->mma().unit.name : std::string("values"));
  return out;
}

QuantizedMatrix selected_rows(const QuantizedMatrix& matrix, std::span<const std::int64_t> rows) {
  const auto select = [&](const std::vector<float>& from) {
    std::vector<float> to;
    const auto per_row = static_cast<std::ptrdiff_t>(from.size()) /
                         static_cast<std::ptrdiff_t>(matrix.transformed.rows);
    for (const std::int64_t row : rows)
      to.insert(to.end(), from.begin() + row * per_row, from.begin() + (row + 1) * per_row);
    return to;
  };
  QuantizedMatrix out{
      .transformed = {static_cast<std::int64_t>(rows.size()), matrix.transformed.columns,
                      select(matrix.transformed.values)},
      .low_rank = matrix.low_rank};
  for (const QuantizedPart& part : matrix.parts)
    out.parts.push_back({part.operand.rows == 0 ? GemmOperand{} : selected_rows(part.operand, rows),
                         select(part.values)});
  return out;
}

}  // namespace mxscope::kernels
