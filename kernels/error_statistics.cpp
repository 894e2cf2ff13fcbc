// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Binary64 sums over a few hundred elements at a time, compensated between them.
#include "kernels/error_statistics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace mxscope::kernels {
namespace {

constexpr std::size_t kPlainSum = 256;  ///< elements that are summed without compensation
constexpr std::uint32_t kMagnitude = 0x7FFFFFFF;

bool is_finite(float x) { return (std::bit_cast<std::uint32_t>(x) & kMagnitude) < 0x7F800000; }

/// The sums of a run of elements, each term exact or rounded once.
struct RunSums {
  double squares = 0, value_squares = 0, products = 0, squared_errors = 0;
  double largest = 0, largest_error = 0;
  std::uint64_t underflowed = 0;
  bool finite = true;
};

RunSums sums_of(const float* values, const float* decoded, std::size_t count) {
  RunSums out;
  for (std::size_t i = 0; i < count; ++i) {
    const double x = values[i];
    const double q = decoded[i];
    const double error = q - x;
    out.finite = out.finite && is_finite(values[i]) && is_finite(decoded[i]);
    out.squares += x * x;
    out.value_squares += q * q;
    out.products += x * q;
    out.squared_errors += error * error;
    out.largest = std::max(out.largest, std::fabs(x));
    out.largest_error = std::max(out.largest_error, std::fabs(error));
    out.underflowed += x != 0 && q == 0 ? 1 : 0;
  }
  return out;
}

/// As statistics want them when some elements are not finite: those are counted and left out.
RunSums finite_sums(const float* values, const float* decoded, std::size_t count,
                    ErrorStatistics& out) {
  std::array<float, kPlainSum> x{};
  std::array<float, kPlainSum> q{};
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_finite(values[i])) {
      ++out.not_finite;
    } else if (!is_finite(decoded[i])) {
      ++out.lost;
    } else {
      x[kept] = values[i];
      q[kept++] = decoded[i];
    }
  }
  return sums_of(x.data(), q.data(), kept);
}

/// Adds a run of one block's elements; returns the run's squared error.
double add_run(const float* values, const float* decoded, std::size_t count, ErrorStatistics& out) {
  RunSums sums = sums_of(values, decoded, count);
  if (!sums.finite) sums = finite_sums(values, decoded, count, out);
  out.squares.add(sums.squares);
  out.value_squares.add(sums.value_squares);
  out.products.add(sums.products);
  out.squared_errors.add(sums.squared_errors);
  out.largest = std::max(out.largest, sums.largest);
  out.largest_error = std::max(out.largest_error, sums.largest_error);
  out.underflowed += sums.underflowed;
  return sums.squared_errors;
}

/// The largest magnitude that a block's codes stand for, for elements of `extra` exponent bits.
float limit_of(const TensorQuantizer& quantizer, const TensorState& state, std::uint32_t scale,
               bool hif4_extra) {
  const spec::Recipe& recipe = quantizer.routine().recipe();
  const auto code =
      static_cast<std::uint8_t>(recipe.element.encode(false, recipe.element.max_ordinal()));
  float limit = 0;
  const BlockOutput block{.scale = scale, .micro = hif4_extra ? 0x101U : 0U};
  quantizer.routine().dequantize(block, &code, 1, state.factors, &limit);
  return limit;
}

void count_clipped(const TensorQuantizer& quantizer, const TensorState& state,
                   std::span<const float> values, const TileCodes& codes, ErrorStatistics& out) {
  const bool hif4 = !codes.micro.empty();
  for (std::size_t b = 0; b < codes.scales.size(); ++b) {
    const Tile p = quantizer.part(codes.tile, b);
    const float limit = limit_of(quantizer, state, codes.scales[b], hif4);
    if (!is_finite(limit)) continue;
    for (std::size_t row = 0; row < p.rows; ++row) {
      const float* x = values.data() +
                       (p.first_row + row - codes.tile.first_row) * codes.tile.columns +
                       p.first_column - codes.tile.first_column;
      for (std::size_t i = 0; i < p.columns; ++i)
        out.clipped += is_finite(x[i]) && std::fabs(x[i]) > limit ? 1 : 0;
    }
  }
}

void add_counts(CodeCounts& all, const CodeCounts& next) {
  for (const auto& [code, count] : next) all[code] += count;
}

void keep_worst(WorstBlock& worst, const WorstBlock& next) {
  if (next.squared_error > worst.squared_error) worst = next;
}

}  // namespace

ErrorStatistics value_statistics(std::span<const float> values, std::span<const float> decoded) {
  ErrorStatistics out{.elements = values.size()};
  for (std::size_t i = 0; i < values.size(); i += kPlainSum)
    add_run(values.data() + i, decoded.data() + i, std::min(kPlainSum, values.size() - i), out);
  return out;
}

double ErrorStatistics::mse() const {
  return measured() == 0 ? std::numeric_limits<double>::quiet_NaN()
                         : squared_errors.value() / static_cast<double>(measured());
}

