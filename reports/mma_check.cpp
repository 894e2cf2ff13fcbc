// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Our executors on the products of a file.
#include "reports/mma_check.h"

#include <algorithm>
#include <optional>
#include <span>

#include "reports/interrupt.h"
#include "sim/mma_fast.h"
#include "sim/mma_matrix.h"

namespace mxscope::reports {

namespace {

constexpr std::size_t kProductsAtOnce = 64;

/// Runs products, one after the other, with what is prepared once for all of them.
class Runner {
 public:
  Runner(const MmaVectors& vectors, const MmaSource& source, MmaExecutor executor)
      : vectors_(vectors), source_(source) {
    if (executor == MmaExecutor::kFast) fast_.emplace(source.mma);
  }

  /// D's words of each product, row-major.
  std::vector<std::vector<std::uint64_t>> run(std::span<const MmaProduct> products) const {
    std::vector<std::vector<std::uint64_t>> results;
    for (const MmaProduct& product : products) {
      results.push_back(product.c);
      if (source_.ignores_addend) std::fill(results.back().begin(), results.back().end(), 0);
    }
    if (fast_)
      run_fast(products, results);
    else
      for (std::size_t i = 0; i < products.size(); ++i)
        sim::reference_mma(
            source_.mma, {vectors_.m, vectors_.k, products[i].a, products[i].a_scales},
            {vectors_.n, vectors_.k, products[i].b, products[i].b_scales}, results[i]);
    return results;
  }

 private:
  /// Packing costs more than a small product, so the operands of all are packed as one matrix.
  void run_fast(std::span<const MmaProduct> products,
                std::vector<std::vector<std::uint64_t>>& results) const {
    std::vector<std::uint8_t> a, b, a_scales, b_scales;
    for (const MmaProduct& product : products) {
      a.insert(a.end(), product.a.begin(), product.a.end());
      b.insert(b.end(), product.b.begin(), product.b.end());
      a_scales.insert(a_scales.end(), product.a_scales.begin(), product.a_scales.end());
      b_scales.insert(b_scales.end(), product.b_scales.begin(), product.b_scales.end());
    }
    const auto count = static_cast<std::int64_t>(products.size());
    const std::int64_t columns = count * vectors_.n;
    const sim::PackedOperand packed_a =
        fast_->pack_a({count * vectors_.m, vectors_.k, a, a_scales});
    const sim::PackedOperand packed_b = fast_->pack_b({columns, vectors_.k, b, b_scales});
    std::vector<std::uint32_t> d(static_cast<std::size_t>(count * vectors_.m * columns));
    for (std::int64_t i = 0; i < count; ++i) {
      std::vector<std::uint64_t>& words = results[static_cast<std::size_t>(i)];
      const auto place = [&](std::size_t at) -> std::uint32_t& {
        const auto index = static_cast<std::int64_t>(at);
        return d[static_cast<std::size_t>((i * vectors_.m + index / vectors_.n) * columns +
                                          i * vectors_.n + index % vectors_.n)];
      };
      for (std::size_t at = 0; at < words.size(); ++at)
        place(at) = static_cast<std::uint32_t>(words[at]);
      const std::int64_t first = i * vectors_.n / sim::kPanel * sim::kPanel;
      fast_->run(packed_a, packed_b,
                 {i * vectors_.m, vectors_.m, first, (i + 1) * vectors_.n - first}, d);
      for (std::size_t at = 0; at < words.size(); ++at) words[at] = place(at);
    }
  }

  const MmaVectors& vectors_;
  const MmaSource& source_;
  std::optional<sim::FastMma> fast_;  ///< none: the reference
};

}  // namespace

MmaCounts check_vectors(const MmaVectors& vectors, const MmaSource& source, MmaExecutor executor) {
  MmaCounts counts{.executor = executor};
  const Runner runner(vectors, source, executor);
  const auto columns = static_cast<std::size_t>(vectors.n);
  std::vector<std::vector<std::uint64_t>> results;
  for (std::size_t t = 0; t < vectors.tiles.size(); ++t) {
    throw_if_interrupted();
    const std::size_t place = t % kProductsAtOnce;
    if (place == 0)
      results = runner.run(
          std::span(vectors.tiles).subspan(t, std::min(kProductsAtOnce, vectors.tiles.size() - t)));
    const MmaProduct& tile = vectors.tiles[t];
    const std::vector<std::uint64_t>& ours = results[place];
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const bool same = ours[i] == tile.d[i];
      if (!tile.contested.empty() && tile.contested[i] != 0) {
        ++counts.contested;
        counts.contested_matched += same ? 1 : 0;
        continue;
      }
      ++counts.judged;
      counts.matched += same ? 1 : 0;
      if (!same && !counts.first)
        counts.first = MmaMismatch{t, i / columns, i % columns, tile.d[i], ours[i]};
    }
  }
  return counts;
}

}  // namespace mxscope::reports
