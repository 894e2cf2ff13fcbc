// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The reference executor: each rule of a matrix instruction as one function over exact integers.

#include <fmt/format.h>

#include "sim/mma_matrix.h"
#include "sim/mma_rules.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

using spec::Code;
using spec::Integer;

/// The operands of one fused step.
struct Step {
  std::span<const Operand> a, b;
  std::span<const Operand> scale_a, scale_b;  ///< one per block of the step; empty without scales
};

/// Products and C of one output, in the integer type that its rule needs: 64 bits where every sum
/// is bounded by the window, unbounded integers otherwise.
template <typename Int>
class Rules {
 public:
  explicit Rules(const Mma& mma)
      : mma_(mma), unit_(mma.unit), point_(mma.a.mantissa_bits + mma.b.mantissa_bits) {}

  Code window(const Step& step, Code c) const;
  Code scaled_groups(const Step& step, Code c);
  Code split_windows(const Step& step, Code c);
  Code fma_chain(const Step& step, Code c) const;
  Code integer(const Step& step, Code c) const;
  Code late_addend(const Step& step, Code c) const;
  Code pair_tree(const Step& step, Code c) const;

 private:
  struct Group {
    Term<Int> term;
    std::int64_t product = 0;  ///< the largest exponent of its nonzero products, scales included
  };

  int block_of(std::size_t k) const {
    return mma_.block == 0 ? 0 : static_cast<int>(k) / mma_.block;
  }
  std::optional<Code> special(const Step& step, const Operand& c) const;
  Code nan() const {
    const bool amd = unit_.rule == MmaRule::kLateAddend || unit_.rule == MmaRule::kPairTree ||
                     unit_.rule == MmaRule::kFmaChain;
    return amd ? *mma_.d.quiet_nan_code(false) : *mma_.d.nan_code(false);
  }
  Term<Int> product(const Step& step, std::size_t k) const {
    const Operand& a = step.a[k];
    const Operand& b = step.b[k];
    return {Int(a.significand) * b.significand, a.exponent + b.exponent, point_,
            !(a.is_zero() || b.is_zero()) || unit_.zero_products == ZeroTerms::kCounted};
  }
  Term<Int> addend(const Operand& c) const {
    return {Int(c.significand), c.exponent, mma_.d.mantissa_bits,
            !c.is_zero() || unit_.zero_addend == ZeroTerms::kCounted};
  }
  Code finish(const Int& sum, std::int64_t exponent) const {
    const bool single = mma_.d.name == "fp32";
    return round_sum(sum, exponent, mma_.d, single ? unit_.output_bits : mma_.d.mantissa_bits,
                     single ? FinalRounding::kTowardZero : FinalRounding::kNearestEven);
  }
  Code nearest(const Int& sum, std::int64_t exponent) const {
    return round_sum(sum, exponent, mma_.d, mma_.d.mantissa_bits, FinalRounding::kNearestEven);
  }
  Code add_nearest(Code x, Code y) const;
  Operand flushed(Operand x, const spec::Format& format) const;

  const Mma& mma_;
  const MmaUnit& unit_;
  int point_;
  std::vector<Group> groups_;  ///< of the step at hand
};

/// NaN, or an infinity, or nothing when the sum is finite (PTX ISA 9.0, 9.7.14: NaN results are
/// canonical; no rule keeps a payload).
template <typename Int>
std::optional<Code> Rules<Int>::special(const Step& step, const Operand& c) const {
  for (const auto scales : {step.scale_a, step.scale_b})
    for (const Operand& scale : scales)
      if (scale.kind == Operand::kNan) return nan();
  bool infinite[2] = {};
  const auto note = [&](bool negative) { infinite[negative] = true; };
  for (std::size_t k = 0; k < step.a.size(); ++k) {
    const Operand& a = step.a[k];
    const Operand& b = step.b[k];
    if (a.kind == Operand::kNan || b.kind == Operand::kNan) return nan();
    if (a.kind == Operand::kFinite && b.kind == Operand::kFinite) continue;
    if (a.significand == 0 || b.significand == 0) return nan();
    note((a.significand < 0) != (b.significand < 0));
  }
  if (c.kind == Operand::kNan) return nan();
  if (c.kind == Operand::kInfinity) note(c.significand < 0);
  if (infinite[0] && infinite[1]) return nan();
  if (infinite[0] || infinite[1]) return mma_.d.infinity_code(infinite[1]);
  return std::nullopt;
}

