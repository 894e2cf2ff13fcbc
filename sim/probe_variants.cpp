// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A window with other decisions, in 64-bit integers, and the search for one that gives the words.
#include "sim/probe_variants.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "sim/mma_operand.h"

namespace mxscope::sim {
namespace {

using spec::Code;
using Int = std::int64_t;

Int shifted(Int value, std::int64_t shift, TermCut cut) {
  if (shift >= 0 || cut == TermCut::kTruncated) return shift_truncated(value, shift);
  if (cut == TermCut::kFloored) return shift_floored(value, shift);
  if (shift <= -62) return 0;
  const Int floor = value >> -shift;
  const Int rest = value - (floor << -shift);
  const Int half = Int{1} << (-shift - 1);
  return floor + (rest > half || (rest == half && (floor & 1) != 0) ? 1 : 0);
}

/// Positions of k in the order in which steps take them.
std::vector<int> positions(int k, StepOrder order) {
  std::vector<int> all(static_cast<std::size_t>(k));
  std::iota(all.begin(), all.end(), 0);
  if (order == StepOrder::kDescending) std::reverse(all.begin(), all.end());
  const auto second_part = [order](int at) {
    return order == StepOrder::kEvenThenOdd ? at % 2 : at % 4 / 2;
  };
  if (order == StepOrder::kEvenThenOdd || order == StepOrder::kPairs)
    std::stable_partition(all.begin(), all.end(), [&](int at) { return second_part(at) == 0; });
  return all;
}

/// A case's operands, decoded once for all candidates.
struct DecodedCase {
  std::vector<Operand> a, b;
  Code c = 0, word = 0;
};

DecodedCase decoded(const Mma& mma, const ProbeCase& probe, Code word) {
  DecodedCase result{{}, {}, probe.c, word};
  for (int k = 0; k < mma.unit.k; ++k) {
    result.a.push_back(decode_operand(mma.a, read_code(mma.a, probe.a, k)));
    result.b.push_back(decode_operand(mma.b, read_code(mma.b, probe.b, k)));
  }
  return result;
}

class VariantRun {
 public:
  VariantRun(const Mma& mma, const ProbeVariant& variant)
      : mma_(mma), variant_(variant), order_(positions(mma.unit.k, variant.order)) {}

  Code word(const DecodedCase& one) const {
    Code d = variant_.late_addend ? 0 : one.c;
    const auto step = static_cast<std::size_t>(mma_.unit.step_k);
    for (std::size_t first = 0; first < order_.size(); first += step) {
      std::vector<Term<Int>> terms;
      for (std::size_t i = first; i < first + step; ++i) {
        const Operand& a = one.a[static_cast<std::size_t>(order_[i])];
        const Operand& b = one.b[static_cast<std::size_t>(order_[i])];
        terms.push_back({a.significand * b.significand, a.exponent + b.exponent,
                         mma_.a.mantissa_bits + mma_.b.mantissa_bits});
      }
      d = window(std::move(terms), d, mma_.unit.kept_bits);
    }
    constexpr int kExactEnough = 36;  // D's words are at most 24 bits, their distances cut there
    return variant_.late_addend ? window({addend(one.c)}, d, kExactEnough) : d;
  }

 private:
  Term<Int> addend(Code c) const {
    const Operand operand = decode_operand(mma_.d, c);
    return {operand.significand, operand.exponent, mma_.d.mantissa_bits};
  }

  Code window(std::vector<Term<Int>> terms, Code d, int kept_bits) const {
    if (decode_operand(mma_.d, d).kind != Operand::kFinite) return d;
    terms.push_back(addend(d));
    std::erase_if(terms, [](const Term<Int>& term) { return term.significand == 0; });
    const auto largest = largest_exponent(terms);
    if (!largest) return 0;
    const std::int64_t unit = *largest - kept_bits;
    Int sum = 0;
    for (const Term<Int>& term : terms)
      sum += shifted(term.significand, term.weight() - unit, variant_.cut);
    const int bits = mma_.d.name == "fp32" ? mma_.unit.output_bits : mma_.d.mantissa_bits;
    return round_sum(sum, unit, mma_.d, bits,
                     mma_.d.name == "fp32" ? variant_.final_rounding : FinalRounding::kNearestEven);
  }

