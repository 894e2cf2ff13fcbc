// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Walks a chain of steps with bounds for accumulators, in binary64 rounded outward.
#include "analysis/chain_bound.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "analysis/outward.h"
#include "sim/mma_operand.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using sim::MmaRule;

constexpr std::int32_t kNoExponent = -100000;  ///< of what does not count
constexpr std::int32_t kNoGrain = 100000;      ///< of zero, which everything divides

const spec::Format& binary32() {
  static const spec::Format format = spec::find_format("fp32");
  return format;
}

/// How often 2 divides it; 0 for 0.
int twos_in(std::int64_t significand) {
  return significand == 0 ? 0 : std::countr_zero(static_cast<std::uint64_t>(significand));
}

}  // namespace

/// The terms of a step beside C.
struct ChainBound::Terms {
  struct Term {
    double magnitude;
    std::int32_t grain;
  };
  std::vector<Term> terms;  ///< nonzero
  double magnitude = 0;     ///< of their sum
  std::int32_t exponent = kNoExponent;
  std::int32_t grain = kNoGrain;

  void add(double m, std::int32_t g) {
    terms.push_back({m, g});
    magnitude = add_up(magnitude, m);
    grain = std::min(grain, g);
  }
};

bool ChainBound::holds_for(const sim::Mma& mma) {
  const MmaRule rule = mma.unit.rule;
  return mma.d.bits <= 32 && (rule == MmaRule::kWindow || rule == MmaRule::kScaledGroups ||
                              rule == MmaRule::kSplitWindows || rule == MmaRule::kFmaChain);
}

ChainBound::ChainBound(const sim::Mma& mma, const sim::KOrder& order, const ChainOperand& a,
                       const ChainOperand& b)
    : mma_(mma), parts_(sim::k_chains(mma.unit, order, a.matrix.k)) {
  if (!holds_for(mma)) throw Error(fmt::format("no bound is known for unit {}", mma.unit.name));
  a_ = rows_of(a, mma.a, "A");
  b_ = rows_of(b, mma.b, "B");
}

ChainBound::Rows ChainBound::rows_of(const ChainOperand& operand, const spec::Format& format,
                                     std::string_view name) const {
  const sim::OperandRows decoded = sim::decode_rows(mma_, format, operand.matrix, name);
  const bool grouped = mma_.unit.rule == MmaRule::kScaledGroups;
  Rows out{.k = decoded.k, .elements = {}, .scale_exponents = {}, .finite = {}, .operand = operand};
  out.elements.reserve(decoded.operands.size());
  for (std::int64_t row = 0; row < decoded.rows; ++row) {
    bool finite = true;
    for (std::int64_t k = 0; k < decoded.k; ++k) {
      const sim::Operand& x = decoded.operands[static_cast<std::size_t>(row * decoded.k + k)];
      finite = finite && x.kind == sim::Operand::kFinite;
      Element element{.magnitude = std::ldexp(static_cast<double>(std::abs(x.significand)),
                                              x.exponent - format.mantissa_bits),
                      .exponent = x.exponent,
                      .grain = x.exponent - format.mantissa_bits + twos_in(x.significand)};
      if (x.is_zero() && mma_.unit.zero_products == sim::ZeroTerms::kIgnored)
        element.exponent = kNoExponent;
      if (mma_.block != 0) {
        const sim::Operand& scale =
            decoded.scales[static_cast<std::size_t>(row * decoded.scales_per_row + k / mma_.block)];
        const int weight = scale.exponent - mma_.scale->mantissa_bits;
        finite = finite && scale.kind == sim::Operand::kFinite;
        element.magnitude *= std::ldexp(static_cast<double>(scale.significand), weight);
        element.grain += weight + twos_in(scale.significand);
        if (!grouped) element.exponent += scale.exponent;
      }
      out.elements.push_back(element);
    }
    for (std::int64_t s = 0; grouped && s < decoded.scales_per_row; ++s)
      out.scale_exponents.push_back(
          decoded.scales[static_cast<std::size_t>(row * decoded.scales_per_row + s)].exponent);
    if (operand.factor_block != 0) {
      const std::int64_t per_row =
          (operand.matrix.k + operand.factor_block - 1) / operand.factor_block;
      for (std::int64_t f = 0; f < per_row; ++f)
        finite =
            finite && std::isfinite(operand.factors[static_cast<std::size_t>(row * per_row + f)]);
    }
    out.finite.push_back(finite);
  }
  return out;
}