double ErrorStatistics::sqnr_db() const {
  const double noise = squared_errors.value();
  if (measured() == 0) return std::numeric_limits<double>::quiet_NaN();
  if (noise == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(squares.value() / noise);
}

double ErrorStatistics::cosine() const {
  const double norms = std::sqrt(squares.value()) * std::sqrt(value_squares.value());
  if (norms == 0) return squares.value() == value_squares.value() ? 1 : 0;
  return std::min(1.0, products.value() / norms);
}

double ErrorStatistics::largest_error_over_amax() const {
  return largest == 0 ? 0 : largest_error / largest;
}

double ErrorStatistics::bits_per_element() const {
  return elements == 0 ? 0 : bits / static_cast<double>(elements);
}

double entropy_bits(const CodeCounts& counts) {
  double total = 0;
  for (const auto& [code, count] : counts) total += static_cast<double>(count);
  CompensatedSum sum;
  for (const auto& [code, count] : counts) {
    const double share = static_cast<double>(count) / total;
    if (count > 0) sum.add(-share * std::log2(share));
  }
  return sum.value() + 0.0;
}

ErrorStatistics tile_statistics(const TensorQuantizer& quantizer, const TensorState& state,
                                std::span<const float> values, const TileCodes& codes,
                                std::span<const float> decoded) {
  ErrorStatistics out;
  const Tile& tile = codes.tile;
  out.elements = tile.elements();
  std::array<std::uint64_t, 256> uses{};
  for (const std::uint8_t code : codes.elements) ++uses[code];
  for (std::uint32_t code = 0; code < uses.size(); ++code)
    if (uses[code] > 0) out.codes.emplace(code, uses[code]);
  const std::size_t first = quantizer.first_block(tile);
  if (quantizer.cuts_blocks()) out.cut_blocks.resize(quantizer.grid().blocks());
  std::array<std::uint64_t, 256> scale_uses{};
  for (std::size_t b = 0; b < codes.scales.size(); ++b) {
    const Tile p = quantizer.part(tile, b);
    double squared_error = 0;
    for (std::size_t row = 0; row < p.rows; ++row) {
      const std::size_t offset =
          (p.first_row + row - tile.first_row) * tile.columns + p.first_column - tile.first_column;
      for (std::size_t i = 0; i < p.columns; i += kPlainSum)
        squared_error += add_run(values.data() + offset + i, decoded.data() + offset + i,
                                 std::min(kPlainSum, p.columns - i), out);
    }
    if (quantizer.cuts_blocks()) out.cut_blocks[first + b] = squared_error;
    // A block that is cut counts where it begins.
    const bool begins = p.first_row % quantizer.grid().block_rows == 0 &&
                        p.first_column % quantizer.grid().block_columns == 0;
    if (!begins) continue;
    ++out.blocks;
    if (codes.scales[b] < scale_uses.size())
      ++scale_uses[codes.scales[b]];
    else
      ++out.scales[codes.scales[b]];
    if (!quantizer.cuts_blocks())
      keep_worst(out.worst, {squared_error, p.first_row, p.first_column});
  }
  for (std::uint32_t code = 0; code < scale_uses.size(); ++code)
    if (scale_uses[code] > 0) out.scales.emplace(code, scale_uses[code]);
  count_clipped(quantizer, state, values, codes, out);
  return out;
}

void merge(ErrorStatistics& all, const ErrorStatistics& next) {
  all.elements += next.elements;
  all.blocks += next.blocks;
  all.not_finite += next.not_finite;
  all.lost += next.lost;
  all.clipped += next.clipped;
  all.underflowed += next.underflowed;
  all.squares.add(next.squares);
  all.value_squares.add(next.value_squares);
  all.products.add(next.products);
  all.squared_errors.add(next.squared_errors);
  all.largest = std::max(all.largest, next.largest);
  all.largest_error = std::max(all.largest_error, next.largest_error);
  keep_worst(all.worst, next.worst);
  add_counts(all.codes, next.codes);
  add_counts(all.scales, next.scales);
  all.bits += next.bits;
  if (all.cut_blocks.size() < next.cut_blocks.size()) all.cut_blocks.resize(next.cut_blocks.size());
  for (std::size_t i = 0; i < next.cut_blocks.size(); ++i) all.cut_blocks[i] += next.cut_blocks[i];
}

void finish(ErrorStatistics& all, const TensorQuantizer& quantizer) {
  const BlockGrid& grid = quantizer.grid();
  for (std::size_t b = 0; b < all.cut_blocks.size(); ++b)
    keep_worst(all.worst, {all.cut_blocks[b], b / grid.column_blocks() * grid.block_rows,
                           b % grid.column_blocks() * grid.block_columns});
  all.cut_blocks.clear();
  const spec::Recipe& recipe = quantizer.routine().recipe();
  const double micro_bits = recipe.kind == spec::BlockKind::kHif4 ? 24 : 0;
  all.bits = static_cast<double>(all.elements) * recipe.element.bits +
             static_cast<double>(all.blocks) * (recipe.scale.storage_bits + micro_bits) +
             (recipe.has_tensor_scale() ? 32 : 0);
}

}  // namespace mxscope::kernels
