// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Cases about the window: two large products that cancel set its largest exponent, and a small term
// at a chosen distance survives or does not. After Fasi, Higham, Mikaitis and Pranesh (PeerJ CS 7,
// e330) and FTTN (arXiv 2403.00232), swept over every distance and place.
#include "sim/probe_design.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/probe_builder.h"

namespace mxscope::sim {
namespace {

constexpr TermShape kThreeHalves = TermShape::kThreeHalves;

/// The exponent of large products: high, so that small terms have room below, but such that partial
/// sums stay finite in a binary16 D.
int large_exponent(const Mma& mma, int most) {
  return std::min(product_range(mma).most, mma.d.name == "fp16" ? std::min(most, 8) : most);
}

std::string sign_text(bool negative) { return negative ? "-" : "+"; }

void add_kept_bits(const Mma& mma, std::vector<ProbeCase>& cases) {
  const int large = std::min(product_range(mma).most, 20);
  for (int distance = 0; distance < kProbeDistances; ++distance)
    for (const bool negative : {false, true}) {
      const std::string where = fmt::format("{}3/2 at distance {}", sign_text(negative), distance);
      ProbeBuilder(mma, "kept_bits", "C = " + where)
          .product(0, large)
          .product(1, large, true)
          .addend(large - distance, negative, kThreeHalves)
          .add_to(cases);
      // Position 4 has the remainder of 0: a split of k by remainders keeps the three together.
      for (const int place : {2, 4})
        ProbeBuilder(mma, "kept_bits", fmt::format("product at {}: {}", place, where))
            .product(0, large)
            .product(1, large, true)
            .product(place, large - distance, negative, kThreeHalves)
            .add_to(cases);
    }
}

/// The largest distance at which a product is both there and visible in D.
int far_distance(const Mma& mma, int large) {
  const int least = product_range(mma).least + 2;
  const int visible = mma.d.emin() - mma.d.mantissa_bits + 1;
  return std::min(kProbeDistances - 1, large - std::max(least, visible));
}

struct Places {
  int plus, minus, small;
};

/// Every place of the two large products and the small one that a boundary between steps, or a
/// split of k by its remainder, treats differently.
std::vector<Places> places(int k) {
  std::vector<Places> all;
  for (int boundary = 1; boundary < k; boundary *= 2) {
    all.push_back({0, 1, boundary});
    all.push_back({0, 1, boundary - 1});
    all.push_back({0, boundary, 1});
    all.push_back({0, boundary, boundary + 1});
    all.push_back({boundary, boundary + 1, 0});
    all.push_back({k - 2, k - 1, boundary - 1});
  }
  for (const Places& p : {Places{0, 1, 2}, Places{0, 2, 1}, Places{0, 2, 3}, Places{0, 3, 1},
                          Places{1, 2, 0}, Places{1, 2, 3}, Places{2, 3, 0}, Places{1, 3, 0},
                          Places{0, 4, 1}, Places{0, 4, 2}, Places{0, 4, 3}, Places{2, 6, 0},
                          Places{2, 6, 3}, Places{0, 8, 2}, Places{0, 16, 2}, Places{0, 16, 1}})
    all.push_back(p);
  std::vector<Places> usable;
  for (const Places& p : all) {
    const bool apart = p.plus != p.minus && p.plus != p.small && p.minus != p.small;
    const bool inside = std::max({p.plus, p.minus, p.small}) < k;
    const bool seen = std::any_of(usable.begin(), usable.end(), [&](const Places& other) {
      return other.plus == p.plus && other.minus == p.minus && other.small == p.small;
    });
    if (apart && inside && !seen) usable.push_back(p);
  }
  return usable;
}

void add_steps(const Mma& mma, std::vector<ProbeCase>& cases) {
  const int large = large_exponent(mma, 20);
  const int far = far_distance(mma, large);
  for (const Places& p : places(mma.unit.k))
    for (const int distance : {far, 24, 14}) {
      if (distance > far) continue;
      ProbeBuilder(mma, "step_k",
                   fmt::format("+ at {}, - at {}, small at {}, distance {}", p.plus, p.minus,
                               p.small, distance))
          .product(p.plus, large)
          .product(p.minus, large, true)
          .product(p.small, large - distance, false, kThreeHalves)
          .add_to(cases);
    }
  // Sums beyond a term's own size lose C's low bits only where a step ends between them.
  const int square = std::min(large_exponent(mma, 8), product_range(mma).most);
  for (int count = 1; 2 * count <= mma.unit.k; count *= 2)
    for (int distance = 6; distance < 30; ++distance) {
      ProbeBuilder build(mma, "step_k",
                         fmt::format("{} of +9/4, then -9/4, C at distance {}", count, distance));
      for (int i = 0; i < count; ++i) {
        build.product(i, square, false, TermShape::kSquare);
        build.product(count + i, square, true, TermShape::kSquare);
      }
      build.addend(square - distance, false, kThreeHalves).add_to(cases);
    }
}

/// C large and a product small, and the reverse: how the sum becomes D's word, and whether C is one
/// of the window's terms or is added afterwards.
void add_output(const Mma& mma, std::vector<ProbeCase>& cases) {
  const int large = large_exponent(mma, 0);
  for (int distance = 0; distance < kProbeDistances; ++distance)
    for (const bool negative : {false, true}) {
      const std::string where = fmt::format("{}3/2 at distance {}", sign_text(negative), distance);
      ProbeBuilder(mma, "output_bits", "product 1, C = " + where)
          .product(0, large)
          .addend(large - distance, negative, kThreeHalves)
          .add_to(cases);
      ProbeBuilder(mma, "output_bits", "C = 1, product " + where)
          .addend(large, false)
          .product(0, large - distance, negative, kThreeHalves)
          .add_to(cases);
      ProbeBuilder(mma, "output_bits", "C = -1, products 1 and " + where)
          .addend(large, true)
          .product(0, large)
          .product(mma.unit.k > 2 ? 2 : 1, large - distance, negative, kThreeHalves)
          .add_to(cases);
    }
  for (int distance = 0; distance < 30; ++distance) {
    ProbeBuilder build(mma, "output_bits",
                       fmt::format("all products 9/4, C at distance {}", distance));
    for (int k = 0; k < mma.unit.k; ++k) build.product(k, large, false, TermShape::kSquare);
    build.addend(large - distance, false, kThreeHalves).add_to(cases);
  }
}

}  // namespace

void add_window_cases(const Mma& mma, std::vector<ProbeCase>& cases) {
  add_kept_bits(mma, cases);
  add_steps(mma, cases);
  add_output(mma, cases);
}

std::vector<ProbeCase> design_probe(const Mma& mma) {
  std::vector<ProbeCase> cases;
  if (mma.a.kind == spec::FormatKind::kFixed) {
    add_integer_cases(mma, cases);
  } else {
    add_window_cases(mma, cases);
    add_zero_cases(mma, cases);
    if (mma.scales_per_row(mma.unit.k) > 1) add_group_cases(mma, cases);
    add_special_cases(mma, cases);
  }
  add_mixed_cases(mma, cases);
  return cases;
}

}  // namespace mxscope::sim
