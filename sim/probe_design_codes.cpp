// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Cases that are chosen by their codes: special values, the ends of the range, integers, and
// pseudo-random operands that no question had in mind.
#include <fmt/format.h>

#include <algorithm>

#include "sim/probe_builder.h"
#include "sim/probe_design.h"

namespace mxscope::sim {
namespace {

using spec::Code;
using spec::CodeClass;

/// Sebastiano Vigna's splitmix64: the same cases on every machine.
class Splitmix {
 public:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  int below(int count) { return static_cast<int>(next() % static_cast<std::uint64_t>(count)); }

 private:
  std::uint64_t state_ = 0;
};

bool finite(const spec::Format& format, Code code) {
  const CodeClass kind = format.classify(code);
  return kind == CodeClass::kZero || kind == CodeClass::kSubnormal || kind == CodeClass::kNormal;
}

Code random_finite(const spec::Format& format, Splitmix& random) {
  while (true) {
    const Code code = random.next() & format.code_mask();
    if (finite(format, code)) return code;
  }
}

/// A code within `spread` binades around 1, where the format has them.
Code random_near_one(const spec::Format& format, Splitmix& random, int spread) {
  if (format.kind == spec::FormatKind::kFixed) return random_finite(format, random);
  const int low = std::max(format.emin(), -spread);
  const int high = std::min(format.emax(), spread);
  const int exponent = low + random.below(high - low + 1);
  const Code power = *power_code(format, exponent, false);
  const Code mantissa = random.next() & ((Code{1} << format.mantissa_bits) - 1);
  const Code sign = random.next() & format.sign_mask();
  const Code code = power | mantissa | sign;
  return finite(format, code) ? code : power | sign;
}

void add_nan_and_infinity(const Mma& mma, std::vector<ProbeCase>& cases) {
  const auto ask = [&](std::string what) { return ProbeBuilder(mma, "specials", std::move(what)); };
  const Code one_a = *power_code(mma.a, 0, false);
  const Code one_b = *power_code(mma.b, 0, false);
  const Code one_c = *power_code(mma.d, 0, false);
  const auto nan_c = mma.d.nan_code(true);
  const auto nan_a = mma.a.nan_code(true);
  const auto nan_b = mma.b.nan_code(false);
  const auto infinity_a = mma.a.infinity_code(false);
  const auto infinity_b = mma.b.infinity_code(true);
  const auto infinity_c = mma.d.infinity_code(false);
  if (nan_a) {
    ask("NaN in A").codes(0, *nan_a, one_b).addend_code(one_c).add_to(cases);
    ask("NaN in A times zero").codes(0, *nan_a, 0).add_to(cases);
  }
  if (nan_b) ask("NaN in B").codes(1, one_a, *nan_b).add_to(cases);
  if (nan_c) ask("NaN in C, its sign set").codes(0, one_a, one_b).addend_code(*nan_c).add_to(cases);
  if (infinity_a) {
    ask("infinity in A").codes(0, *infinity_a, one_b).add_to(cases);
    ask("infinity times zero").codes(0, *infinity_a, 0).add_to(cases);
    ask("infinity and a finite product")
        .codes(0, *infinity_a, one_b)
        .codes(1, one_a, one_b)
        .add_to(cases);
    if (infinity_c)
      ask("infinite product, C of the other sign")
          .codes(0, *infinity_a, one_b)
          .addend_code(*mma.d.infinity_code(true))
          .add_to(cases);
  }
  if (infinity_b) {
    ask("-infinity in B").codes(0, one_a, *infinity_b).add_to(cases);
    if (infinity_a)
      ask("infinite products of both signs")
          .codes(0, *infinity_a, one_b)
          .codes(1, one_a, *infinity_b)
          .add_to(cases);
  }
  if (infinity_c) {
    ask("C = infinity").codes(0, one_a, one_b).addend_code(*infinity_c).add_to(cases);
    ask("C = -infinity, products 0").addend_code(*mma.d.infinity_code(true)).add_to(cases);
  }
  if (mma.scale) {
    const auto nan = static_cast<std::uint8_t>(*mma.scale->nan_code(false));
    const auto one = static_cast<std::uint8_t>(*power_code(*mma.scale, 0, false));
    ask("NaN scale of A, elements 0").scale_codes(0, nan, one).add_to(cases);
    ask("NaN scale of B").scale_codes(0, one, nan).codes(0, one_a, one_b).add_to(cases);
    if (mma.scale->zero) {
      ask("scale 0").scale_codes(0, 0, one).codes(0, one_a, one_b).addend_code(one_c).add_to(cases);
      ask("scale with bit 7 set")
          .scale_codes(0, static_cast<std::uint8_t>(one | 0x80), one)
          .codes(0, one_a, one_b)
          .add_to(cases);
    }
    if (nan_c)
      ask("NaN scale, C infinite").scale_codes(0, nan, one).addend_code(*infinity_c).add_to(cases);
  }
}

void add_range_ends(const Mma& mma, std::vector<ProbeCase>& cases) {
  const auto ask = [&](std::string what) { return ProbeBuilder(mma, "specials", std::move(what)); };
  const Code greatest = static_cast<Code>(mma.d.max_ordinal());
  const int top = mma.d.emax();
  ask("all zero, C = -0").addend_code(mma.d.sign_mask()).add_to(cases);
  ask("1 - 1, C = -0")
      .product(0, 0)
      .product(1, 0, true)
      .addend_code(mma.d.sign_mask())
      .add_to(cases);
  ask("C the greatest value").addend_code(greatest).add_to(cases);
  for (const int exponent :
       {top - mma.d.mantissa_bits, top - mma.d.mantissa_bits - 1, top - mma.d.mantissa_bits - 2, 0})
    ask(fmt::format("C the greatest value, product 2^{}", exponent))
        .product(0, exponent)
        .addend_code(greatest)
        .add_to(cases);
  ask("2^emax twice").product(0, top).product(1, top).add_to(cases);
  ask("-2^emax twice").product(0, top, true).product(1, top, true).add_to(cases);
  ask("2^(emax+1) and half of it back").product(0, top + 1).product(1, top, true).add_to(cases);
  ask("C = 2^emax, product -2^(emax+1)").product(0, top + 1, true).addend(top, false).add_to(cases);
  const auto subnormal = [&](std::string what) {
    return ProbeBuilder(mma, "subnormals", std::move(what));
  };
  const Code one_a = *power_code(mma.a, 0, false);
  const Code one_b = *power_code(mma.b, 0, false);
  subnormal("least value of A").codes(0, 1, one_b).add_to(cases);
  subnormal("least value of B").codes(0, one_a, 1).add_to(cases);
  subnormal("least value of A, large B")
      .codes(0, 1, *power_code(mma.b, mma.b.emax(), false))
      .add_to(cases);
  subnormal("C subnormal").addend(mma.d.emin() - 3, false, TermShape::kThreeHalves).add_to(cases);
  subnormal("C subnormal, negative").addend(mma.d.emin() - 3, true).add_to(cases);
  subnormal("D subnormal from products").product(0, mma.d.emin() - 4).add_to(cases);
  subnormal("D subnormal from normal terms")
      .product(0, mma.d.emin(), false, TermShape::kThreeHalves)
      .addend(mma.d.emin(), true)
      .add_to(cases);
}

}  // namespace

void add_special_cases(const Mma& mma, std::vector<ProbeCase>& cases) {
  add_nan_and_infinity(mma, cases);
  add_range_ends(mma, cases);
}

void add_integer_cases(const Mma& mma, std::vector<ProbeCase>& cases) {
  const auto code = [](int value) { return static_cast<Code>(value) & 0xff; };
  const auto ask = [&](std::int64_t c, int a, int b, int count) {
    ProbeBuilder build(mma, "saturate", fmt::format("C = {}, {} of {} * {}", c, count, a, b));
    for (int k = 0; k < count; ++k) build.codes(k, code(a), code(b));
    build.addend_code(static_cast<Code>(c) & 0xffffffff).add_to(cases);
  };
  for (const int count : {1, 2, mma.unit.k / 2, mma.unit.k}) {
    ask(INT32_MAX, 1, 1, count);
    ask(INT32_MIN, -1, 1, count);
    ask(INT32_MAX, -128, -128, count);
    ask(INT32_MIN, -128, 127, count);
    ask(0, -128, -128, count);
    ask(-1, 127, 127, count);
  }
  // Out of range in one half of k, back in the other: clamped once, or step by step.
  for (const bool first : {true, false}) {
    ProbeBuilder build(mma, "saturate", "past the end and back");
    for (int k = 0; k < mma.unit.k; ++k)
      build.codes(k, code(127), code((k < mma.unit.k / 2) == first ? 127 : -127));
    build.addend_code(INT32_MAX).add_to(cases);
  }
}

void add_mixed_cases(const Mma& mma, std::vector<ProbeCase>& cases) {
  Splitmix random;
  const auto fill = [&](std::string question, std::string what, int spread, bool anything) {
    ProbeBuilder build(mma, std::move(question), std::move(what));
    for (int k = 0; k < mma.unit.k; ++k)
      build.codes(k,
                  anything ? random_finite(mma.a, random) : random_near_one(mma.a, random, spread),
                  anything ? random_finite(mma.b, random) : random_near_one(mma.b, random, spread));
    if (mma.scale)
      for (int block = 0; block < static_cast<int>(mma.scales_per_row(mma.unit.k)); ++block)
        build.scale_codes(block,
                          static_cast<std::uint8_t>(random_near_one(*mma.scale, random, spread)),
                          static_cast<std::uint8_t>(random_near_one(*mma.scale, random, spread)));
    build.addend_code(random_near_one(mma.d, random, 2 * spread));
    build.add_to(cases);
  };
  for (int i = 0; i < 8; ++i) fill("pairing", fmt::format("values near 1, {}", i), 1, false);
  for (int i = 0; i < 32; ++i) fill("mixture", fmt::format("within 12 binades, {}", i), 6, false);
  for (int i = 0; i < 16; ++i) fill("mixture", fmt::format("any finite codes, {}", i), 12, true);
}

}  // namespace mxscope::sim
