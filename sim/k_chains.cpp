// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Cuts K into the runs of instructions that share an accumulator.
#include "sim/k_chains.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/error.h"

namespace mxscope::sim {

std::vector<std::vector<KChain>> k_chains(const MmaUnit& unit, const KOrder& order,
                                          std::int64_t k) {
  if (k < 1) throw Error("K has no elements; operands need one at least");
  const std::int64_t instructions = (k + unit.k - 1) / unit.k;
  if (order.split_k < 1 || order.split_k > instructions)
    throw Error(fmt::format("split-k {}: K of {} is {} instructions of {}, so write 1 to {}",
                            order.split_k, k, instructions, unit.k, instructions));
  if (order.promote_every < 0)
    throw Error(fmt::format("promote-every {}: write a number of instructions, or 0 for never",
                            order.promote_every));
  const std::int64_t part = (instructions + order.split_k - 1) / order.split_k;
  const std::int64_t chain = order.promote_every == 0 ? part : std::min(part, order.promote_every);
  std::vector<std::vector<KChain>> parts;
  for (std::int64_t first = 0; first < instructions; first += part) {
    const std::int64_t last = std::min(first + part, instructions);
    std::vector<KChain>& chains = parts.emplace_back();
    for (std::int64_t at = first; at < last; at += chain)
      chains.push_back({at * unit.k, std::min(std::min(at + chain, last) * unit.k, k)});
  }
  return parts;
}

}  // namespace mxscope::sim
