// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Where ARCQuant puts the blocks of a K axis that carries residuals.
#pragma once

#include <cstddef>

namespace mxscope::spec {

/// Channels that share a scale.
inline constexpr std::size_t kAugmentedBlock = 16;

/// A block of 16 channels: of the sorted input (outliers last), or of the residual of that block.
struct AugmentedBlock {
  std::size_t source = 0;
  bool is_residual = false;

  bool operator==(const AugmentedBlock&) const = default;
};

/// K channels of which the last S are outliers, augmented to K + S: the residual of every group of
/// `granularity` outlier channels follows that group.
///   16:  [P_normal ... | P0 R0 P1 R1 ...]          ARCQuant reorder_x_kernel, TensorRT-LLM
///   32:  [P_normal ... | P0 P1 R0 R1 P2 P3 ...]    ARCQuant reorder32_x_kernel, down32_x_kernel
/// The order of codes and of scales alike. In weights the R blocks repeat their P block.
/// Source: ARCQuant, appendix "Interleaved Channel Layout"; github.com/actypedef/ARCQuant 347a6c8.
struct AugmentedLayout {
  std::size_t channels = 0;  ///< K
  std::size_t outliers = 0;  ///< S
  std::size_t granularity = 16;

  std::size_t source_blocks() const { return channels / kAugmentedBlock; }
  std::size_t normal_blocks() const { return (channels - outliers) / kAugmentedBlock; }

  /// Blocks of the augmented axis, (K + S) / 16.
  std::size_t blocks() const { return (channels + outliers) / kAugmentedBlock; }

  /// What lies at a position of the augmented axis. Throws Error unless position < blocks().
  AugmentedBlock block(std::size_t position) const;

  /// Where a block lies. Throws Error for a block that is not there: normal blocks have no
  /// residual.
  std::size_t position(AugmentedBlock block) const;

  bool operator==(const AugmentedLayout&) const = default;
};

/// Throws Error unless the granularity is 16 or 32, divides K and S, and S <= K.
AugmentedLayout make_augmented_layout(std::size_t channels, std::size_t outliers,
                                      std::size_t granularity);

}  // namespace mxscope::spec
