// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Blocks at the places where quantizers part: ties of elements and scales, powers of two, the ends
// of binary32, zeros, outliers. Philox gives the numbers, so they are the same everywhere.
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "kernels/code_difference.h"

namespace mxscope::kernels {
namespace {

constexpr std::size_t kBlocksDown = 16;
constexpr std::size_t kBlocksAcross = 9;  ///< the last one is a tail

/// Random numbers in sequence.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t stream) : random_{seed, stream} {}

  std::uint32_t word() {
    if (next_ % 4 == 0) words_ = random_.words(next_ / 4);
    return words_[next_++ % 4];
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(word()) * n >> 32; }
  double uniform() { return (word() + 0.5) * 0x1p-32; }
  double sign() { return (word() & 1) != 0 ? -1 : 1; }
  double normal() {
    double sum = 0;  // Irwin-Hall: no library function whose last bit may differ
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum - 6;
  }

 private:
  spec::RandomStream random_;
  std::uint64_t next_ = 0;
  spec::PhiloxCounter words_{};
};

/// A value's neighbour, -1, 0 or 1 units in the last place away.
float nudged(double x, std::size_t which) {
  const auto f = static_cast<float>(x);
  const float infinity = std::numeric_limits<float>::infinity();
  return which == 0 ? f : std::nextafter(f, which == 1 ? infinity : -infinity);
}

std::vector<double> values_of(const spec::Format& format) {
  std::vector<double> out;
  for (std::int64_t i = 0; i <= format.max_ordinal(); ++i)
    out.push_back(format.ordinal_value(i).convert_to<double>());
  return out;
}

double middle(const std::vector<double>& grid, std::size_t i) {
  return i + 1 < grid.size() ? (grid[i] + grid[i + 1]) / 2 : grid[i];
}

using Fill = std::function<void(std::span<float> block, Draws& draws)>;

struct Family {
  const char* label;
  Fill fill;
};

std::vector<Family> families(const spec::Recipe& recipe) {
  const std::vector<double> elements = values_of(recipe.element);
  const std::vector<double> scales =
      recipe.scale.bits <= 8 ? values_of(recipe.scale) : std::vector<double>{0.5, 1, 2};
  const auto divisor = recipe.divisor.convert_to<double>();
  const auto largest = elements.back();
  const auto scale_near_one = [scales](Draws& d) {
    const auto one = std::lower_bound(scales.begin(), scales.end(), 1.0) - scales.begin();
    const auto low = std::max<std::ptrdiff_t>(one - 16, 0);
    const auto high = std::min<std::ptrdiff_t>(one + 16, std::ssize(scales) - 1);
    return static_cast<std::size_t>(low) + d.below(static_cast<std::size_t>(high - low));
  };
  const auto normal = [](std::span<float> block, Draws& d) {
    for (float& x : block) x = static_cast<float>(d.normal());
  };
  return {
      {"zeros of both signs",
       [](std::span<float> block, Draws& d) {
         for (float& x : block) x = std::copysign(0.0F, static_cast<float>(d.sign()));
       }},
      {"normal", normal},
      {"one outlier",
       [=](std::span<float> block, Draws& d) {
         normal(block, d);
         block[d.below(block.size())] *= static_cast<float>(1 << d.below(12));
       }},
      {"wide range",
       [](std::span<float> block, Draws& d) {
         for (float& x : block)
           x = static_cast<float>(
               std::ldexp(d.sign() * (1 + d.uniform()), static_cast<int>(d.below(24)) - 12));
       }},
      {"amax a power of two, or next to one",
       [](std::span<float> block, Draws& d) {
         const double amax = std::ldexp(1.0, static_cast<int>(d.below(16)) - 8);
         for (float& x : block) x = static_cast<float>(d.sign() * d.uniform() * amax * 0.99);
         block[d.below(block.size())] = nudged(d.sign() * amax, d.below(3));
       }},
      {"element ties, or next to one",
       [=](std::span<float> block, Draws& d) {
         const double scale = scales[scale_near_one(d)];
         for (float& x : block)
           x = nudged(d.sign() * middle(elements, d.below(elements.size())) * scale, d.below(3));
         block[0] = static_cast<float>(largest * scale);
       }},
      {"scale ties, or next to one",
       [=](std::span<float> block, Draws& d) {
         const double amax = middle(scales, scale_near_one(d)) * divisor;
         for (float& x : block) x = static_cast<float>(d.sign() * d.uniform() * amax * 0.99);
         block[d.below(block.size())] = nudged(amax, d.below(3));
       }},
      {"beyond the element's largest value",
       [=](std::span<float> block, Draws& d) {
         const double scale = scales[scale_near_one(d)];
         for (float& x : block)
           x = static_cast<float>(d.sign() * largest * scale * (0.9 + 0.4 * d.uniform()));
       }},
      {"one large value among tiny ones",
       [](std::span<float> block, Draws& d) {
         for (float& x : block)
           x = static_cast<float>(std::ldexp(d.normal(), -static_cast<int>(8 + d.below(16))));
         block[d.below(block.size())] = static_cast<float>(d.sign() * (1 + d.uniform()));
       }},
      {"bfloat16 numbers",
       [=](std::span<float> block, Draws& d) {
         normal(block, d);
         for (float& x : block)
           x = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0xFFFF0000U);
       }},
  };
}

}  // namespace

std::vector<LabelledMatrix> adversarial_matrices(const spec::Recipe& recipe, std::uint64_t seed) {
  const BlockGrid unit = block_grid(recipe, 8, 128);
  const std::size_t rows = recipe.block.rows == 0 ? 8 : unit.block_rows * kBlocksDown;
  const bool tail = recipe.block.columns > 1;
  const std::size_t columns =
      unit.block_columns * kBlocksAcross - (tail ? (unit.block_columns + 1) / 2 : 0);
  // The least and greatest powers of two that leave every family inside binary32.
  const struct {
    const char* suffix;
    int exponent;
  } magnitudes[] = {{"", 0}, {", small", -40}, {", subnormal", -140}, {", large", 100}};
  std::vector<LabelledMatrix> out;
  std::uint64_t stream = 0;
  for (const Family& family : families(recipe))
    for (const auto& [suffix, exponent] : magnitudes) {
      Draws draws(seed, stream++);
      LabelledMatrix matrix{std::string(family.label) + suffix, rows, columns,
                            std::vector<float>(rows * columns)};
      std::vector<float> block;
      for (std::size_t row = 0; row < rows; row += unit.block_rows)
        for (std::size_t column = 0; column < columns; column += unit.block_columns) {
          const std::size_t height = std::min(unit.block_rows, rows - row);
          const std::size_t width = std::min(unit.block_columns, columns - column);
          block.assign(height * width, 0);
          family.fill(block, draws);
          for (std::size_t i = 0; i < block.size(); ++i)
            matrix.values[(row + i / width) * columns + column + i % width] =
                std::ldexp(block[i], exponent);
        }
      out.push_back(std::move(matrix));
    }
  return out;
}

}  // namespace mxscope::kernels
