// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Closed forms of the partial moments, evaluated outward. Formulas: NIST DLMF 7 (erf) and 8.17
// (incomplete beta).
#include "analysis/density.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "spec/error.h"
#include "spec/names.h"
#include "spec/number.h"

namespace mxscope::analysis {

using spec::Rational;

namespace {

Rational positive_number(std::string_view text, std::string_view what) {
  const spec::Number number = spec::parse_number(text);
  if (number.kind != spec::NumberKind::kFinite || number.value() <= 0)
    throw Error(fmt::format("density {} '{}': must be a positive number", what, text));
  return number.value();
}

/// B_z(a, b) for 0 <= z, all positive: z^a (1-z)^b / a times the sum of products of
/// (a+b+j)/(a+1+j) z, whose ratio is at most max(that ratio now, z) from any term on.
Enclosure incomplete_beta_series(const Enclosure& z, const Rational& a, const Rational& b) {
  const int bits = z.bits();
  const Enclosure one(bits, 1);
  if (z.high() <= 0) return Enclosure(bits);
  const Rational limit = spec::power_of_two(-bits - 8);
  Enclosure term = one;
  Enclosure sum = one;
  for (long j = 0;; ++j) {
    const Rational factor = Rational(a + b + j) / Rational(a + 1 + j);
    const Enclosure ratio = z * factor;
    term *= ratio;
    sum += term;
    const Enclosure bound = factor > 1 ? ratio : z;  // of every ratio that follows
    if (term.high() < limit && bound.high() < 1) {
      const Enclosure rest = term * bound / (one - bound);
      return power(z, Enclosure(bits, a)) * power(one - z, Enclosure(bits, b)) / a *
             hull(sum, sum + rest);
    }
  }
}

Enclosure computed_beta(const Rational& a, const Rational& b, int bits) {
  return gamma(Enclosure(bits, a)) * gamma(Enclosure(bits, b)) / gamma(Enclosure(bits, a + b));
}

/// A density needs two of these at every point, the same each time.
const Enclosure& beta(const Rational& a, const Rational& b, int bits) {
  constexpr std::size_t kMostKept = 64;
  using Key = std::tuple<int, Rational, Rational>;
  thread_local std::map<Key, Enclosure> known;
  if (known.size() > kMostKept) known.clear();
  const auto found = known.find(Key(bits, a, b));
  if (found != known.end()) return found->second;
  return known.emplace(Key(bits, a, b), computed_beta(a, b, bits)).first->second;
}

/// 1 - I_z(a, b) at z = square / (degrees + square), by the series that converges faster.
Enclosure upper_beta(const Rational& square, const Rational& degrees, const Rational& a,
                     const Rational& b, int bits) {
  const Rational z = square / Rational(degrees + square);
  const Enclosure& whole = beta(a, b, bits);
  if (z <= Rational(a + 1) / Rational(a + b + 2))
    return Enclosure(bits, 1) - incomplete_beta_series(Enclosure(bits, z), a, b) / whole;
  return incomplete_beta_series(Enclosure(bits, 1 - z), b, a) / whole;
}

// Partial moments from x >= 0 to infinity, at scale 1.

PartialMoments normal_tail(const Rational& x, int bits) {
  const Enclosure half(bits, Rational(1, 2));
  const Enclosure point(bits, x);
  const Enclosure mass = erfc(point * sqrt(half)) * half;
  const Enclosure height = exp(-(square(point) * half)) / sqrt(Enclosure::pi(bits) * Rational(2));
  return {mass, height, mass + point * height};
}

PartialMoments laplace_tail(const Rational& x, int bits) {
  const Enclosure mass = exp(Enclosure(bits, -x)) * Rational(1, 2);
  return {mass, mass * Rational(x + 1), mass * Rational(x * x + 2 * x + 2)};
}

Enclosure student_peak(const Rational& degrees, int bits) {
  return Enclosure(bits, 1) /
         (sqrt(Enclosure(bits, degrees)) * beta(Rational(1, 2), degrees / 2, bits));
}

PartialMoments student_tail(const Rational& degrees, const Rational& x, int bits) {
  const Rational half(1, 2);
  const Rational square = x * x;
  const Enclosure fall =
      power(Enclosure(bits, 1 + square / degrees), Enclosure(bits, (1 - degrees) / 2));
  const Rational variance = degrees / Rational(degrees - 2);
  return {
      upper_beta(square, degrees, half, degrees / 2, bits) * half,
      student_peak(degrees, bits) * fall * Rational(degrees / Rational(degrees - 1)),
      upper_beta(square, degrees, Rational(3, 2), degrees / 2 - 1, bits) * Rational(variance / 2)};
}

/// The integral of t^power times the piece from its low end to x, exactly.
Rational piece_integral(const PolynomialPiece& piece, unsigned power, const Rational& x) {
  Rational sum = 0;
  Rational high = 1;
  Rational low = 1;
  for (unsigned i = 0; i <= power; ++i) {
    high *= x;
    low *= piece.low;
  }
  for (std::size_t i = 0; i < piece.coefficients.size(); ++i) {
    sum += piece.coefficients[i] * Rational(high - low) / Rational(i + power + 1);
    high *= x;
    low *= piece.low;
  }
  return sum;
}

Rational polynomial_value(const PolynomialPiece& piece, const Rational& x) {
  Rational sum = 0;
  for (std::size_t i = piece.coefficients.size(); i-- > 0;) sum = sum * x + piece.coefficients[i];
  return sum;
}

/// Over the part of the pieces from `size` up, or down from -size.
PartialMoments polynomial_tail(const Density& density, const Rational& size, bool negative,
                               int bits) {
  const auto partial = [&](unsigned power) {
    Rational sum = 0;
    for (const PolynomialPiece& piece : density.pieces) {
      const Rational low = negative ? piece.low : std::max(piece.low, size);
      const Rational high = negative ? std::min(piece.high, Rational(-size)) : piece.high;
      if (low < high) sum += piece_integral(piece, power, high) - piece_integral(piece, power, low);
    }
    return Enclosure(bits, sum);
  };
  return {partial(0), partial(1), partial(2)};
}

}  // namespace

std::optional<Rational> Density::least() const {
  if (kind != DensityKind::kPolynomials) return std::nullopt;
  return pieces.front().low;
}

std::optional<Rational> Density::greatest() const {
  if (kind != DensityKind::kPolynomials) return std::nullopt;
  return pieces.back().high;
}

Density parse_density(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  Density density;
  density.name = text;
  std::size_t next = 1;
  if (words[0] == "normal") {
    density.kind = DensityKind::kNormal;
  } else if (words[0] == "laplace") {
    density.kind = DensityKind::kLaplace;
  } else if (words[0] == "t") {
    density.kind = DensityKind::kStudentT;
    if (words.size() < 2) throw Error("density t needs its degrees of freedom, as in t:5");
    density.degrees = positive_number(words[next++], "t, degrees of freedom");
    if (density.degrees > 1000000)
      throw Error(fmt::format("density {}: beyond 10^6 degrees of freedom, use normal", text));
  } else if (words[0] != "uniform") {
    throw spec::unknown_name("density", words[0], {"normal", "laplace", "uniform", "t"});
  }
  if (words.size() > next) density.scale = positive_number(words[next++], "scale");
  if (words.size() > next)
    throw Error(fmt::format("density {}: '{}' is one part too many", text, words[next]));
  if (words[0] == "uniform") {
    density.kind = DensityKind::kPolynomials;
    density.pieces = {{-density.scale, density.scale, {Rational(1, 2) / density.scale}}};
    density.scale = 1;
  }
  return density;
}

Rational whole_mass(const Density& density) {
  Rational sum = 0;
  for (const PolynomialPiece& piece : density.pieces) sum += piece_integral(piece, 0, piece.high);
  return sum;
}

bool operator<(const Point& a, const Point& b) {
  if (a.infinite != b.infinite) return a.infinite < b.infinite;
  return a.infinite == 0 && a.value < b.value;
}

Enclosure density_at(const Density& density, const Rational& x, int bits) {
  const Rational unit = x / density.scale;
  const Rational size = unit < 0 ? Rational(-unit) : unit;
  switch (density.kind) {
    case DensityKind::kPolynomials:
      for (const PolynomialPiece& piece : density.pieces)
        if (piece.low <= x && x < piece.high) return Enclosure(bits, polynomial_value(piece, x));
      return Enclosure(bits);
    case DensityKind::kNormal:
      return exp(Enclosure(bits, size * size / -2)) / sqrt(Enclosure::pi(bits) * Rational(2)) /
             density.scale;
    case DensityKind::kLaplace:
      return exp(Enclosure(bits, -size)) * Rational(Rational(1, 2) / density.scale);
    case DensityKind::kStudentT:
      return student_peak(density.degrees, bits) *
             power(Enclosure(bits, 1 + size * size / density.degrees),
                   Enclosure(bits, (density.degrees + 1) / -2)) /
             density.scale;
  }
  throw std::logic_error("density kind");
}

PartialMoments tail_moments(const Density& density, const Rational& size, bool negative, int bits) {
  if (!density.has_variance())
    throw std::logic_error("partial moments of a density without variance");
  if (density.kind == DensityKind::kPolynomials)
    return polynomial_tail(density, size, negative, bits);
  const Rational unit = size / density.scale;
  PartialMoments tail = density.kind == DensityKind::kNormal ? normal_tail(unit, bits)
                        : density.kind == DensityKind::kLaplace
                            ? laplace_tail(unit, bits)
                            : student_tail(density.degrees, unit, bits);
  tail.mean *= negative ? Rational(-density.scale) : density.scale;
  tail.square *= Rational(density.scale * density.scale);
  return tail;
}

PartialMoments MomentTable::tail(const Point& from, bool negative) {
  if (from.infinite != 0) {
    const Enclosure zero(bits_);
    return {zero, zero, zero};
  }
  const Rational size = negative ? Rational(-from.value) : from.value;
  if (negative && density_.is_symmetric()) {
    PartialMoments mirrored = tail(at(size), false);
    mirrored.mean = -mirrored.mean;
    return mirrored;
  }
  auto& known = tails_[negative ? 1 : 0];
  const auto found = known.find(size);
  if (found != known.end()) return found->second;
  return known.emplace(size, tail_moments(density_, size, negative, bits_)).first->second;
}

PartialMoments MomentTable::between(const Point& low, const Point& high) {
  const auto difference = [](PartialMoments a, const PartialMoments& b) {
    a.mass -= b.mass;
    a.mean -= b.mean;
    a.square -= b.square;
    return a;
  };
  if (!(low < at(0))) return difference(tail(low, false), tail(high, false));
  if (!(at(0) < high)) return difference(tail(high, true), tail(low, true));
  PartialMoments sum = difference(tail(at(0), false), tail(high, false));
  const PartialMoments below = difference(tail(at(0), true), tail(low, true));
  sum.mass += below.mass;
  sum.mean += below.mean;
  sum.square += below.square;
  return sum;
}

Enclosure MomentTable::mass_beyond(const Rational& size) {
  return tail(at(size), false).mass + tail(at(-size), true).mass;
}

}  // namespace mxscope::analysis
