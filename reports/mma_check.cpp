// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Our executors on the products of a file.
#include "reports/mma_check.h"

#include <algorithm>

#include "reports/interrupt.h"
#include "sim/mma_matrix.h"

namespace mxscope::reports {

std::vector<std::uint64_t> mma_result(const MmaVectors& vectors, const MmaProduct& tile,
                                      const MmaSource& source, MmaExecutor executor) {
  const sim::MmaMatrix a{vectors.m, vectors.k, tile.a, tile.a_scales};
  const sim::MmaMatrix b{vectors.n, vectors.k, tile.b, tile.b_scales};
  std::vector<std::uint64_t> d = tile.c;
  if (source.ignores_addend) std::fill(d.begin(), d.end(), 0);
  switch (executor) {
    case MmaExecutor::kReference:
      sim::reference_mma(source.mma, a, b, d);
      break;
  }
  return d;
}

MmaCounts check_vectors(const MmaVectors& vectors, const MmaSource& source, MmaExecutor executor) {
  MmaCounts counts{.executor = executor};
  const auto columns = static_cast<std::size_t>(vectors.n);
  for (std::size_t t = 0; t < vectors.tiles.size(); ++t) {
    throw_if_interrupted();
    const MmaProduct& tile = vectors.tiles[t];
    const std::vector<std::uint64_t> ours = mma_result(vectors, tile, source, executor);
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
