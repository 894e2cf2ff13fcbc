// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Sums over cells of quadratic errors times partial moments.
#include "analysis/scalar_moments.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/error.h"
#include "spec/number.h"

namespace mxscope::analysis {

using spec::Rational;

namespace {

constexpr int kScansPerOctave = 16;
constexpr int kScanBits = 160;

Point scaled(const Point& p, const Rational& scale) {
  return p.infinite != 0 ? p : at(p.value * scale);
}

Point negated(const Point& p) { return {-p.infinite, -p.value}; }

/// Bits for so many decimal digits, with room for the rounding of long sums.
int bits_for(int digits) { return 64 + digits * 10 / 3; }

/// The root mean square of the density to a few bits: a unit of length for the scan.
Rational typical_size(const Enclosure& signal) {
  const Rational size = sqrt(signal).low();
  return spec::power_of_two(spec::floor_log2(size));
}

}  // namespace

Enclosure ErrorMoments::sqnr_db() const {
  return log(signal / mse) * Rational(10) / log(Enclosure(mse.bits(), 10));
}

ErrorMoments moments_to_digits(int digits, const std::function<ErrorMoments(int)>& evaluate) {
  int bits = bits_for(digits);
  const int most = 16 * bits;
  for (;; bits *= 2) {
    ErrorMoments out = evaluate(bits);
    if (out.mse.proved_digits(digits) >= digits || bits >= most) return out;
  }
}

ErrorMoments truncated_moments(MomentTable& density, const std::vector<Cell>& cells,
                               const Rational& scale, const Point& limit) {
  const int bits = density.bits();
  const Enclosure signal = density.between(negated(limit), limit).square;
  if (scale == 0) return {signal, Enclosure(bits), signal, signal};
  Enclosure variance(bits);
  Enclosure bias = signal;
  const Rational square_scale = scale * scale;
  for (const Cell& cell : cells) {
    const Point low = std::max(scaled(cell.low, scale), negated(limit));
    const Point high = std::min(scaled(cell.high, scale), limit);
    if (!(low < high)) continue;
    const PartialMoments part = density.between(low, high);
    if (!cell.is_finite) {
      if (part.mass.high() <= 0) continue;
      throw Error(
          fmt::format("elements of density {} are quantized to infinity, NaN or an error "
                      "with positive probability, so there is no mean squared error; "
                      "saturate instead",
                      density.density().name));
    }
    if (cell.mean == 0 && cell.square == 0) continue;
    bias += part.mass * Rational(cell.mean * cell.mean * square_scale);
    bias -= part.mean * Rational(2 * cell.mean * scale);
    const Rational scatter = cell.square - cell.mean * cell.mean;
    if (scatter != 0) variance += part.mass * Rational(scatter * square_scale);
  }
  return {variance + bias, variance, bias, signal};
}

ErrorMoments scalar_moments(const Density& density, const std::vector<Cell>& cells,
                            const Rational& scale, int bits) {
  MomentTable table(density, bits);
  return truncated_moments(table, cells, scale, plus_infinity());
}

Enclosure error_slope(MomentTable& density, const std::vector<Cell>& cells, const Rational& scale) {
  const int bits = density.bits();
  Enclosure slope(bits);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[i];
    const PartialMoments part = density.between(scaled(cell.low, scale), scaled(cell.high, scale));
    slope += part.mass * Rational(2 * scale * cell.square);
    slope -= part.mean * Rational(2 * cell.mean);
    if (i == 0) continue;
    const Rational& t = cell.low.value;
    const Cell& below = cells[i - 1];
    const Rational jump =
        scale * scale * (below.square - cell.square - 2 * t * (below.mean - cell.mean));
    if (jump != 0 && t != 0)
      slope += density_at(density.density(), t * scale, bits) * Rational(t * jump);
  }
  return slope;
}

