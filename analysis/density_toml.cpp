// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A user's densities from TOML: tables of points, or polynomials piece by piece.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/density.h"
#include "spec/names.h"
#include "spec/number.h"
#include "spec/toml_table.h"

namespace mxscope::analysis {
namespace {

using spec::Rational;
using spec::TomlTable;

constexpr std::size_t kMaxPoints = 100000;
constexpr std::size_t kMaxCoefficients = 17;
constexpr int kMaxHalvings = 40;

Rational exact_number(const TomlTable& table, std::string_view field, const std::string& text) {
  try {
    const spec::Number number = spec::parse_number(text);
    if (number.kind == spec::NumberKind::kFinite) return number.value();
  } catch (const Error& e) {
    throw table.error(field, e.what());
  }
  throw table.error(field, fmt::format("'{}' must be a finite number", text));
}

std::vector<Rational> exact_numbers(TomlTable& table, std::string_view field) {
  std::vector<Rational> numbers;
  for (const std::string& text : table.texts(field))
    numbers.push_back(exact_number(table, field, text));
  return numbers;
}

/// The coefficients of the polynomial in Bernstein's basis of its interval: where none is negative,
/// neither is the polynomial.
std::vector<Rational> bernstein(const PolynomialPiece& piece) {
  const std::size_t n = piece.coefficients.size();
  const Rational width = piece.high - piece.low;
  // Taylor's coefficients at the low end, in units of the width, by repeated synthetic division.
  std::vector<Rational> taylor = piece.coefficients;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = n - 1; j > i; --j) taylor[j - 1] += piece.low * taylor[j];
  Rational scale = 1;
  for (Rational& c : taylor) {
    c *= scale;
    scale *= width;
  }
  std::vector<Rational> out(n, 0);
  for (std::size_t k = 0; k < n; ++k) {
    Rational ratio = 1;  // C(k, i) / C(n - 1, i)
    for (std::size_t i = 0; i <= k; ++i) {
      out[k] += ratio * taylor[i];
      if (i < k) ratio *= Rational(k - i) / Rational(n - 1 - i);
    }
  }
  return out;
}

/// Halves the interval (de Casteljau) until no coefficient is negative, or an end is.
bool is_nonnegative(const std::vector<Rational>& control, int halvings) {
  if (std::all_of(control.begin(), control.end(), [](const Rational& c) { return c >= 0; }))
    return true;
  if (control.front() < 0 || control.back() < 0 || halvings == 0) return false;
  std::vector<Rational> left;
  std::vector<Rational> right = control;
  for (std::size_t i = 0; i < control.size(); ++i) {
    left.push_back(right.front());
    for (std::size_t j = 0; j + 1 < right.size() - i; ++j) right[j] = (right[j] + right[j + 1]) / 2;
  }
  return is_nonnegative(left, halvings - 1) && is_nonnegative(right, halvings - 1);
}

std::vector<PolynomialPiece> tabulated(TomlTable& table) {
  const std::vector<Rational> points = exact_numbers(table, "points");
  const std::vector<Rational> values = exact_numbers(table, "values");
  if (points.size() < 2 || points.size() != values.size() || points.size() > kMaxPoints)
    throw table.error("points", fmt::format("must be 2 to {} numbers, as many as values; they are "
                                            "{} and {}",
                                            kMaxPoints, points.size(), values.size()));
  std::vector<PolynomialPiece> pieces;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    if (points[i] >= points[i + 1]) throw table.error("points", "must ascend");
    const Rational slope = (values[i + 1] - values[i]) / Rational(points[i + 1] - points[i]);
    pieces.push_back({points[i], points[i + 1], {values[i] - slope * points[i], slope}});
  }
  return pieces;
}

std::vector<PolynomialPiece> written_out(TomlTable& table, std::string_view file) {
  const spec::TomlNode* node = table.node("piece");
  const auto* list = node == nullptr ? nullptr : std::get_if<spec::TomlNode::Array>(&node->value);
  if (list == nullptr || list->empty())
    throw table.error("give points and values, or [[density.piece]] tables");
  std::vector<PolynomialPiece> pieces;
  for (const spec::TomlNode& each : *list) {
    if (!std::holds_alternative<spec::TomlNode::Table>(each.value))
      throw table.error("piece", "must be tables, as in [[density.piece]]");
    TomlTable inner(each, file, "density.piece");
    PolynomialPiece piece{exact_number(inner, "from", inner.text("from", true)),
                          exact_number(inner, "to", inner.text("to", true)),
                          exact_numbers(inner, "coefficients")};
    inner.finish();
    if (piece.low >= piece.high) throw inner.error("to", "must be greater than from");
    if (!pieces.empty() && piece.low < pieces.back().high)
      throw inner.error("from", "pieces must ascend and not overlap");
    if (piece.coefficients.empty() || piece.coefficients.size() > kMaxCoefficients)
      throw inner.error("coefficients", fmt::format("must be 1 to {} numbers", kMaxCoefficients));
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

/// Whether the name stands for a density without a file, as normal and t:5 do.
bool is_built_in(std::string_view name) {
  try {
    parse_density(name);
    return true;
  } catch (const Error&) {
    return false;
  }
}

Density read_density(TomlTable& table, std::string_view file) {
  Density density;
  density.kind = DensityKind::kPolynomials;
  density.name = table.text("name", true);
  if (!spec::is_row_name(density.name)) throw table.error("name", spec::kRowNameRule);
  if (is_built_in(density.name))
    throw table.error("name", fmt::format("{} is built in; choose another", density.name));
  density.pieces = table.has("points") ? tabulated(table) : written_out(table, file);
  table.finish();
  for (const PolynomialPiece& piece : density.pieces)
    if (!is_nonnegative(bernstein(piece), kMaxHalvings))
      throw table.error(
          fmt::format("the density is negative between {} and {}, or cannot be shown "
                      "not to be",
                      spec::to_text(piece.low), spec::to_text(piece.high)));
  const Rational mass = whole_mass(density);
  if (mass == 0) throw table.error("the density is zero everywhere");
  for (PolynomialPiece& piece : density.pieces)
    for (Rational& c : piece.coefficients) c /= mass;
  return density;
}

}  // namespace

std::vector<Density> load_densities(std::string_view toml, std::string_view file) {
  std::vector<Density> densities;
  for_each_table(spec::parse_toml(toml, file), file, "density", [&](TomlTable& table) {
    densities.push_back(read_density(table, file));
    for (std::size_t i = 0; i + 1 < densities.size(); ++i)
      if (densities[i].name == densities.back().name)
        throw table.error("name", fmt::format("{} is taken; choose another", densities[i].name));
  });
  return densities;
}

}  // namespace mxscope::analysis
