// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// ARCQuant's interleaved channel layout as an index map.
#include "spec/augmented_layout.h"

#include <fmt/format.h>

#include "spec/error.h"

namespace mxscope::spec {

AugmentedBlock AugmentedLayout::block(std::size_t position) const {
  if (position >= blocks())
    throw Error(fmt::format("position {} is beyond the {} blocks of {} + {} channels", position,
                            blocks(), channels, outliers));
  if (position < normal_blocks()) return {position, false};
  const std::size_t group = granularity / kAugmentedBlock;
  const std::size_t place = position - normal_blocks();
  const std::size_t in_pair = place % (2 * group);
  return {normal_blocks() + place / (2 * group) * group + in_pair % group, in_pair >= group};
}

std::size_t AugmentedLayout::position(AugmentedBlock block) const {
  if (block.source >= source_blocks())
    throw Error(fmt::format("block {} is beyond the {} blocks of {} channels", block.source,
                            source_blocks(), channels));
  if (block.source < normal_blocks()) {
    if (block.is_residual)
      throw Error(fmt::format("block {} has no residual: outliers begin at block {}", block.source,
                              normal_blocks()));
    return block.source;
  }
  const std::size_t group = granularity / kAugmentedBlock;
  const std::size_t outlier = block.source - normal_blocks();
  return normal_blocks() + outlier / group * 2 * group + (block.is_residual ? group : 0) +
         outlier % group;
}

AugmentedLayout make_augmented_layout(std::size_t channels, std::size_t outliers,
                                      std::size_t granularity) {
  if (granularity != 16 && granularity != 32)
    throw Error(
        fmt::format("residuals interleave every 16 or 32 channels, and not {}", granularity));
  if (outliers > channels)
    throw Error(fmt::format("{} outliers are more than the {} channels", outliers, channels));
  if (channels % granularity != 0 || outliers % granularity != 0)
    throw Error(fmt::format("{} channels with {} outliers must both be multiples of {}", channels,
                            outliers, granularity));
  return {channels, outliers, granularity};
}

}  // namespace mxscope::spec
