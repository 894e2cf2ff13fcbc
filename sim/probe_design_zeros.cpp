// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Cases about terms that are zero, about the least largest exponent, and about block scales.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "sim/probe_builder.h"
#include "sim/probe_design.h"

namespace mxscope::sim {
namespace {

constexpr TermShape kThreeHalves = TermShape::kThreeHalves;

int least_of(const spec::Format& format) { return format.emin() - format.mantissa_bits; }

/// Zero times the largest power of two, beside terms so small that its exponent would cut them.
void add_zero_products(const Mma& mma, std::vector<ProbeCase>& cases) {
  const spec::Code huge_a = *power_code(mma.a, mma.a.emax(), false);
  const spec::Code huge_b = *power_code(mma.b, mma.b.emax(), false);
  const int small = std::max(-11, product_range(mma).least_normal);
  const auto place = [&](ProbeBuilder& build, bool first) -> ProbeBuilder& {
    return first ? build.codes(3, 0, huge_b) : build.codes(3, huge_a, 0);
  };
  for (const bool first : {true, false}) {
    const std::string zero = first ? "0 * huge" : "huge * 0";
    for (int distance = 0; distance < kProbeDistances; ++distance) {
      const std::string where = fmt::format("distance {}, beside {}", distance, zero);
      ProbeBuilder with_addend(mma, "zero_products", "C at " + where);
      place(with_addend, first)
          .product(0, small)
          .product(1, small, true)
          .addend(small - distance, false, kThreeHalves)
          .add_to(cases);
      ProbeBuilder with_product(mma, "zero_products", "product at " + where);
      place(with_product, first)
          .product(0, small)
          .product(1, small, true)
          .product(2, small - distance, false, kThreeHalves)
          .add_to(cases);
    }
    for (int exponent = least_of(mma.d); exponent < mma.d.emin() + 16; ++exponent) {
      ProbeBuilder alone(mma, "zero_products", fmt::format("C = 2^{}, beside {}", exponent, zero));
      place(alone, first).addend(exponent, false).add_to(cases);
    }
  }
}

/// C is zero, and products are at the bottom of D's range: a floor under the window's exponent
/// drops what would have moved the last bit. With scales, the scales bring products there.
void add_window_floor(const Mma& mma, std::vector<ProbeCase>& cases) {
  const int blocks = static_cast<int>(mma.scales_per_row(mma.unit.k));
  const int last = mma.unit.k - 1;
  const int bottom = least_of(mma.d);
  const bool zero_is_signed = mma.d.negative_zero;
  for (const int above : {0, 6, 16})
    for (int below = 1; below < kProbeDistances; ++below)
      for (const bool negative : {true, false})
        for (const bool tie : {false, true}) {
          const int first = bottom + above - (tie ? 1 : 0);
          const int second = first - below;
          ProbeBuilder build(mma, "window_floor",
                             fmt::format("2^{} {} 2^{}, C = {}0", first, negative ? '-' : '+',
                                         second, negative ? "-" : "+"));
          if (blocks > 1) {
            for (int block = 0; block + 1 < blocks; ++block) build.scales(block, first);
            build.scales(blocks - 1, second).product(0, 0).product(last, 0, negative);
          } else if (blocks == 1) {
            const int top = std::min(product_range(mma).most, 14);
            build.scales(0, first - top).product(0, top).product(1, top - below, negative);
          } else {
            build.product(0, first).product(1, second, negative);
          }
          if (negative && zero_is_signed) build.addend_code(mma.d.sign_mask());
          build.add_to(cases);
        }
  if (blocks > 0) return;
  // Many products that only together reach D's range have a smaller exponent still.
  const int halving = std::bit_width(static_cast<unsigned>(mma.unit.k)) - 2;
  for (int below = 1; below < kProbeDistances; ++below) {
    ProbeBuilder build(mma, "window_floor",
                       fmt::format("{} products, their sum 2^{}, then -2^{}", 1 << halving, bottom,
                                   bottom - below));
    for (int k = 0; k < 1 << halving; ++k) build.product(k, bottom - halving);
    build.product(mma.unit.k - 1, bottom - below, true).add_to(cases);
  }
}

/// Block 0 holds what is small, the last block what sets the window.
class BlockCase {
 public:
  BlockCase(const Mma& mma, std::string question, std::string what, int large, int distance)
      : build_(mma, std::move(question), std::move(what)), mma_(mma) {
    blocks_ = static_cast<int>(mma.scales_per_row(mma.unit.k));
    for (int block = 0; block + 1 < blocks_; ++block) build_.scales(block, large - distance);
    build_.scales(blocks_ - 1, large);
  }
  /// +1 and -1 in the last block.
  BlockCase& cancelling_pair() {
    build_.product(mma_.unit.k - 2, 0).product(mma_.unit.k - 1, 0, true);
    return *this;
  }
  ProbeBuilder& build() { return build_; }

