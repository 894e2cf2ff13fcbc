// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Counting differences of codes, and witnesses.
#include "kernels/code_difference.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <tuple>

#include "spec/error.h"

namespace mxscope::kernels {
namespace {

auto row_of(const spec::Format& f) {
  return std::tuple(f.name, f.kind, f.bits, f.exponent_bits, f.mantissa_bits, f.bias, f.is_signed,
                    f.negative_zero, f.infinities, f.high_nans, f.subnormals, f.zero, f.symmetric);
}

/// A block's scale and exponent bits.
std::uint64_t scale_of(const TileCodes& codes, std::size_t block) {
  const std::uint64_t micro = codes.micro.empty() ? 0 : codes.micro[block];
  return micro << 32 | codes.scales[block];
}

/// The first element of largest magnitude, NaNs above all.
std::size_t largest_at(std::span<const float> values, const Tile& tile, const Tile& part) {
  std::size_t best = 0;
  std::uint32_t most = 0;
  bool any = false;
  for (std::size_t row = 0; row < part.rows; ++row)
    for (std::size_t column = 0; column < part.columns; ++column) {
      const std::size_t i = (part.first_row + row - tile.first_row) * tile.columns +
                            part.first_column - tile.first_column + column;
      const std::uint32_t bits = std::bit_cast<std::uint32_t>(values[i]) & 0x7FFFFFFF;
      if (any && bits <= most) continue;
      any = true;
      most = bits;
      best = i;
    }
  return best;
}

Witness witness(std::span<const float> values, const Tile& tile, std::size_t i, bool is_scale,
                std::uint32_t a, std::uint32_t b) {
  return {.is_scale = is_scale,
          .row = tile.first_row + i / tile.columns,
          .column = tile.first_column + i % tile.columns,
          .input = std::bit_cast<std::uint32_t>(values[i]),
          .code_a = a,
          .code_b = b};
}

}  // namespace

CodeDifference tile_difference(const TensorQuantizer& quantizer, std::span<const float> values,
                               const TileCodes& a, const TileCodes& b,
                               std::span<const TileCodes> variants) {
  CodeDifference out;
  const Tile& tile = a.tile;
  out.elements = tile.elements();
  out.variants.resize(variants.size());
  for (std::size_t block = 0; block < a.scales.size(); ++block) {
    const Tile p = quantizer.part(tile, block);
    const bool begins = p.first_row % quantizer.grid().block_rows == 0 &&
                        p.first_column % quantizer.grid().block_columns == 0;
    if (!begins) continue;
    ++out.blocks;
    const bool differ = scale_of(a, block) != scale_of(b, block);
    std::optional<Witness> place;
    if (differ) {
      ++out.scales_differ;
      const bool micro = a.scales[block] == b.scales[block];
      place = witness(values, tile, largest_at(values, tile, p), true,
                      micro ? a.micro[block] : a.scales[block],
                      micro ? b.micro[block] : b.scales[block]);
      if (!out.first) out.first = place;
    }
    for (std::size_t v = 0; v < variants.size(); ++v) {
      VariantAgreement& variant = out.variants[v];
      const bool same = scale_of(variants[v], block) == scale_of(b, block);
      variant.remaining += same ? 0 : 1;
      if (!differ || !same) continue;
      ++variant.scales;
      if (!variant.first) variant.first = place;
    }
  }
  for (std::size_t i = 0; i < a.elements.size(); ++i) {
    const bool differ = a.elements[i] != b.elements[i];
    const auto place = [&] {
      return witness(values, tile, i, false, a.elements[i], b.elements[i]);
    };
    if (differ) {
      ++out.elements_differ;
      if (!out.first) out.first = place();
    }
    for (std::size_t v = 0; v < variants.size(); ++v) {
      VariantAgreement& variant = out.variants[v];
      const bool same = variants[v].elements[i] == b.elements[i];
      variant.remaining += same ? 0 : 1;
      if (!differ || !same) continue;
      ++variant.elements;
      if (!variant.first) variant.first = place();
    }
  }
  return out;
}

void merge(CodeDifference& all, const CodeDifference& next) {
  all.blocks += next.blocks;
  all.elements += next.elements;
  all.scales_differ += next.scales_differ;
  all.elements_differ += next.elements_differ;
  if (!all.first) all.first = next.first;
  all.variants.resize(next.variants.size());
  for (std::size_t v = 0; v < next.variants.size(); ++v) {
    VariantAgreement& to = all.variants[v];
    const VariantAgreement& from = next.variants[v];
    to.scales += from.scales;
    to.elements += from.elements;
    to.remaining += from.remaining;
    if (!to.first) to.first = from.first;
  }
}

std::vector<std::string> differing_fields(const spec::Recipe& a, const spec::Recipe& b) {
  const auto of_a = spec::describe(a);
  const auto of_b = spec::describe(b);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    const std::string& name = of_a[i].name;
    const bool other_row = (name == "element" && row_of(a.element) != row_of(b.element)) ||
                           (name == "scale" && row_of(a.scale) != row_of(b.scale));
    if (other_row || of_a[i].value != of_b[i].value) out.push_back(name);
  }
  return out;
}

void check_comparable(const spec::Recipe& a, const spec::Recipe& b) {
  const auto refuse = [&](const std::string& what) {
    throw Error(
        fmt::format("{} and {} {}, so their codes cannot be compared place by place; "
                    "compare IN --recipes {},{} shows their errors",
                    a.name, b.name, what, a.name, b.name));
  };
  if (a.kind != b.kind) refuse("are blocks of different kinds");
  if (!(a.block == b.block))
    refuse(fmt::format("have blocks of {}x{} and {}x{}", a.block.rows, a.block.columns,
                       b.block.rows, b.block.columns));
  if (a.element.bits != b.element.bits)
    refuse(fmt::format("have elements of {} and {} bits", a.element.bits, b.element.bits));
}

}  // namespace mxscope::kernels