/// One fused step: products and C are cut to multiples of 2^(E - F), E the largest exponent before
/// normalisation, and their exact sum is rounded once.
template <typename Int>
Code Rules<Int>::window(const Step& step, Code c_code) const {
  const Operand c = decode_operand(mma_.d, c_code);
  if (const std::optional<Code> code = special(step, c)) return *code;

  const auto scaled = [&](std::size_t k) {
    Term<Int> term = product(step, k);
    if (!step.scale_a.empty())
      term.exponent += step.scale_a[block_of(k)].exponent + step.scale_b[block_of(k)].exponent;
    return term;
  };
  constexpr std::int64_t kNone = INT64_MIN;
  std::int64_t largest = unit_.least_exponent ? *unit_.least_exponent : kNone;
  const auto raise = [&](const Term<Int>& term) {
    if (term.counted) largest = std::max(largest, term.exponent);
  };
  raise(addend(c));
  for (std::size_t k = 0; k < step.a.size(); ++k) raise(scaled(k));
  if (largest == kNone) return 0;

  const std::int64_t unit = largest - unit_.kept_bits;
  const auto cut = [&](const Term<Int>& term) {
    return shift_truncated(term.significand, term.weight() - unit);
  };
  Int sum = cut(addend(c));
  for (std::size_t k = 0; k < step.a.size(); ++k) sum += cut(scaled(k));
  return finish(sum, unit);
}

/// FP4 with K = 64: groups of products are summed exactly and scaled; then groups and C go through
/// a window whose exponents are the scales' alone.
template <typename Int>
Code Rules<Int>::scaled_groups(const Step& step, Code c_code) {
  const Operand c = decode_operand(mma_.d, c_code);
  if (const std::optional<Code> code = special(step, c)) return *code;

  const int least = mma_.a.emin() + mma_.b.emin();
  const auto group_from = [&](std::size_t first) {
    const std::size_t end = std::min(first + static_cast<std::size_t>(unit_.group), step.a.size());
    Int sum = 0;  // in units of the least product
    int largest = INT32_MIN;
    for (std::size_t k = first; k < end; ++k) {
      const Operand& a = step.a[k];
      const Operand& b = step.b[k];
      if (a.is_zero() || b.is_zero()) continue;
      largest = std::max(largest, a.exponent + b.exponent);
      sum += Int(a.significand * b.significand) << (a.exponent + b.exponent - least);
    }
    const Operand& sa = step.scale_a[block_of(first)];
    const Operand& sb = step.scale_b[block_of(first)];
    const bool zero = largest == INT32_MIN || sa.is_zero() || sb.is_zero();
    const std::int64_t exponent = sa.exponent + sb.exponent;
    return Group{{sum * (sa.significand * sb.significand), exponent,
                  point_ - least + 2 * mma_.scale->mantissa_bits,
                  !zero || unit_.zero_groups == ZeroTerms::kCounted},
                 zero ? exponent : exponent + largest};
  };

  groups_.clear();
  for (std::size_t first = 0; first < step.a.size(); first += unit_.group)
    groups_.push_back(group_from(first));
  constexpr std::int64_t kNone = INT64_MIN;
  std::int64_t largest = unit_.least_exponent ? *unit_.least_exponent : kNone;
  std::int64_t largest_product = largest;
  for (const Group& group : groups_)
    if (group.term.counted) {
      largest = std::max(largest, group.term.exponent);
      largest_product = std::max(largest_product, group.product);
    }
  const Term<Int> late = addend(c);
  const bool raises =
      unit_.addend_window == AddendWindow::kRaises || late.exponent > largest_product;
  if (late.counted && raises) largest = std::max(largest, late.exponent);
  if (largest == kNone) return 0;

  std::int64_t unit = largest - unit_.kept_bits;
  if (unit_.least_unit) unit = std::max<std::int64_t>(unit, *unit_.least_unit);
  Int sum = shift_truncated(late.significand, late.weight() - unit);
  for (const Group& group : groups_)
    sum += shift_truncated(group.term.significand, group.term.weight() - unit);
  return finish(sum, unit);
}

