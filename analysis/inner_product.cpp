// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Sums of products of magnitudes; square roots and exponentials are rounded up.
#include "analysis/inner_product.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/enclosure.h"
#include "spec/error.h"

namespace mxscope::analysis {

using spec::Rational;

namespace {

constexpr int kBits = 128;

Rational magnitude(const Rational& x) { return x < 0 ? Rational(-x) : x; }

void check(const Operand& operand, std::size_t length) {
  const auto fits = [&](std::size_t size, bool may_be_empty) {
    return size == length || (may_be_empty && size == 0);
  };
  if (length == 0) throw Error("an inner product needs at least one element");
  if (!fits(operand.values.size(), false) || !fits(operand.error.size(), false) ||
      !fits(operand.bias.size(), true) || !fits(operand.augmented.size(), true) ||
      operand.first_error.size() != operand.augmented.size())
    throw Error(
        fmt::format("an operand of {} values needs as many errors, and as many biases and "
                    "augmented marks or none; the other operand has {}",
                    operand.values.size(), length));
}

void check_both(const Operand& x, const Operand& w) {
  check(x, x.values.size());
  check(w, x.values.size());
  if (std::find(w.augmented.begin(), w.augmented.end(), true) != w.augmented.end())
    throw Error("only the first operand of an inner product may be augmented");
}

/// |x w' + x' w + x' w'| at most, for errors x' and w' of at most dx and dw.
Rational product_error(const Rational& x, const Rational& dx, const Rational& w,
                       const Rational& dw) {
  return magnitude(x) * dw + magnitude(w) * dx + dx * dw;
}

/// The sum of the magnitudes of all terms, at most. A second stage's term is at most the first
/// stage's residual and its own error: q2 = r - (r - q2).
Rational sum_of_magnitudes(const Operand& x, const Operand& w) {
  Rational sum = 0;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const Rational weight = magnitude(w.values[i]) + w.error[i];
    const bool augmented = !x.augmented.empty() && x.augmented[i];
    const Rational& first = augmented ? x.first_error[i] : x.error[i];
    sum += (magnitude(x.values[i]) + first) * weight;
    if (augmented) sum += (first + x.error[i]) * weight;
  }
  return sum;
}

/// An upper bound on a x exp(-square / 2).
Rational exponential_tail(const Rational& factor, const Rational& square) {
  return (exp(Enclosure(kBits, square / -2)) * factor).high();
}

}  // namespace

std::vector<Rational> element_bounds(const ElementModel& model, std::span<const Rational> x) {
  if (model.block == 0) throw Error("a block needs at least one element");
  std::vector<Rational> bounds;
  bounds.reserve(x.size());
  for (std::size_t first = 0; first < x.size(); first += model.block) {
    const auto block = x.subspan(first, std::min(model.block, x.size() - first));
    Rational largest = 0;
    for (const Rational& value : block) largest = std::max(largest, magnitude(value));
    for (const Rational& value : block)
      bounds.push_back(model.relative * magnitude(value) + model.of_maximum * largest);
  }
  return bounds;
}

std::size_t Operand::terms() const {
  return values.size() +
         static_cast<std::size_t>(std::count(augmented.begin(), augmented.end(), true));
}

Rational gamma_factor(std::size_t n, const Rational& unit) {
  const Rational product = Rational(n) * unit;
  if (product >= 1)
    throw Error(fmt::format("{} roundings of unit {} have no bound: n u must be below 1", n,
                            spec::to_text(unit)));
  return product / Rational(1 - product);
}

CertainBound certain_bound(const Operand& x, const Operand& w, const Accumulation& accumulation) {
  check_both(x, w);
  CertainBound bound;
  for (std::size_t i = 0; i < x.values.size(); ++i)
    bound.quantization += product_error(x.values[i], x.error[i], w.values[i], w.error[i]);
  bound.accumulation =
      gamma_factor(accumulation.roundings(x.terms()), accumulation.unit) * sum_of_magnitudes(x, w);
  return bound;
}

LikelyBound likely_bound(const Operand& x, const Operand& w, const Accumulation& accumulation,
                         const Rational& lambda) {
  check_both(x, w);
  if (lambda <= 0) throw Error("lambda must be positive");
  const auto bias = [](const Operand& operand, std::size_t i) {
    return operand.bias.empty() ? Rational(0) : operand.bias[i];
  };
  Rational biases = 0;
  Rational squares = 0;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const Rational c = product_error(x.values[i], x.error[i], w.values[i], w.error[i]);
    squares += c * c;
    biases += product_error(x.values[i], bias(x, i), w.values[i], bias(w, i));
  }
  LikelyBound bound;
  bound.quantization = biases + (sqrt(Enclosure(kBits, squares)) * lambda).high();
  bound.failure = exponential_tail(2, lambda * lambda);

  const Rational& u = accumulation.unit;
  const std::size_t n = accumulation.roundings(x.terms());
  if (u == 0 || n == 0) return bound;
  const Enclosure exponent = sqrt(Enclosure(kBits, Rational(n))) * Rational(lambda * u) +
                             Enclosure(kBits, Rational(n) * u * u / Rational(1 - u));
  const Rational factor = (exp(exponent) - Enclosure(kBits, 1)).high();
  bound.accumulation = factor * sum_of_magnitudes(x, w);
  bound.failure += exponential_tail(Rational(2 * x.terms()),
                                    lambda * lambda * Rational(1 - u) * Rational(1 - u));
  return bound;
}

GemmBound gemm_bound(std::span<const Operand> x, std::span<const Operand> w,
                     const Accumulation& accumulation, const Rational& lambda) {
  GemmBound out;
  for (const Operand& row : x)
    for (const Operand& column : w) {
      out.certain.push_back(certain_bound(row, column, accumulation));
      out.likely.push_back(likely_bound(row, column, accumulation, lambda));
      out.failure += out.likely.back().failure;
    }
  return out;
}

}  // namespace mxscope::analysis
