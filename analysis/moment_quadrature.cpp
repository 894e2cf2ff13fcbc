// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Order statistics: David and Nagaraja, Order Statistics, 3rd edition, 2.1. Quadrature: Boost.Math.
#include "analysis/moment_quadrature.h"

#include <algorithm>
#include <boost/math/constants/constants.hpp>
#include <boost/math/quadrature/exp_sinh.hpp>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/quadrature/tanh_sinh.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <set>

namespace mxscope::analysis {
namespace {

using spec::Rational;

template <typename Real>
Real to_real(const Rational& x) {
  return Real(boost::multiprecision::numerator(x).str()) /
         Real(boost::multiprecision::denominator(x).str());
}

/// f(x), from its definition.
template <typename Real>
class DensityFunction {
 public:
  explicit DensityFunction(const Density& density)
      : density_(density), scale_(to_real<Real>(density.scale)) {
    using boost::math::lgamma;
    if (density.kind == DensityKind::kNormal)
      factor_ = 1 / (scale_ * sqrt(boost::math::constants::two_pi<Real>()));
    if (density.kind == DensityKind::kLaplace) factor_ = 1 / (2 * scale_);
    if (density.kind == DensityKind::kStudentT) {
      degrees_ = to_real<Real>(density.degrees);
      factor_ = exp(lgamma(Real((degrees_ + 1) / 2)) - lgamma(Real(degrees_ / 2))) /
                (scale_ * sqrt(degrees_ * boost::math::constants::pi<Real>()));
    }
    for (const PolynomialPiece& piece : density.pieces) {
      ends_.emplace_back(to_real<Real>(piece.low), to_real<Real>(piece.high));
      coefficients_.emplace_back();
      for (const Rational& c : piece.coefficients) coefficients_.back().push_back(to_real<Real>(c));
    }
  }

  Real operator()(const Real& x) const {
    const Real unit = abs(x) / scale_;
    switch (density_.kind) {
      case DensityKind::kNormal:
        return factor_ * exp(-unit * unit / 2);
      case DensityKind::kLaplace:
        return factor_ * exp(-unit);
      case DensityKind::kStudentT:
        return factor_ * pow(1 + unit * unit / degrees_, -(degrees_ + 1) / 2);
      case DensityKind::kPolynomials:
        break;
    }
    for (std::size_t i = 0; i < ends_.size(); ++i) {
      if (x < ends_[i].first || x > ends_[i].second) continue;
      Real sum = 0;
      for (std::size_t k = coefficients_[i].size(); k-- > 0;) sum = sum * x + coefficients_[i][k];
      return sum;
    }
    return 0;
  }

 private:
  const Density& density_;
  Real scale_, factor_ = 1, degrees_ = 0;
  std::vector<std::pair<Real, Real>> ends_;
  std::vector<std::vector<Real>> coefficients_;
};

/// The places where the density is not smooth.
std::vector<Rational> joints(const Density& density) {
  std::vector<Rational> points = {0};
  for (const PolynomialPiece& piece : density.pieces) {
    points.push_back(piece.low);
    points.push_back(piece.high);
  }
  return points;
}

/// The error of a cell under a scale.
template <typename Real>
struct CellError {
  Real mean, square;
  Real operator()(const Real& x) const { return square - 2 * mean * x + x * x; }
};

template <typename Real>
std::vector<CellError<Real>> scaled_errors(const std::vector<Cell>& cells, const Rational& scale) {
  std::vector<CellError<Real>> out;
  for (const Cell& cell : cells)
    out.push_back({to_real<Real>(cell.mean * scale), to_real<Real>(cell.square * scale * scale)});
  return out;
}

/// The cell of x in units of the scale, by its exact thresholds.
std::size_t cell_at(const std::vector<Cell>& cells, const Rational& x) {
  std::size_t i = 0;
  while (cells[i].high < at(x)) ++i;
  return i;
}

/// Gauss-Legendre's nodes and weights on [-1, 1].
struct Rule {
  std::vector<Quad> nodes, weights;

  Rule() {
    using Gauss = boost::math::quadrature::gauss<Quad, 30>;
    for (std::size_t i = 0; i < Gauss::abscissa().size(); ++i)
      for (const int sign : {-1, 1}) {
        nodes.push_back(sign * Gauss::abscissa()[i]);
        weights.push_back(Gauss::weights()[i]);
      }
  }
};

/// Probability and integral of the error, over what |x| has covered so far.
struct Covered {
  Quad mass = 0;
  Quad error = 0;
};

/// The magnitudes |x| between two points where nothing changes form.
class Shell {
 public:
  Shell(const DensityFunction<Quad>& f, const CellError<Quad>& above, const CellError<Quad>& below)
      : f_(f), above_(above), below_(below) {}