/// x + y, nearest-even, in D's format.
template <typename Int>
Code Rules<Int>::add_nearest(Code x_code, Code y_code) const {
  const Operand x = decode_operand(mma_.d, x_code);
  const Operand y = decode_operand(mma_.d, y_code);
  if (x.kind == Operand::kNan || y.kind == Operand::kNan) return nan();
  if (x.kind == Operand::kInfinity || y.kind == Operand::kInfinity) {
    if (x.kind == y.kind && x.significand != y.significand) return nan();
    return *mma_.d.infinity_code((x.kind == Operand::kInfinity ? x : y).significand < 0);
  }
  const int bits = mma_.d.mantissa_bits;
  const std::int64_t unit = mma_.d.emin() - bits;
  const Integer sum =
      (Integer(x.significand) << std::max<std::int64_t>(0, x.exponent - bits - unit)) +
      (Integer(y.significand) << std::max<std::int64_t>(0, y.exponent - bits - unit));
  return round_sum(sum, unit, mma_.d, bits, FinalRounding::kNearestEven);
}

/// FP8 mma.sync where it is no native path: k mod 4 in {0, 1}, then in {2, 3}, then C.
template <typename Int>
Code Rules<Int>::split_windows(const Step& step, Code c) {
  Code sum = 0;
  for (const std::size_t half : {0, 2}) {
    std::vector<Operand> a, b;
    for (std::size_t k = 0; k < step.a.size(); ++k)
      if (k % 4 / 2 == half / 2) {
        a.push_back(step.a[k]);
        b.push_back(step.b[k]);
      }
    sum = window({a, b, {}, {}}, sum);
  }
  return add_nearest(sum, c);
}

/// d = a_k b_k + d for ascending k, each rounded nearest-even.
template <typename Int>
Code Rules<Int>::fma_chain(const Step& step, Code d) const {
  for (std::size_t k = 0; k < step.a.size(); ++k) {
    const Operand c = decode_operand(mma_.d, d);
    const Step one{step.a.subspan(k, 1), step.b.subspan(k, 1), {}, {}};
    if (const std::optional<Code> code = special(one, c)) {
      d = *code;
      continue;
    }
    const Term<Int> p = product(step, k);
    const Term<Int> late = addend(c);
    const std::int64_t unit = std::min(p.significand == 0 ? late.weight() : p.weight(),
                                       late.significand == 0 ? p.weight() : late.weight());
    d = nearest(shift_truncated(p.significand, p.weight() - unit) +
                    shift_truncated(late.significand, late.weight() - unit),
                unit);
  }
  return d;
}

/// The exact sum modulo 2^32, or clamped to int32 where the instruction saturates.
template <typename Int>
Code Rules<Int>::integer(const Step& step, Code c) const {
  std::int64_t sum = static_cast<std::int32_t>(static_cast<std::uint32_t>(c));
  for (std::size_t k = 0; k < step.a.size(); ++k)
    sum += step.a[k].significand * step.b[k].significand;
  if (unit_.saturate) sum = std::clamp<std::int64_t>(sum, INT32_MIN, INT32_MAX);
  return static_cast<std::uint32_t>(sum);
}

