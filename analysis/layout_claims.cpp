// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Scale and channel layouts lose nothing, and are those of CUTLASS and ARCQuant.
#include "analysis/layout_claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mxscope::analysis {
namespace {

using Bytes = std::vector<std::uint8_t>;
using spec::AugmentedBlock;
using spec::AugmentedLayout;
using spec::ScaleLayout;
using spec::ScaleLayoutKind;
using spec::ScalePosition;

std::string at(const ScaleLayout& layout, std::string_view what, std::size_t offset) {
  return fmt::format("{} x {} scales: {} {}", layout.rows, layout.columns, what, offset);
}

/// What is wrong with offset() and position(), or "".
std::string map_fault(const ScaleLayout& layout) {
  std::vector<bool> taken(layout.bytes());
  for (std::size_t row = 0; row < layout.padded_rows(); ++row) {
    for (std::size_t column = 0; column < layout.padded_columns(); ++column) {
      const std::size_t offset = layout.offset(row, column);
      if (offset >= taken.size()) return at(layout, "out of range", offset);
      if (taken[offset]) return at(layout, "taken twice", offset);
      taken[offset] = true;
      const auto position = layout.position(offset);
      if (row < layout.rows && column < layout.columns) {
        if (position != ScalePosition{row, column}) return at(layout, "not inverted", offset);
      } else if (position) {
        return at(layout, "padding taken for a scale", offset);
      }
    }
  }
  if (std::find(taken.begin(), taken.end(), false) != taken.end())
    return at(layout, "bytes without a place among", taken.size());
  if (layout.position(layout.bytes())) return at(layout, "a scale at the end", layout.bytes());
  return "";
}

/// What is wrong with the copies, or "". Scale i carries the number i + 1, one byte of it at a
/// time.
std::string copy_fault(const ScaleLayout& layout, SwizzleFunction swizzle,
                       SwizzleFunction unswizzle) {
  Bytes linear(layout.scales());
  Bytes swizzled(layout.bytes());
  Bytes back(layout.scales());
  for (int shift = 0; layout.scales() >> shift != 0; shift += 8) {
    const auto number = [shift](std::size_t i) {
      return static_cast<std::uint8_t>((i + 1) >> shift);
    };
    for (std::size_t i = 0; i < linear.size(); ++i) linear[i] = number(i);
    std::fill(swizzled.begin(), swizzled.end(), 0xFF);
    swizzle(layout, linear, swizzled);
    for (std::size_t offset = 0; offset < swizzled.size(); ++offset) {
      const auto p = layout.position(offset);
      const std::uint8_t expected = p ? number(p->row * layout.columns + p->column) : 0;
      if (swizzled[offset] != expected) return at(layout, "wrong byte at", offset);
      if (!p) swizzled[offset] = 0xFF;
    }
    unswizzle(layout, swizzled, back);
    if (back != linear) {
      const auto wrong = std::mismatch(back.begin(), back.end(), linear.begin());
      return at(layout, "wrong scale back at", wrong.first - back.begin());
    }
  }
  return "";
}

/// One mode of a CuTe layout: shapes and strides, first fastest; the last shape is unbounded.
template <std::size_t parts>
std::size_t cute_index(std::size_t coordinate, const std::array<std::size_t, parts>& shape,
                       const std::array<std::size_t, parts>& stride) {
  std::size_t index = 0;
  for (std::size_t i = 0; i + 1 < parts; ++i) {
    index += coordinate % shape[i] * stride[i];
    coordinate /= shape[i];
  }
  return index + coordinate * stride[parts - 1];
}

template <typename Visit>
void for_each_shape(const LayoutBounds& bounds, ScaleLayoutKind kind, const Visit& visit) {
  for (std::size_t rows = 1; rows <= bounds.rows; ++rows)
    for (std::size_t columns = 1; columns <= bounds.columns; ++columns)
      if (!visit(ScaleLayout{kind, rows, columns})) return;
}

Claim begin_scales(ScaleLayoutKind kind, std::string_view property, const LayoutBounds& bounds) {
  Claim claim;
  claim.subject = to_string(kind);
  claim.id = fmt::format("scale-layout/{}/{}", claim.subject, property);
  claim.domain = fmt::format("every shape of 1 to {} rows x 1 to {} scale columns", bounds.rows,
                             bounds.columns);
  return claim;
}

void finish(Claim& claim) {
  claim.result = claim.witness.empty() ? Result::kExhaustive : Result::kRefuted;
}

/// What is wrong with an augmented layout, or "".
std::string augmented_fault(const AugmentedLayout& layout, std::uint64_t& cases) {
  const auto fault = [&](std::string_view what, std::size_t where) {
    return fmt::format("{} + {} channels: {} {}", layout.channels, layout.outliers, what, where);
  };
  const std::size_t normal = layout.normal_blocks();
  std::vector<bool> taken(layout.blocks());
  for (std::size_t b = 0; b < layout.source_blocks(); ++b) {
    // pos = tid + max(0, tid - n), or the same with 2 t for the even block of a thread's two.
    const bool is_pair = layout.granularity == 32;
    const std::size_t even = is_pair ? b - b % 2 : b;
    const std::size_t primary = even + (even > normal ? even - normal : 0) + (b - even);
    const std::size_t residual = primary + (is_pair ? 2 : 1);
    for (const bool is_residual : {false, true}) {
      if (is_residual && b < normal) continue;
      ++cases;
      const std::size_t position = layout.position({b, is_residual});
      if (position != (is_residual ? residual : primary)) return fault("not as coded: block", b);
      if (taken[position]) return fault("taken twice: position", position);
      taken[position] = true;
      if (layout.block(position) != AugmentedBlock{b, is_residual})
        return fault("not inverted: position", position);
    }
  }
  if (std::find(taken.begin(), taken.end(), false) != taken.end())
    return fault("positions without a block among", taken.size());
  return "";
}

}  // namespace

