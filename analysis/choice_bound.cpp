// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/choice_bound.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/error.h"

namespace mxscope::analysis {
namespace {

using spec::Recipe;

const Rational kLittle = spec::power_of_two(-36);

/// The recipe as if it had one scale, amax over `divisor`, and no choice.
Recipe one_scale(Recipe recipe, const Rational& divisor) {
  recipe.kind = spec::BlockKind::kScaled;
  recipe.search = spec::ScaleSearch::kNone;
  recipe.divisor = divisor;
  return on_one_block(std::move(recipe), ScaleRange::kUnbounded);
}

const ErrorPiece* piece_at(const ErrorCurve& curve, const Rational& m) {
  for (const ErrorPiece& p : curve)
    if (p.at.contains(m)) return &p;
  return nullptr;
}

/// One of the two scales: its quantizer and its error curve over all block maxima.
struct Option {
  WorstCase bound;
  ErrorCurve curve;

  explicit Option(const Recipe& recipe)
      : bound(worst_case(recipe, ScaleRange::kStored)), curve(block_error_curve(bound)) {}

  Rational scale_at(const Rational& m) const {
    for (const ScaleCase& c : bound.cases)
      if (c.scale.at.contains(m)) return c.scale.value;
    return 0;
  }

  /// What the option does to x > 0 in a block with maximum m.
  Rational error(const Rational& m, const Rational& x) const {
    const Rational s = scale_at(m);
    return abs(Rational(x - step_at(bound.elements.positive.front(), x / s).value * s));
  }
};

/// The supremum of min(a, b) / M over M in [from, to): both are linear between the cuts.
WorstRatio worst_of_lesser(const ErrorCurve& a, const ErrorCurve& b, const Rational& from,
                           const Rational& to) {
  std::vector<Rational> cuts = {from, to};
  for (const ErrorCurve* curve : {&a, &b})
    for (const ErrorPiece& p : *curve)
      if (p.at.lower > from && p.at.lower < to) cuts.push_back(p.at.lower);
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  WorstRatio worst;
  const auto offer = [&](const Rational& m, const Rational& error) {
    if (error / m > worst.ratio) {
      worst.ratio = error / m;
      worst.block_max = m;
    }
  };
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const Rational& p = cuts[i];
    const Rational& q = cuts[i + 1];
    const ErrorPiece& at_p_a = *piece_at(a, p);
    const ErrorPiece& at_p_b = *piece_at(b, p);
    offer(p, std::min(at_p_a.error_at(p), at_p_b.error_at(p)));
    const Rational middle = (p + q) / 2;
    const ErrorPiece& x = *piece_at(a, middle);
    const ErrorPiece& y = *piece_at(b, middle);
    offer(p, std::min(x.error_at(p), y.error_at(p)));
    offer(q, std::min(x.error_at(q), y.error_at(q)));
    if (x.grows == y.grows) continue;
    const Rational crossing = x.grows ? y.error + x.value : x.error + y.value;
    if (crossing > p && crossing < q) offer(crossing, crossing - (x.grows ? x : y).value);
  }
  return worst;
}

/// The magnitude under which an option errs as its curve says at m.
Rational erring_element(const Option& option, const Rational& m, const Rational& nudge) {
  const ErrorPiece* piece = piece_at(option.curve, m);
  return piece->grows ? m : Rational(piece->element * (1 + nudge));
}

/// The magnitude whose error the one option makes smaller than the other by most.
Rational best_friend(const Option& chosen, const Option& other, spec::ErrorMetric metric,
                     const Rational& m) {
  const auto cost = [&](const Option& option, const Rational& x) {
    const Rational e = option.error(m, x);
    return metric == spec::ErrorMetric::kMse ? Rational(e * e) : e;
  };
  std::vector<Rational> candidates;
  for (const Option* option : {&chosen, &other}) {
    const Rational s = option->scale_at(m);
    for (const Step& step : option->bound.elements.positive.front()) {
      candidates.push_back(step.value * s);
      candidates.push_back(step.at.lower * s);
    }
  }
  Rational best = 0;
  Rational most = 0;
  for (const Rational& x : candidates) {
    if (x > m) continue;
    const Rational gain = cost(other, x) - cost(chosen, x);
    if (gain > most) {
      most = gain;
      best = x;
    }
  }
  return best;
}

void offer_block(const Recipe& recipe, std::vector<Rational> block, ChoiceBound& out) {
  const Rational ratio = measured_ratio(recipe, block);
  if (ratio > out.witness.ratio) out.witness = {std::move(block), ratio};
}

ChoiceBound four_over_six_bound(const Recipe& recipe) {
  const Option six(one_scale(recipe, recipe.divisor));
  const Option four(one_scale(recipe, recipe.divisor * Rational(2, 3)));
  const Recipe exact = on_one_block(recipe, ScaleRange::kUnbounded);
  const std::array<Rational, 3> nudges = {0, kLittle, -kLittle};
  const int elements = recipe.block_elements();
  ChoiceBound out;
  // Two binades of maxima far from both ends of the scales: where scales of precision 1 are rounded
  // by the parity of their exponent, one is not like the next.
  constexpr int kFrom = 8;
  constexpr int kTo = 4 * kFrom;
  if (recipe.metric == spec::ErrorMetric::kMax) {
    const WorstRatio worst = worst_of_lesser(six.curve, four.curve, kFrom, kTo);
    out.ratio = worst.ratio;
    for (const Rational& a : nudges)
      for (const Rational& b : nudges)
        for (const Rational& c : nudges) {
          const Rational m = worst.block_max * (1 + 4 * a);
          offer_block(exact, {m, erring_element(six, m, b), erring_element(four, m, c)}, out);
        }
  } else {
    for (const auto& [chosen, other] : {std::pair{&six, &four}, {&four, &six}}) {
      const WorstRatio worst =
          worst_ratio(clipped(chosen->curve, {Rational(kFrom), Rational(kTo), true, false}));
      out.ratio = std::max(out.ratio, worst.ratio);
      for (const Rational& a : nudges)
        for (const Rational& b : nudges) {
          const Rational m = worst.block_max * (1 + 4 * a);
          std::vector<Rational> block = {m, erring_element(*chosen, m, b)};
          block.resize(static_cast<std::size_t>(elements),
                       best_friend(*chosen, *other, recipe.metric, m));
          offer_block(exact, std::move(block), out);
        }
    }
  }
  return out;
}

/// Elements multiplied by 2^exponent, below `cap` scales, in blocks of at least `least` scales.
struct Exponent {
  int exponent;
  Rational cap;
  Rational least;
  Rational companion;  ///< in the element's sixteenth: brings this exponent about; 0 for none
};

ChoiceBound hif4_bound(const Recipe& recipe) {
  const Recipe exact = on_one_block(recipe, ScaleRange::kUnbounded);
  const WorstCase scales = worst_case(one_scale(recipe, recipe.divisor), ScaleRange::kStored);
  constexpr std::size_t kElements = 64;
  ChoiceBound out;
  const Rational reach = 16;
  for (const Exponent& e : {Exponent{0, 2, 0, 0}, {1, 4, 2, 3}, {2, reach, 4, -1}}) {
    const Rational factor = spec::power_of_two(e.exponent);
    ErrorCurve curve;
    for (const ErrorPiece& piece :
         clipped(error_curve(element_steps(exact, reach)), {0, e.cap / factor, true, false}))
      curve.push_back(scaled(piece, factor));
    ErrorPiece beyond = curve.back();  // larger maxima allow no larger elements
    beyond.error = beyond.error_at(e.cap);
    if (beyond.grows) beyond.element = e.cap;
    beyond.grows = false;
    beyond.at = {e.cap, reach, true, true};
    curve.push_back(beyond);
    for (const ScaleCase& c : scales.cases) {
      if (c.scale.value < 1 || c.scale.value >= 2) continue;
      const Rational& s = c.scale.value;
      const auto range = intersection(scaled(c.scale.at, 1 / s), {e.least, reach, true, true});
      if (!range) continue;
      const WorstRatio worst = worst_ratio(clipped(curve, *range));
      out.ratio = std::max(out.ratio, worst.ratio);
      for (const Rational& a : {Rational(0), kLittle, Rational(-kLittle)})
        for (const Rational& b : {Rational(0), kLittle, Rational(-kLittle)}) {
          std::vector<Rational> block(kElements, Rational(0));
          const Rational m = worst.block_max * s * (1 + 4 * a);
          block[0] = m;
          const Rational x = worst.piece.grows ? m : Rational(worst.piece.element * s * (1 + b));
          block[kElements - 1] = x;
          block[kElements - 2] = e.companion < 0 ? m : Rational(e.companion * s);
          offer_block(exact, std::move(block), out);
        }
    }
  }
  return out;
}

}  // namespace

std::string not_a_choice(const Recipe& recipe) {
  const bool hif4 = recipe.kind == spec::BlockKind::kHif4;
  if (!hif4 && recipe.search != spec::ScaleSearch::kFourOverSix)
    return "it does not choose between a few scales";
  Recipe plain = recipe;
  plain.kind = spec::BlockKind::kScaled;
  plain.search = spec::ScaleSearch::kNone;
  if (const std::string why = not_over_reals(plain); !why.empty()) return why;
  if (recipe.random_bits > 0) return "its rounding is random";
  return !hif4 && recipe.error_order != spec::ErrorOrder::kExact ? "its errors are rounded" : "";
}

ChoiceBound choice_bound(const Recipe& recipe) {
  if (const std::string why = not_a_choice(recipe); !why.empty())
    throw Error(fmt::format("{} has no bound as a choice: {}", recipe.name, why));
  ChoiceBound out =
      recipe.kind == spec::BlockKind::kHif4 ? hif4_bound(recipe) : four_over_six_bound(recipe);
  out.witnessed =
      out.witness.ratio <= out.ratio && out.ratio - out.witness.ratio < spec::power_of_two(-30);
  return out;
}

}  // namespace mxscope::analysis