/// CDNA3: products are cut in their own window (for 8-bit operands even and odd k apart, the two
/// joined by flooring), then join C in a second window by flooring: 31 bits for the products, 24
/// for C; nearest-even.
template <typename Int>
Code Rules<Int>::late_addend(const Step& step, Code c_code) const {
  const Operand c = decode_operand(mma_.d, c_code);
  if (const std::optional<Code> code = special(step, c)) return *code;

  bool overflow[2] = {};
  for (std::size_t k = 0; k < step.a.size(); ++k) {
    const Term<Int> term = product(step, k);
    const Int magnitude = term.significand < 0 ? Int(-term.significand) : term.significand;
    if (magnitude != 0 && bit_length(magnitude) - 1 + term.weight() > mma_.d.emax())
      overflow[term.significand < 0] = true;
  }
  if (overflow[0] && overflow[1]) return nan();
  if (overflow[0] || overflow[1]) return *mma_.d.infinity_code(overflow[1]);

  constexpr int kJoinedBits = 31;  // of the products' sum when C joins
  constexpr int kDroppedBelow = 25;
  Term<Int> joined;
  const std::size_t stride = unit_.parity_halves ? 2 : 1;
  for (std::size_t first = 0; first < stride; ++first) {
    std::vector<Term<Int>> terms;
    for (std::size_t k = first; k < step.a.size(); k += stride) terms.push_back(product(step, k));
    const std::int64_t largest = largest_exponent(terms).value_or(2 * kZeroExponent);
    const Term<Int> half{sum_in_units<Int>(terms, largest - unit_.kept_bits), largest,
                         unit_.kept_bits};
    if (first == 0) {
      joined = half;
      continue;
    }
    const std::int64_t both = std::max(joined.exponent, half.exponent);
    const std::int64_t unit = both - unit_.kept_bits;
    joined = {shift_floored(joined.significand, joined.weight() - unit) +
                  shift_floored(half.significand, half.weight() - unit),
              both, unit_.kept_bits};
  }
  const Term<Int> late = addend(c);
  const std::int64_t largest = std::max(joined.exponent, late.exponent);
  const int bits = std::max(kJoinedBits, unit_.kept_bits);
  const auto floored = [&](const Term<Int>& term, int kept) {
    return Int(shift_floored(term.significand, term.weight() - (largest - kept)) << (bits - kept));
  };
  Int sum = floored(joined, kJoinedBits);
  if (!unit_.parity_halves || late.exponent >= largest - kDroppedBelow)
    sum += floored(late, unit_.kept_bits);
  return nearest(sum, largest - bits);
}

template <typename Int>
Operand Rules<Int>::flushed(Operand x, const spec::Format& format) const {
  const std::int64_t normal = std::int64_t{1} << format.mantissa_bits;
  if (unit_.flush_subnormals && x.kind == Operand::kFinite && std::abs(x.significand) < normal)
    x = {0, kZeroExponent, Operand::kFinite};
  return x;
}

/// CDNA1 and 2: binary32 products added in pairs, pairs of pairs, ..., then C; nearest-even.
template <typename Int>
Code Rules<Int>::pair_tree(const Step& step, Code c) const {
  const auto flush = [&](Code code) {
    return flushed(decode_operand(mma_.d, code), mma_.d).is_zero() ? Code{0} : code;
  };
  std::vector<Code> sums;
  for (std::size_t k = 0; k < step.a.size(); ++k) {
    const Operand a = flushed(step.a[k], mma_.a);
    const Operand b = flushed(step.b[k], mma_.b);
    const Step one{{&a, 1}, {&b, 1}, {}, {}};
    const std::optional<Code> code = special(one, {0, kZeroExponent, Operand::kFinite});
    const Term<Int> p = product(one, 0);
    sums.push_back(code ? *code : flush(nearest(p.significand, p.weight())));
  }
  while (sums.size() > 1) {
    std::vector<Code> halves;
    for (std::size_t i = 0; i < sums.size(); i += 2)
      halves.push_back(flush(add_nearest(sums[i], sums[i + 1])));
    sums = std::move(halves);
  }
  return flush(add_nearest(sums.front(), flush(c)));
}