Claim scale_inverse_claim(ScaleLayoutKind kind, const LayoutBounds& bounds, SwizzleFunction swizzle,
                          SwizzleFunction unswizzle) {
  Claim claim = begin_scales(kind, "inverse", bounds);
  claim.statement = fmt::format(
      "{} offsets are distinct, padding is exactly the rest and zero, and swizzle and unswizzle "
      "are "
      "mutual inverses",
      claim.subject);
  claim.method = "every offset inverted; every scale numbered, moved there and back";
  for_each_shape(bounds, kind, [&](const ScaleLayout& layout) {
    claim.cases += layout.bytes();
    claim.witness = map_fault(layout);
    if (claim.witness.empty()) claim.witness = copy_fault(layout, swizzle, unswizzle);
    return claim.witness.empty();
  });
  finish(claim);
  return claim;
}

Claim scale_cutlass_claim(const LayoutBounds& bounds) {
  Claim claim = begin_scales(ScaleLayoutKind::k128x4, "cutlass", bounds);
  claim.statement =
      "128x4 offsets are those of CUTLASS: the atom ((32,4),(vec,4)):((16,4),(0,1)) tiled over "
      "rows "
      "and K, K fastest";
  claim.method = "the CuTe layout evaluated from its shapes and strides";
  for_each_shape(bounds, ScaleLayoutKind::k128x4, [&](const ScaleLayout& layout) {
    const std::size_t tiles_across = (layout.columns + 3) / 4;
    for (std::size_t row = 0; row < layout.rows; ++row) {
      for (std::size_t column = 0; column < layout.columns; ++column) {
        ++claim.cases;
        const std::size_t expected = cute_index<3>(row, {32, 4, 0}, {16, 4, 512 * tiles_across}) +
                                     cute_index<2>(column, {4, 0}, {1, 512});
        if (layout.offset(row, column) == expected) continue;
        claim.witness =
            at(layout, fmt::format("row {}, column {} is not at", row, column), expected);
        return false;
      }
    }
    return true;
  });
  finish(claim);
  return claim;
}

Claim augmented_claim(std::size_t granularity, const LayoutBounds& bounds) {
  Claim claim;
  claim.subject = fmt::format("arcquant-{}", granularity);
  claim.id = fmt::format("channel-layout/{}/inverse", claim.subject);
  claim.statement = fmt::format(
      "with residuals after every {} outlier channels the positions are a permutation, inverted "
      "exactly, and those of ARCQuant's kernels",
      granularity);
  claim.domain = fmt::format("every K up to {} and every S up to K, multiples of {}",
                             bounds.channels, granularity);
  claim.method = "every block placed, compared with pos = tid + max(0, tid - (K-S)/16), inverted";
  for (std::size_t k = granularity; k <= bounds.channels && claim.witness.empty(); k += granularity)
    for (std::size_t s = 0; s <= k && claim.witness.empty(); s += granularity)
      claim.witness = augmented_fault(spec::make_augmented_layout(k, s, granularity), claim.cases);
  finish(claim);
  return claim;
}

std::vector<Task> layout_tasks(const LayoutBounds& bounds) {
  using spec::Packing;
  std::vector<Task> tasks;
  const auto add = [&](std::string id, double cost, std::function<Claim()> check) {
    tasks.push_back({.id = std::move(id),
                     .cost = cost,
                     .run = [check = std::move(check)](
                                const std::atomic<bool>&) { return std::vector{check()}; },
                     .claims = 1});
  };
  for (const Packing packing : {Packing::kByte, Packing::kNibble, Packing::kSixBitStream}) {
    const auto name = spec::to_string(packing);
    add(fmt::format("packing/{}/bits", name), 1,
        [=] { return packing_bits_claim(packing, bounds.codes); });
    add(fmt::format("packing/{}/groups", name), 1, [=] { return packing_groups_claim(packing); });
  }
  for (const ScaleLayoutKind kind : {ScaleLayoutKind::kLinear, ScaleLayoutKind::k128x4})
    add(fmt::format("scale-layout/{}/inverse", to_string(kind)), 5,
        [=] { return scale_inverse_claim(kind, bounds); });
  add(fmt::format("scale-layout/{}/cutlass", to_string(ScaleLayoutKind::k128x4)), 2,
      [=] { return scale_cutlass_claim(bounds); });
  for (const std::size_t granularity : {std::size_t{16}, std::size_t{32}})
    add(fmt::format("channel-layout/arcquant-{}/inverse", granularity), 1,
        [=] { return augmented_claim(granularity, bounds); });
  return tasks;
}

std::vector<Claim> layout_claims(const LayoutBounds& bounds) {
  const std::atomic<bool> stop = false;
  std::vector<Claim> claims;
  for (const Task& task : layout_tasks(bounds)) claims.push_back(task.run(stop).front());
  return claims;
}

}  // namespace mxscope::analysis