  const Mma& mma_;
  const ProbeVariant& variant_;
  std::vector<int> order_;
};

std::vector<ProbeVariant> every_variant(const Mma& mma) {
  std::vector<ProbeVariant> all;
  for (const TermCut cut : {TermCut::kTruncated, TermCut::kFloored, TermCut::kNearest})
    for (const FinalRounding rounding : {FinalRounding::kTowardZero, FinalRounding::kNearestEven})
      for (const bool late : {false, true})
        for (const StepOrder order : {StepOrder::kAscending, StepOrder::kDescending,
                                      StepOrder::kEvenThenOdd, StepOrder::kPairs})
          if (mma.d.name == "fp32" || rounding == FinalRounding::kTowardZero)
            all.push_back({cut, rounding, late, order});
  return all;
}

std::vector<DecodedCase> decoded_cases(const Mma& mma, const std::vector<ProbeCase>& cases,
                                       const std::vector<Code>& words, bool kept_bits) {
  std::vector<DecodedCase> all;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string& question = cases[i].question;
    if (kept_bits ? question == "kept_bits" : question == "step_k" || question == "output_bits")
      all.push_back(decoded(mma, cases[i], words[i]));
  }
  return all;
}

bool gives(const Mma& mma, const ProbeVariant& variant, const std::vector<DecodedCase>& cases) {
  const VariantRun run(mma, variant);
  return std::all_of(cases.begin(), cases.end(),
                     [&](const DecodedCase& one) { return run.word(one) == one.word; });
}

}  // namespace

std::string variant_text(const ProbeVariant& variant) {
  std::vector<std::string_view> parts;
  if (variant.cut == TermCut::kFloored) parts.push_back("terms floored");
  if (variant.cut == TermCut::kNearest) parts.push_back("terms rounded to nearest");
  if (variant.final_rounding == FinalRounding::kNearestEven)
    parts.push_back("D rounded to nearest");
  if (variant.late_addend) parts.push_back("C added afterwards");
  if (variant.order == StepOrder::kDescending) parts.push_back("k descending");
  if (variant.order == StepOrder::kEvenThenOdd) parts.push_back("even k before odd k");
  if (variant.order == StepOrder::kPairs) parts.push_back("k mod 4 in {0, 1} before {2, 3}");
  return parts.empty() ? "a window of known decisions" : fmt::format("{}", fmt::join(parts, ", "));
}

Code variant_word(const Mma& mma, const ProbeVariant& variant, const ProbeCase& probe) {
  return VariantRun(mma, variant).word(decoded(mma, probe, 0));
}

std::vector<std::string> matching_variants(const Mma& mma, const std::vector<ProbeCase>& cases,
                                           const std::vector<Code>& words) {
  if (mma.scale || mma.a.kind != spec::FormatKind::kFloat || mma.a.precision() > 12 ||
      mma.d.bits > 32)
    return {};
  const std::vector<DecodedCase> first = decoded_cases(mma, cases, words, true);
  const std::vector<DecodedCase> second = decoded_cases(mma, cases, words, false);
  std::vector<std::string> found;
  for (const ProbeVariant& variant : every_variant(mma)) {
    Mma candidate = mma;
    for (int step_k = mma.unit.k; step_k > 0; step_k /= 2)
      for (int kept_bits = 1; kept_bits <= 40; ++kept_bits) {
        candidate.unit.step_k = step_k;
        candidate.unit.kept_bits = kept_bits;
        candidate.unit.output_bits = mma.d.mantissa_bits;
        if (!gives(candidate, variant, first)) continue;
        for (int bits = mma.d.mantissa_bits; bits > 0; --bits) {
          candidate.unit.output_bits = bits;
          if (gives(candidate, variant, second))
            found.push_back(fmt::format(
                "{}, step_k={}, kept_bits={}{}", variant_text(variant), step_k, kept_bits,
                mma.d.name == "fp32" ? fmt::format(", output_bits={}", bits) : std::string()));
          if (mma.d.name != "fp32") break;
        }
      }
  }
  return found;
}

}  // namespace mxscope::sim