ChainBound::Terms ChainBound::products(const Element* x, const Element* y, std::int64_t first,
                                       std::int64_t count, std::int64_t phase) const {
  Terms out;
  for (std::int64_t k = first; k < first + count; ++k) {
    if (phase >= 0 && (k - first) % 4 / 2 != phase) continue;
    const std::int32_t exponent = x[k].exponent + y[k].exponent;
    out.exponent = std::max(out.exponent, exponent);
    const double product = x[k].magnitude * y[k].magnitude;
    if (product != 0) out.add(product, x[k].grain + y[k].grain);
  }
  return out;
}

ChainBound::Terms ChainBound::groups(const Element* x, const Element* y, const std::int32_t* sx,
                                     const std::int32_t* sy, std::int64_t first,
                                     std::int64_t count) const {
  Terms out;
  const std::int64_t group = mma_.unit.group;
  for (std::int64_t from = first; from < first + count; from += group) {
    double magnitude = 0;
    std::int32_t grain = kNoGrain;
    for (std::int64_t k = from; k < std::min(from + group, first + count); ++k) {
      const double product = x[k].magnitude * y[k].magnitude;
      if (product == 0) continue;
      magnitude = add_up(magnitude, product);
      grain = std::min(grain, x[k].grain + y[k].grain);
    }
    // A group of zeros may or may not count; that it does bounds both.
    const std::int64_t block = from / mma_.block;
    out.exponent = std::max(out.exponent, sx[block] + sy[block]);
    if (magnitude != 0) out.add(magnitude, grain);
  }
  return out;
}

/// Rounding to the accumulator's format: s.magnitude bounds the sum before it, and after.
void ChainBound::round_sum(State& s, int output_bits, bool nearest,
                           const spec::Format& format) const {
  if (s.magnitude == 0) return;
  const int ulp = std::max(std::ilogb(s.magnitude), format.emin()) - output_bits;
  if (s.grain < ulp) {
    const double error = std::ldexp(1.0, nearest ? ulp - 1 : ulp);
    s.error = add_up(s.error, error);
    if (nearest) s.magnitude = add_up(s.magnitude, error);
    s.grain = std::max(s.grain, format.emin() - output_bits);
  }
  // Beyond the largest finite magnitude results are infinite, in every rounding.
  const double limit = std::ldexp(2.0 - std::ldexp(1.0, -format.mantissa_bits), format.emax());
  if (!(s.magnitude <= limit)) s.error = s.magnitude = std::numeric_limits<double>::infinity();
}

void ChainBound::window(const Terms& terms, State& c) const {
  const sim::MmaUnit& unit = mma_.unit;
  std::int32_t largest = terms.exponent;
  if (c.magnitude != 0 || unit.zero_addend == sim::ZeroTerms::kCounted) {
    // The exponent that C is aligned by is never below its format's least.
    const int exponent = c.magnitude == 0 ? mma_.d.emin() : std::ilogb(c.magnitude);
    largest = std::max(largest, std::max(exponent, mma_.d.emin()));
  }
  if (unit.least_exponent) largest = std::max(largest, *unit.least_exponent);
  std::int32_t cut = largest - unit.kept_bits;
  if (unit.rule == MmaRule::kScaledGroups && unit.least_unit) cut = std::max(cut, *unit.least_unit);
  const double grain = std::ldexp(1.0, std::max(cut, -1000));
  double lost = 0;
  for (const Terms::Term& term : terms.terms)
    if (term.grain < cut) lost = add_up(lost, std::min(grain, term.magnitude));
  if (c.magnitude != 0 && c.grain < cut) lost = add_up(lost, std::min(grain, c.magnitude));
  c.error = add_up(c.error, lost);
  c.magnitude = add_up(c.magnitude, terms.magnitude);
  c.grain = std::min(c.grain, terms.grain);
  const bool single = mma_.d.name == "fp32";
  round_sum(c, single ? unit.output_bits : mma_.d.mantissa_bits, !single, mma_.d);
}