  Covered at(const Quad& size) const {
    const Quad above = f_(size);
    const Quad below = f_(Quad(-size));
    return {above + below, above * above_(size) + below * below_(Quad(-size))};
  }
  Covered extended(Covered sum, const Quad& low, const Quad& high) const {
    static const Rule rule;
    const Quad middle = (low + high) / 2;
    const Quad half = (high - low) / 2;
    for (std::size_t i = 0; i < rule.nodes.size(); ++i) {
      const Covered there = at(middle + half * rule.nodes[i]);
      sum.mass += half * rule.weights[i] * there.mass;
      sum.error += half * rule.weights[i] * there.error;
    }
    return sum;
  }
  /// The integral over the maximum M from low to high of the error of all n elements over n.
  Quad order_statistic(const Covered& covered, int n, const Quad& low, const Quad& high) const {
    static const Rule rule;
    const Quad middle = (low + high) / 2;
    const Quad half = (high - low) / 2;
    Quad sum = 0;
    for (std::size_t i = 0; i < rule.nodes.size(); ++i) {
      const Quad m = middle + half * rule.nodes[i];
      const Covered below = extended(covered, low, m);
      const Covered there = at(m);
      Quad value = pow(below.mass, n - 1) * there.error;
      if (n > 1) value += (n - 1) * there.mass * pow(below.mass, n - 2) * below.error;
      sum += half * rule.weights[i] * value;
    }
    return sum;
  }

 private:
  const DensityFunction<Quad>& f_;
  const CellError<Quad>& above_;
  const CellError<Quad>& below_;
};

/// Where 30 points no longer follow the density: at multiples of its width, and at octaves.
std::set<Rational> magnitudes_to_split_at(const Density& density) {
  std::set<Rational> points;
  for (const Rational& joint : joints(density)) points.insert(abs(joint));
  if (density.kind == DensityKind::kPolynomials) return points;
  for (int octave = -3; octave <= 60; ++octave)
    points.insert(density.scale * spec::power_of_two(octave));
  if (density.kind != DensityKind::kStudentT)
    for (int i = 1; i <= 16; ++i) points.insert(density.scale * i);
  return points;
}

}  // namespace

Wide scalar_mse_by_quadrature(const Density& density, const std::vector<Cell>& cells,
                              const Rational& scale) {
  const DensityFunction<Wide> f(density);
  const std::vector<CellError<Wide>> errors = scaled_errors<Wide>(cells, scale);
  std::set<Rational> points;
  for (const Rational& joint : joints(density)) points.insert(joint);
  for (const Cell& cell : cells)
    if (cell.low.infinite == 0) points.insert(cell.low.value * scale);
  // Their tables take longer to make than all integrals; shared between threads, they lock.
  static boost::math::quadrature::tanh_sinh<Wide> finite(20);
  static boost::math::quadrature::exp_sinh<Wide> infinite(20);
  const Wide tolerance("1e-75");
  Wide sum = 0;
  const auto integrand = [&](const Rational& inside) {
    return [&f, error = errors[cell_at(cells, inside / scale)]](const Wide& x) -> Wide {
      return f(x) * error(x);
    };
  };
  for (auto low = points.begin(), high = std::next(low); high != points.end(); ++low, ++high)
    sum += finite.integrate(integrand((*low + *high) / 2), to_real<Wide>(*low),
                            to_real<Wide>(*high), tolerance);
  if (density.kind == DensityKind::kPolynomials) return sum;
  const Rational first = *points.begin();
  const Rational last = *points.rbegin();
  const auto upper = integrand(last + scale);
  const auto lower = integrand(first - scale);
  sum +=
      infinite.integrate([&](const Wide& x) { return upper(x + to_real<Wide>(last)); }, tolerance);
  sum +=
      infinite.integrate([&](const Wide& x) { return lower(to_real<Wide>(first) - x); }, tolerance);
  return sum;
}

Quad block_mse_by_quadrature(const Density& density, const MomentQuantizer& quantizer) {
  const DensityFunction<Quad> f(density);
  const int n = quantizer.elements;
  const Quad unlikely("1e-40");
  const Quad negligible("1e-27");
  const std::set<Rational> fixed = magnitudes_to_split_at(density);
  const Rational reach = *fixed.rbegin();
  const CellError<Quad> lost = {0, 0};

  Quad sum = 0;
  for (const ScaleCell& step : quantizer.steps) {
    if (step.low >= reach) break;
    const Rational top = std::min(step.high, at(reach)).value;
    std::set<Rational> points = {0, step.low, top};
    const auto add = [&](const Rational& point) {
      if (point > 0 && point < top) points.insert(point);
    };
    for (const Rational& point : fixed) add(point);
    if (step.scale != 0)
      for (const Cell& cell : quantizer.cells)
        if (cell.low.infinite == 0) add(abs(Rational(cell.low.value * step.scale)));
    const std::vector<CellError<Quad>> errors = scaled_errors<Quad>(quantizer.cells, step.scale);
    const auto error_of = [&](const Rational& x) -> const CellError<Quad>& {
      return step.scale == 0 ? lost : errors[cell_at(quantizer.cells, x / step.scale)];
    };
    Covered covered;
    for (auto low = points.begin(), high = std::next(low); high != points.end(); ++low, ++high) {
      const Rational middle = (*low + *high) / 2;
      const Shell shell(f, error_of(middle), error_of(-middle));
      const Quad from = to_real<Quad>(*low);
      const Quad to = to_real<Quad>(*high);
      const Covered all = shell.extended(covered, from, to);
      if (*low >= step.low && pow(all.mass, n) > unlikely) {
        const Quad part = shell.order_statistic(covered, n, from, to);
        sum += part;
        if (part < negligible * sum && 2 * pow(covered.mass, n) > 1) return sum;
      }
      covered = all;
    }
  }
  return sum;
}

}  // namespace mxscope::analysis
