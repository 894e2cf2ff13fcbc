// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// One difference of products per scale step.
#include "analysis/block_moments.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/error.h"
#include "spec/number.h"

namespace mxscope::analysis {

using spec::Rational;

namespace {

constexpr int kQuantileBits = 128;
constexpr int kQuantileSteps = 40;

/// G(limit)^(n-1) times the integrals over |x| <= limit.
ErrorMoments weighted(MomentTable& density, const MomentQuantizer& quantizer, const Rational& scale,
                      const Point& limit) {
  ErrorMoments out = truncated_moments(density, quantizer.cells, scale, limit);
  if (limit.infinite != 0) return out;
  const Enclosure mass = Enclosure(density.bits(), 1) - density.mass_beyond(limit.value);
  const Enclosure weight = power(mass, static_cast<unsigned long>(quantizer.elements - 1));
  for (Enclosure* part : {&out.mse, &out.variance, &out.bias, &out.signal}) *part *= weight;
  return out;
}

/// What a step between finite maxima adds is at most the chance of such a maximum times the square
/// of the greatest distance, b + s max |Q|; that chance is at most n P(|x| > a), and at most
/// P(|x| <= b). The bound if it is too small to matter, else nothing.
std::optional<Enclosure> negligible(MomentTable& density, const MomentQuantizer& quantizer,
                                    const ScaleCell& step, const Rational& largest,
                                    const Enclosure& signal) {
  const Rational distance = step.high.value + step.scale * largest;
  const Enclosure worst(density.bits(), distance * distance);
  const Enclosure limit = signal * spec::power_of_two(-density.bits());
  const Enclosure above = density.mass_beyond(step.low) * Rational(quantizer.elements) * worst;
  const Enclosure below =
      (Enclosure(density.bits(), 1) - density.mass_beyond(step.high.value)) * worst;
  for (const Enclosure& bound : {above, below})
    if ((bound - limit).is_negative()) return hull(Enclosure(density.bits()), bound);
  return std::nullopt;
}

}  // namespace

MomentQuantizer block_quantizer(const spec::Recipe& recipe, const spec::TensorScales& tensor) {
  MomentQuantizer out;
  out.steps = scale_cells(recipe, tensor);
  out.cells = quantizer_cells(recipe.element, recipe.element_policy, recipe.random_bits);
  out.elements = recipe.block_elements();
  if (!out.steps.back().is_finite) {
    out.undefined_above = out.steps.back().low;
    out.steps.pop_back();
  }
  for (const ScaleCell& step : out.steps)
    if (!step.is_finite)
      throw Error(
          fmt::format("recipe {}: the scale of a block maximum of {} is not finite, so "
                      "there is no mean squared error",
                      recipe.name, spec::to_approximate_text(step.high.value)));
  return out;
}

ErrorMoments block_moments(const Density& density, const MomentQuantizer& quantizer, int bits) {
  MomentTable table(density, bits);
  const Enclosure zero(bits);
  ErrorMoments sum = {zero, zero, zero, table.whole().square};
  std::optional<Rational> reach;
  if (density.least()) reach = std::max(Rational(-*density.least()), *density.greatest());
  Rational largest = 0;
  bool is_finite = true;
  bool is_random = false;
  for (const Cell& cell : quantizer.cells) {
    largest = std::max(largest, cell.mean < 0 ? Rational(-cell.mean) : cell.mean);
    is_finite = is_finite && cell.is_finite;
    is_random = is_random || cell.square != cell.mean * cell.mean;
  }
  for (const ScaleCell& step : quantizer.steps) {
    if (reach && step.low >= *reach) break;
    const Point high = reach && !(step.high < at(*reach)) ? plus_infinity() : step.high;
    if (is_finite && high.infinite == 0) {
      if (const auto bound = negligible(table, quantizer, step, largest, sum.signal)) {
        sum.bias += *bound;
        if (is_random) sum.variance += *bound;
        continue;
      }
    }
    const ErrorMoments upper = weighted(table, quantizer, step.scale, high);
    const ErrorMoments lower = weighted(table, quantizer, step.scale, at(step.low));
    sum.variance += upper.variance - lower.variance;
    sum.bias += upper.bias - lower.bias;
  }
  sum.mse = sum.variance + sum.bias;
  return sum;
}

ErrorMoments block_moments(const Density& density, const spec::Recipe& recipe,
                           const spec::TensorScales& tensor, int bits) {
  return block_moments(density, block_quantizer(recipe, tensor), bits);
}

Rational typical_tensor_amax(const Density& density) {
  MomentTable table(density, kQuantileBits);
  const Rational rare = spec::power_of_two(-20);
  const auto is_within = [&](const Rational& amax) {
    return (table.mass_beyond(amax) - Enclosure(kQuantileBits, rare)).is_positive();
  };
  Rational high = 1;
  while (is_within(high)) high *= 2;
  while (!is_within(high / 2)) high /= 2;
  Rational low = high / 2;
  for (int step = 0; step < kQuantileSteps; ++step) {
    const Rational middle = (low + high) / 2;
    (is_within(middle) ? low : high) = middle;
  }
  return spec::parse_number(spec::to_approximate_text(high, 3)).value();
}

}  // namespace mxscope::analysis
