// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims that packing codes and laying out scales lose nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/claim.h"
#include "analysis/work.h"
#include "spec/augmented_layout.h"
#include "spec/packing.h"
#include "spec/scale_layout.h"

namespace mxscope::analysis {

/// How far the claims of layout_claims() reach.
struct LayoutBounds {
  std::size_t codes = 256;  ///< every count of packed codes from 0 to this
  std::size_t rows = 300;   ///< scales: every shape of 1 to `rows` x 1 to `columns`
  std::size_t columns = 20;
  std::size_t channels = 2048;  ///< ARCQuant: every K up to this with every S
};

/// Every claim below, in a fixed order; about a second. `holds()` of each says whether it does, and
/// `witness` of a refuted one names the first case against it.
std::vector<Claim> layout_claims(const LayoutBounds& bounds = {});

/// The same, a task for each.
std::vector<Task> layout_tasks(const LayoutBounds& bounds = {});

using PackFunction = void (*)(spec::Packing, std::span<const std::uint8_t>,
                              std::span<std::uint8_t>);
using UnpackFunction = PackFunction;

/// Bit b of code i goes to bit i w + b of the stream and comes back, every other bit is zero, and
/// padding is ignored. Tried for one bit at a time at every position of every count up to `codes`;
/// for functions made of masks, shifts and ors this proves that they are mutual inverses, since
/// such functions commute with or.
Claim packing_bits_claim(spec::Packing packing, std::size_t codes, PackFunction pack = spec::pack,
                         UnpackFunction unpack = spec::unpack);

/// Unpacking undoes packing for every group of codes that share bytes: all 2^8 bytes, all 2^8 pairs
/// of nibbles, all 2^24 quadruples of 6-bit codes. Needs nothing about how the functions are made.
Claim packing_groups_claim(spec::Packing packing, PackFunction pack = spec::pack,
                           UnpackFunction unpack = spec::unpack);

using SwizzleFunction = void (*)(const spec::ScaleLayout&, std::span<const std::uint8_t>,
                                 std::span<std::uint8_t>);

/// Offsets are distinct and in range, position() inverts them and names no scale in the padding,
/// the padding is the whole rest and zero, and swizzling moves every scale there and back.
Claim scale_inverse_claim(spec::ScaleLayoutKind kind, const LayoutBounds& bounds,
                          SwizzleFunction swizzle = spec::swizzle,
                          SwizzleFunction unswizzle = spec::unswizzle);

/// offset() is the CuTe layout that CUTLASS tiles over the shape, evaluated from its shape and
/// stride.
Claim scale_cutlass_claim(const LayoutBounds& bounds);

/// The augmented K axis is a permutation of all blocks and residuals, block() and position() are
/// mutual inverses, and positions are those that ARCQuant's kernels compute.
Claim augmented_claim(std::size_t granularity, const LayoutBounds& bounds);

}  // namespace mxscope::analysis