void ChainBound::fma(const Element& x, const Element& y, State& c) const {
  const double product = x.magnitude * y.magnitude;
  if (product == 0) return;
  c.magnitude = add_up(c.magnitude, product);
  c.grain = std::min(c.grain, x.grain + y.grain);
  round_sum(c, mma_.d.mantissa_bits, true, mma_.d);
}

ChainBound::State ChainBound::chain(const Rows& a, std::int64_t i, const Rows& b, std::int64_t j,
                                    const sim::KChain& range) const {
  const sim::MmaUnit& unit = mma_.unit;
  const Element* const x = a.elements.data() + i * a.k;
  const Element* const y = b.elements.data() + j * b.k;
  const std::int64_t scales = mma_.scales_per_row(a.k);
  State c{.error = 0, .magnitude = 0, .grain = kNoGrain};
  const std::int64_t last = std::min(a.k, (range.last + unit.k - 1) / unit.k * unit.k);
  for (std::int64_t k = range.first; k < last;) {
    // Steps begin anew with each instruction, whose last one may be shorter.
    const std::int64_t end = (k / unit.k + 1) * unit.k;
    const std::int64_t count = std::min<std::int64_t>(unit.step_k, end - k);
    switch (unit.rule) {
      case MmaRule::kScaledGroups:
        window(groups(x, y, a.scale_exponents.data() + i * scales,
                      b.scale_exponents.data() + j * scales, k, count),
               c);
        break;
      case MmaRule::kSplitWindows: {
        State sum{.error = 0, .magnitude = 0, .grain = kNoGrain};
        window(products(x, y, k, count, 0), sum);
        window(products(x, y, k, count, 1), sum);
        c.error = add_up(c.error, sum.error);
        c.magnitude = add_up(c.magnitude, sum.magnitude);
        c.grain = std::min(c.grain, sum.grain);
        round_sum(c, mma_.d.mantissa_bits, true, mma_.d);
        break;
      }
      case MmaRule::kFmaChain:
        for (std::int64_t at = k; at < k + count; ++at) fma(x[at], y[at], c);
        break;
      default:
        window(products(x, y, k, count, -1), c);
    }
    k += count;
  }
  return c;
}

/// sum = fl(factor x + sum), where the factor is within `factor_error` of the one that is meant.
void ChainBound::add(State& sum, const State& x, double factor, double factor_error) const {
  const bool plain = factor == 1 && factor_error == 0;
  if (plain && sum.magnitude == 0) {
    sum = x;
    return;
  }
  const double product = plain ? x.magnitude : mul_up(factor, x.magnitude);
  sum.error = add_up(sum.error, plain ? x.error : mul_up(factor, x.error));
  if (factor_error != 0) sum.error = add_up(sum.error, mul_up(factor_error, x.magnitude));
  if (product == 0) return;
  sum.magnitude = add_up(sum.magnitude, add_up(product, mul_up(factor_error, x.magnitude)));
  sum.grain = plain ? std::min(sum.grain, x.grain) : -kNoGrain;
  round_sum(sum, binary32().mantissa_bits, true, binary32());
}

SumBound ChainBound::of(std::int64_t i, std::int64_t j) const {
  const double infinity = std::numeric_limits<double>::infinity();
  if (!a_.finite[static_cast<std::size_t>(i)] || !b_.finite[static_cast<std::size_t>(j)])
    return {infinity, infinity};
  const auto factor_of = [](const ChainOperand& operand, std::int64_t row, std::int64_t k) {
    if (operand.factor_block == 0) return 1.0;
    const std::int64_t per_row =
        (operand.matrix.k + operand.factor_block - 1) / operand.factor_block;
    return std::fabs(static_cast<double>(
        operand.factors[static_cast<std::size_t>(row * per_row + k / operand.factor_block)]));
  };
  State total{.error = 0, .magnitude = 0, .grain = kNoGrain};
  for (const auto& part : parts_) {
    State sum{.error = 0, .magnitude = 0, .grain = kNoGrain};
    for (const sim::KChain& range : part) {
      const double exact =
          factor_of(a_.operand, i, range.first) * factor_of(b_.operand, j, range.first);  // 48 bits
      const double stored = static_cast<double>(static_cast<float>(exact));
      add(sum, chain(a_, i, b_, j, range), stored, std::fabs(stored - exact));
    }
    add(total, sum, 1, 0);
  }
  return {total.error, total.magnitude};
}

}  // namespace mxscope::analysis