OptimalScale optimal_scale(const Density& density, const std::vector<Cell>& cells, int digits,
                           const std::function<void()>& checkpoint) {
  Rational largest = 0;
  Rational least = 0;
  for (const Cell& cell : cells) {
    const Rational size = cell.mean < 0 ? Rational(-cell.mean) : cell.mean;
    largest = std::max(largest, size);
    if (size != 0 && (least == 0 || size < least)) least = size;
  }
  if (largest == 0) throw Error("a format of nothing but zero has no optimal scale");

  MomentTable rough(density, kScanBits);
  const auto error_at = [&](const Rational& s) {
    if (checkpoint) checkpoint();
    return truncated_moments(rough, cells, s, plus_infinity()).mse;
  };
  const Rational size = typical_size(rough.whole().square);
  // From where nearly all elements clip to where nearly all become 0.
  std::vector<Rational> scan;
  const std::int64_t first = spec::floor_log2(size / largest) - 3;
  const std::int64_t last = spec::floor_log2(size / least) + 3;
  for (std::int64_t octave = first; octave <= last; ++octave)
    for (int i = 0; i < kScansPerOctave; ++i)
      scan.push_back(spec::power_of_two(octave) * Rational(kScansPerOctave + i, kScansPerOctave));
  std::size_t best = 0;
  Enclosure best_error = error_at(scan[0]);
  for (std::size_t i = 1; i < scan.size(); ++i) {
    Enclosure error = error_at(scan[i]);
    if ((error - best_error).is_negative()) {
      best = i;
      best_error = std::move(error);
    }
  }
  if (best == 0 || best + 1 == scan.size())
    throw Error(fmt::format("density {}: the error has no minimum among scales from {} to {}",
                            density.name, spec::to_text(scan.front()), spec::to_text(scan.back())));

  // Some minimum stays between low and high: at each the error falls or rises toward it, or is
  // known to be higher than at a point between.
  const int bits = bits_for(digits) + 96;
  MomentTable table(density, bits);
  const auto slope_at = [&](const Rational& s) {
    if (checkpoint) checkpoint();
    return error_slope(table, cells, s);
  };
  const auto is_less = [&](const Rational& a, const Rational& b) {
    return (truncated_moments(table, cells, a, plus_infinity()).mse -
            truncated_moments(table, cells, b, plus_infinity()).mse)
        .is_negative();
  };
  Rational low = scan[best - 1];
  Rational high = scan[best + 1];
  bool falls_at_low = slope_at(low).is_negative();
  bool rises_at_high = slope_at(high).is_positive();
  const Rational tolerance =
      Rational(1) / Rational(pow(spec::Integer(10), static_cast<unsigned>(digits)));
  const auto is_done = [&] {
    return falls_at_low && rises_at_high && Rational(high - low) <= tolerance * low;
  };
  for (int step = 0; !is_done(); ++step) {
    if (step > 8 * bits)
      throw Error(
          fmt::format("density {}: the error's slope keeps its sign next to its least "
                      "scanned scale {}; no minimum to certify",
                      density.name, spec::to_text(scan[best])));
    const Rational middle = (low + high) / 2;
    const Enclosure slope = slope_at(middle);
    if (slope.is_positive()) {
      const bool keeps = falls_at_low || is_less(middle, low);
      (keeps ? high : low) = middle;
      (keeps ? rises_at_high : falls_at_low) = keeps;
    } else if (slope.is_negative()) {
      const bool keeps = rises_at_high || is_less(middle, high);
      (keeps ? low : high) = middle;
      (keeps ? falls_at_low : rises_at_high) = keeps;
    } else {
      // A slope of exactly 0 has no provable sign; the places beside it do.
      const Rational nudge = (high - low) / 16;
      const bool falls = slope_at(middle - nudge).is_negative();
      const bool rises = slope_at(middle + nudge).is_positive();
      if (falls) low = middle - nudge;
      if (rises) high = middle + nudge;
      falls_at_low = falls_at_low || falls;
      rises_at_high = rises_at_high || rises;
    }
  }
  return {low,          high,        truncated_moments(table, cells, low, plus_infinity()),
          scan.front(), scan.back(), static_cast<int>(scan.size())};
}

}  // namespace mxscope::analysis