template <typename Int>
Code run_step(Rules<Int>& rules, MmaRule rule, const Step& step, Code c) {
  switch (rule) {
    case MmaRule::kWindow:
      return rules.window(step, c);
    case MmaRule::kScaledGroups:
      return rules.scaled_groups(step, c);
    case MmaRule::kSplitWindows:
      return rules.split_windows(step, c);
    case MmaRule::kFmaChain:
      return rules.fma_chain(step, c);
    case MmaRule::kInteger:
      return rules.integer(step, c);
    case MmaRule::kLateAddend:
      return rules.late_addend(step, c);
    case MmaRule::kPairTree:
      return rules.pair_tree(step, c);
  }
  throw Error("a matrix unit follows no known rule");
}

template <typename Int>
void run(const Mma& mma, const OperandRows& a, const OperandRows& b, std::span<Code> d) {
  Rules<Int> rules(mma);
  const std::int64_t step_k = mma.unit.step_k;
  const auto part = [&](const OperandRows& rows, std::int64_t row, std::int64_t k) {
    return std::span(rows.operands)
        .subspan(static_cast<std::size_t>(row * rows.k + k), static_cast<std::size_t>(step_k));
  };
  const auto scales = [&](const OperandRows& rows, std::int64_t row, std::int64_t k) {
    if (mma.block == 0) return std::span<const Operand>();
    return std::span(rows.scales)
        .subspan(static_cast<std::size_t>(row * rows.scales_per_row + k / mma.block),
                 static_cast<std::size_t>((step_k + mma.block - 1) / mma.block));
  };
  for (std::int64_t row = 0; row < a.rows; ++row)
    for (std::int64_t column = 0; column < b.rows; ++column) {
      Code& out = d[static_cast<std::size_t>(row * b.rows + column)];
      for (std::int64_t k = 0; k < a.k; k += step_k)
        out = run_step(
            rules, mma.unit.rule,
            {part(a, row, k), part(b, column, k), scales(a, row, k), scales(b, column, k)}, out);
    }
}

/// True when every integer of the rule fits in 63 bits: a term is below 4 * 2^F (or, summed in
/// groups with scales, below 2^(F + 13)), and a step has at most 256 terms.
bool fits_in_64_bits(const Mma& mma) {
  switch (mma.unit.rule) {
    case MmaRule::kWindow:
    case MmaRule::kSplitWindows:
      return mma.unit.kept_bits <= 40 && mma.unit.step_k <= 256 &&
             mma.a.kind == spec::FormatKind::kFloat && mma.a.precision() <= 24;
    case MmaRule::kScaledGroups:
      return mma.unit.kept_bits <= 40 && mma.a.name == "e2m1" && mma.unit.group <= 64;
    case MmaRule::kInteger:
      return true;
    default:
      return false;
  }
}

void run_checked(const Mma& mma, const MmaMatrix& a, const MmaMatrix& b, std::span<Code> d,
                 bool unbounded) {
  if (a.k != b.k) throw Error(fmt::format("A has k = {} and B has k = {}", a.k, b.k));
  if (std::cmp_not_equal(d.size(), a.rows * b.rows))
    throw Error(fmt::format("D takes {} x {} words, not {}", a.rows, b.rows, d.size()));
  const OperandRows rows_a = decode_rows(mma, mma.a, a, "A");
  const OperandRows rows_b = decode_rows(mma, mma.b, b, "B");
  if (unbounded)
    run<Integer>(mma, rows_a, rows_b, d);
  else
    run<std::int64_t>(mma, rows_a, rows_b, d);
}

}  // namespace

void reference_mma(const Mma& mma, const MmaMatrix& a, const MmaMatrix& b, std::span<Code> d) {
  run_checked(mma, a, b, d, !fits_in_64_bits(mma));
}

void unbounded_mma(const Mma& mma, const MmaMatrix& a, const MmaMatrix& b, std::span<Code> d) {
  run_checked(mma, a, b, d, true);
}

}  // namespace mxscope::sim