 private:
  ProbeBuilder build_;
  const Mma& mma_;
  int blocks_;
};

int large_scale(const Mma& mma) { return std::min(16, scale_range(mma).most); }

void add_scaled_distances(const Mma& mma, std::vector<ProbeCase>& cases) {
  const int large = large_scale(mma);
  for (int distance = 0; distance < kProbeDistances; ++distance)
    for (const bool negative : {false, true}) {
      BlockCase one(
          mma, "kept_bits",
          fmt::format("block at distance {}, one product {}3/4", distance, negative ? "-" : "+"),
          large, distance);
      one.cancelling_pair().build().product(0, -1, negative, kThreeHalves).add_to(cases);
    }
}

/// Products far below: two of them, `apart` places from each other, are truncated as one sum only
/// where a group holds both; a whole block of them says it again.
void add_groups(const Mma& mma, std::vector<ProbeCase>& cases) {
  const int large = large_scale(mma);
  for (int distance = 0; distance < kProbeDistances; ++distance)
    for (const bool negative : {false, true}) {
      const std::string sign = negative ? "-" : "+";
      for (int apart = 1; apart < mma.block; apart *= 2) {
        BlockCase two(
            mma, "group",
            fmt::format("block at distance {}, {}1/4 twice, {} apart", distance, sign, apart),
            large, distance);
        two.cancelling_pair()
            .build()
            .product(0, -2, negative)
            .product(apart, -2, negative)
            .add_to(cases);
      }
      BlockCase many(mma, "group", fmt::format("block at distance {}, all {}3/4", distance, sign),
                     large, distance);
      many.cancelling_pair();
      for (int k = 0; k < mma.block; ++k) many.build().product(k, -1, negative, kThreeHalves);
      many.build().add_to(cases);
    }
}

void add_zero_groups(const Mma& mma, std::vector<ProbeCase>& cases) {
  const spec::Code one_a = *power_code(mma.a, 0, false);
  for (const bool multiplied : {false, true})
    for (int distance = 0; distance < kProbeDistances; ++distance) {
      BlockCase empty(mma, "zero_groups",
                      fmt::format("C at distance {} of a pair, 12 below the scale of a block of {}",
                                  distance, multiplied ? "1 * 0" : "0 * 0"),
                      12, 12);
      empty.build().product(0, 0).product(1, 0, true).addend(-distance, false, kThreeHalves);
      if (multiplied) empty.build().codes(mma.unit.k - 1, one_a, 0);
      empty.build().add_to(cases);
    }
}

/// C between the largest scale and the largest product.
void add_addend_window(const Mma& mma, std::vector<ProbeCase>& cases) {
  const int large = large_scale(mma);
  for (const int above : {1, 3, 4, 6})
    for (int distance = 0; distance < kProbeDistances; ++distance) {
      BlockCase between(
          mma, "addend_window",
          fmt::format("C 2^{} above the scale, block at distance {}", above, distance), large,
          distance);
      const int each = std::min(above, 4);
      for (int i = 0; i < 1 << (above - each); ++i)
        between.build().product(mma.unit.k - 1 - i, each, true);
      between.build()
          .product(0, -1, false, kThreeHalves)
          .addend(large + above, false)
          .add_to(cases);
    }
}

}  // namespace

void add_zero_cases(const Mma& mma, std::vector<ProbeCase>& cases) {
  add_zero_products(mma, cases);
  add_window_floor(mma, cases);
}

void add_group_cases(const Mma& mma, std::vector<ProbeCase>& cases) {
  add_scaled_distances(mma, cases);
  add_groups(mma, cases);
  add_zero_groups(mma, cases);
  add_addend_window(mma, cases);
}

}  // namespace mxscope::sim
