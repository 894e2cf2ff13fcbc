// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Probability densities as data, and their partial moments to any number of proved digits.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/enclosure.h"
#include "spec/exact.h"

namespace mxscope::analysis {

/// A polynomial in x on [low, high], lowest power first.
struct PolynomialPiece {
  spec::Rational low, high;
  std::vector<spec::Rational> coefficients;
};

enum class DensityKind : std::uint8_t {
  kPolynomials,  ///< piecewise: uniform, tabulated, or any that a user writes down
  kNormal,       ///< mean 0, standard deviation `scale`
  kLaplace,      ///< exp(-|x| / scale) / (2 scale): standard deviation scale sqrt(2)
  kStudentT,     ///< scale T, T with `degrees` degrees of freedom
};

struct Density {
  std::string name;
  DensityKind kind = DensityKind::kNormal;
  spec::Rational scale = 1;
  spec::Rational degrees = 0;                ///< Student-t only, > 0
  std::vector<PolynomialPiece> pieces = {};  ///< ascending, without overlap; integral 1

  bool is_symmetric() const { return kind != DensityKind::kPolynomials; }  ///< for certain
  /// Student-t with at most two degrees of freedom has no finite second moment, and no quantizer
  /// of finite range a finite mean squared error.
  bool has_variance() const { return kind != DensityKind::kStudentT || degrees > 2; }
  /// Everything outside has probability 0; absent: unbounded.
  std::optional<spec::Rational> least() const;
  std::optional<spec::Rational> greatest() const;
};

/// "normal", "laplace", "uniform" (on [-1, 1]), "t:5"; a further ":VALUE" is the scale, for uniform
/// the half width: "normal:0.02", "uniform:1/2", "t:5:2". Throws Error for anything else.
Density parse_density(std::string_view text);

/// Every [[density]] of a TOML document: `name`, and either `points` with `values` (numbers as
/// strings; linear between points) or [[density.piece]] tables with `from`, `to` and
/// `coefficients` (lowest power first). The integral is made 1 by an exact factor. Throws Error
/// naming file, line and field, also for what is negative somewhere or cannot be shown not to be.
std::vector<Density> load_densities(std::string_view toml, std::string_view file);

/// The integral of all pieces, exactly: 1 for a density that is finished.
spec::Rational whole_mass(const Density& density);

/// A real or an end of the line.
struct Point {
  int infinite = 0;  ///< -1, 0, +1
  spec::Rational value = 0;

  bool operator==(const Point&) const = default;
};
bool operator<(const Point& a, const Point& b);
inline Point at(spec::Rational value) { return {0, std::move(value)}; }
inline Point minus_infinity() { return {-1, 0}; }
inline Point plus_infinity() { return {1, 0}; }

/// Integrals of f, x f and x^2 f over a part of the line.
struct PartialMoments {
  Enclosure mass, mean, square;
};

/// f(x); at a jump of a user's density, that of the piece above.
Enclosure density_at(const Density& density, const spec::Rational& x, int bits);

/// The partial moments from `size` >= 0 to infinity, or with `negative` from -infinity to -size,
/// narrow relative to their value. Needs has_variance(). Every digit of the enclosures is proved:
/// normal and Laplace from MPFR's erfc and exp, polynomials from rationals, Student-t from the
/// positive hypergeometric series of the incomplete beta function with a geometric bound on what is
/// left out (DLMF 8.17.8).
PartialMoments tail_moments(const Density& density, const spec::Rational& size, bool negative,
                            int bits);

/// Partial moments of one density at one precision, each tail computed once. Keeps a reference.
class MomentTable {
 public:
  MomentTable(const Density& density, int bits) : density_(density), bits_(bits) {}

  const Density& density() const { return density_; }
  int bits() const { return bits_; }

  /// low < high.
  PartialMoments between(const Point& low, const Point& high);
  PartialMoments whole() { return between(minus_infinity(), plus_infinity()); }
  /// P(|x| > size) for size >= 0, narrow relative to its value.
  Enclosure mass_beyond(const spec::Rational& size);

 private:
  PartialMoments tail(const Point& from, bool negative);

  const Density& density_;
  int bits_;
  std::map<spec::Rational, PartialMoments> tails_[2];  ///< of the positive and the negative side
};

}  // namespace mxscope::analysis
