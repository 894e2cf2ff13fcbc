// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "sim/mma_unit.h"

namespace mxscope::sim {

/// How the instructions along K are summed. K is padded with zeros to whole instructions.
struct KOrder {
  std::int64_t split_k = 1;        ///< parts of K, each summed on its own; the last may be shorter
  std::int64_t promote_every = 0;  ///< instructions whose accumulator is then added to a binary32
                                   ///< sum and starts again from zero; 0: all of a part

  bool operator==(const KOrder&) const = default;
};

/// Elements [first, last) of K that one accumulator takes up, in ascending order.
struct KChain {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// The chains of each part, in the order in which they are added: a part's chains to the part's
/// sum, then the parts to the first one. Throws Error, naming the option, for a K without elements,
/// for more parts than instructions and for numbers below their least.
std::vector<std::vector<KChain>> k_chains(const MmaUnit& unit, const KOrder& order, std::int64_t k);

}  // namespace mxscope::sim
